"""A SQLite connection in its own thread: jobs run in order, many in one commit, their callers wait for that commit."""

from __future__ import annotations

import asyncio
import atexit
import queue
import sqlite3
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import attrs

T = TypeVar("T")

__all__ = ["SqliteThread"]

_BATCH = 500
Job = Callable[[sqlite3.Connection], Any]


@attrs.define(eq=False)
class _Order(Generic[T]):
    job: Job
    durable: bool
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[T]
    result: Any = None
    error: BaseException | None = None


class SqliteThread:
    """Serves any number of event loops. A job that was handed over runs, even if its caller was cancelled."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], name: str) -> None:
        self._connect = connect
        self._orders: queue.SimpleQueue[_Order[Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"mi-log {name}", daemon=True)
        self._thread.start()
        atexit.register(self.stop)

    async def run(self, job: Job, *, durable: bool = False) -> Any:
        """Run ``job`` inside a transaction and wait for the commit. ``durable``: synced to disk before this returns."""
        return await self.hand_over(job, durable=durable)

    def hand_over(self, job: Job, *, durable: bool = False) -> asyncio.Future[Any]:
        """Have ``job`` run inside a transaction; the future is done with its commit (``durable``: synced to disk)."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        if not self._thread.is_alive():
            raise sqlite3.ProgrammingError("the log is closed")
        self._orders.put(_Order(job, durable, loop, future))
        return future

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
            batch, more = self._next_batch()
            try:
                if connection is None:
                    connection = _Committer(self._connect())
                connection.commit(batch)
            except BaseException as error:
                for order in batch:
                    order.error = error
            _answer(batch)
        if connection is not None:
            connection.close()

    def _next_batch(self) -> tuple[list[_Order[Any]], bool]:
        batch: list[_Order[Any]] = []
        order = self._orders.get()
        while order is not None:
            batch.append(order)
            if len(batch) == _BATCH or self._orders.empty():
                return batch, True
            order = self._orders.get()
        return batch, False


class _Committer:
    """The connection and how it syncs at present."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._durable: bool | None = None
        self.close = connection.close

    def commit(self, batch: list[_Order[Any]]) -> None:
        """All in one transaction; when one of them fails, each alone, so that it fails alone."""
        if not batch:
            return
        try:
            self._transaction(batch)
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
    for loop in {id(o.loop): o.loop for o in batch}.values():
        mine = [o for o in batch if o.loop is loop]
        if not loop.is_closed():
            try:
                loop.call_soon_threadsafe(_deliver, mine)
            except RuntimeError:
                continue


def _deliver(orders: list[_Order[Any]]) -> None:
    for order in orders:
        if order.future.done():
            continue
        if order.error is not None:
            order.future.set_exception(order.error)
        else:
            order.future.set_result(order.result)
