"""The public cattrs converter: users extend it as any other; our classes use the generated readers and writers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mi_core.model import Problem, Request, Response, Row
from mi_core.model.code import Code
from mi_core.model.fields.plain import to_dict
from mi_core.model.fields.reading import read_row
from mi_core.model.record import Record
from mi_core.scalars import at_zone, parse_date, parse_decimal, parse_integer, parse_moment

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ["converter"]


@lru_cache(maxsize=1)
def converter() -> Converter:
    """The one converter of the framework.

    Structuring a request raises :class:`mi_core.errors.InvalidInput` with all problems; structuring a response or row is
    lenient as for a reply. Numbers must be exact: a float is a ``TypeError``, and so is ``None`` for a text.
    """
    from cattrs import Converter

    made = Converter(detailed_validation=False)
    made.register_structure_hook(str, _str)
    made.register_structure_hook(int, _int)
    made.register_structure_hook(bool, _bool)
    made.register_structure_hook(Decimal, _decimal)
    made.register_structure_hook(dt.date, _date)
    made.register_structure_hook(dt.datetime, _moment)
    for kept in (Decimal, dt.date, dt.datetime):
        made.register_unstructure_hook(kept, lambda value: value)
    made.register_structure_hook_func(
        lambda t: isinstance(t, type) and issubclass(t, Code), lambda v, t: t(_str(v, str))
    )
    made.register_structure_hook_factory(_generated, _structure)
    made.register_unstructure_hook_func(_generated, to_dict)
    return made


def _generated(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Record)


def _structure(kind: type[Any]) -> Callable[[Any, Any], Any]:
    if issubclass(kind, Request):
        return lambda value, _: kind.from_dict(value)
    if issubclass(kind, Response):
        return lambda value, _: kind.__interface__.structure_output(value, [])
    return lambda value, _: _row(value, kind)


def _row(value: Any, kind: type[Row]) -> Row:
    problems: list[Problem] = []
    if not isinstance(value, Mapping):
        raise TypeError(f"{kind.__name__} needs a mapping")
    return read_row(kind, value, "", problems)


def _str(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text expected, not {type(value).__name__}")
    return value


def _int(value: Any, _: Any) -> int:
    if isinstance(value, (str, Decimal)):
        return parse_integer(str(value))
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"a whole number expected, not {type(value).__name__}")
    return value


def _bool(value: Any, _: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"true or false expected, not {type(value).__name__}")
    return value


def _decimal(value: Any, _: Any) -> Decimal:
    if isinstance(value, str):
        return parse_decimal(value)
    if isinstance(value, (bool, float)) or not isinstance(value, (int, Decimal)):
        raise TypeError(f"an exact number expected, not {type(value).__name__}")
    return Decimal(value)


def _date(value: Any, _: Any) -> dt.date:
    if isinstance(value, str):
        return parse_date(value)
    if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
        raise TypeError(f"a date expected, not {type(value).__name__}")
    return value


def _moment(value: Any, _: Any) -> dt.datetime:
    if isinstance(value, str):
        return parse_moment(value)
    if not isinstance(value, dt.datetime):
        raise TypeError(f"a time expected, not {type(value).__name__}")
    return at_zone(value)
