"""The strict front parser: what every reply of a money call must pass before its content is believed.

JSON libraries take the last of two equal keys, accept deep nesting and any length of number. Here each of these is
refused, at a cost of a few microseconds: the JSON library itself builds the dicts, and the keys they hold are counted
against the keys that stand in the text.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

import attrs
import msgspec

from mi_core.scalars import MAX_DIGITS

__all__ = ["DEEPEST", "LARGEST", "Front", "ReplyMalformed", "check_front", "check_size"]

DEEPEST: Final = 32
LARGEST: Final = 16 * 1024 * 1024
"""Bytes of a reply."""

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_NUMERIC = bytes.maketrans(b"123456789+-.E", b"000000000000e")
_SPACE = b" \t\r\n"
_LONG = b"0" * (MAX_DIGITS + 1)
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"([ \t\r\n]*:)?')
_NUMBER = re.compile(rb"[-+.0-9eE]+")


class ReplyMalformed(Exception):
    """The bytes are no reply; ``reason`` says why, in English, for evidence and logs."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_size(body: bytes) -> None:
    """Refuse an empty or oversized reply."""
    if not body:
        raise ReplyMalformed("the reply is empty")
    if len(body) > LARGEST:
        raise ReplyMalformed(f"the reply has more than {LARGEST} bytes")


@attrs.frozen(eq=False)
class Front:
    """What passed the front parser."""

    value: Any
    """The whole body as plain values, numbers exact (``int`` and ``Decimal``)."""
    odd_numbers: bool
    """A number *in quotes* may be too long, which only the tolerant reader tells exactly."""


def check_front(body: bytes) -> Front:
    """Refuse what is no JSON, duplicate keys, NaN, nesting deeper than 32 and numbers longer than 40 digits."""
    check_size(body)
    try:
        value = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ReplyMalformed(f"no JSON: {error}") from None
    except RecursionError:
        raise ReplyMalformed(f"nested deeper than {DEEPEST}") from None
    keys = _keys(value, body.count(b"{") + body.count(b"["))
    # without white space every key ends in `":`; inside a text that could only be `\":`, which then counts too many
    bare = body.translate(_NUMERIC, _SPACE)
    if bare.count(b'":') != keys:
        _count_exactly(body, keys)
    if _LONG in bare or b"0e0" in bare:
        _numbers(body)
        return Front(value, True)
    return Front(value, False)


def _keys(value: Any, opened: int) -> int:
    """How many keys a parsed value holds, at all depths; level by level, so that the depth is known.

    ``opened`` is the number of opening brackets in the text, which is at least the number of containers: once so many
    are found, nobody needs to look for more. Lists go first, because their rows are most of the containers.
    """
    keys, depth, level = 0, 0, [value]
    unseen = opened - 1 if value.__class__ is dict or value.__class__ is list else 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise ReplyMalformed(f"nested deeper than {DEEPEST}")
        below: list[Any] = []
        for item in level:
            if item.__class__ is dict:
                keys += len(item)
            elif unseen and item.__class__ is list:
                below += [i for i in item if i.__class__ is dict or i.__class__ is list]
        unseen -= len(below)
        for item in level:
            if not unseen:
                break
            if item.__class__ is dict:
                found = [i for i in item.values() if i.__class__ is dict or i.__class__ is list]
                unseen -= len(found)
                below += found
        level = below
    return keys


def _count_exactly(body: bytes, keys: int) -> None:
    written = sum(1 for token in _STRING.finditer(body) if token[1] is not None)
    if written != keys:
        raise ReplyMalformed("the same key stands twice in one object")


def _numbers(body: bytes) -> None:
    """The exact check, when digits or an exponent looked suspicious; numbers in quotes are read as texts later."""
    for number in _NUMBER.findall(_STRING.sub(b"", body)):
        mantissa, _, exponent = number.lower().partition(b"e")
        if sum(48 <= c <= 57 for c in mantissa) > MAX_DIGITS or len(exponent.lstrip(b"+-0")) > 2:
            raise ReplyMalformed(f"a number with more than {MAX_DIGITS} digits")
