"""The invariants of the journal design, checked against the bureau's own ledger and the journal's own rows."""

from __future__ import annotations

from typing import Any

import attrs

from mi_core.journal import AttemptState, Journal
from mi_core.journal.states import MOVES, OPEN_STATES, OperationState
from tests.journal.centre import Centre

PROOF = frozenset({"NOT_SENT", "REJECTED", "NOT_EXECUTED", "REVERSED", "SUPERSEDED"})


def _reachable(state: AttemptState) -> frozenset[AttemptState]:
    return frozenset({state}).union(*(_reachable(following) for following in MOVES[state]))


REACHABLE = {state: _reachable(state) for state in AttemptState}


class Broken(AssertionError):
    """An invariant does not hold."""


def demand(condition: bool, invariant: str) -> None:
    if not condition:
        raise Broken(invariant)


@attrs.define
class Laws:
    """What the observer knows without asking the journal (``sent``, ``begun``), and the laws."""

    centre: Centre = attrs.field(factory=Centre, kw_only=True)
    journal: Journal = attrs.field(init=False)
    sent: dict[str, tuple[str, ...]] = attrs.field(factory=dict, init=False)
    """msgid -> (visit, batch) of every settlement that may have left."""
    begun: set[str] = attrs.field(factory=set, init=False)
    """Every msgid that the journal gave leave to send."""
    seen: dict[str, AttemptState] = attrs.field(factory=dict, init=False)

    def check(self) -> None:
        states = dict(self._rows("SELECT msgid, state FROM attempt"))
        keys = [execution.key for execution in self.centre.alive()]
        demand(len(keys) == len(set(keys)), "I1 no double")
        for execution in self.centre.alive():
            demand(states.get(execution.msgid, "lost") not in PROOF | {"lost"}, "I2 no orphan")
        cancelled = self._cancelled()
        for msgid, state in states.items():
            if state == "CONFIRMED" and msgid in self.sent and msgid not in cancelled:
                found = self.centre.ledger.get(msgid)
                demand(found is not None and found.alive, "I3 no ghost")
        for msgid in self.begun | set(self.sent):
            demand(msgid in states, "I4 written ahead, and kept")
        for msgid, name in states.items():
            state = AttemptState(name)
            demand(state in REACHABLE[self.seen.get(msgid, AttemptState.SENT)], "I6 states monotone")
            self.seen[msgid] = state
        for start, end in self._rows(
            "SELECT from_state, to_state FROM event WHERE kind IN ('ended', 'moved', 'takeover')"
        ):
            demand(start is None or AttemptState(end) in MOVES[AttemptState(start)], "I6 states monotone")
        for operation, state in self._rows(
            "SELECT o.state, a.state FROM operation o JOIN attempt a ON a.msgid = o.last_msgid"
        ):
            alive = AttemptState(state) in OPEN_STATES and state != "MANUAL"
            demand((operation == OperationState.OPEN) == alive, "operation follows its attempt")

    def _written(self, msgid: str) -> None:
        demand(
            self._rows(f"SELECT 1 FROM attempt WHERE msgid = '{msgid}' AND state = 'SENT'") != [],
            "I4 write-ahead",
        )

    def _unresolved(self, visit: str) -> bool:
        return any(
            self.sent.get(msgid, ("",))[0] == visit
            for (msgid,) in self._rows("SELECT msgid FROM attempt WHERE open = 1 AND effect = 'money'")
        )

    def _states(self, key: tuple[str, ...]) -> list[tuple[str, str]]:
        states = dict(self._rows("SELECT msgid, state FROM attempt"))
        return [(msgid, states.get(msgid, "lost")) for msgid, k in self.sent.items() if k == key]

    def _cancelled(self) -> set[str]:
        return {
            row[0] for row in self._rows("SELECT last_msgid FROM operation WHERE cancelled_by IS NOT NULL")
        }

    def _count(self, *states: str) -> int:
        names = ", ".join(f"'{state}'" for state in states)
        sql = f"SELECT count(*) FROM attempt WHERE effect = 'money' AND likely_refused = 0 AND state IN ({names})"
        return int(self._rows(sql)[0][0])

    def _rows(self, sql: str) -> list[Any]:
        return self.journal.read._rows(sql, ())
