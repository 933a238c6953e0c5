"""Typed rows as plain dicts by wire name; values stay what they are (``Decimal``, dates)."""

from __future__ import annotations

from typing import Any

from mi_core.model.fields.base import Field
from mi_core.model.fields.node import Inline, Node, Root
from mi_core.model.record import Record
from mi_core.types import UNSET

__all__ = ["to_dict"]


def to_dict(record: Record) -> dict[str, Any]:
    """The record in the specification's order; what is ``UNSET`` is left out. A bare list or scalar stands under its attribute's name."""
    out: dict[str, Any] = {}
    for member in type(record).__members__:
        if isinstance(member, Inline):
            own: dict[str, Any] = {}
            for f in member.members:
                _put(record, f, f.wire, own)
            out[member.wire] = own
        elif isinstance(member, Root):
            _put(record, member.field, member.name, out)
        else:
            _put(record, member, member.wire, out)
    return out


def _put(record: Record, f: Field, key: str, out: dict[str, Any]) -> None:
    value = getattr(record, f.name)
    if value is UNSET:
        return
    if isinstance(f, Node) and value is not None:
        value = [_row(v) for v in value] if f.many else _row(value)
    elif isinstance(value, str):
        value = str.__str__(value)
    out[key] = value


def _row(value: Any) -> Any:
    return to_dict(value) if isinstance(value, Record) else value
