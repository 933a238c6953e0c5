"""The engine: what is in doubt is resolved by evidence, by itself, one visit after the other, slowly enough."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable
from typing import Final

from mi_core.config import Config
from mi_core.errors import StoreError
from mi_core.journal import Alarm, Journal
from mi_core.journal.findings import Doubt, doubts
from mi_core.journal.states import OPEN_STATES
from mi_core.recovery.asking import Asker, Call
from mi_core.recovery.completing import Completer
from mi_core.recovery.pace import Pace, Tempo
from mi_core.recovery.reconciled import Findings, Reconciled, findings_of_3202
from mi_core.recovery.report import Line, RecoveryReport
from mi_core.recovery.resolving import Resolver
from mi_core.recovery.reversing import Reverser
from mi_core.recovery.telling import told
from mi_core.recovery.watching import Watch

__all__ = ["Recovery"]

_log = logging.getLogger("mi_core.recovery")
_BATCH: Final = 64
"""Attempts looked at before the journal is asked again for what is new."""


_STUCK: Final = 3
"""Failures of the journal in a row until people are told; a database server may come back."""
_TEMPO: Final = Tempo()


def _stumbled(task: asyncio.Task[int]) -> None:
    """The next look makes up for one that failed."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("what had been absent could not be looked at: %s", error)


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000


