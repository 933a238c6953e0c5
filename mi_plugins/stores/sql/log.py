"""``mysql://…`` and ``postgresql://…``: the operation log on a server that several hosts share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, insert, select, true
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from mi_core.errors import StoreError
from mi_core.plugin import (
    CaughtUp,
    OperationEnd,
    OperationRecord,
    OperationStart,
    OperationStatus,
    StoreSettings,
)
from mi_plugins.stores import migrate
from mi_plugins.stores.catching_up import catch_up
from mi_plugins.stores.sealing import Sealer
from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.apply import Tables
from mi_plugins.stores.sql.engine import explain, make_engine, unreachable
from mi_plugins.stores.sql.keys import key_path, spool_path
from mi_plugins.stores.sql.rows import IDENTIFIERS, end_values, now, record, start_values
from mi_plugins.stores.sql.schema import revision
from mi_plugins.stores.sql.spool import Entry, Spool
from mi_plugins.stores.sql.writer import GroupWriter
from mi_plugins.stores.tables import operation_log as log
from mi_plugins.stores.tables import operation_log_keys as keys

__all__ = ["ServerLog"]

_AT_ONCE = 500


class ServerLog:
    """The operation log in a database that several processes and hosts write."""

    def __init__(self, settings: StoreSettings) -> None:
        self._address = Address.read(settings.operation_log)
        self._key_file = key_path(self._address, settings.key_file)
        self._spool = Spool(spool_path(self._address, settings.key_file))
        self._engine: AsyncEngine | None = None
        self._tables: Tables | None = None
        self._writer: GroupWriter | None = None

    async def open(self) -> None:
        """Check database and key. With the server down rows go into the spool, if there is a key; whether it belongs to
        the log is then checked before the first of them is written. Raises ``StoreError``.
        """
        if self._writer is not None:
            return
        engine = make_engine(self._address)
        try:
            sealer, up = await self._prepare(engine)
            waiting = await self._spool.open()
        except BaseException:
            await engine.dispose()
            await self._spool.close()
            raise
        self._engine, self._tables = engine, Tables(engine, sealer)
        self._writer = GroupWriter(
            self._tables,
            self._spool,
            self._address,
            behind=not up or waiting > 0,
            check=None if up else partial(self._checked, engine, create=False),
        )

    async def _prepare(self, engine: AsyncEngine) -> tuple[Sealer, bool]:
        try:
            return await self._checked(engine, create=True), True
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            if unreachable(error) and self._key_file.exists():
                return await asyncio.to_thread(Sealer.from_file, self._key_file, create=False), False
            raise explain(error, self._address) from error

    async def _checked(self, engine: AsyncEngine, *, create: bool) -> Sealer:
        """The key, proven to belong to this log; the first key of an empty log is made and made known."""
        async with engine.begin() as connection:
            at = await revision(connection)
            if at != migrate.HEAD:
                raise _old(self._address, at)
            known = set((await connection.execute(select(keys.c.key_id))).scalars())
            sealer = await asyncio.to_thread(Sealer.from_file, self._key_file, create=create and not known)
            if not known:
                await connection.execute(insert(keys).values(key_id=sealer.key_id, created_at=now()))
        if known and sealer.key_id not in known:
            raise StoreError(
                f"密钥文件 {self._key_file} 不属于日志 {self._address.shown}",
                f"the key file {self._key_file} does not belong to {self._address.shown}",
                hint_zh="使用与其他主机相同的密钥文件，或从备份恢复", hint_en="use the key file of the other hosts, or restore it",
            )  # fmt: skip
        return sealer

    async def begin(self, start: OperationStart) -> None:
        """Commit the row; returns when it is safe on the server or in the local spool."""
        tables, writer = self._opened()
        await writer.write(_begin(start, tables.sealer))

    def begin_later(self, start: OperationStart) -> None:
        """As :meth:`begin` without waiting; what can never be written is logged."""
        tables, writer = self._opened()
        writer.later(partial(_begin, start, tables.sealer))

    async def end(self, end: OperationEnd) -> None:
        """Complete a pending row, or one that was in doubt; the same end again changes nothing.

        Raises ``StoreError`` when the server has no open row.
        """
        tables, writer = self._opened()
        await writer.write(_end(end, tables.sealer))

    def end_later(self, end: OperationEnd) -> None:
        """As :meth:`end` without waiting; what can never be written is logged."""
        tables, writer = self._opened()
        writer.later(partial(_end, end, tables.sealer))

    async def flush(self) -> None:
        """Wait until everything that was handed over is on the server or in the spool."""
        await self._opened()[1].flush()

    async def states(self, operation_ids: Sequence[str]) -> dict[str, OperationStatus]:
        """The status of each operation that has a row; raises ``StoreError`` also while rows wait in the spool."""
        tables, writer = self._opened()
        if writer.behind:
            raise StoreError(
                "操作日志正在补写本机缓冲中的行", "rows of the local spool are still being written to the log",
                hint_zh="稍后再试", hint_en="try again later",
            )  # fmt: skip
        found: dict[str, OperationStatus] = {}
        try:
            async with tables.engine.connect() as connection:
                for first in range(0, len(operation_ids), _AT_ONCE):
                    some = operation_ids[first : first + _AT_ONCE]
                    query = select(log.c.operation_id, log.c.status).where(log.c.operation_id.in_(some))
                    found |= {row.operation_id: row.status for row in await connection.execute(query)}
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            raise explain(error, self._address) from error
        return found

    async def catch_up(self, ends: Iterable[OperationEnd], starts: Iterable[OperationStart] = ()) -> CaughtUp:
        """Write what the journal knows and the log does not."""
        return await catch_up(self, ends, starts)

    async def get(self, operation_id: str) -> OperationRecord | None:
        """One row, decrypted; from the spool while the server does not have it."""
        found = await self._read([log.c.operation_id == operation_id], {"operation_id": operation_id}, 1)
        return found[0] if found else None

    async def find(
        self, *, psn_no: str | None = None, certno: str | None = None, mdtrt_id: str | None = None,
        msgid: str | None = None, status: str | None = None, limit: int = 100,
    ) -> list[OperationRecord]:  # fmt: skip
        """Rows that match, newest first; persons are searched by keyed hash."""
        sealer = self._opened()[0].sealer
        given = dict(zip(IDENTIFIERS, (psn_no, certno, mdtrt_id), strict=True))
        wanted: dict[str, Any] = {
            f"{name}_hash": sealer.fingerprint(name, value) for name, value in given.items()
        }
        wanted |= {"msgid": msgid, "status": status}
        wanted = {name: value for name, value in wanted.items() if value is not None}
        return await self._read([log.c[name] == value for name, value in wanted.items()], wanted, limit)

    async def close(self) -> None:
        """Write what was handed over, then let go of the server."""
        writer, self._writer = self._writer, None
        if writer is not None:
            await writer.close()
        await self._spool.close()
        if self._engine is not None:
            await self._engine.dispose()

    async def _read(
        self, where: Sequence[ColumnElement[bool]], wanted: dict[str, Any], limit: int
    ) -> list[OperationRecord]:
        tables, writer = self._opened()
        waiting = await self._spool.begun() if writer.behind else []
        query = (
            select(log)
            .where(true(), *where)
            .order_by(log.c.operation_time.desc(), log.c.id.desc())
            .limit(limit)
        )
        rows: dict[str, dict[str, Any]] = {}
        try:
            async with tables.engine.connect() as connection:
                rows = {
                    row["operation_id"]: dict(row) for row in (await connection.execute(query)).mappings()
                }
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            if not waiting or not unreachable(error):
                raise explain(error, self._address) from error
        for values in waiting:
            row = rows.get(values["operation_id"], {}) | values
            if "api_code" in row:
                rows[row["operation_id"]] = row
        chosen = [
            row for row in rows.values() if all(row.get(name) == value for name, value in wanted.items())
        ]
        chosen.sort(key=lambda row: row["operation_time"], reverse=True)
        return [record(row, tables.sealer) for row in chosen[:limit]]

    def _opened(self) -> tuple[Tables, GroupWriter]:
        if self._tables is None or self._writer is None:
            raise StoreError("操作日志未打开", "the operation log is not open")
        return self._tables, self._writer


def _begin(start: OperationStart, sealer: Sealer) -> Entry:
    return Entry("begin", start_values(start, sealer), plain=start.request)


def _end(end: OperationEnd, sealer: Sealer) -> Entry:
    return Entry("end", end_values(end, sealer), plain=end.response)


def _old(address: Address, at: str | None) -> StoreError:
    return StoreError(
        f"日志数据库 {address.shown} 的结构版本为 {at or '（尚未建立）'}，本程序需要 {migrate.HEAD}",
        f"the log database {address.shown} is at revision {at or '(none)'}, this program needs {migrate.HEAD}",
        hint_zh="先备份，再运行 mi db upgrade；版本更高则升级本程序",
        hint_en="back it up and run: mi db upgrade; if it is newer, upgrade this program",
    )
