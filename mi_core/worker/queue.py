"""The bridge's tables from the worker's side: each method is one short transaction."""

from __future__ import annotations

import asyncio
import os
import platform
import secrets
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, Final, TypeVar

import attrs
from sqlalchemy.ext.asyncio import AsyncEngine

from mi_core.errors import ConfigError, StoreError
from mi_core.journal.shared.address import Address
from mi_core.worker.connecting import contended, errors_of, explain, make_engine
from mi_core.worker.groups import Ends, Groups, groups_of
from mi_core.worker.records import Claimed, Result
from mi_core.worker.scripts import VERSION, check_server
from mi_core.worker.session import Session, Sessions
from mi_core.worker.speech import COLUMNS, Speech, marks, microseconds, speech_of
from mi_core.worker.writing import write_all

__all__ = ["Queue"]

T = TypeVar("T")
_TRIES: Final = 5
"""Of a transaction that stood in another's way."""
_ALIVE: Final = "SELECT worker_id FROM medical_insurance_workers WHERE end_time IS NULL"


@attrs.define(eq=False)
class Queue:
    """Use as ``async with Queue.at(address) as queue``. Every method raises ``StoreError`` when the database cannot."""

    address: Address
    _engine: AsyncEngine
    _sessions: Sessions
    _speech: Speech
    _groups: Groups
    worker_id: str = ""
    incarnation: str = ""

    @classmethod
    def at(cls, address: Address) -> Queue:
        """Nothing is connected yet."""
        engine, speech = make_engine(address), speech_of("postgresql" if address.postgresql else "mysql")
        return cls(address, engine, Sessions(engine), speech, groups_of(speech))

    async def __aenter__(self) -> Queue:
        await self._do(self._look)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._sessions.close()

    async def _look(self, session: Session) -> None:
        check_server(self._engine.dialect)
        rows = await session.rows("SELECT version, incarnation FROM medical_insurance_bridge WHERE id = 1")
        version, self.incarnation = rows[0]
        if version != VERSION:
            raise StoreError(
                f"数据库桥的版本是 {version}，本程序需要 {VERSION}", f"the bridge has version {version}, this program needs {VERSION}",
                hint_zh="运行 mi bridge install，并升级所有工作进程", hint_en="run mi bridge install, and upgrade all workers",
            )  # fmt: skip

    async def tie(self, names: Sequence[str], place: str, *, adopt: bool = False) -> None:
        """All workers of a bridge must use one journal: the first one's is written down. ``names``: how the journal may be
        known, by its newest key first. Raises ``ConfigError`` for another one; ``adopt`` takes it as the one from now on.
        """

        async def work(session: Session) -> tuple[str, str]:
            where = "id = 1" if adopt else "id = 1 AND journal IS NULL"
            sql = f"UPDATE medical_insurance_bridge SET journal = ?, journal_place = ? WHERE {where}"  # noqa: S608  # constants only
            await session.run(sql, (names[0], place))
            sql = "SELECT journal, journal_place FROM medical_insurance_bridge WHERE id = 1"
            journal, journal_place = (await session.rows(sql))[0]
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
        await self._do(lambda s: s.run(sql, (name, platform.node()[:100], os.getpid(), microseconds(lease))))
        self.worker_id = name
        return name

    async def heartbeat(self, lease: float) -> bool:
        """``False``: the lease was over before, and others have taken the requests up."""
        sql = f"UPDATE medical_insurance_workers SET lease_until = {self._speech.later} WHERE worker_id = ? AND end_time IS NULL"  # noqa: S608  # constants only
        return await self._do(lambda s: s.run(sql, (microseconds(lease), self.worker_id))) == 1

    async def leave(self) -> None:
        """This worker has ended; what it could not finish may be taken up at once."""
        sql = f"UPDATE medical_insurance_workers SET end_time = {self._speech.now} WHERE worker_id = ?"  # noqa: S608  # constants only
        await self._do(lambda s: s.run(sql, (self.worker_id,)))

    async def take_over(self) -> int:
        """Put back what dead workers had in their hands; how many requests."""
        now = self._speech.now

        async def work(session: Session) -> int:
            await session.run(
                f"UPDATE medical_insurance_workers SET end_time = {now} WHERE end_time IS NULL AND lease_until < {now}",  # noqa: S608  # constants only
            )
            return await session.run(
                f"""UPDATE medical_insurance_requests SET status = 'PENDING', interrupted = interrupted + 1, worker_id = NULL,
                    update_time = {now}, due_time = {now} WHERE status = 'PROCESSING' AND worker_id NOT IN ({_ALIVE})""",  # noqa: S608  # constants only
            )

        return await self._do(work)

    async def claim(self, most: int) -> list[Claimed]:
        """Up to ``most`` requests, by priority and age; nobody else gets them while this worker lives."""
        me = self.worker_id
        rows = await self._do(lambda s: self._groups.claim(s, me, most), self._groups.alone)
        return [self._claimed(row, me) for row in rows]

    async def put_back(self, held: Collection[int]) -> int:
        """Put back what is claimed for this worker and not ``held`` by it: the claim was committed, and no answer to that
        came. None of it was begun. ``held`` may change meanwhile, but nothing may be claimed. How many requests."""
        me, now = self.worker_id, self._speech.now
        before = set(held)
        mine = (
            "SELECT request_id FROM medical_insurance_requests WHERE status = 'PROCESSING' AND worker_id = ?"
        )
        rows = await self._do(lambda s: s.rows(mine, (me,)))
        lost = [row[0] for row in rows if row[0] not in before and row[0] not in held]
        if not lost:
            return 0
        sql = f"""UPDATE medical_insurance_requests SET status = 'PENDING', worker_id = NULL, update_time = {now},
            due_time = {now} WHERE request_id IN ({marks(lost)}) AND status = 'PROCESSING' AND worker_id = ?"""  # noqa: S608  # constants only
        return await self._do(lambda s: s.run(sql, (*lost, me)))

    async def begin(self, claimed: Claimed) -> bool:
        """Written down before the first byte of an upload that must not be repeated; ``False``: it is not ours any more."""
        sql = """UPDATE medical_insurance_requests SET begun = 1
            WHERE request_id = ? AND worker_id = ? AND status = 'PROCESSING'"""
        return await self._do(lambda s: s.run(sql, (claimed.request_id, claimed.worker_id))) == 1

    async def write(self, ends: Ends) -> int:
        """Results by request, each with the worker that claimed it; how many were still that worker's. One that the server
        does not take is written in short, and keeps no other from being written."""
        return await self._end(ends, "PROCESSING")

    async def doubts(self) -> dict[int, str]:
        """Requests in doubt and the operations that decide them."""
        rows = await self._do(
            lambda s: s.rows(
                """SELECT r.request_id, p.operation_id FROM medical_insurance_requests r
                JOIN medical_insurance_responses p ON p.request_id = r.request_id
                WHERE r.status = 'IN_DOUBT' AND p.operation_id IS NOT NULL ORDER BY r.request_id LIMIT 1000""",
            )
        )
        return {row[0]: row[1] for row in rows}

    async def in_doubt(self, request_id: int) -> Claimed | None:
        """One request that is in doubt still."""
        rows = await self._do(lambda s: s.rows(self._speech.reread, (request_id,)))
        return self._claimed(self._speech.row(rows[0]), self.worker_id) if rows else None

    async def resolve(self, request_id: int, result: Result) -> bool:
        """The final word on a request in doubt; ``False`` when another worker said it before."""
        return await self._end({request_id: (None, result)}, "IN_DOUBT") == 1

    async def _end(self, ends: Ends, was: str) -> int:
        async def write(some: Ends) -> int:
            return await self._do(lambda s: self._groups.end(s, some, was), self._groups.alone)

        return await write_all(write, ends)

    async def clean(self, days: float, most: int = 500) -> int:
        """Delete the oldest finished requests of more than ``days`` days ago, and workers of yesterday; how many requests.
        What is in doubt stays, however old it is."""

        async def work(session: Session) -> int:
            rows = await session.rows(
                f"""SELECT request_id FROM medical_insurance_requests WHERE status IN ('COMPLETED', 'ERROR')
                    AND create_time < {self._speech.later} ORDER BY status, create_time LIMIT ? FOR UPDATE SKIP LOCKED""",  # noqa: S608  # constants only
                (microseconds(-days * 86_400), most),
            )
            numbers = tuple(row[0] for row in rows)
            for table in ("medical_insurance_responses", "medical_insurance_requests") if numbers else ():
                sql = f"DELETE FROM {table} WHERE request_id IN ({marks(numbers)})"  # noqa: S608  # constants only
                await session.run(sql, numbers)
            await session.run(
                f"DELETE FROM medical_insurance_workers WHERE end_time < {self._speech.later}",  # noqa: S608  # constants only
                (microseconds(-86_400),),
            )
            return len(numbers)

        return await self._do(work)

    def _claimed(self, row: Sequence[Any], worker: str) -> Claimed:
        known = dict(zip(COLUMNS, row, strict=False))
        known["begun"] = bool(known["begun"])
        age, attempts = row[len(COLUMNS) :]
        return Claimed(
            **known, age=float(age), attempts=attempts, incarnation=self.incarnation, worker_id=worker
        )

    async def _do(self, work: Callable[[Session], Awaitable[T]], alone: bool = False) -> T:
        """One transaction; again when it stood in another's way."""
        for left in range(_TRIES - 1, -1, -1):
            try:
                async with self._sessions.transaction(alone) as session:
                    return await work(session)
            except errors_of(self.address.postgresql) as error:
                if not left or not contended(error):
                    raise explain(error, self.address) from error
                await asyncio.sleep(secrets.randbelow(50) / 1000)
        raise AssertionError("unreachable")
