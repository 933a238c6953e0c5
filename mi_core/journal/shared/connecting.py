"""How the writer gets a connection, the truth about its last group, and a valid incarnation."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Final

import attrs

from mi_core.errors import StoreError
from mi_core.journal.database import Database
from mi_core.journal.records import Alarm
from mi_core.journal.shared import trouble
from mi_core.journal.shared.incarnation import Incarnation, Place
from mi_core.journal.shared.link import Link, Session
from mi_core.journal.shared.trouble import Trouble
from mi_core.journal.transaction import Transaction
from mi_core.journal.writer import Entry, GroupWriter

__all__ = ["SECONDS", "ConnectedWriter", "Unknown"]

_log = logging.getLogger(__name__)
SECONDS: Final = 20.0
"""The longest that a group may work before its connection counts as lost."""
_PAUSE: Final = 0.5
"""Seconds without another try after the server could not be reached: callers are refused at once meanwhile."""


@attrs.frozen
class Unknown:
    """A group whose COMMIT got no answer, and whose callers have been told so."""

    epoch: int
    turn: int
    entries: list[Entry[Any]]


class ConnectedWriter(GroupWriter):
    """The part of the shared writer that looks after its connection."""

    def __init__(
        self, link: Link, incarnation: Incarnation, *, clock: Callable[[], int],
        on_alarm: Callable[[Alarm], None] | None, group: int,
    ) -> None:  # fmt: skip
        self._link, self._incarnation = link, incarnation
        self._where = link.address.shown
        self._turn = 0
        """Groups stored under this epoch, as far as we know."""
        self._unknown: Unknown | None = None
        self._rest_until = 0.0
        self._next_beat = 0.0
        self.nowhere: Database = _Nowhere()
        super().__init__(self.nowhere, incarnation.chain, clock=clock, on_alarm=on_alarm, group=group)

    def _ready(self) -> None:
        """A connection, the truth about the last group, and a valid incarnation."""
        if not self._link.connected:
            self._reconnect()
        if not self._incarnation.alive:
            self._enter()

    def _reconnect(self) -> bool:
        """Connect and find out what is stored; whether the unknown group is."""
        try:
            self._link.connect()
            place: Place = self._link.run(lambda s: self._incarnation.look(self._transaction(s)), SECONDS)
            self._link.rollback()
        except (Trouble, StoreError):
            self._link.drop()
            self._rest_until = time.monotonic() + _PAUSE
            raise
        if not place.intact:
            error = trouble.lost_records(self._where)
            with self._gate:
                self._poison = str(error)
            _log.critical("journal poisoned: %s", self._poison)
            raise error
        unknown, self._unknown = self._unknown, None
        self._chain.restore(place.head)
        self._turn = place.turn
        self._incarnation.acknowledged = place.head
        if unknown is None:
            return False
        stored = place.turn >= unknown.turn and unknown.epoch == self._incarnation.lease.epoch
        for entry in unknown.entries:
            if stored and entry.error is not None and entry.lost is not None and entry.result is not None:
                entry.lost(entry.result)  # its caller was told an error and has sent nothing
        return stored

    def _enter(self) -> None:
        """Register a new incarnation in a transaction of its own."""
        place = self._incarnation
        since = place.lease.clock()
        try:
            alarms = self._link.run(lambda s: place.register(self._transaction(s)), 60)
            self._link.commit(SECONDS)
        except BaseException:
            self._link.drop()  # also when COMMIT got no answer: that epoch was never used, and its lease runs out
            raise
        place.entered(since)
        self._chain, self._turn = place.chain, 0
        self._next_beat = time.monotonic() + place.lease.seconds / 3
        self._tell(alarms)

    def _lost(self) -> None:
        if self._incarnation.alive:
            self._incarnation.lost()
            epoch = self._incarnation.lease.epoch
            self._tell(
                [Alarm("lease_lost", None, None, f"epoch {epoch} has ended; this worker starts a new one")]
            )

    def _transaction(self, session: Session) -> Transaction:
        return Transaction(session, self._chain, self._clock())


_NO_DATABASE: Final = AssertionError("a group of a shared journal has its own session")


class _Nowhere:
    """The base class's database, which this writer does not use: each group has its own session."""

    def rows(self, sql: str, params: Any = ()) -> list[Any]:
        raise _NO_DATABASE

    def run(self, sql: str, params: Any = ()) -> int:
        raise _NO_DATABASE

    def many(self, sql: str, params: Any) -> int:
        raise _NO_DATABASE

    def close(self) -> None:
        """Nothing is open."""
