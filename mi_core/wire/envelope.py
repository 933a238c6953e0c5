"""The head of a reply: what stands around ``output``. Nothing but :class:`ReplyMalformed` is raised here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

import attrs
import msgspec

from mi_core.model import Interface, Response
from mi_core.scalars import MAX_DIGITS, parse_moment
from mi_core.wire.front import DEEPEST, LARGEST, Front, ReplyMalformed, check_front, check_size
from mi_core.wire.plan import NOT_READ, SUSPECT, Whole, plan_of

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
_suspect = SUSPECT.search


@attrs.define(eq=False)  # nobody changes one; "frozen" would triple the cost of making it
class ReplyEnvelope:
    """One reply as it came. ``infcode`` is text whatever its JSON type was (``0`` and ``"0"`` are ``"0"``)."""

    body: bytes = attrs.field(repr=False)
    infcode: str | None
    err_msg: str | None
    _output_raw: bytes | None = attrs.field(repr=False)
    typed: Response | None = attrs.field(default=None, repr=False)
    """The content, where it was read together with the head."""
    front: Front | None = attrs.field(default=None, repr=False)
    """What the strict front parser found in the body."""
    _whole: Whole | None = attrs.field(default=None, repr=False)
    """The head, where it was read together with the content."""

    @property
    def checked(self) -> bool:
        """The strict front parser has passed the whole body: no key stands twice, no NaN, no absurd number or depth."""
        return self.front is not None

    @property
    def output_raw(self) -> bytes | None:
        """The JSON text of ``output`` as it came; ``None`` when it is absent or ``null``."""
        return self._output_raw if self.typed is None else _content(_head.decode(self.body))

    @property
    def inf_refmsgid(self) -> str | None:
        """The reply's own message id at the centre."""
        return _text(self._own("inf_refmsgid"))

    @property
    def refmsg_time(self) -> dt.datetime | None:
        """When the centre received the message."""
        return _time(self._own("refmsg_time"))

    @property
    def respond_time(self) -> dt.datetime | None:
        """When the centre answered."""
        return _time(self._own("respond_time"))

    def _own(self, key: str) -> Any:
        return _value(getattr(self._whole, key)) if self._whole is not None else self._top.get(key)

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """The other keys beside ``output`` (``warn_msg``, ``cainfo``, ``signtype``, ``message`` …), numbers exact."""
        return {key: value for key, value in self._top.items() if key not in _OWN}

    def field(self, key: str) -> Any:
        """One of :attr:`fields`; ``None`` when it did not come."""
        return self._top.get(key) if self.front is None else self.front.value.get(key)

    def output(self) -> Any:
        """``output`` as plain values, decimals exact. Raises ``ValueError`` unless the reply was :attr:`checked`."""
        if self.front is None:
            raise ValueError("the reply was not read strictly")
        return self.front.value.get("output")

    @property
    def by_centre(self) -> bool:
        """Whether anything in it is the centre's: then the message went further than the gateway."""
        body = _all.decode(self.body)
        return any(
            key in body for key in ("output", "infcode", "inf_refmsgid", "refmsg_time", "respond_time")
        )

    @property
    def gateway(self) -> Mapping[str, Any] | None:
        """``{"code": …, "message": …}`` when the gateway answered instead of the bureau, else ``None``."""
        if self.infcode is not None or self.output_raw is not None or "code" not in self._top:
            return None
        return {"code": self._top["code"], "message": self._top.get("message")}

    @cached_property
    def _top(self) -> dict[str, Any]:
        if self.front is not None:
            return {key: value for key, value in self.front.value.items() if key != "output"}
        top = _all.decode(self.body)
        top.pop("output", None)
        return {key: _value(raw) for key, raw in top.items()}


def read_reply(body: bytes, *, strict: bool, interface: Interface[Any] | None = None) -> ReplyEnvelope:
    """The head of a reply; ``strict`` puts the whole body through the front parser first (money, state, reversal).

    With ``interface`` the bytes are parsed once for head and content, where they conform.
    """
    if body[:3] == _BOM:
        body = body[3:]
    if strict:
        return _checked(body, interface)
    if not 0 < len(body) <= LARGEST:
        check_size(body)
    if interface is not None and (read := plan_of(interface).whole) is not None and _suspect(body) is None:
        try:
            whole = read(body)
        except NOT_READ:
            pass  # it is read tolerantly below, or refused
        else:
            if whole.output is not None:
                infcode, err_msg = _text(whole.infcode), _text(whole.err_msg)
                return ReplyEnvelope(body, infcode, err_msg, None, whole.output, None, whole)
    try:
        head = _head.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ReplyMalformed(f"no JSON object: {error}") from None
    except RecursionError:
        raise ReplyMalformed(f"nested deeper than {DEEPEST}") from None
    return ReplyEnvelope(body, _text(head.infcode), _text(head.err_msg), _content(head))


def _checked(body: bytes, interface: Interface[Any] | None) -> ReplyEnvelope:
    front = check_front(body)
    value = front.value
    if value.__class__ is not dict:
        raise ReplyMalformed("no JSON object")
    infcode, err_msg, output = _text(value.get("infcode")), _text(value.get("err_msg")), value.get("output")
    if interface is not None and output is not None and not front.odd_numbers:
        convert = plan_of(interface).convert
        if convert is not None and _suspect(body) is None:
            try:
                return ReplyEnvelope(body, infcode, err_msg, None, convert(output), front)
            except NOT_READ:
                pass  # it is read tolerantly later
    return ReplyEnvelope(body, infcode, err_msg, _content(_head.decode(body)), None, front)


def _content(head: _Head) -> bytes | None:
    output = bytes(head.output)
    return None if output == b"null" else output


def _value(raw: msgspec.Raw) -> Any:
    try:
        return _exact.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None  # text that is no UTF-8, in a place that decides nothing


def _text(value: Any) -> str | None:
    """A head value as text; a whole number without its zero decimals."""
    if value.__class__ is str:
        return value.strip() or None
    if value.__class__ is int:
        return str(value)
    if value is None:
        return None
    if isinstance(value, Decimal) and abs(value.adjusted()) > MAX_DIGITS:
        return str(value)
    if isinstance(value, (float, Decimal)) and value == int(value):
        return str(int(value))
    return str(value)


def _time(value: Any) -> dt.datetime | None:
    try:
        text = _text(value)
        return parse_moment(text) if text else None
    except (ValueError, OverflowError):
        return None
