"""How a lost outcome is asked for and how the answer is read, as the catalogue says it (``x-mi.outcomeQueries``)."""

from __future__ import annotations

from typing import Literal

import attrs

__all__ = ["Adopt", "First", "Means", "OutcomeQuery", "Source", "State"]

Means = Literal["found", "unidentified", "absent", "refunded", "unknown", "executed", "nothing"]
"""What a row, or its absence, says of the lost call. ``executed``: what it took away is gone; ``nothing``: no evidence."""


@attrs.frozen
class Source:
    """Where a value comes from: exactly one of the first five."""

    call: str | None = None
    """A path in the lost call's ``input``."""
    opened: str | None = None
    """A path (``input.…``, ``output.…``) in the journalled call that the question names as its opener."""
    row: str | None = None
    """A field of each row that the preliminary question found."""
    const: str | None = None
    own: Literal["msgid", "institution", "day"] | None = None
    """Of the lost message: its id, its sender, the day it was signed (UTC+8)."""
    shift: int = 0
    """Days to add, for a time."""
    edge: Literal["start", "end"] | None = None
    """The first or last second of that day."""


@attrs.frozen
class State:
    """A row whose ``field`` has one of ``values``."""

    field: str
    values: tuple[str, ...]
    means: Means


@attrs.frozen
class First:
    """A question whose rows the actual one is asked for, each."""

    interface: str
    ask: tuple[tuple[str, tuple[Source, ...]], ...]
    rows: str


@attrs.frozen
class Adopt:
    """How the row becomes the content of the lost reply's ``node``: fields of the same name, and these."""

    node: str
    rename: tuple[tuple[str, str], ...] = ()
    """(field of the reply, field of the row)."""
    only: tuple[str, ...] = ()
    """Nothing but these fields of the reply; empty: all that fit."""
    beside: tuple[str, ...] = ()
    """Nodes of the same name, copied when the query answered with one row only."""
    constants: tuple[tuple[str, str | bool], ...] = ()


@attrs.frozen
class OutcomeQuery:
    """An interface that can tell what became of a call whose answer is lost. Without ``ask`` only people can use it."""

    interface: str
    region: bool = False
    """Only where the region's gateway accepts it (profile data)."""
    last: bool = False
    ask: tuple[tuple[str, tuple[Source, ...]], ...] = ()
    """The question's fields by path. Several values: asked once for each, until one decides."""
    blank: tuple[str, ...] = ()
    """Required fields that are sent empty (where ``region`` is accepted)."""
    when: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Only for calls whose ``input`` has one of these values there."""
    opener: tuple[str, str] | None = None
    """The journalled call that opened what this one changes: its interface, and where our ``input`` has its identifier."""
    first: First | None = None
    rows: str = ""
    """The node of the answer whose rows are looked at."""
    match: tuple[tuple[str, Source], ...] = ()
    """A row is the call's own when all these agree. An empty one in an otherwise matching row leaves it undecided."""
    agree: tuple[tuple[str, Source], ...] = ()
    """What must agree in the call's own row; otherwise the answer contradicts the message."""
    states: tuple[State, ...] = ()
    """What the own row says; the first that fits. A row that fits none says nothing usable."""
    present: Means = "found"
    """What the own row says where there are no states."""
    none: Means = "absent"
    """What it says when no row is the call's own."""
    fresh: Literal["key", "person"] | None = None
    """Rows that earlier calls of the same interface gave, with the same business key or for the same person, are not
    the call's own."""
    after_lag: bool = False
    """Only meaningful once a query must show what was done before the call."""
    identifier: str | None = None
    """The field with the identifier that the lost reply had."""
    adopt: Adopt | None = None
    missing: tuple[str, ...] = ()
    """Fields and nodes of the lost reply that the query cannot give."""
