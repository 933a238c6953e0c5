"""The local journal as the pipeline sees it."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar

from mi_core.errors import StoreError
from mi_core.journal import database as databases
from mi_core.journal import ending, owners, sending, starting, takeover
from mi_core.journal.admission import Answer
from mi_core.journal.database import Connect, Database
from mi_core.journal.exposure import ExposureLimit
from mi_core.journal.keyring import KeyRing
from mi_core.journal.looking import look
from mi_core.journal.message_ids import Held, MessageIds
from mi_core.journal.msgids import Witness
from mi_core.journal.older import Gate, Hole, hole
from mi_core.journal.reading import Reader
from mi_core.journal.recent import Begun, begun
from mi_core.journal.records import (
    Alarm,
    BeforeSend,
    Ended,
    Intent,
    Resolution,
    Stored,
    Takeover,
    Ticket,
    Verdict,
)
from mi_core.journal.transaction import Asking, Job, Rows, Transaction
from mi_core.journal.writer import GroupWriter
from mi_core.types import Outcome

__all__ = ["Journal"]

T = TypeVar("T")


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000


class Journal(MessageIds):
    """One worker's hold on a journal file. Open with :meth:`open`; close when the program ends.

    Coroutines return when the transaction is on disk. ``*_job`` methods give the same as jobs for :meth:`wait` (threads)
    or :meth:`submit`. Every method that writes raises :class:`mi_core.errors.StoreError` when the journal cannot.
    """

    def __init__(
        self, path: Path, ring: KeyRing, slot: Held, slots: int, writer: GroupWriter, reader: Reader, epoch: int,
        *, clock: Callable[[], int], limit: ExposureLimit, witness: Witness, database: Database,
        asking: Asking | None = None, files: databases.Files | None = None, gate: Gate | None = None,
    ) -> None:  # fmt: skip
        super().__init__(slot, slots, clock, witness)
        self._asking, self._files = asking, files
        self._path, self._ring, self._writer = path, ring, writer
        self._limit, self._database = limit, database
        self._gate = gate or Gate(ring)
        self.read = reader
        """Questions; see :class:`Reader`. Blocking: from a coroutine call them in a thread."""
        self.epoch = epoch
        """This incarnation's number; every attempt that it owns carries it."""
        self.taken_over = Takeover(0, 0)
        """What the start took over from dead owners."""

    @classmethod
    def open(
        cls, path: Path, ring: KeyRing, *, slots: int = 10, clock: Callable[[], int] = _milliseconds,
        connect: Connect | None = None, limit: ExposureLimit | None = None,
        on_alarm: Callable[[Alarm], None] | None = None, busy_ms: int = 10_000, tail: int = 200, slot_wait: float = 10.0,
    ) -> Self:  # fmt: skip
        """Lock a worker slot, migrate, verify the chain's tail, take over from the dead, open the intake.

        ``slots``: how many processes may share the file (also divides the msgid sequence). ``clock``: milliseconds.
        ``on_alarm`` is called in the writer's thread. Raises :class:`StoreError` when anything of it is not right.
        """
        return starting.start(
            cls, path, ring, slots=slots, clock=clock, connect=connect, limit=limit, on_alarm=on_alarm, busy_ms=busy_ms,
            tail=tail, slot_wait=slot_wait,
        )  # fmt: skip

    @classmethod
    def open_shared(cls, url: str, ring: KeyRing, **options: Any) -> Journal:
        """The journal of several hosts at ``mysql://…`` or ``postgresql://…``; options of ``SharedJournal.connect``."""
        from mi_core.journal.shared.journal import SharedJournal  # SQLAlchemy is only loaded by who needs it

        return SharedJournal.connect(url, ring, **options)

    @property
    def poisoned(self) -> str | None:
        """Why nothing can be written any more, or None."""
        return self._writer.poisoned

    @property
    def groups(self) -> int:
        """Commits so far."""
        return self._writer.groups

    def begun(self) -> list[Begun]:
        """Recent attempts that no living program is at work on; see :func:`mi_core.journal.recent.begun`. Blocking."""
        return self.read.ask(lambda rows, _: begun(rows, self._slot.number, self._clock()))

    @property
    def hole(self) -> Hole | None:
        """What this journal does not know because an older copy was put in its place; closes money intake. Blocking."""
        return self.read.ask(hole)

    def close(self) -> None:
        """Finish what is queued and give the slot back. Attempts still SENT are taken over at the next start."""
        self._writer.close(self._leave)
        self.read.close()
        if self._asking is not None:
            self._asking.close()
        self._database.close()
        self._slot.release()

    def _leave(self, tx: Transaction) -> None:
        takeover.end_owner(tx, self.epoch)
        self._gate.leave(tx, self._witness)

    def peek_job(self, intent: Intent) -> Callable[[Rows], Stored | None]:
        """Before signing: the stored result if it is done, None if it may be sent; raises as :meth:`begin` would.

        It decides nothing: :meth:`begin` checks again in the transaction that stores the attempt.
        """
        keys = self._ring.digests(sending.key_of(intent))
        locks = tuple(value for hashes in sending.locks_of(self._ring, intent) for value in hashes)

        def job(tx: Rows) -> Stored | None:
            found = look(tx, self._ring, intent.institution, keys, locks, None)
            decision = sending.admit(found, intent, self._limit)
            if isinstance(decision, Answer):
                return None if intent.repeatable else sending.answered(tx, self._ring, decision, intent)
            sending.check_ends(tx, keys, decision, intent)
            self._gate.check(tx, intent)
            return None

        return job

    async def peek(self, intent: Intent) -> Stored | None:
        """See :meth:`peek_job`."""
        return await self._ask(self.peek_job(intent))

    def free_job(
        self, institution: str, lock_keys: tuple[str, ...], interface: str
    ) -> Callable[[Rows], None]:
        """See :meth:`free`."""
        locks = sending.lock_hashes(self._ring, institution, lock_keys)
        found = tuple(value for hashes in locks for value in hashes)
        return lambda tx: sending.check_free(tx, self._ring, institution, found, interface)

    async def free(self, institution: str, lock_keys: tuple[str, ...], interface: str) -> None:
        """Raises :class:`VisitBusy` when an unresolved changing call holds one of the visits."""
        await self._ask(self.free_job(institution, lock_keys, interface))

    def holds(self, ticket: Ticket) -> bool:
        """Whether ``ticket`` may be sent now; ask right before the first byte. False after close and in a forked child."""
        return self._slot.mine and ticket.epoch == self.epoch

    def begin_job(self, intent: Intent, before: BeforeSend) -> Job[Ticket | Stored]:
        """See :meth:`begin`."""
        prepared = sending.prepare(self._ring, intent, before, self._clock())
        return lambda tx: sending.begin(tx, prepared, self._ring, self.epoch, self._limit, self._gate.check)

    async def begin(self, intent: Intent, before: BeforeSend) -> Ticket | Stored:
        """Write ahead. A :class:`Ticket` means: it is on disk as SENT, send now. A :class:`Stored` is the old result.

        Raises :class:`VisitBusy`, :class:`AmountsDiffer`, :class:`QuoteNeeded`, :class:`IntakeClosed`,
        :class:`NoReversal` (nothing sent). When cancelled while waiting, the attempt is recorded as NOT_SENT.
        """
        self._check()
        begun = self._writer.run(self.begin_job(intent, before), self._unsent)
        try:
            return await begun
        except asyncio.CancelledError:
            if begun.done() and not begun.cancelled() and begun.exception() is None:
                self._unsent(begun.result())  # the ticket and the cancellation came in one turn of the loop
            raise

    def end_job(self, ticket: Ticket, verdict: Verdict) -> Job[Ended]:
        """See :meth:`end`."""
        sealed = ending.seal(self._ring, ticket.msgid, ticket.institution, ticket.interface, verdict)
        return lambda tx: ending.end(tx, ticket, verdict, sealed, self._ring)

    async def end(self, ticket: Ticket, verdict: Verdict) -> Ended:
        """Record the answer. If this raises, the attempt stays SENT and is taken over as IN_DOUBT later."""
        return await self._run(self.end_job(ticket, verdict))

    def lose(self, ticket: Ticket, evidence: str) -> None:
        """Without waiting and without raising: the send was given up (cancelled task, bug), its outcome is in doubt.

        If the journal cannot write either, the attempt stays SENT and is taken over at the next start.
        """
        with contextlib.suppress(StoreError):
            self._writer.submit(self.end_job(ticket, Verdict(outcome=Outcome.IN_DOUBT, evidence=evidence)))

    def resolve_job(self, msgid: str, resolution: Resolution) -> Job[Ended]:
        """See :meth:`resolve`."""
        return lambda tx: ending.resolve(tx, msgid, resolution, self._ring, self.epoch)

    async def resolve(self, msgid: str, resolution: Resolution) -> Ended:
        """Apply a conclusion about an unresolved attempt; raises :class:`MoveRefused` when there is no such move."""
        return await self._run(self.resolve_job(msgid, resolution))

    def observe_job(
        self,
        msgid: str,
        executed: bool,
        source: str,
        evidence: bytes | None = None,
        *,
        taken_back: bool = False,
    ) -> Job[Ended]:
        """See :meth:`observe`."""
        return lambda tx: ending.observe(
            tx, msgid, executed, source, evidence, self._ring, taken_back=taken_back
        )

    async def observe(
        self,
        msgid: str,
        executed: bool,
        source: str,
        evidence: bytes | None = None,
        *,
        taken_back: bool = False,
    ) -> Ended:
        """What the centre was seen to have (3202, a late message); alarms when it contradicts the record."""
        return await self._run(self.observe_job(msgid, executed, source, evidence, taken_back=taken_back))

    def close_tombstones_job(self, msgids: tuple[str, ...], by: str) -> Job[int]:
        """Stop watching NOT_EXECUTED attempts of a balanced day; how many were closed."""
        return lambda tx: takeover.close_tombstones(tx, msgids, by)

    def settle_reversals_job(self) -> Job[int]:
        """Reversals in doubt whose target is settled learn their outcome; how many."""
        return ending.settle_reversals

    def sweep_job(self, grace: int = 60_000) -> Job[int]:
        """Own attempts still SENT ``grace`` ms after their deadline (their task was lost) become IN_DOUBT; how many."""
        return lambda tx: takeover.sweep(tx, self.epoch, tx.now - grace)

    def take_over(self) -> Takeover:
        """Take over from workers whose death is proven by their free lock; blocking, done at start by :meth:`open`."""
        others = [number for number in range(self._slots) if number != self._slot.number]
        with owners.probing(self._path, others) as free:
            mine = self._slot.number
            return self.wait(
                lambda tx: takeover.take_over(
                    tx, takeover.dead_epochs(tx, free, mine, self.epoch), self.epoch
                )
            )

    def wait(self, job: Job[T]) -> T:
        """Run a job from a thread (never from a coroutine) and wait until it is on disk."""
        self._check()
        return self._writer.submit(job).result()

    async def _run(self, job: Job[T]) -> T:
        self._check()
        return await self._writer.run(job)

    async def _ask(self, question: Callable[[Rows], T]) -> T:
        """In this thread where that takes microseconds, else in the writer."""
        self._check()
        if self._files is not None:
            self._files.check()
        if self._asking is None:
            return await self._writer.run(question)
        try:
            return question(self._asking)
        except sqlite3.Error as error:
            raise StoreError(f"日志库读取失败：{error}", f"the journal cannot be read: {error}") from error

    def _check(self) -> None:
        if not self._slot.mine:
            raise StoreError(
                "日志属于另一进程或已关闭", "the journal is closed or belongs to the parent process",
                hint_zh="每个进程须自行打开日志", hint_en="every process opens its own journal",
            )  # fmt: skip

    def _unsent(self, result: Ticket | Stored) -> None:
        if isinstance(result, Ticket):
            verdict = Verdict(outcome=Outcome.NOT_SENT, evidence="cancelled before the send")
            with contextlib.suppress(StoreError):
                self._writer.submit(self.end_job(result, verdict))
