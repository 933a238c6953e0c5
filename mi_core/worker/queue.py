"""The bridge's tables from the worker's side: each method is one short transaction."""

from __future__ import annotations

import asyncio
import os
import platform
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import attrs
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mi_core.errors import ConfigError, StoreError
from mi_core.journal.shared.address import Address
from mi_core.worker.connecting import ERRORS, contended, explain, make_engine
from mi_core.worker.records import Claimed, Later, Result
from mi_core.worker.scripts import VERSION, check_server
from mi_core.worker.speech import Speech, speech_of

__all__ = ["Queue"]

T = TypeVar("T")
_TRIES: Final = 5
"""Of a transaction that stood in another's way."""
_ALIVE: Final = "SELECT worker_id FROM medical_insurance_workers WHERE end_time IS NULL"
_PUT_BACK: Final = """UPDATE medical_insurance_requests SET status = 'PENDING', worker_id = NULL, update_time = {now},
    due_time = {later} WHERE request_id = ?"""


@attrs.define(eq=False)
class Queue:
    """Use as ``async with Queue.at(address) as queue``. Every method raises ``StoreError`` when the database cannot."""

    address: Address
    _engine: AsyncEngine
    _speech: Speech
    worker_id: str = ""
    incarnation: str = ""

    @classmethod
    def at(cls, address: Address) -> Queue:
        """Nothing is connected yet."""
        return cls(address, make_engine(address), speech_of("postgresql" if address.postgresql else "mysql"))

    async def __aenter__(self) -> Queue:
        await self._do(self._look)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._engine.dispose()

    async def _look(self, connection: AsyncConnection) -> None:
        check_server(connection.dialect)
        version, self.incarnation = (
            await self._rows(
                connection, "SELECT version, incarnation FROM medical_insurance_bridge WHERE id = 1"
            )
        )[0]
        if version != VERSION:
            raise StoreError(
                f"数据库桥的版本是 {version}，本程序需要 {VERSION}", f"the bridge has version {version}, this program needs {VERSION}",
                hint_zh="运行 mi bridge install，并升级所有工作进程", hint_en="run mi bridge install, and upgrade all workers",
            )  # fmt: skip

    async def tie(self, names: Sequence[str], place: str, *, adopt: bool = False) -> None:
        """All workers of a bridge must use one journal: the first one's is written down. ``names``: how the journal may be
        known, by its newest key first. Raises ``ConfigError`` for another one; ``adopt`` takes it as the one from now on.
        """

        async def work(connection: AsyncConnection) -> tuple[str, str]:
            where = "id = 1" if adopt else "id = 1 AND journal IS NULL"
            sql = f"UPDATE medical_insurance_bridge SET journal = ?, journal_place = ? WHERE {where}"  # noqa: S608  # constants only
            await self._run(connection, sql, (names[0], place))
            sql = "SELECT journal, journal_place FROM medical_insurance_bridge WHERE id = 1"
            journal, journal_place = (await self._rows(connection, sql))[0]
            return str(journal), str(journal_place)

        known, known_place = await self._do(work)
        if known not in names:
            raise ConfigError(
                f"此数据库桥使用另一本交易日志（{known_place}），本机配置的是 {place}",
                f"this bridge belongs to another journal ({known_place}), configured here is {place}",
                hint_zh="各工作进程须共用一本交易日志，否则同一请求可能办理两次；日志确已整体迁移时用 mi worker --adopt-journal",
                hint_en="all workers must share one journal, or a request could be run twice; if it was moved as a whole: "
                "mi worker --adopt-journal",
            )  # fmt: skip

    async def register(self, lease: float) -> str:
        """A new incarnation of this worker."""
        name = f"{platform.node()[:20]}-{os.getpid()}-{secrets.token_hex(4)}"[-40:]
        sql = f"""INSERT INTO medical_insurance_workers (worker_id, host, pid, start_time, lease_until)
            VALUES (?, ?, ?, {self._speech.now}, {self._speech.later})"""  # noqa: S608  # constants only
        await self._do(
            lambda c: self._run(c, sql, (name, platform.node()[:100], os.getpid(), _microseconds(lease)))
        )
        self.worker_id = name
        return name

    async def heartbeat(self, lease: float) -> bool:
        """``False``: the lease was over before, and others have taken the requests up."""
        sql = f"UPDATE medical_insurance_workers SET lease_until = {self._speech.later} WHERE worker_id = ? AND end_time IS NULL"  # noqa: S608  # constants only
        return await self._do(lambda c: self._run(c, sql, (_microseconds(lease), self.worker_id))) == 1

    async def leave(self) -> None:
        """This worker has ended; what it could not finish may be taken up at once."""
        sql = f"UPDATE medical_insurance_workers SET end_time = {self._speech.now} WHERE worker_id = ?"  # noqa: S608  # constants only
        await self._do(lambda c: self._run(c, sql, (self.worker_id,)))

    async def take_over(self) -> int:
        """Put back what dead workers had in their hands; how many requests."""
        now = self._speech.now

        async def work(connection: AsyncConnection) -> int:
            await self._run(
                connection,
                f"UPDATE medical_insurance_workers SET end_time = {now} WHERE end_time IS NULL AND lease_until < {now}",  # noqa: S608  # constants only
            )
            return await self._run(
                connection,
                f"""UPDATE medical_insurance_requests SET status = 'PENDING', interrupted = interrupted + 1, worker_id = NULL,
                    update_time = {now}, due_time = {now} WHERE status = 'PROCESSING' AND worker_id NOT IN ({_ALIVE})""",  # noqa: S608  # constants only
            )

        return await self._do(work)

    async def claim(self, most: int) -> list[Claimed]:
        """Up to ``most`` requests, by priority and age; nobody else gets them while this worker lives."""

        async def work(connection: AsyncConnection) -> list[Claimed]:
            rows = await self._rows(connection, self._speech.claim, (most,))
            if rows:
                sql = f"""UPDATE medical_insurance_requests SET status = 'PROCESSING', worker_id = ?, attempts = attempts + 1,
                    update_time = {self._speech.now} WHERE request_id IN ({_marks(rows)})"""  # noqa: S608  # constants only
                await self._run(connection, sql, (self.worker_id, *(row[0] for row in rows)))
            return [self._claimed(row, taken=1) for row in rows]

        return await self._do(work)

    async def begin(self, claimed: Claimed) -> bool:
        """Written down before the first byte of an upload that must not be repeated; ``False``: it is not ours any more."""
        sql = """UPDATE medical_insurance_requests SET begun = 1
            WHERE request_id = ? AND worker_id = ? AND status = 'PROCESSING'"""
        return await self._do(lambda c: self._run(c, sql, (claimed.request_id, claimed.worker_id))) == 1

    async def write(self, ends: Mapping[int, tuple[str, Result | Later]]) -> int:
        """Results by request, each with the worker that claimed it; how many were still that worker's."""

        async def work(connection: AsyncConnection) -> int:
            owners = {worker for worker, _ in ends.values()}
            if len(owners) == 1 and await self._end(connection, _only(ends), "PROCESSING", owners.pop()):
                return len(ends)
            await connection.rollback()
            rows = await self._rows(
                connection,
                f"""SELECT request_id, worker_id FROM medical_insurance_requests
                    WHERE request_id IN ({_marks(ends)}) AND status = 'PROCESSING' ORDER BY request_id FOR UPDATE""",  # noqa: S608  # constants only
                tuple(ends),
            )
            mine = {row[0]: row[1] for row in rows if row[1] == ends[row[0]][0]}
            for owner in set(mine.values()):
                await self._end(
                    connection, {n: ends[n][1] for n, by in mine.items() if by == owner}, "PROCESSING", owner
                )
            return len(mine)

        return await self._do(work)

    async def doubts(self) -> dict[int, str]:
        """Requests in doubt and the operations that decide them."""
        rows = await self._do(
            lambda c: self._rows(
                c,
                """SELECT r.request_id, p.operation_id FROM medical_insurance_requests r
                JOIN medical_insurance_responses p ON p.request_id = r.request_id
                WHERE r.status = 'IN_DOUBT' AND p.operation_id IS NOT NULL ORDER BY r.request_id LIMIT 1000""",
            )
        )
        return {row[0]: row[1] for row in rows}

    async def in_doubt(self, request_id: int) -> Claimed | None:
        """One request that is in doubt still."""
        rows = await self._do(lambda c: self._rows(c, self._speech.reread, (request_id,)))
        return self._claimed(rows[0]) if rows else None

    async def resolve(self, request_id: int, result: Result) -> bool:
        """The final word on a request in doubt; ``False`` when another worker said it before."""

        async def work(connection: AsyncConnection) -> bool:
            return await self._end(connection, {request_id: result}, "IN_DOUBT")

        return await self._do(work)

    async def clean(self, days: float, most: int = 500) -> int:
        """Delete the oldest finished requests of more than ``days`` days ago, and workers of yesterday; how many requests.
        What is in doubt stays, however old it is."""

        async def work(connection: AsyncConnection) -> int:
            rows = await self._rows(
                connection,
                f"""SELECT request_id FROM medical_insurance_requests WHERE status IN ('COMPLETED', 'ERROR')
                    AND create_time < {self._speech.later} ORDER BY status, create_time LIMIT ? FOR UPDATE SKIP LOCKED""",  # noqa: S608  # constants only
                (_microseconds(-days * 86_400), most),
            )
            numbers = tuple(row[0] for row in rows)
            for table in ("medical_insurance_responses", "medical_insurance_requests") if numbers else ():
                sql = f"DELETE FROM {table} WHERE request_id IN ({_marks(numbers)})"  # noqa: S608  # constants only
                await self._run(connection, sql, numbers)
            await self._run(
                connection,
                f"DELETE FROM medical_insurance_workers WHERE end_time < {self._speech.later}",  # noqa: S608  # constants only
                (_microseconds(-86_400),),
            )
            return len(numbers)

        return await self._do(work)

    async def _end(
        self,
        connection: AsyncConnection,
        ends: Mapping[int, Result | Later],
        was: str,
        owner: str | None = None,
    ) -> bool:
        """``False``, and nothing may be committed, when one of them is not as it ``was`` any more."""
        held = " AND status = ?" + ("" if owner is None else " AND worker_id = ?")
        known: tuple[str, ...] = (was,) if owner is None else (was, owner)
        results = {number: end for number, end in ends.items() if isinstance(end, Result)}
        for status in sorted({result.status for result in results.values()}):
            numbers = sorted(number for number, result in results.items() if result.status == status)
            sql = f"""UPDATE medical_insurance_requests SET status = ?, update_time = {self._speech.now}
                WHERE request_id IN ({_marks(numbers)}){held}"""  # noqa: S608  # constants only
            if await self._run(connection, sql, (status, *numbers, *known)) != len(numbers):
                return False
        for number, end in ends.items():
            if isinstance(end, Later):
                sql = _PUT_BACK.format(now=self._speech.now, later=self._speech.later) + held
                if await self._run(connection, sql, (_microseconds(end.seconds), number, *known)) != 1:
                    return False
        if results:
            await self._run(connection, self._speech.put, [_row(n, result) for n, result in results.items()])
        return True

    def _claimed(self, row: Sequence[Any], taken: int = 0) -> Claimed:
        return Claimed(
            request_id=row[0], interface_code=row[1], input_data=row[2], options=row[3], create_time=row[4],
            attempts=row[5] + taken, interrupted=row[6], begun=bool(row[7]), priority=row[8], age=float(row[9]),
            incarnation=self.incarnation,
            worker_id=self.worker_id,
        )  # fmt: skip

    async def _rows(self, connection: AsyncConnection, sql: str, values: Sequence[Any] = ()) -> Sequence[Any]:
        return (await connection.exec_driver_sql(self._speech.sql(sql), tuple(values))).fetchall()

    async def _run(self, connection: AsyncConnection, sql: str, values: Sequence[Any] = ()) -> int:
        given: Any = values if isinstance(values, list) else tuple(values)
        return (await connection.exec_driver_sql(self._speech.sql(sql), given)).rowcount

    async def _do(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """One transaction; again when it stood in another's way."""
        for left in range(_TRIES - 1, -1, -1):
            try:
                async with self._engine.connect() as connection:
                    try:
                        found = await work(connection)
                        await connection.commit()
                    except BaseException:
                        await connection.rollback()
                        raise
                    return found
            except ERRORS as error:
                if not left or not contended(error):
                    raise explain(error, self.address) from error
                await asyncio.sleep(secrets.randbelow(50) / 1000)
        raise AssertionError("unreachable")


def _only(ends: Mapping[int, tuple[str, Result | Later]]) -> dict[int, Result | Later]:
    return {number: end for number, (_, end) in ends.items()}


def _row(number: int, result: Result) -> tuple[Any, ...]:
    return (
        number, result.data, result.infcode, result.err_msg, result.error_code, result.operation_id, result.msgid,
    )  # fmt: skip


def _marks(values: Sequence[Any] | Mapping[Any, Any]) -> str:
    return ", ".join("?" * len(values))


def _microseconds(seconds: float) -> int:
    return round(seconds * 1_000_000)
