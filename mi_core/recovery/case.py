"""A lost call as its questions see it, and the values that they ask with. Pure."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import product
from typing import Any, Final

import attrs

from mi_core.journal import AttemptRecord
from mi_core.model.outcome import OutcomeQuery, Source
from mi_core.types import CHINA_TIME

__all__ = ["Case", "Opened", "applies", "at", "case_of", "content_of", "questions_of", "values_of"]

Value = str | int | Decimal | bool | dt.datetime | dt.date
_DAY: Final = dt.timedelta(days=1)
_SECOND: Final = dt.timedelta(seconds=1)


@attrs.frozen
class Opened:
    """The journalled call that opened what the lost one changes."""

    input: Any = attrs.field(repr=False)
    output: Any = attrs.field(repr=False)


@attrs.frozen
class Case:
    """The attempt with the content that it sent."""

    attempt: AttemptRecord
    input: Any = attrs.field(repr=False)
    opened: Opened | None = attrs.field(default=None, repr=False)
    """Of the question at hand."""
    known: frozenset[str] = attrs.field(default=frozenset(), repr=False)
    """Identifiers that belong to other calls."""


def content_of(body: bytes | None, part: str) -> Any:
    """``input`` or ``output`` of a message as plain values, amounts exact; ``None`` where there is none."""
    if body is None:
        return None
    try:
        tree = json.loads(body, parse_float=Decimal)
        found = tree.get(part, tree if part == "input" else None) if isinstance(tree, Mapping) else None
        return json.loads(found, parse_float=Decimal) if isinstance(found, str) and found.strip() else found
    except (ValueError, RecursionError):
        return None


def case_of(attempt: AttemptRecord) -> Case:
    """The attempt opened for its questions."""
    return Case(attempt, content_of(attempt.request, "input"))


def at(tree: Any, path: str) -> Any:
    """The first value at a dotted path that is not empty; a list stands for its rows."""
    if isinstance(tree, Sequence) and not isinstance(tree, str | bytes):
        return next((found for row in tree if (found := at(row, path)) is not None), None)
    if not isinstance(tree, Mapping):
        return None
    head, _, rest = path.partition(".")
    value = tree.get(head)
    if rest:
        return at(value, rest)
    return None if value is None or value == "" or isinstance(value, dict | list) else value


def values_of(source: Source, case: Case, row: Mapping[str, Any] | None = None) -> Value | None:
    """What the source gives in this case; ``None`` when nothing."""
    if source.const is not None:
        return source.const
    value = _plain(source, case, row)
    if value is None or (source.edge is None and not source.shift):
        return value
    return _shifted(value, source)


def _plain(source: Source, case: Case, row: Mapping[str, Any] | None) -> Value | None:
    found: Value | None = None
    if source.call is not None:
        found = at(case.input, source.call)
    elif source.opened is not None and case.opened is not None:
        part, _, path = source.opened.partition(".")
        found = at(getattr(case.opened, part), path)
    elif source.row is not None and row is not None:
        found = at(row, source.row)
    elif source.own == "msgid":
        found = case.attempt.msgid
    elif source.own == "institution":
        found = case.attempt.institution
    elif source.own == "day":
        found = dt.datetime.fromtimestamp(case.attempt.signed_at / 1000, CHINA_TIME).date()
    return found


def _shifted(value: Value, source: Source) -> Value | None:
    if isinstance(value, str):
        try:
            value = dt.date.fromisoformat(value[:10])
        except ValueError:
            return None
    if not isinstance(value, dt.date):
        return None
    day = dt.datetime.combine(value, dt.time()) + source.shift * _DAY
    if source.edge is None:
        return day.date()
    return day if source.edge == "start" else day + _DAY - _SECOND


def questions_of(
    ask: Iterable[tuple[str, tuple[Source, ...]]], case: Case, row: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The contents of ``input`` to ask with, one after the other; empty when a value is lacking."""
    fields = [
        (path, list(dict.fromkeys(v for s in sources if (v := values_of(s, case, row)) is not None)))
        for path, sources in ask
    ]
    return [_nested(zip((p for p, _ in fields), chosen, strict=True)) for chosen in product(*(v for _, v in fields))]  # fmt: skip


def _nested(pairs: Iterable[tuple[str, Value]]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, value in pairs:
        *nodes, field = path.split(".")
        here = tree
        for node in nodes:
            here = here.setdefault(node, {})
        here[field] = value
    return tree


def applies(query: OutcomeQuery, case: Case) -> bool:
    """Whether the question is made for calls like this one."""
    return all(str(at(case.input, path)) in values for path, values in query.when)
