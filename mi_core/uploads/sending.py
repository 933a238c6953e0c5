"""Messages of a table on their way: several at once, each row ending in exactly one state, all of it on disk first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

import attrs

from mi_core.errors import (
    BureauRefused,
    CallError,
    InvalidInput,
    MiError,
    NotSent,
    OutcomeUnknown,
    Refused,
    ReplyUnreadable,
    VisitBusy,
)
from mi_core.uploads.checking import Row, plain_request
from mi_core.uploads.replies import results_of
from mi_core.uploads.results import Result, ResultFile, State
from mi_core.uploads.shape import Shape

if TYPE_CHECKING:
    from mi_core.uploads.running import Caller

__all__ = ["Sender", "Stopped"]

UNKNOWN_IN_A_ROW: Final = 3
"""So many messages without a readable answer, one after the other, end the upload: each makes rows that somebody has to look at."""
REFUSED_FROM_THE_START: Final = 50
"""So many refusals without a single success end it: the cause is not in the rows."""


@attrs.frozen
class Stopped:
    """Why no more was sent."""

    zh: str
    en: str
    error: MiError | None = None


@attrs.define(eq=False)
class Sender:
    """Sends chunks of rows; ``ended`` is told of every row that has its result."""

    _client: Caller
    _shape: Shape
    _file: ResultFile
    _institution: str
    _ended: Callable[[Sequence[Result]], None]
    calls: int = 0
    _successes: int = 0
    _refusals: int = 0
    _unanswered: int = 0
    _stopped: Stopped | None = None

    async def all(self, chunks: Iterator[list[Row]], width: int) -> Stopped | None:
        """Send every chunk, ``width`` at a time; returns why it ended early, if it did."""
        source = _Source(chunks)

        async def work() -> None:
            while self._stopped is None and (chunk := await source.next()) is not None:
                try:
                    await self._one(chunk)
                finally:
                    source.done(chunk)

        async with asyncio.TaskGroup() as group:
            for _ in range(width):
                group.create_task(work())
        return self._stopped

    async def _one(self, rows: list[Row]) -> None:
        """One message; a refused one of several rows is halved until the rows that it is about stand alone."""
        if self._stopped is not None:
            return
        under_way = [self._result(row, "sending") for row in rows]
        await asyncio.to_thread(self._file.write, under_way, sync=True)
        self.calls += 1
        try:
            reply = await self._client.call(plain_request(self._shape, rows), institution=self._institution)
        except MiError as error:
            await self._failed(rows, error)
            return
        self._unanswered, self._successes = 0, self._successes + 1
        self._write(results_of(rows, reply))

    async def _failed(self, rows: list[Row], error: MiError) -> None:
        if isinstance(error, BureauRefused):
            self._unanswered = 0
            if len(rows) > 1:
                half = (len(rows) + 1) // 2
                self._put_back(rows)
                await self._one(rows[:half])
                await self._one(rows[half:])
                return
            self._refusals += 1
            self._end(rows, "refused", error.reason or error.zh, error)
            if not self._successes and self._refusals >= REFUSED_FROM_THE_START:
                self._stop(
                    f"前 {self._refusals} 次全部被拒绝：{error.reason}",
                    f"the first {self._refusals} were all refused",
                    error,
                )
        elif isinstance(error, InvalidInput):
            await self._invalid(rows, error)
        elif isinstance(error, Refused):  # the gateway's own word: keys, clock, rights
            self._end(rows, "not_sent", error.zh, error)
            self._stop(error.zh, error.en, error)
        elif isinstance(error, NotSent):
            self._end(rows, "not_sent", error.zh, error)
            if not isinstance(error, VisitBusy):
                self._stop(error.zh, error.en, error)
        elif isinstance(error, ReplyUnreadable | OutcomeUnknown):
            self._unanswered += 1
            self._end(rows, "unknown", error.zh, error)
            if self._unanswered >= UNKNOWN_IN_A_ROW:
                self._stop(
                    f"连续 {self._unanswered} 次没有可读的回应",
                    f"{self._unanswered} answers in a row were missing or unreadable",
                    error,
                )
        else:  # the journal, the log or the configuration: nothing left
            self._end(rows, "not_sent", error.zh, error)
            self._stop(error.zh, error.en, error)

    async def _invalid(self, rows: list[Row], error: InvalidInput) -> None:
        """A check that only the call makes (a plugin's) found something: its rows stay behind, the others go."""
        if len(rows) == 1:
            text = "；".join(p.message() for p in error.problems)
            self._end(rows, "invalid", text, error)
            return
        half = (len(rows) + 1) // 2
        self._put_back(rows)
        await self._one(rows[:half])
        await self._one(rows[half:])

    def _put_back(self, rows: Sequence[Row]) -> None:
        """Certainly nothing was done: should the program die now, they count as not sent."""
        self._file.write([self._result(row, "not_sent", "整批被拒绝，正在分批重试") for row in rows])

    def _end(self, rows: Sequence[Row], state: State, text: str, error: MiError) -> None:
        msgid = error.msgid or "" if isinstance(error, CallError) else ""
        self._write([self._result(row, state, text, msgid) for row in rows])

    def _write(self, results: list[Result]) -> None:
        self._file.write(results)
        self._ended(results)

    def _stop(self, zh: str, en: str, error: MiError) -> None:
        if self._stopped is None:
            self._stopped = Stopped(zh, en, error)

    def _result(self, row: Row, state: State, text: str = "", msgid: str = "") -> Result:
        return Result(number=row.number, state=state, text=text, msgid=msgid, digest=row.digest)


class _Source:
    """Chunks for several workers: two of one visit are never under way at the same time."""

    def __init__(self, chunks: Iterable[list[Row]]) -> None:
        self._chunks = iter(chunks)
        self._busy: dict[tuple[str, ...], asyncio.Event] = {}
        self._turn = asyncio.Lock()

    async def next(self) -> list[Row] | None:
        """The next one in the table's order, once its visit is free; ``None`` at the end."""
        async with self._turn:
            chunk = await asyncio.to_thread(next, self._chunks, None)
            if chunk is None or not chunk[0].lock:
                return chunk
            while (busy := self._busy.get(chunk[0].lock)) is not None:
                await busy.wait()
            self._busy[chunk[0].lock] = asyncio.Event()
            return chunk

    def done(self, chunk: Sequence[Row]) -> None:
        """Free its visit."""
        event = self._busy.pop(chunk[0].lock, None)
        if event is not None:
            event.set()
