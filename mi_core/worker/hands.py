"""The requests that a worker has in its hands: some under way, a few waiting for a place, some ended and not yet written."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

from mi_core.config import BridgeSettings
from mi_core.errors import StoreError
from mi_core.worker.calling import BridgeClient
from mi_core.worker.groups import pieces
from mi_core.worker.queue import Queue
from mi_core.worker.records import Claimed, Later, Result
from mi_core.worker.running import after_mistake, run

__all__ = ["Hands"]

_log = logging.getLogger("mi_core.worker")
_AHEAD: Final = 0.15
"""Seconds: what is claimed beyond the free places is about to be begun within so long, or a request that is urgent would
have to wait for it."""
_MOST_AHEAD: Final = 6
"""The same in requests for each place. Large groups cost less, and a place is not free while a claim is under way."""
_LINGER: Final = 0.05
"""Seconds that results wait for others while there is much to do."""


class Hands:
    """``places`` calls at the same time. Each step that costs a transaction is made for several requests at once."""

    def __init__(
        self, client: BridgeClient, queue: Queue, settings: BridgeSettings, alive: Callable[[], bool]
    ) -> None:
        self._client, self._queue, self._settings, self._alive = client, queue, settings, alive
        self._waiting: asyncio.PriorityQueue[tuple[int, int, Claimed]] = asyncio.PriorityQueue()
        self._ends: dict[int, tuple[str, Result | Later]] = {}
        self.held: dict[int, str] = {}
        """Requests, and who this worker was at their claim: until their end is written, or they are clearly not begun."""
        self._ended, self.changed = asyncio.Event(), asyncio.Event()
        """``changed``: it may be time to claim, or all is done. Not for every request: waking who waits has its price."""
        self._more = False
        self._busy, self._since, self._rate, self._finished = 0, 0.0, 0.0, 0
        self._tasks = [asyncio.create_task(self._place()) for _ in range(settings.concurrency)]
        self.done = 0
        """Requests that were ended and written."""

    @property
    def empty(self) -> bool:
        """Nothing waits, runs or is to be written."""
        return not (self._busy or self._waiting.qsize() or self._ends)

    @property
    def much(self) -> bool:
        """Whether something is under way, and at least half of the places are taken or more stands in the queue."""
        return self._busy > 0 and (self._more or self._busy * 2 >= len(self._tasks))

    def wanted(self) -> int:
        """How many more requests to claim now; 0 while so few are missing that a transaction does not pay."""
        places = len(self._tasks)
        ahead = min(int(self._rate * _AHEAD), _MOST_AHEAD * places)
        missing = places + ahead - self._busy - self._waiting.qsize()
        return missing if missing >= max(1, (places + ahead) // 2) else 0

    def take(self, claimed: list[Claimed], *, more: bool = False) -> None:
        """Begin them, by priority. ``more``: others may stand in the queue still."""
        self._more = more
        now = asyncio.get_running_loop().time()
        if self._since:
            spent = max(now - self._since, 0.001)
            rate = self._finished / spent
            self._rate = (self._rate + rate) / 2 if self._rate else rate
        self._since, self._finished = now, 0
        for one in claimed:
            number = one.request_id
            self.held[number] = one.worker_id
            earlier = self._ends.get(number)
            if earlier is not None and (isinstance(earlier[1], Later) or earlier[0] != one.worker_id):
                del self._ends[number]  # put back already, and the answer to that lost; or taken over since
            self._waiting.put_nowait((one.priority, number, one))

    async def write(self) -> list[Result]:
        """Wait for something to end and write what has; the results that were written. Raises ``StoreError``."""
        await self._ended.wait()
        if self.much:
            await asyncio.sleep(_LINGER)
        self._ended.clear()
        try:
            return await self._write_now()
        except StoreError:
            self._ended.set()
            raise

    async def _write_now(self) -> list[Result]:
        ends = dict(self._ends)
        if not ends:
            return []
        for piece in pieces(ends):
            written = await self._queue.write(piece)
            if written < len(piece):
                _log.warning("%s result(s) were left to who took the requests over", len(piece) - written)
            self.done += written
            for number in piece:
                if self._ends.get(number) is ends[number]:
                    del self._ends[number]
                    self._let_go(number, ends[number][0])
            self.changed.set()
        return [end for _, end in ends.values() if isinstance(end, Result)]

    async def finish(self, patience: float, writing: float) -> None:
        """Put back what waits, let end what runs (``patience`` seconds), write what ended (``writing`` seconds)."""
        while not self._waiting.empty():
            claimed = self._waiting.get_nowait()[2]
            nothing = Result(status="ERROR", data="{}")
            self._ends[claimed.request_id] = (claimed.worker_id, Later(0.0, nothing))
        until = asyncio.get_running_loop().time() + patience
        while self._busy and (left := until - asyncio.get_running_loop().time()) > 0:
            self.changed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.changed.wait(), left)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        until = asyncio.get_running_loop().time() + writing
        while self._ends and asyncio.get_running_loop().time() < until:
            try:
                await self._write_now()
            except StoreError as error:
                _log.warning("%s", error.en)
                await asyncio.sleep(0.2)

    async def _place(self) -> None:
        while True:
            _, _, claimed = await self._waiting.get()
            if not self._alive() or claimed.worker_id != self._queue.worker_id:
                self._let_go(claimed.request_id, claimed.worker_id)
                continue  # somebody else may have it by now
            self._busy += 1
            try:
                await self._one(claimed)
            finally:
                self._busy -= 1
                self._finished += 1
                if not self._busy or self.wanted():
                    self.changed.set()

    async def _one(self, claimed: Claimed) -> None:
        try:
            end = await run(self._client, self._queue, claimed, self._settings)
        except Exception as mistake:
            end = await after_mistake(self._client, claimed, mistake)
        if end is None or claimed.worker_id != self._queue.worker_id:
            self._let_go(claimed.request_id, claimed.worker_id)
            return  # it is another worker's by now, or this one's anew
        self._ends[claimed.request_id] = (claimed.worker_id, end)
        self._ended.set()

    def _let_go(self, number: int, worker: str) -> None:
        if self.held.get(number) == worker:
            del self.held[number]
