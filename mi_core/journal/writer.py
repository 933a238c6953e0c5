"""The one thread that writes: many callers' transactions share one fsync, and each is told when it is on disk.

A job is a function of a :class:`Transaction`. It may run twice (the second time alone, when a neighbour in the group
failed after writing), so it must not have effects elsewhere. An error of SQLite that is neither a busy file nor a
violated constraint *poisons* the writer: after a failed fsync nobody knows what is on disk, so nothing more is taken.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from mi_core.errors import StoreError
from mi_core.journal.chain import Chain
from mi_core.journal.database import Database, Files, is_busy
from mi_core.journal.records import Alarm
from mi_core.journal.transaction import Job, Transaction

__all__ = ["Entry", "GroupWriter", "fail"]

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Entry(Generic[T]):
    """A job and whom to tell: a thread's future, or an asyncio future with its loop; ``lost`` if that was cancelled."""

    __slots__ = ("error", "future", "job", "loop", "lost", "result")

    def __init__(
        self, job: Job[T], future: Future[T] | asyncio.Future[T], loop: asyncio.AbstractEventLoop | None,
        lost: Callable[[Any], None] | None = None,
    ) -> None:  # fmt: skip
        self.job, self.future, self.loop, self.lost = job, future, loop, lost
        self.result: T | None = None
        self.error: BaseException | None = None

    def deliver(self) -> None:
        future: Any = self.future
        if future.done():
            if self.lost is not None and self.error is None:
                self.lost(self.result)
            return
        if self.error is not None:
            future.set_exception(self.error)
        else:
            future.set_result(self.result)


def _deliver(entries: list[Entry[Any]]) -> None:
    for entry in entries:
        entry.deliver()


