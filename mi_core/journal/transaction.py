"""What a job sees of the group it runs in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from mi_core.journal.chain import INSERT, Chain
from mi_core.journal.database import Database, Row
from mi_core.journal.records import Alarm

__all__ = ["Asking", "Job", "Rows", "Transaction"]

T = TypeVar("T")


class Rows(Protocol):
    """Whoever can be asked: a transaction, or a connection beside it."""

    @property
    def rows(self) -> Callable[..., list[Row]]:
        """All rows of a query."""


class Asking:
    """Questions on a connection of its own, in the caller's thread: what is committed, without waiting for the writer."""

    def __init__(self, database: Database) -> None:
        database.run("PRAGMA query_only = ON")
        self.database, self._lock = database, threading.Lock()

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """All rows of a query."""
        with self._lock:
            return self.database.rows(sql, params)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self.database.close()


class Transaction:
    """What a job sees: the database inside the running transaction, the clock of the group, the event chain."""

    __slots__ = ("_alarms", "_events", "chain", "database", "now", "rows", "writes")

    def __init__(self, database: Database, chain: Chain, now: int) -> None:
        self.database, self.chain, self.now = database, chain, now
        self.rows = database.rows
        self._events: list[Row] = []
        self._alarms: list[Alarm] = []
        self.writes = 0

    def run(self, sql: str, params: Sequence[Any] = ()) -> int:
        """Execute a statement; the number of rows changed."""
        self.writes += 1
        return self.database.run(sql, params)

    def many(self, sql: str, params: Sequence[Sequence[Any]]) -> int:
        """Execute a statement for many rows."""
        self.writes += 1
        return self.database.many(sql, params)

    def event(
        self, kind: str, operation_id: str | None = None, msgid: str | None = None, from_state: str | None = None,
        to_state: str | None = None, data: str = "{}", evidence_ct: bytes | None = None,
    ) -> int:  # fmt: skip
        """Append a link to the audit chain; its sequence number."""
        self.writes += 1
        self._events.append(
            self.chain.append(self.now, kind, operation_id, msgid, from_state, to_state, data, evidence_ct)
        )
        return self.chain.seq

    def alarm(self, kind: str, msgid: str | None, operation_id: str | None, detail: str) -> None:
        """Tell a person, once the transaction is on disk."""
        self._alarms.append(Alarm(kind, msgid, operation_id, detail))

    def finish(self) -> list[Alarm]:
        """Store the collected events; called by the writer before the commit."""
        if self._events:
            self.database.many(INSERT, self._events)
        return self._alarms


Job = Callable[[Transaction], T]
