"""The head of a reply: what stands around ``output``. Nothing but :class:`ReplyMalformed` is raised here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

import attrs
import msgspec

from mi_core.scalars import parse_moment
from mi_core.wire.front import DEEPEST, ReplyMalformed, check_front, check_size

__all__ = ["ReplyEnvelope", "read_reply"]

_BOM = b"\xef\xbb\xbf"
_OWN = frozenset({"infcode", "err_msg", "inf_refmsgid", "refmsg_time", "respond_time", "output"})


class _Head(msgspec.Struct, gc=False):
    """The keys that every reply is asked for; the rest is read when somebody wants it."""

    infcode: Any = None
    err_msg: Any = None
    output: msgspec.Raw = msgspec.Raw(b"null")


_head = msgspec.json.Decoder(_Head)
_all = msgspec.json.Decoder(dict[str, msgspec.Raw])
_exact = msgspec.json.Decoder(float_hook=Decimal)


@attrs.frozen(eq=False)
class ReplyEnvelope:
    """One reply as it came. ``infcode`` is text whatever its JSON type was (``0`` and ``"0"`` are ``"0"``)."""

    body: bytes = attrs.field(repr=False)
    infcode: str | None
    err_msg: str | None
    output_raw: bytes | None = attrs.field(repr=False)
    """The JSON text of ``output`` as it came; ``None`` when it is absent or ``null``."""
    odd_numbers: bool = attrs.field(default=False, repr=False)
    """The strict front parser saw something that may be too long a number in quotes."""

    @property
    def inf_refmsgid(self) -> str | None:
        """The reply's own message id at the centre."""
        return _text(self._top.get("inf_refmsgid"))

    @property
    def refmsg_time(self) -> dt.datetime | None:
        """When the centre received the message."""
        return _time(self._top.get("refmsg_time"))

    @property
    def respond_time(self) -> dt.datetime | None:
        """When the centre answered."""
        return _time(self._top.get("respond_time"))

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """The other keys beside ``output`` (``warn_msg``, ``cainfo``, ``signtype``, ``message`` …), numbers exact."""
        return {key: value for key, value in self._top.items() if key not in _OWN}

    @property
    def gateway(self) -> Mapping[str, Any] | None:
        """``{"code": …, "message": …}`` when the gateway answered instead of the bureau, else ``None``."""
        if self.infcode is not None or self.output_raw is not None or "code" not in self._top:
            return None
        return {"code": self._top["code"], "message": self._top.get("message")}

    @cached_property
    def _top(self) -> dict[str, Any]:
        return {key: _value(raw) for key, raw in _all.decode(self.body).items() if key != "output"}


def read_reply(body: bytes, *, strict: bool) -> ReplyEnvelope:
    """The head of a reply; ``strict`` puts the whole body through the front parser first (money, state, reversal)."""
    if body[:3] == _BOM:
        body = body[3:]
    odd = False
    if strict:
        odd = check_front(body)
    else:
        check_size(body)
    try:
        head = _head.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ReplyMalformed(f"no JSON object: {error}") from None
    except RecursionError:
        raise ReplyMalformed(f"nested deeper than {DEEPEST}") from None
    output = bytes(head.output)
    raw = None if output == b"null" else output
    return ReplyEnvelope(body, _text(head.infcode), _text(head.err_msg), raw, odd)


def _value(raw: msgspec.Raw) -> Any:
    try:
        return _exact.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None  # text that is no UTF-8, in a place that decides nothing


def _text(value: Any) -> str | None:
    """A head value as text; a whole number without its zero decimals."""
    if value.__class__ is str:
        return value.strip() or None
    if value is None:
        return None
    if isinstance(value, (float, Decimal)) and value == int(value):
        return str(int(value))
    return str(value)


def _time(value: Any) -> dt.datetime | None:
    try:
        text = _text(value)
        return parse_moment(text) if text else None
    except (ValueError, OverflowError):
        return None
