"""``mi worker``: claims, runs, writes, and looks after those who died; until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from mi_core.config import BridgeSettings
from mi_core.errors import ConfigError, MiError, StoreError
from mi_core.journal.opening import MEMORY, journal_path
from mi_core.journal.states import OPEN_STATES
from mi_core.worker.calling import BridgeClient
from mi_core.worker.hands import Hands
from mi_core.worker.listening import Listener
from mi_core.worker.place import names_of, place_of
from mi_core.worker.queue import Queue
from mi_core.worker.reading import read

__all__ = ["Worker"]

_log = logging.getLogger("mi_core.worker")
_SHORTEST: Final = 0.02
_LONGEST: Final = 0.5
"""Seconds between two looks at an empty queue: at first, and after a while of nothing."""
_LISTENING: Final = 2.0
"""The same where the database tells of new requests; what waits for its time is not told."""
_AGAIN: Final = 1.0
"""Seconds after which a database that could not be asked is asked again."""
_DOUBTS: Final = (0.5, 5.0)
"""Seconds between two looks at what is in doubt: while there is something, and else."""
_CLEANING: Final = 60.0
_APART: Final = 0.05
"""Seconds between the beginnings of what is done beside the calls: at the same time each would open its own connection."""
_LOOKING_AFTER: Final = 1.0
"""Seconds between two looks at other workers, and at what this one has without knowing it, at most."""


class Worker:
    """One worker of a bridge. ``client`` and ``queue`` are open; :meth:`run` returns after ``stop`` was set."""

    def __init__(self, client: BridgeClient, queue: Queue, settings: BridgeSettings) -> None:
        self._client, self._queue, self._settings = client, queue, settings
        self._woken, self._doubtful = asyncio.Event(), asyncio.Event()
        self._claiming = asyncio.Lock()
        """From a claim's first byte until its requests are in hand."""
        self._good_until = 0.0
        """On the loop's clock: as long as nobody else takes this worker for dead."""
        self.done = 0
        """Requests that were ended by this worker."""

    async def run(self, stop: asyncio.Event, *, adopt_journal: bool = False, once: bool = False) -> None:
        """Raises ``ConfigError`` and ``StoreError`` at the start only. ``once``: until the queue is empty."""
        await self._begin(adopt_journal)
        hands = Hands(self._client, self._queue, self._settings, self._alive)

        async def write() -> None:
            if any(result.status == "IN_DOUBT" for result in await hands.write()):
                self._doubtful.set()

        async def put_back() -> None:
            await asyncio.sleep(min(self._settings.lease / 3, _LOOKING_AFTER))
            async with self._claiming:
                lost = await self._queue.put_back(hands.held)
            if lost:
                _log.warning("put back %s request(s) whose claim was not answered", lost)
                self._woken.set()

        listener = Listener(self._queue.address, self._woken.set)
        works = (write, self._heartbeat, self._take_over, self._follow, put_back, self._clean)
        beside = [asyncio.create_task(_forever(work, n * _APART)) for n, work in enumerate(works)]
        beside.append(asyncio.create_task(listener.run()))
        try:
            await self._claim(hands, stop, listener, once)
        finally:
            await hands.finish(self._client.config.limits.drain, self._settings.lease)
            self.done = hands.done
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await self._leave()

    async def _begin(self, adopt: bool) -> None:
        config = self._client.config
        if journal_path(config) == MEMORY:
            raise ConfigError(
                "工作进程不能使用内存中的交易日志", "a worker cannot use a journal in memory",
                hint_zh='在 [journal] 中设 path = "mi.journal.db"，各工作进程共用',
                hint_en='set path = "mi.journal.db" in [journal], the same for all workers',
            )  # fmt: skip
        await self._queue.tie(names_of(self._client.journal, config), place_of(config), adopt=adopt)
        await self._enrol()

    async def _enrol(self) -> None:
        since = asyncio.get_running_loop().time()
        await self._queue.register(self._settings.lease)
        self._good_until = since + self._settings.lease

    def _alive(self) -> bool:
        return asyncio.get_running_loop().time() < self._good_until

    async def _claim(self, hands: Hands, stop: asyncio.Event, listener: Listener, once: bool) -> None:
        pause = _SHORTEST
        while not stop.is_set():
            hands.changed.clear()
            wanted = hands.wanted() if self._alive() else 0
            if not wanted:
                await _first(stop, hands.changed, timeout=None if self._alive() else _SHORTEST)
                continue
            self._woken.clear()
            try:
                async with self._claiming:
                    claimed = await self._queue.claim(wanted)
                    hands.take(claimed, more=len(claimed) >= wanted)
            except StoreError as error:
                _log.warning("%s", error.en)
                await _first(stop, timeout=_AGAIN)
                continue
            if once and not claimed and hands.empty:
                return
            if len(claimed) < wanted:
                longest = _LISTENING if listener.listening else _LONGEST
                pause = _SHORTEST if claimed else min(pause * 2, longest)
                await _first(stop, self._woken, *((hands.changed,) if once else ()), timeout=pause)

    async def _heartbeat(self) -> None:
        lease = self._settings.lease
        await asyncio.sleep(lease / 3)
        since = asyncio.get_running_loop().time()
        if await self._queue.heartbeat(lease):
            self._good_until = since + lease
        else:
            _log.warning("this worker stood still for longer than its lease; its requests were taken over")
            await self._enrol()

    async def _take_over(self) -> None:
        taken = await self._queue.take_over()
        if taken:
            _log.warning("took over %s request(s) of workers that died", taken)
            self._woken.set()
        await asyncio.sleep(min(self._settings.lease / 3, _LOOKING_AFTER))

    async def _follow(self) -> None:
        """Requests in doubt get their end when recovery, people or another worker have found it out."""
        doubts = await self._queue.doubts()
        for number, operation_id in doubts.items():
            try:
                await self._resolve(number, operation_id)
            except StoreError:
                raise
            except Exception as mistake:  # one that cannot be told holds up no other
                _log.error("request %s in doubt cannot be told: %s", number, type(mistake).__name__)
        quick, slow = _DOUBTS
        self._doubtful.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._doubtful.wait(), quick if doubts else slow)

    async def _resolve(self, number: int, operation_id: str) -> None:
        attempt = await self._client.last(operation_id)
        if attempt is None or attempt.state in OPEN_STATES:
            return
        claimed = await self._queue.in_doubt(number)
        if claimed is None:
            return
        try:
            result = await self._client.became(read(claimed, self._client.config), attempt)
        except MiError as error:
            _log.warning("request %s in doubt cannot be told: %s", number, error.en)
            return
        if result is not None:
            await self._queue.resolve(number, result)

    async def _clean(self) -> None:
        """A piece at a time, so that nobody waits for its locks."""
        days = self._settings.keep_days
        deleted = await self._queue.clean(days) if days else 0
        await asyncio.sleep(_SHORTEST if deleted else _CLEANING)

    async def _leave(self) -> None:
        try:
            await self._queue.leave()
        except StoreError as error:
            _log.warning("%s", error.en)


async def _forever(work: Callable[[], Awaitable[None]], after: float = 0.0) -> None:
    """Until cancelled; a database that is away is no reason to end."""
    await asyncio.sleep(after)
    while True:
        try:
            await work()
        except StoreError as error:
            _log.warning("%s", error.en)
            await asyncio.sleep(_AGAIN)
        except Exception as mistake:
            _log.error("%s failed with %s", getattr(work, "__name__", "a task"), type(mistake).__name__)
            await asyncio.sleep(_AGAIN)


async def _first(*events: asyncio.Event, timeout: float | None = None) -> None:  # noqa: ASYNC109  # how long to wait, not how long it may take
    """Until one of the events is set, or the time is over."""
    tasks = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