class Recovery:
    """Resolves the unresolved attempts of one worker. ``call`` is the pipeline's, which shares the worker's journal.

    ``on_progress`` gets a line for every look that changed a state; ``on_alarm`` what a person must see at once.
    """

    def __init__(
        self, journal: Journal, config: Config, call: Call, *, clock: Callable[[], int] = _milliseconds,
        on_progress: Callable[[Line], None] | None = None, on_alarm: Callable[[Alarm], None] | None = None,
        tempo: Tempo = _TEMPO, findings: Findings | None = None,
    ) -> None:  # fmt: skip
        self._journal, self._config, self._clock, self._tempo = journal, config, clock, tempo
        self._progress, self._alarm = on_progress, on_alarm
        asker = Asker(journal, config, call, clock, Pace(tempo.questions_per_second))
        reverser = Reverser(config, call, clock, Pace(tempo.reversals_per_second))
        books = Reconciled(journal, config, call, clock, findings or findings_of_3202())
        self._resolver = Resolver(journal, config, asker, reverser, books, clock, tempo)
        self._completer = Completer(journal, config, asker, books, clock, tempo)
        self._watch = Watch(journal, config, asker, clock, tempo)
        self._places = asyncio.Semaphore(tempo.concurrency)
        self._locks: dict[str, asyncio.Lock] = {}
        self._nudge = asyncio.Event()
        self._neighbours_at = 0.0
        self._watched_at = 0.0
        self._watching: asyncio.Task[int] | None = None

    def nudge(self) -> None:
        """Something has just come into doubt: look now."""
        self._nudge.set()

    async def once(self, institution: str | None = None) -> RecoveryReport:
        """Take over from dead workers and look at everything of ours now, as far as it goes without waiting.

        Raises ``StoreError`` when the journal cannot be used.
        """
        taken = await self._housekeeping()
        lines = await self._all(await self._doubts(institution))
        await asyncio.to_thread(self._journal.wait, self._journal.settle_reversals_job())
        found, completed = await self._completer.look(institution, at_once=True)
        for line in found:
            self._told(line)
        return RecoveryReport((*lines, *found), *taken, completed)

    async def complete(self, msgid: str) -> bool:
        """Ask now for the content of a message that people confirmed; whether it came. Raises ``StoreError``."""
        return await self._completer.complete(msgid)

    async def settle(self, operation_id: str, *, timeout: float = 60.0) -> Line | None:  # noqa: ASYNC109  # it is a limit of patience, not of a call
        """Look at one operation until it has ended, people are needed, or ``timeout`` seconds are over.

        ``None``: nothing of that operation is unresolved here (it has ended, or another worker has it).
        """
        line: Line | None = None
        until = asyncio.get_running_loop().time() + timeout
        while doubt := next((d for d in await self._doubts() if d.operation_id == operation_id), None):
            line = await self._one(doubt)
            left = until - asyncio.get_running_loop().time()
            if line is None or line.due is None or left <= 0:
                break
            await asyncio.sleep(min(max(line.due - self._clock(), 1) / 1000, left))
        return line

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``: the background loop. Errors are told and do not end it; a journal that cannot write does."""
        try:
            await self._run(stop)
        finally:
            if self._watching is not None:
                self._watching.cancel()
                await asyncio.gather(self._watching, return_exceptions=True)

    async def _run(self, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            pause = self._tempo.idle
            try:
                pause = await self._round(stop)
                failures = 0
            except StoreError as error:
                failures += 1
                if self._journal.poisoned is not None:
                    self._tell("recovery_stopped", error)
                    return
                if failures == _STUCK:
                    self._tell("recovery_stuck", error)
                pause = min(self._tempo.idle * 2**failures, self._tempo.longest)
            except Exception:
                _log.exception("recovery stumbled and goes on")
            await self._sleep(stop, pause)

    # one round ---------------------------------------------------------------------------------------------------

    async def _round(self, stop: asyncio.Event) -> float:
        """Everything that is due; seconds until there is something again."""
        now = asyncio.get_running_loop().time()
        if now >= self._neighbours_at:
            await self._housekeeping()
            self._neighbours_at = now + self._tempo.neighbours
        if now >= self._watched_at:
            self._watched_at = now + self._tempo.watch
            self._look_back()
        self._nudge.clear()
        waiting = await self._doubts()
        self._resolver.forget(waiting)
        due = sorted((self._resolver.due(doubt), n) for n, doubt in enumerate(waiting))
        ready = [waiting[n] for at, n in due if at <= self._clock()]
        await self._until(stop, self._all(ready[:_BATCH]))
        if ready:
            await asyncio.to_thread(self._journal.wait, self._journal.settle_reversals_job())
        if len(ready) > _BATCH:
            return 0.0
        return self._tempo.idle

    def _look_back(self) -> None:
        """At what is concluded or with people: beside the rounds, for nobody at a counter waits for it."""
        if self._watching is not None and not self._watching.done():
            return
        self._watching = asyncio.create_task(self._look_at_ends())
        self._watching.add_done_callback(_stumbled)

    async def _look_at_ends(self) -> int:
        lines, completed = await self._completer.look()
        for line in lines:
            self._told(line)
        return await self._watch.look() + completed + len(lines)

    async def _housekeeping(self) -> tuple[int, int]:
        """Neighbours that died, own tasks that were lost, reversals whose target is settled."""
        swept = await asyncio.to_thread(self._journal.wait, self._journal.sweep_job())
        taken = await asyncio.to_thread(self._journal.take_over)
        await asyncio.to_thread(self._journal.wait, self._journal.settle_reversals_job())
        if swept or taken.in_doubt or taken.adopted:
            _log.warning("taken over: %s in doubt, %s adopted", taken.in_doubt + swept, taken.adopted)
        return taken.in_doubt + swept, taken.adopted

    async def _doubts(self, institution: str | None = None) -> list[Doubt]:
        epoch = self._journal.epoch
        return await asyncio.to_thread(
            self._journal.read.ask, lambda rows, _: doubts(rows, epoch, institution)
        )

    async def _all(self, waiting: Iterable[Doubt]) -> list[Line]:
        """Look at them, a few at a time, in order."""
        lines: list[Line] = []
        queue = iter(list(waiting))

        async def work() -> None:
            for doubt in queue:
                line = await self._guarded(doubt)
                if line is not None:
                    lines.append(line)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._tempo.concurrency):
                    group.create_task(work())
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return lines

    async def _guarded(self, doubt: Doubt) -> Line | None:
        """One look that cannot take the others with it; only a journal that is no more ends the round."""
        try:
            return await self._one(doubt)
        except Exception as error:
            if self._journal.poisoned is not None:
                raise
            _log.exception("%s could not be looked at", doubt.msgid)
            due = self._resolver.postpone(doubt)
            return told(doubt, doubt.state, type(error).__name__, due=due)

    async def _one(self, doubt: Doubt) -> Line | None:
        async with self._places, self._locks.setdefault(doubt.msgid, asyncio.Lock()):
            line = await self._resolver.resolve(doubt)
        if line is None or line.after not in OPEN_STATES or line.manual:
            self._locks.pop(doubt.msgid, None)
        if line is not None and line.after is not line.before:
            self._told(line)
        return line

    def _told(self, line: Line) -> None:
        if self._progress is not None:
            self._progress(line)

    # stopping ----------------------------------------------------------------------------------------------------

    async def _until(self, stop: asyncio.Event, work: object) -> None:
        """Wait for the work, or drop it when the program stops; a reversal that is dropped is in doubt and resent."""
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]  # any awaitable
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                await task
        finally:
            stopping.cancel()
            if not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await task

    async def _sleep(self, stop: asyncio.Event, pause: float) -> None:
        if pause <= 0:
            return
        waits = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(self._nudge.wait())]
        try:
            await asyncio.wait(waits, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()

    def _tell(self, kind: str, error: StoreError) -> None:
        _log.critical("%s: %s", kind, error.en)
        if self._alarm is not None:
            self._alarm(Alarm(kind, None, None, error.en))
