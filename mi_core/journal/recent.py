"""What was written ahead lately, as far as its program is not at work on it any more: the operation log may lack its row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs

from mi_core.journal.database import Row
from mi_core.journal.states import AttemptState

__all__ = ["Begun", "begun"]

_EVENTS: Final = 20_000
"""The end of each chain that is looked at: at least two events per attempt."""
_DAYS: Final = 7 * 24 * 3_600_000
_LONG_AGO: Final = 60_000
"""Milliseconds after which a living neighbour has given its row to the log, too."""
_BEGUN: Final = """SELECT a.msgid, a.operation_id, a.number, a.state FROM event e JOIN attempt a ON a.msgid = e.msgid
    WHERE e.writer = ? AND e.seq > ? AND e.seq < ? AND e.kind = 'sent' AND e.at >= ? AND e.at < ? ORDER BY e.seq"""

Rows = Callable[[str, Sequence[Any]], list[Row]]


@attrs.frozen
class Begun:
    """One attempt, as little as tells whether the log has to be looked at."""

    msgid: str
    operation_id: str
    number: int
    state: AttemptState


def begun(rows: Rows, slot: int, now: int) -> list[Begun]:
    """Attempts of the last days: those of our own ``slot`` from before this start, the neighbours' when a minute old."""
    found: list[Begun] = []
    slots = {int(row[0]) for row in rows("SELECT DISTINCT slot FROM owner", ())}
    for writer in sorted(slots):
        last = rows("SELECT max(seq) FROM event WHERE writer = ?", (writer,))[0][0]
        if last is None:
            continue
        before, until = int(last) + 1, now - _LONG_AGO
        if writer == slot:
            before, until = _start(rows, writer, before), now + _DAYS
        found += [
            Begun(str(msgid), str(operation), int(number), AttemptState(state))
            for msgid, operation, number, state in rows(
                _BEGUN, (writer, before - _EVENTS, before, now - _DAYS, until)
            )
        ]
    return found


def _start(rows: Rows, writer: int, end: int) -> int:
    """Where our own incarnation begins in its chain."""
    started = rows("SELECT max(seq) FROM event WHERE writer = ? AND kind = 'started'", (writer,))[0][0]
    return end if started is None else int(started)
