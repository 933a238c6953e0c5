"""What a handler gets, and how the bytes of a notification become it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import attrs

from mi_core.model import Interface, Problem, Request
from mi_core.model.fields import Anything, Node
from mi_core.model.fields.reading import MissingProof, read_row
from mi_core.model.record import Record, fields_of
from mi_core.scalars import plain
from mi_core.types import UNSET
from mi_core.wire import ReplyMalformed
from mi_core.wire.front import check_front

__all__ = ["Handler", "Notification", "Unfit", "essence_of", "key_of", "read"]

TOLERATED: Final = frozenset({"max_length", "code", "digits"})
"""Rules a centre may break: the news is worth more than a text that is too long or a code that is new."""


@attrs.frozen(kw_only=True)
class Notification:
    """One notification of a centre. Its ``repr`` shows nothing personal."""

    institution: str
    """Code of the institution that it was sent to."""
    request: Request[Any]
    """Typed, e.g. :class:`mi_core.interfaces.OrderSettlementNotificationRequest`."""
    key: str
    """The same whenever this notification comes: what makes the handler's own work idempotent. Names nobody."""
    received_at: dt.datetime
    """When it came first (Beijing time)."""
    again: bool = False
    """A handler has begun with it before and has not ended: it failed, or its process was killed."""
    problems: tuple[Problem, ...] = ()
    """What deviates from the document without making the notification useless."""

    @property
    def interface(self) -> str:
        """Code of the interface, e.g. ``6302``."""
        return self.request.__interface__.code


Handler = Callable[[Notification], Awaitable[None] | None]
"""Returns when the notification is dealt with; raising means *not*: it is not acknowledged and comes again. A function without
``async`` runs in a thread."""


class Unfit(Exception):
    """The content is not what the interface's document says; ``rules`` names fields and rules, no values."""

    def __init__(self, rules: str) -> None:
        super().__init__(rules)
        self.rules = rules


def read(interface: Interface[Any], body: bytes) -> tuple[Request[Any], tuple[Problem, ...]]:
    """The typed content of a verified body (``{"data": …}``). Raises :class:`Unfit`.

    Strict about JSON, required fields and types; tolerant about fields that no document has, lengths and code tables.
    """
    try:
        value = check_front(body).value
    except ReplyMalformed as error:
        raise Unfit(error.reason) from None
    flat = interface.behaviour.flat
    content = value.get(flat) if flat and isinstance(value, Mapping) else value
    if not isinstance(content, Mapping):
        raise Unfit(f"{flat}: object expected")
    wrong = list(_at_first_sight(interface, content))
    if wrong:
        raise Unfit(", ".join(wrong))
    problems: list[Problem] = []
    try:
        request = read_row(interface.request, content, f"/{flat}" if flat else "", problems)
    except MissingProof as error:
        unread = [f"{p.path}: {p.rule}" for p in problems]
        raise Unfit(", ".join(unread) or f"{error.path}: required") from None
    problems += interface.check(request)
    wrong = [f"{p.path}: {p.rule}" for p in problems if p.rule not in TOLERATED]
    if wrong:
        raise Unfit(", ".join(wrong[:20]))
    return request, tuple(problems)


def _at_first_sight(interface: Interface[Any], content: Mapping[str, Any]) -> Iterator[str]:
    """Required fields that are missing, and objects where a single value belongs."""
    for f in fields_of(interface.request):
        value = content.get(f.wire)
        if f.required and value in (None, "", []):
            yield f"{f.wire}: required"
        elif isinstance(value, (dict, list)) and not isinstance(f, (Node, Anything)):
            yield f"{f.wire}: type"


def key_of(interface: Interface[Any], request: Request[Any]) -> Sequence[str]:
    """The values that tell this notification from others (``businessKey`` of its document), as texts."""
    values = []
    for path in interface.behaviour.business_key:
        value: Any = request.to_dict()
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        values.append(plain(value) if isinstance(value, Decimal) else str(value))
    return values


def essence_of(record: Record) -> bytes:
    """What may not differ between two deliveries of one notification: everything but tokens and extensions, which a centre may
    renew; amounts by value, not by how they are written."""
    return json.dumps(_essence(record), ensure_ascii=False, sort_keys=True).encode()


def _essence(record: Record) -> dict[str, Any]:
    told = {}
    for f in fields_of(type(record)):
        value = getattr(record, f.name)
        if value in (UNSET, None, "") or f.sensitivity == "credential" or isinstance(f, Anything):
            continue
        told[f.wire] = _plain(value)
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return _essence(value)
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, Decimal):
        return plain(value.normalize())
    return value if isinstance(value, (bool, int)) else str(value)
