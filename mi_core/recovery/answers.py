"""What an answer says of a lost call: rows of a query against the message that was sent. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import attrs

from mi_core.model.outcome import Means, OutcomeQuery, Source
from mi_core.recovery.case import Case, at, values_of

__all__ = ["CONTRADICTION", "Seen", "read", "without_row"]

CONTRADICTION: Final = "contradiction"
_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}([ T].*)?")
_NOWHERE: Final = object()


@attrs.frozen
class Seen:
    """What one answer said. ``row`` is the lost call's own; without one ``means`` is a conclusion from its absence."""

    means: Means | str
    row: Mapping[str, Any] | None = attrs.field(default=None, repr=False)
    alone: bool = False
    """The answer had no other row."""
    detail: str = ""


def read(query: OutcomeQuery, case: Case, output: Any) -> Seen:
    """The answer's rows against the message. Whatever is not positively understood is ``unknown``."""
    rows = _rows(output, query.rows)
    if rows is None:
        return Seen("unknown", detail=f"no {query.rows or 'output'}")
    own, unclear = [], False
    for row in rows:
        sure = _matches(query.match, row, case)
        if sure and not (query.fresh and _text(row.get(query.identifier or "")) in case.known):
            own.append(row)
        unclear = unclear or sure is None
    if not own:
        if unclear and query.none != "nothing":
            return Seen("unknown", detail="a row without the values to tell it by")
        return without_row(query)
    names = {_text(row.get(query.identifier)) for row in own} if query.identifier else {""}
    if len(names) > 1:
        return Seen(CONTRADICTION, own[0], detail="more than one match")
    row = own[0]
    for field, source in query.agree:
        if _same(row.get(field), values_of(source, case)) is False:
            return Seen(CONTRADICTION, row, detail=f"another {field}")
    return _state(query, row, alone=len(rows) == 1)


def without_row(query: OutcomeQuery) -> Seen:
    """No row is the call's own."""
    return Seen(query.none)


def _state(query: OutcomeQuery, row: Mapping[str, Any], *, alone: bool) -> Seen:
    means: Means = query.present
    if query.states:
        means = next((s.means for s in query.states if _text(row.get(s.field)) in s.values), "unknown")
    if means == "found" and query.identifier and not _text(row.get(query.identifier)):
        means = "unidentified"
    return Seen(means, row, alone)


def _rows(output: Any, path: str) -> list[Mapping[str, Any]] | None:
    """The rows at the node, or ``None`` when the answer does not have the node at all."""
    here = output
    for step in path.split(".") if path else ():
        here = here.get(step, _NOWHERE) if isinstance(here, Mapping) else _NOWHERE
    if here is _NOWHERE:
        return None
    if here is None:
        return []
    rows = here if isinstance(here, Sequence) and not isinstance(here, str | bytes) else [here]
    if not all(isinstance(row, Mapping) for row in rows):
        return None
    return [row for row in rows if any(at(row, name) is not None for name in row)]


def _matches(pairs: Sequence[tuple[str, Source]], row: Mapping[str, Any], case: Case) -> bool | None:
    """``None``: nothing speaks against it, but a value is lacking."""
    found = [_same(row.get(field), values_of(source, case)) for field, source in pairs]
    if False in found:
        return False
    return None if None in found else True


def _same(there: Any, here: Any) -> bool | None:
    """Whether two values are the same: amounts as numbers, times by the coarser of the two, all else as text."""
    mine, yours = _text(here), _text(there)
    if not mine or not yours:
        return None
    if isinstance(here, int | Decimal) and not isinstance(here, bool):
        try:
            return Decimal(yours) == Decimal(mine)
        except InvalidOperation:
            return False
    if _TIME.fullmatch(mine) and _TIME.fullmatch(yours):
        size = min(len(mine), len(yours), 19)
        return mine[:size].replace("T", " ") == yours[:size].replace("T", " ")
    return mine == yours


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return "" if value is None or isinstance(value, dict | list) else str(value).strip()
