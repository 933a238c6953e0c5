"""Plain trees by wire names: taking values out of one and putting them into another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from mi_core.model.fields.base import Field
from mi_core.model.fields.day import Day, Moment
from mi_core.model.fields.text import Coded, Text
from mi_core.regions.plan import Member
from mi_core.scalars import plain
from mi_core.types import UNSET

__all__ = ["MISSING", "carries", "fitted", "put", "steps", "take"]

MISSING: Final = object()


def steps(wire: str) -> Member:
    """The names of a place from the message down (``data/exp_content``); none for the message itself."""
    return tuple(filter(None, wire.split("/")))


def take(tree: Any, path: Member) -> Any:
    """The value at a path, or :data:`MISSING`."""
    for name in path:
        if (tree.__class__ is not dict and not isinstance(tree, Mapping)) or name not in tree:
            return MISSING
        tree = tree[name]
    return tree


def put(tree: dict[str, Any], path: Member, value: Any) -> None:
    """Set the value at a path; an empty path means the tree itself."""
    if not path:
        tree.update(value)
        return
    for name in path[:-1]:
        below = tree.get(name)
        if not isinstance(below, dict):
            below = tree[name] = {}
        tree = below
    tree[path[-1]] = value


def carries(value: Any) -> bool:
    """Whether there is anything that would be lost with it."""
    if value is MISSING or value is UNSET or value is None:
        return False
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, Mapping):
        return any(map(carries, value.values()))
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return any(map(carries, value))
    return True


def fitted(field: Field, value: Any) -> Any:
    """A value in the type that ``field`` has there, where that is exact; else as it is, and the check says what is wrong."""
    if value.__class__ is str or value is None:
        return value
    if isinstance(field, (Text, Coded)):
        if isinstance(value, dt.datetime):
            return value.isoformat(sep=" ", timespec="seconds")
        if isinstance(value, dt.date):
            return value.isoformat()
        return plain(value) if isinstance(value, Decimal) and value.is_finite() else value
    if isinstance(field, Moment):
        return value if not _day(value) else dt.datetime.combine(value, dt.time())
    if isinstance(field, Day) and isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date()
    return value


def _day(value: Any) -> bool:
    return isinstance(value, dt.date) and not isinstance(value, dt.datetime)
