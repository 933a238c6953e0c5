"""Reading the shared journal: a connection of its own that can only read, on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from mi_core.journal.database import Database, Row
from mi_core.journal.keyring import KeyRing
from mi_core.journal.reading import Reader
from mi_core.journal.shared import session as sessions
from mi_core.journal.shared.address import Address
from mi_core.journal.shared.link import Link, Session
from mi_core.journal.shared.trouble import Kind, Trouble, unreachable, violated

__all__ = ["Questions", "SharedReader"]

T = TypeVar("T")


class Questions:
    """A :class:`Database` for any thread: each question waits for the link's thread. Connects again once when it must."""

    def __init__(self, address: Address) -> None:
        self._where = address.shown
        self._thread = ThreadPoolExecutor(1, "mi-journal-read")
        self._link = self._thread.submit(Link, address, "AUTOCOMMIT", sessions.reading).result()
        self._inside = self._closed = False

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        return self._ask(lambda session: session.rows(sql, params))

    def run(self, sql: str, params: Sequence[Any] = ()) -> int:
        return self._ask(lambda session: session.run(sql, params))

    def many(self, sql: str, params: Iterable[Sequence[Any]]) -> int:
        return self._ask(lambda session: session.many(sql, params))

    def begin(self) -> None:
        """From here to :meth:`end` every question sees the same state."""
        self.run(self._link.dialect.snapshot)
        self._inside = True

    def end(self) -> None:
        self._inside = False
        if self._link.connected:
            self.run("ROLLBACK")

    def close(self) -> None:
        """Close the connection; twice does no harm."""
        if not self._closed:
            self._closed = True
            self._thread.submit(self._link.close).result()
            self._thread.shutdown()

    def _ask(self, work: Callable[[Session], T]) -> T:
        try:
            return self._thread.submit(self._on_thread, work).result()
        except Trouble as error:
            known = violated if error.kind is Kind.REFUSED else None
            raise known(error.cause) if known else unreachable(self._where, error.cause) from error

    def _on_thread(self, work: Callable[[Session], T]) -> T:
        fresh = not self._link.connected
        if fresh:
            self._link.connect()
        try:
            return self._link.run(work, 120)
        except Trouble as error:
            if error.kind is not Kind.LOST:
                raise
            self._link.drop()
            if fresh or self._inside:
                raise
        self._link.connect()
        return self._link.run(work, 120)


class SharedReader(Reader):
    """The same questions to a server."""

    def __init__(self, address: Address, ring: KeyRing) -> None:
        self._questions = Questions(address)
        self.asks = Questions(address)
        """For the journal's own questions, so that they never wait for a long verification."""
        self._database: Database = self._questions
        self._ring = ring
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connection; twice does no harm."""
        with self._lock:
            self._questions.close()
            self.asks.close()

    @contextmanager
    def _snapshot(self) -> Iterator[Database]:
        with self._lock:
            self._questions.begin()
            try:
                yield self._questions
            finally:
                self._questions.end()
