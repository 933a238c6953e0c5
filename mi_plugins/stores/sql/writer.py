"""The group-commit writer: what is handed over while one commit runs goes into the next; each caller waits for its own.

When the server does not take rows they go into the local spool, synced, and are written to the server later in their
order. While anything waits there, everything goes there: an end never overtakes its begin.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property

import attrs
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from mi_core.errors import StoreError
from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.apply import Tables, duplicate
from mi_plugins.stores.sql.engine import contended, explain, unreachable
from mi_plugins.stores.sql.spool import Entry, Spool

__all__ = ["GroupWriter"]

BATCH = 500
BACKLOG = 10_000
"""More rows than these wait for the server in memory only as long as it takes to put them into the spool."""
PATIENCE = 4.0
"""Seconds a commit may take before its rows go into the spool."""
RETRY_FIRST, RETRY_LAST = 0.5, 15.0
"""Seconds between attempts to reach the server again."""

_log = logging.getLogger("mi_plugins.stores")


@attrs.define(eq=False, slots=False)
class _Order:
    make: Callable[[], Entry]
    """Encrypts: where nobody waits, not before its turn."""
    future: asyncio.Future[None] | None
    """``None``: nobody waits."""

    @cached_property
    def entry(self) -> Entry:
        """What is written."""
        return self.make()


class GroupWriter:
    """One task that writes; of one event loop."""

    def __init__(
        self,
        tables: Tables,
        spool: Spool,
        address: Address,
        *,
        behind: bool,
        check: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self._tables, self._spool, self._address = tables, spool, address
        self._check = check
        """What the server must pass before it gets the first row; raises ``StoreError``."""
        self.behind = behind
        """Whether rows wait in the spool."""
        self._orders: asyncio.Queue[_Order | None] = asyncio.Queue()
        self._retry_at, self._pause = 0.0, RETRY_FIRST
        self._closing = False
        self._task = asyncio.create_task(self._run(), name="mi-log writer")

    async def write(self, entry: Entry) -> None:
        """Returns when the entry is durable, on the server or in the spool. Raises ``StoreError``."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._put(_Order(lambda: entry, future))
        await asyncio.shield(future)

    def later(self, make: Callable[[], Entry]) -> None:
        """Write the entry in its turn; nobody waits. Raises ``StoreError`` when the log is not open."""
        self._put(_Order(make, None))

    async def flush(self) -> None:
        """Returns when all that was handed over is on the server or in the spool."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._put(_Order(lambda: Entry("flush", {"operation_id": ""}), future))
        await asyncio.shield(future)

    def _put(self, order: _Order) -> None:
        if self._closing or self._task.done():
            raise StoreError("操作日志未打开", "the operation log is not open")
        self._orders.put_nowait(order)

    async def close(self) -> None:
        """Write what was handed over; what the server does not take stays in the spool."""
        self._closing = True
        self._orders.put_nowait(None)
        await self._task

    async def _run(self) -> None:
        more = True
        while more:
            batch, more = await self._next_batch()
            try:
                orders = [order for order in batch if order.entry.kind != "flush"]
                if orders:
                    await self._take(orders)
                _answer([order for order in batch if order.entry.kind == "flush"], None)
                if self.behind and asyncio.get_running_loop().time() >= self._retry_at:
                    await self._catch_up()
            except Exception as error:
                _log.exception("the log's writer failed")
                _answer(
                    batch,
                    StoreError(f"操作日志写入失败：{error}", f"the operation log cannot be written: {error}"),
                )

    async def _next_batch(self) -> tuple[list[_Order], bool]:
        batch: list[_Order] = []
        wait = max(0.0, self._retry_at - asyncio.get_running_loop().time()) if self.behind else None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                order = await self._orders.get()
                while order is not None:
                    batch.append(order)
                    if len(batch) == BATCH or self._orders.empty():
                        return batch, True
                    order = self._orders.get_nowait()
                return batch, False
        return batch, True

    async def _take(self, batch: list[_Order]) -> None:
        if not self.behind:
            waiting = await self._direct(batch) if self._orders.qsize() < BACKLOG else batch
            if not waiting:
                return
            batch = waiting
            self.behind, self._pause = True, RETRY_FIRST
            self._later()
        try:
            await self._spool.add([order.entry for order in batch])
        except StoreError as error:
            _answer(batch, error)
        else:
            _answer(batch, None)

    async def _direct(self, batch: list[_Order]) -> list[_Order]:
        """Write to the server; returns the orders that it could not be asked about."""
        try:
            await self._commit([order.entry for order in batch])
        except (IntegrityError, StoreError) as error:
            if len(batch) > 1:
                for i, order in enumerate(batch):
                    if await self._direct([order]):
                        return batch[i:]
                return []
            _answer(batch, duplicate(error, batch[0].entry) if isinstance(error, IntegrityError) else error)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            if unreachable(error):
                _log.warning("%s; rows go into the spool", explain(error, self._address).en)
                return batch
            _answer(batch, explain(error, self._address))
        else:
            _answer(batch, None)
        return []

    async def _commit(self, entries: Sequence[Entry]) -> None:
        for last in (False, False, True):
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._tables.write(entries)
                return
            except SQLAlchemyError as error:
                if last or not contended(error):
                    raise

    async def _catch_up(self) -> None:
        """Write the oldest waiting rows; a few groups at a time, so that new rows need not wait long for the spool."""
        if not await self._fit():
            self._later()
            return
        for _ in range(4):
            entries = await self._spool.oldest(BATCH)
            if not entries:
                self.behind = False
                _log.warning("the log has caught up with %s", self._address.shown)
                return
            try:
                await self._replay(entries)
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                _log.info("the log still waits: %s", explain(error, self._address).en)
                self._later()
                return
        self._retry_at = 0.0

    async def _fit(self) -> bool:
        """Whether the server is the log that rows were spooled for; until then they stay in the spool."""
        if self._check is None:
            return True
        try:
            await self._check()
        except StoreError as error:
            _log.error("the log's rows stay in the spool: %s", error.en)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            _log.info("the log still waits: %s", explain(error, self._address).en)
        else:
            self._check = None
        return self._check is None

    async def _replay(self, entries: list[Entry]) -> None:
        """Write entries of which some may be written already: singly when they do not go together."""
        try:
            await self._commit(entries)
        except (IntegrityError, StoreError) as error:
            if len(entries) > 1:
                for entry in entries:
                    await self._replay([entry])
                return
            if not await self._tables.is_written(entries[0]):
                _log.error("a row of the log was set aside in the spool: %s", error)
                await self._spool.refuse(entries[0], str(error))
                return
        await self._spool.remove(entries)
        self._pause = RETRY_FIRST

    def _later(self) -> None:
        self._retry_at = asyncio.get_running_loop().time() + self._pause
        self._pause = min(self._pause * 2, RETRY_LAST)


def _answer(batch: list[_Order], error: Exception | None) -> None:
    for order in batch:
        if order.future is None:
            if error is not None:
                _log.error("operation %s: not written to the log: %s", order.entry.operation_id, error)
        elif order.future.done():
            continue
        elif error is None:
            order.future.set_result(None)
        else:
            order.future.set_exception(error)
            order.future.exception()  # a caller that was cancelled does not ask for it