class GroupWriter:
    """Takes jobs from any thread or event loop and commits them in groups."""

    def __init__(
        self, database: Database, chain: Chain, *, clock: Callable[[], int],
        on_alarm: Callable[[Alarm], None] | None = None, group: int = 256, files: Files | None = None,
    ) -> None:  # fmt: skip
        self._files = files
        self._database, self._chain, self._clock, self._on_alarm, self._group = (
            database,
            chain,
            clock,
            on_alarm,
            group,
        )
        self._queue: queue.SimpleQueue[Entry[Any] | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._poison: str | None = None
        self._closed = False
        self.groups = 0
        """Commits so far; with the number of jobs it shows how well the grouping works."""
        self._thread = threading.Thread(target=self._work, name="mi-journal", daemon=True)
        self._thread.start()

    @property
    def poisoned(self) -> str | None:
        """Why the intake is closed for good, or None."""
        return self._poison

    def submit(self, job: Job[T]) -> Future[T]:
        """For threads: a future that is done when the job's transaction is on disk."""
        future: Future[T] = Future()
        self._put(Entry(job, future, None))
        return future

    def run(self, job: Job[T], lost: Callable[[T], None] | None = None) -> asyncio.Future[T]:
        """For coroutines: the same as an asyncio future. Cancelling it does not undo the job; ``lost`` gets its result."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._put(Entry(job, future, loop, lost))
        return future

    def close(self, last: Job[None] | None = None) -> None:
        """Finish what is queued, run ``last``, stop. Later jobs raise :class:`StoreError`."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            if last is not None and self._poison is None:
                self._queue.put(Entry(last, Future(), None))
            self._queue.put(None)
        self._thread.join()

    def _put(self, entry: Entry[Any]) -> None:
        with self._gate:
            if self._closed or self._poison is not None:
                raise _unwritable(self._poison or "closed")
            self._queue.put(entry)

    def _work(self) -> None:
        while (first := self._take()) is not None:
            batch, stop = [first], False
            while len(batch) < self._group:
                try:
                    entry = self._queue.get_nowait()
                except queue.Empty:
                    break
                if entry is None:
                    stop = True
                    break
                batch.append(entry)
            if self._poison is None:
                self._commit(batch)
            else:
                fail(batch, _unwritable(self._poison))
            self._acknowledge(batch)
            if stop:
                return

    def _take(self) -> Entry[Any] | None:
        """Wait for the next job; None = stop."""
        return self._queue.get()

    def _commit(self, batch: list[Entry[Any]]) -> None:
        saved, database = self._chain.snapshot(), self._database
        try:
            if self._files is not None:
                self._files.check()
            database.run("BEGIN IMMEDIATE")
        except StoreError as error:
            fail(batch, error)
            return
        except sqlite3.Error as error:
            if is_busy(error):
                fail(batch, _unwritable("busy"))
            else:
                self._break(batch, error)
            return
        transaction = Transaction(database, self._chain, self._clock())
        try:
            whole = self._run_jobs(batch, transaction)
            if whole:
                alarms = transaction.finish()
                database.run("COMMIT")
                self.groups += 1
            else:
                database.run("ROLLBACK")
        except Exception as error:
            self._chain.restore(saved)
            self._break(batch, error)
            return
        if whole:
            self._tell(alarms)
            return
        self._chain.restore(saved)
        if len(batch) > 1:
            for entry in batch:
                entry.result = entry.error = None
                self._commit([entry]) if self._poison is None else fail([entry], _unwritable(self._poison))

    def _run_jobs(self, batch: list[Entry[Any]], transaction: Transaction) -> bool:
        """False when a job failed after it had written: the group has to be undone."""
        for entry in batch:
            before = transaction.writes
            try:
                entry.result = entry.job(transaction)
            except sqlite3.IntegrityError as error:
                entry.error = _violated(error)
                return False
            except sqlite3.Error:
                raise
            except Exception as error:
                entry.error = error
                if transaction.writes != before:
                    return False
        return True

    def _break(self, batch: list[Entry[Any]], error: BaseException) -> None:
        with self._gate:
            self._poison = f"{type(error).__name__}: {error}"
        _log.critical("journal poisoned: %s", self._poison)
        try:
            self._database.run("ROLLBACK")
        except sqlite3.Error as second:
            _log.debug("no transaction to roll back: %s", second)
        failure = _unwritable(self._poison)
        failure.__cause__ = error
        for entry in batch:
            entry.error = None
        fail(batch, failure)

    def _tell(self, alarms: list[Alarm]) -> None:
        for alarm in alarms:
            _log.warning("journal alarm %s: %s (msgid %s)", alarm.kind, alarm.detail, alarm.msgid)
            if self._on_alarm is not None:
                try:
                    self._on_alarm(alarm)
                except Exception:
                    _log.exception("the alarm receiver failed")

    def _acknowledge(self, batch: list[Entry[Any]]) -> None:
        loops: dict[asyncio.AbstractEventLoop, list[Entry[Any]]] = {}
        for entry in batch:
            if entry.loop is None:
                entry.deliver()
            else:
                loops.setdefault(entry.loop, []).append(entry)
        for loop, entries in loops.items():
            try:
                loop.call_soon_threadsafe(_deliver, entries)
            except RuntimeError:
                _log.warning("an event loop ended before %d journal answers reached it", len(entries))


def fail(batch: list[Entry[Any]], error: BaseException) -> None:
    """Give every job that has no error yet this one."""
    for entry in batch:
        if entry.error is None:
            entry.error = error


def _violated(error: sqlite3.IntegrityError) -> StoreError:
    failure = StoreError(
        f"日志约束不允许该写入：{error}", f"the journal's constraints forbid this: {error}",
        hint_zh="该写入已整体撤销；请重新发起业务", hint_en="it was undone as a whole; start the call again",
    )  # fmt: skip
    failure.__cause__ = error
    return failure


def _unwritable(why: str) -> StoreError:
    return StoreError(
        f"日志不可写（{why}）", f"the journal cannot be written ({why})",
        hint_zh="不再发送变更类业务；检查磁盘后重启程序", hint_en="no changing call is let out; check the disk, then restart",
    )  # fmt: skip
