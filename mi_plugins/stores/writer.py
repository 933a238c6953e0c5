"""A SQLite connection in its own thread: jobs run in order, many in one commit, their callers wait for that commit."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

import attrs

T = TypeVar("T")

__all__ = ["SqliteThread", "connect_wal"]

_BATCH = 500
_HELD = 20_000
RETRY = 0.5
"""Seconds between attempts to write what nobody waits for while the file cannot be written."""
Job = Callable[[sqlite3.Connection], Any]
_log = logging.getLogger("mi_core.call")


def connect_wal(path: Path, patience: float = 10.0) -> sqlite3.Connection:
    """A connection to a file in WAL mode. While another process switches it over, SQLite says *locked* without waiting:
    tried again for ``patience`` seconds.
    """
    until = time.monotonic() + patience
    while True:
        connection = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            connection.close()
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)
        except BaseException:
            connection.close()
            raise
        else:
            return connection


@attrs.define(eq=False)
class _Order(Generic[T]):
    job: Job
    durable: bool
    loop: asyncio.AbstractEventLoop | None = None
    future: asyncio.Future[T] | None = None
    """``None``: nobody waits; ``what`` tells what was lost if it can never be written."""
    what: str = ""
    result: Any = None
    error: BaseException | None = None


class SqliteThread:
    """Serves any number of event loops. A job that was handed over runs, even if its caller was cancelled."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], name: str) -> None:
        self._connect = connect
        self._orders: queue.SimpleQueue[_Order[Any] | None] = queue.SimpleQueue()
        self._held: list[_Order[Any]] = []
        self._thread = threading.Thread(target=self._run, name=f"mi-log {name}", daemon=True)
        self._thread.start()
        atexit.register(self.stop)

    async def run(self, job: Job, *, durable: bool = False) -> Any:
        """Run ``job`` inside a transaction and wait for the commit. ``durable``: synced to disk before this returns."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._put(_Order(job, durable, loop, future))
        return await future

    def later(self, job: Job, what: str) -> None:
        """Run ``job`` in its turn; nobody waits. While the file cannot be written it is kept and tried again, in order."""
        self._put(_Order(job, False, what=what))

    def _put(self, order: _Order[Any]) -> None:
        if not self._thread.is_alive():
            raise sqlite3.ProgrammingError("the log is closed")
        self._orders.put(order)

    def stop(self, timeout: float = 10.0) -> None:
        """Finish what was handed over and end the thread."""
        atexit.unregister(self.stop)
        self._orders.put(None)
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    def _run(self) -> None:
        connection: _Committer | None = None
        more = True
        while more:
            fresh, more = self._next_batch()
            batch, self._held = [*self._held, *fresh], []
            try:
                if connection is None:
                    connection = _Committer(self._connect())
                connection.commit(batch)
            except BaseException as error:
                for order in batch:
                    order.error = error
            self._done(batch, more)
        if connection is not None:
            connection.close()

    def _next_batch(self) -> tuple[list[_Order[Any]], bool]:
        batch: list[_Order[Any]] = []
        with contextlib.suppress(queue.Empty):
            order = self._orders.get(timeout=RETRY if self._held else None)
            while order is not None:
                batch.append(order)
                if len(batch) == _BATCH or self._orders.empty():
                    return batch, True
                order = self._orders.get()
            return batch, False
        return batch, True

    def _done(self, batch: list[_Order[Any]], more: bool) -> None:
        """Wake who waits; keep what nobody waits for and what the file did not take."""
        _answer(batch)
        for order in batch:
            if order.future is not None or order.error is None:
                continue
            if more and isinstance(order.error, sqlite3.OperationalError) and len(self._held) < _HELD:
                order.error = None
                self._held.append(order)
            else:
                _log.error("%s: not written to the log: %s", order.what, order.error)


class _Committer:
    """The connection and how it syncs at present."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._durable: bool | None = None
        self.close = connection.close

    def commit(self, batch: list[_Order[Any]]) -> None:
        """All in one transaction; when one of them fails, each alone, so that it fails alone.

        Raises ``sqlite3.OperationalError`` when the file cannot be written at all: then none was.
        """
        if not batch:
            return
        try:
            self._transaction(batch)
        except sqlite3.OperationalError:
            raise
        except Exception:
            if len(batch) == 1:
                raise
            for order in batch:
                try:
                    self._transaction([order])
                except Exception as error:
                    order.error = error

    def _transaction(self, batch: list[_Order[Any]]) -> None:
        execute = self._connection.execute
        durable = any(o.durable for o in batch)
        if durable is not self._durable:
            execute(f"PRAGMA synchronous={2 if durable else 1}")  # FULL, NORMAL
            self._durable = durable
        execute("BEGIN IMMEDIATE")
        try:
            for order in batch:
                order.result = order.job(self._connection)
            execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                execute("ROLLBACK")
            raise


def _answer(batch: list[_Order[Any]]) -> None:
    """Wake the callers, one wake-up per loop."""
    for loop in {id(o.loop): o.loop for o in batch if o.loop is not None}.values():
        mine = [o for o in batch if o.loop is loop]
        if not loop.is_closed():
            try:
                loop.call_soon_threadsafe(_deliver, mine)
            except RuntimeError:
                continue


def _deliver(orders: list[_Order[Any]]) -> None:
    for order in orders:
        if order.future is None or order.future.done():
            continue
        if order.error is not None:
            order.future.set_exception(order.error)
        else:
            order.future.set_result(order.result)
