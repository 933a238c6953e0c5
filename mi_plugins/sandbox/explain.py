"""Why a signature is wrong, told on the sandbox's console (logger ``mi.sandbox``, standard error unless configured).

A caller sends its signature, not the text it signed. So the usual mistakes are tried: when one of them gives just the
signature that came, the text is known, and both texts are shown with the first byte that differs. Secrets are not part
of what is shown: a profile writes :data:`SECRET` in their place.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Final

import attrs

from mi_core.cli.text import t

__all__ = ["SECRET", "Guess", "collected", "first_difference", "octets", "tell", "tell_lines"]

SECRET: Final = "‹secret›"  # noqa: S105  # what stands in a secret's place
MAX_TOLD: Final = 200
"""Explanations per run: a client that calls all day with a wrong key must not fill a disk."""
MAX_TEXT: Final = 4000

_log = logging.getLogger("mi.sandbox")
_count = itertools.count(1)
_listener: ContextVar[list[str] | None] = ContextVar("explained", default=None)


@attrs.frozen
class Guess:
    """A mistake that somebody may have made; ``text`` is what is signed then, ``fits`` whether it was made."""

    zh: str
    en: str
    text: str
    fits: bool


def octets(text: str) -> bytes:
    """UTF-8; bytes of a header that were none come out as they came in."""
    return text.encode(errors="surrogateescape")


def first_difference(ours: str, theirs: str) -> int | None:
    """The offset of the first byte (UTF-8) that differs; ``None`` when the texts are equal."""
    a, b = octets(ours), octets(theirs)
    if a == b:
        return None
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def tell(profile: str, ours: str, guesses: Iterable[Guess]) -> None:
    """Log what the sandbox signs, what the caller signed when that can be found out, and where they part."""
    found = next((guess for guess in guesses if guess.fits), None)
    lines = [
        t(f"[{profile}] 签名不一致", f"[{profile}] the signature is wrong"),
        _line("沙箱", "sandbox", ours),
    ]
    if found is None:
        lines.append(t("  对方的签名原文无从推知：不是常见的写法错误，多半是密钥不同",
                       "  what the caller signed cannot be told: none of the usual mistakes, so most likely another key"))  # fmt: skip
    else:
        lines += [_line("对方", "caller", found.text), t(f"  原因：{found.zh}", f"  cause: {found.en}")]
        lines.append(_where(ours, found.text))
    tell_lines(lines)


def tell_lines(lines: Iterable[str]) -> None:
    """Log one explanation; the 200th of a run is the last."""
    text = "\n".join(lines)
    listener = _listener.get()
    if listener is not None:
        listener.append(text)
        return
    number = next(_count)
    if number == MAX_TOLD:
        text += "\n" + t("  （此后不再逐条说明）", "  (no more will be explained)")
    if number <= MAX_TOLD:
        _log.warning(text)


@contextlib.contextmanager
def collected() -> Iterator[list[str]]:
    """Take what is explained here instead of logging it."""
    texts: list[str] = []
    token = _listener.set(texts)
    try:
        yield texts
    finally:
        _listener.reset(token)


def _line(zh: str, en: str, text: str) -> str:
    shown = repr(
        text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"
    )  # repr: no control characters in a log
    return t(f"  {zh}签名原文  {shown}", f"  {en} signs  {shown}")


def _where(ours: str, theirs: str) -> str:
    at = first_difference(ours, theirs)
    if at is None:
        return t(
            "  原文相同，差别在签名本身", "  the texts are equal; the signature itself is made differently"
        )
    start = len(octets(ours)[:at].decode(errors="ignore"))  # the character that holds this byte
    a, b = repr(ours[start : start + 12]), repr(theirs[start : start + 12])
    return t(
        f"  第 {at} 字节起不同：沙箱 {a}，对方 {b}", f"  they differ from byte {at}: sandbox {a}, caller {b}"
    )
