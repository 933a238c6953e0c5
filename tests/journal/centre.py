"""A bureau that takes everything it gets: no deduplication, late execution, replica lag, blank ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import attrs

from mi_core.journal import FenceTerms, Finding, Sight

MINUTE = 60_000
ACCEPTANCE, PROCESSING, LAG, DAY = 30 * MINUTE, 2 * MINUTE, 3 * MINUTE, 1440 * MINUTE
KNOWN = FenceTerms(acceptance=ACCEPTANCE, processing=PROCESSING, lag=LAG)
UNKNOWN = FenceTerms(acceptance=None, processing=PROCESSING, lag=LAG)


@attrs.define
class Execution:
    """One settlement in the bureau's own ledger."""

    msgid: str
    key: tuple[str, ...]
    amount: str
    at: int
    blank: bool = False
    undone_at: int | None = None

    @property
    def alive(self) -> bool:
        return self.undone_at is None


class Centre:
    """The ledger, the messages on their way, and what a query sees of them."""

    def __init__(self, acceptance: int = ACCEPTANCE) -> None:
        self.ledger: dict[str, Execution] = {}
        self.received: list[str] = []
        self._acceptance = acceptance
        self._travelling: list[tuple[int, int, Execution]] = []

    def deliver(self, execution: Execution, signed_at: int, arrives: int, takes: int = 0) -> None:
        """A message that reaches the gateway at ``arrives``; too old a signature is refused silently."""
        self._travelling.append((arrives, arrives + takes, attrs.evolve(execution, at=signed_at)))

    def tick(self, now: int) -> None:
        """Do what is due."""
        due = [item for item in self._travelling if item[1] <= now]
        self._travelling = [item for item in self._travelling if item[1] > now]
        for arrived, finished, execution in due:
            self.received.append(execution.msgid)
            if arrived - execution.at <= self._acceptance:
                self.ledger[execution.msgid] = attrs.evolve(execution, at=finished)

    def ask(self, msgid: str, now: int, *, recon: bool, signed_at: int) -> Finding:
        """A query by the replica, or a row of 3202 (with blank ids for some)."""
        self.tick(now)
        seen = self.ledger.get(msgid)
        closed = recon and now >= signed_at + DAY
        source: Literal["recon", "query"] = "recon" if recon else "query"
        if seen is None or seen.at + LAG > now:
            sight = Sight.ABSENT
        elif seen.undone_at is not None and seen.undone_at + LAG <= now:
            sight = Sight.REFUNDED
        else:
            sight = Sight.UNIDENTIFIED if seen.blank else Sight.FOUND
        identifier = f"S{msgid}" if sight is Sight.FOUND else None
        return Finding(sight=sight, source=source, asked_at=now, identifier=identifier, day_closed=closed)

    def undo(self, msgid: str, now: int) -> bool:
        """2601 or 2208: take back; False = there is nothing to take back."""
        self.tick(now)
        found = self.ledger.get(msgid)
        if found is None or not found.alive:
            return False
        found.undone_at = now
        return True

    def alive(self, where: Callable[[Execution], bool] = lambda _: True) -> list[Execution]:
        return [execution for execution in self.ledger.values() if execution.alive and where(execution)]
