"""The group writer on a server: the same jobs, with turns between hosts, a lease, and connections that may break.

Unlike a failed fsync of a file, a dropped connection leaves a server that knows the truth. So nothing is poisoned by it:
the writer connects again, looks whether the group whose COMMIT got no answer was stored (every group counts up its
owner's ``turn``), and goes on. Only records that the server had acknowledged and does not have any more close it for good.
"""

from __future__ import annotations

import logging
import queue
import random
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final

from mi_core.errors import StoreError
from mi_core.journal.chain import Snapshot
from mi_core.journal.records import Alarm
from mi_core.journal.shared import owning, tables, trouble
from mi_core.journal.shared.connecting import SECONDS, ConnectedWriter, Unknown
from mi_core.journal.shared.incarnation import Incarnation
from mi_core.journal.shared.link import Link, Session
from mi_core.journal.shared.trouble import Kind, Trouble
from mi_core.journal.writer import Entry, fail

__all__ = ["SharedWriter"]

_log = logging.getLogger(__name__)
_TRIES: Final = 6
_BUDGET: Final = 0.25
"""Seconds after which a group is closed, so that a slow host does not keep the others waiting for their turn."""


class _JobFailed(Exception):
    """A job raised after it had written."""


class _LeaseLost(Exception):
    """The group may not write: our epoch has ended."""


