"""Amounts leave with no more decimals than their field has: ``Decimal("128.5000")`` of a number(16,2) as ``128.50``.

Programs that read a database column of another scale make such values, and gateways that check the format refuse them.
Only zeros go: a value that would change is left as it is, and was a problem before (rule ``scale``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Context, Decimal
from functools import cache
from typing import Any

from mi_core.model.fields.node import Inline, Node, Root
from mi_core.model.fields.number import Number, remainder
from mi_core.scalars import MAX_DIGITS

__all__ = ["fitted", "too_long"]

_WIDE = Context(prec=MAX_DIGITS * 3, traps=[])
_Fit = Callable[[dict[str, Any]], None]


def too_long(kind: type[Any]) -> re.Pattern[bytes] | None:
    """What the JSON of such a request holds when a number may have more decimals than its field; ``None``: none can.

    Most messages hold nothing of the kind, and to search them costs a fraction of what looking at each number would.
    """
    known: Any = kind  # a class is hashable, whatever its instances are
    return _too_long(known)


@cache
def _too_long(kind: Any) -> re.Pattern[bytes] | None:
    scales = set(_scales(tuple(getattr(kind, "__members__", ())), set()))
    return re.compile(rb"\.[0-9]{%d,}0[,}\]]" % min(scales)) if scales else None


def _scales(members: tuple[Any, ...], seen: set[type[Any]]) -> Iterator[int]:
    for one in members:
        inner = one.field if isinstance(one, Root) else one
        if isinstance(inner, Number) and inner.scale is not None:
            yield inner.scale
        elif isinstance(inner, Inline):
            yield from _scales(tuple(inner.members), seen)
        elif isinstance(inner, Node) and inner.row not in seen:
            seen.add(inner.row)
            yield from _scales(tuple(inner.row.__members__), seen)


def fitted(request: Any, wire: dict[str, Any]) -> dict[str, Any]:
    """``wire``, the dict just built of ``request``, with such numbers rewritten in place."""
    fit = _fit_of(type(request))
    if fit is not None:
        fit(wire)
    return wire


def _fit_of(kind: type[Any]) -> _Fit | None:
    """What has to be looked at in the dict of a record; ``None``: nothing."""
    known: Any = kind
    return _fit_once(known)


@cache
def _fit_once(kind: Any) -> _Fit | None:
    return _made(tuple(getattr(kind, "__members__", ())))


def _made(members: tuple[Any, ...]) -> _Fit | None:
    numbers = tuple(
        (one.wire, Decimal(1).scaleb(-one.scale), -one.scale)
        for one in members
        if isinstance(one, Number) and one.scale is not None
    )
    below: list[tuple[str, bool, _Fit]] = []
    for one in members:
        inner = one.field if isinstance(one, Root) else one
        if isinstance(inner, Inline) and (fit := _made(tuple(inner.members))) is not None:
            below.append((inner.wire, False, fit))
        elif isinstance(inner, Node) and (fit := _fit_of(inner.row)) is not None:
            below.append((inner.wire, inner.many, fit))
    if not numbers and not below:
        return None

    def fit_dict(row: dict[str, Any]) -> None:
        for name, unit, exponent in numbers:
            value = row.get(name)
            if value.__class__ is Decimal and not value.same_quantum(unit):
                _shorten(row, name, value, unit, exponent)
        for name, many, fit in below:
            node = row.get(name)
            if node.__class__ is dict:
                fit(node)
            elif many and node.__class__ is list:
                for each in node:
                    fit(each)

    return fit_dict


def _shorten(row: dict[str, Any], name: str, value: Decimal, unit: Decimal, exponent: int) -> None:
    own = value.as_tuple().exponent
    if isinstance(own, int) and own < exponent and not remainder(value, unit):
        row[name] = value.quantize(unit, context=_WIDE)