class SharedWriter(ConnectedWriter):
    """Takes jobs from any thread or event loop and commits them in groups. ``opened`` is done when it takes jobs."""

    def __init__(
        self, link: Link, incarnation: Incarnation, *, clock: Callable[[], int],
        on_alarm: Callable[[Alarm], None] | None, slot_wait: float, group: int = 128,
    ) -> None:  # fmt: skip
        self._slot_wait = slot_wait
        self.opened: Future[None] = Future()
        super().__init__(link, incarnation, clock=clock, on_alarm=on_alarm, group=group)

    # the thread --------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            self._open()
        except BaseException as error:
            with self._gate:
                self._closed = True
            self._link.close()
            self.opened.set_exception(error)
            return
        self.opened.set_result(None)
        try:
            super()._work()
        finally:
            self._link.close()

    def _open(self) -> None:
        try:
            self._link.connect()
            self._link.run(lambda session: tables.migrate(session, self._clock()), 120)
            self._link.commit(SECONDS)
            self._first_slot()
        except Trouble as error:
            raise trouble.unreachable(self._where, error.cause) from error

    def _first_slot(self) -> None:
        end = time.monotonic() + self._slot_wait
        while True:
            try:
                return self._enter()
            except owning.SlotsTaken:
                if time.monotonic() >= end:
                    raise
                time.sleep(0.2)
                self._link.connect()

    def _take(self) -> Entry[Any] | None:
        while True:
            try:
                return self._queue.get(timeout=max(0.0, self._next_beat - time.monotonic()))
            except queue.Empty:
                self._beat()

    def _beat(self) -> None:
        """Nothing to do for a while: keep the lease, or get a connection and a new one."""
        place = self._incarnation
        self._next_beat = time.monotonic() + place.lease.seconds / 3
        if self._poison is not None:
            return
        try:
            self._ready()
            since = place.lease.clock()
            alive, alarms = self._link.run(lambda s: place.beat(self._transaction(s)), 10)
            self._link.commit(10)
            self._tell(alarms)
            if alive:
                place.lease.renewed(since)
            else:
                self._lost()
                self._enter()
        except (Trouble, StoreError) as error:
            self._link.drop()
            self._next_beat = time.monotonic() + min(1.0, place.lease.seconds / 3)
            _log.warning("journal heartbeat failed: %s", error)

    # groups ------------------------------------------------------------------------------------------------------

    def _commit(self, batch: list[Entry[Any]]) -> None:
        rest = batch
        while rest:
            rest = self._some(rest)

    def _some(self, batch: list[Entry[Any]]) -> list[Entry[Any]]:
        """Store as many from the front as fit into one turn; the others are returned."""
        failure: StoreError | None = None
        end = time.monotonic() + SECONDS
        for trial in range(_TRIES):
            if self._poison is not None or not self._rest_until <= time.monotonic() < end:
                break
            for entry in batch:
                entry.result = entry.error = None
            try:
                return self._once(batch)
            except _LeaseLost:
                failure = trouble.lease_lost()
                self._lost()
            except _JobFailed:
                return self._alone(batch, batch[0].error)
            except Trouble as error:
                if error.kind is Kind.LOST:
                    failure = trouble.unreachable(self._where, error.cause)
                    self._link.drop()
                elif error.kind is Kind.CONTENDED:
                    failure = trouble.busy(self._where, error.cause)
                    time.sleep(random.random() * 0.02 * 2**trial)  # noqa: S311  # spreads two hosts that collided
                elif len(batch) > 1 or trial > 0 or error.kind is Kind.REFUSED:
                    return self._alone(batch, trouble.violated(error.cause))
            except StoreError as error:
                failure = error
                self._link.drop()
                break
        for entry in batch:
            entry.error = None
        fail(
            batch,
            failure or trouble.unreachable(self._where, ConnectionError(self._poison or "no connection")),
        )
        return []

    def _alone(self, batch: list[Entry[Any]], error: BaseException | None) -> list[Entry[Any]]:
        """A group could not be stored: each job by itself; a single one has its answer."""
        if len(batch) > 1:
            for entry in batch:
                self._some([entry])
        else:
            batch[0].error = error
        return []

    def _once(self, batch: list[Entry[Any]]) -> list[Entry[Any]]:
        self._ready()
        chain, lease = self._chain, self._incarnation.lease
        saved, since = chain.snapshot(), lease.clock()
        try:
            done, alarms = self._link.run(lambda session: self._jobs(session, batch), SECONDS)
        except BaseException as error:
            chain.restore(saved)
            if isinstance(error, Trouble) and error.kind is Kind.LOST:
                self._link.drop()
            else:
                self._link.rollback()
            raise
        if self._store(batch[:done], saved):
            lease.renewed(since)
            self._next_beat = time.monotonic() + lease.seconds / 3
            self.groups += 1
            self._tell(alarms)
        return batch[done:]

    def _jobs(self, session: Session, batch: list[Entry[Any]]) -> tuple[int, list[Alarm]]:
        """Inside the link: our turn, our lease, the jobs, their events. How many jobs were done, and the alarms."""
        tx = self._transaction(session)
        owning.take_turn(tx)
        if not self._incarnation.renew(tx):
            raise _LeaseLost
        end, done = time.monotonic() + _BUDGET, 0
        for entry in batch:
            before = tx.writes
            try:
                entry.result = entry.job(tx)
            except Trouble:
                raise
            except Exception as error:
                entry.error = error
                if tx.writes != before:
                    raise _JobFailed from error
            done += 1
            if time.monotonic() > end:
                break
        return done, tx.finish()

    def _store(self, entries: list[Entry[Any]], saved: Snapshot) -> bool:
        """COMMIT. Without an answer the server is asked; when it cannot be asked, the callers are told so (False)."""
        try:
            self._link.commit(SECONDS)
        except Trouble as error:
            if error.kind in (Kind.CONTENDED, Kind.VIOLATED):
                self._chain.restore(saved)
                self._link.rollback()
                raise
            self._link.drop()
            self._unknown = Unknown(self._incarnation.lease.epoch, self._turn + 1, entries)
            try:
                stored = self._reconnect()
            except (Trouble, StoreError) as second:
                fail(entries, trouble.unknown(self._where, error.cause))
                _log.critical("journal: no answer to COMMIT, and then: %s", second)
                return False
            if not stored:
                raise
            return True
        self._turn += 1
        self._incarnation.acknowledged = self._chain.snapshot()
        return True
