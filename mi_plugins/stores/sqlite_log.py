"""``sqlite:///file``: the embedded operation log. A row is committed before the send and completed after it.

Money, state and reversal rows that are awaited are synced to the disk before the send; the others, and what is handed
over with ``begin_later`` and ``end_later``, survive the process once they are committed, but not a power cut.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from mi_core.errors import StoreError
from mi_core.plugin import (
    CaughtUp,
    OperationEnd,
    OperationLogStore,
    OperationRecord,
    OperationStart,
    OperationStatus,
    Registry,
    StoreFactory,
    StoreSettings,
    hookimpl,
)
from mi_plugins.stores.catching_up import catch_up
from mi_plugins.stores.recent import Recent
from mi_plugins.stores.sealing import Sealer
from mi_plugins.stores.sqlite_projection import complete
from mi_plugins.stores.sqlite_rows import INSERT, now, record, start_values
from mi_plugins.stores.writer import SqliteThread, connect_wal

__all__ = ["SqliteLog"]

_AT_ONCE = 500


class SqliteLog:
    """The operation log in one SQLite file with its key file beside it."""

    def __init__(self, settings: StoreSettings) -> None:
        self._path = Path(settings.operation_log.removeprefix("sqlite:///"))
        self._key_file = settings.key_file or self._path.with_name(self._path.name + ".key")
        self._thread: SqliteThread | None = None
        self._sealer: Sealer | None = None
        self._recent = Recent()
        self._file: tuple[int, int] | None = None

    async def open(self) -> None:
        """Make or check database and key; raises ``StoreError``."""
        if self._thread is None:
            self._sealer = await asyncio.to_thread(self._prepare)
            self._thread = SqliteThread(self._connect, self._path.name)
            self._file = self._place()

    def _place(self) -> tuple[int, int] | None:
        """Which file the path names now; rows written into a nameless one are lost with the process."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _prepare(self) -> Sealer:
        from mi_plugins.stores import migrate

        revision = migrate.current(self._path)
        if revision is None:
            migrate.upgrade(self._path)
        elif revision != migrate.HEAD:
            raise StoreError(
                f"日志数据库 {self._path} 的结构版本为 {revision}，本程序需要 {migrate.HEAD}",
                f"the log database {self._path} is at revision {revision}, this program needs {migrate.HEAD}",
                hint_zh="先备份，再运行 mi db upgrade；版本更高则升级本程序",
                hint_en="back it up and run: mi db upgrade; if it is newer, upgrade this program",
            )
        try:
            connection = self._connect()
        except sqlite3.Error as error:
            raise _failed(self._path, error) from error
        try:
            known = {row[0] for row in connection.execute("SELECT key_id FROM operation_log_keys")}
            sealer = Sealer.from_file(self._key_file, create=not known)
            if not known:
                connection.execute(
                    "INSERT OR IGNORE INTO operation_log_keys VALUES (?, ?)", (sealer.key_id, now())
                )
            elif sealer.key_id not in known:
                raise StoreError(
                    f"密钥文件 {self._key_file} 不属于日志数据库 {self._path}",
                    f"the key file {self._key_file} does not belong to {self._path}",
                    hint_zh="恢复与该数据库一同备份的密钥文件",
                    hint_en="restore the key file that was backed up with this database",
                )
        except sqlite3.Error as error:
            raise _failed(self._path, error) from error
        finally:
            connection.close()
        return sealer

    def _connect(self) -> sqlite3.Connection:
        connection = connect_wal(self._path)
        connection.row_factory = sqlite3.Row
        return connection

    async def begin(self, start: OperationStart) -> None:
        """Commit the row; returns when it is safe."""
        if start.effect.exact and self._place() != self._file:
            raise StoreError(
                f"操作日志文件 {self._path} 已被删除或替换", f"the log file {self._path} was deleted or replaced",
                hint_zh="恢复该文件后重启程序", hint_en="restore the file, then restart the program",
            )  # fmt: skip
        await self._run(partial(self._begin, start), durable=start.effect.exact)

    def begin_later(self, start: OperationStart) -> None:
        """As :meth:`begin` without waiting; what can never be written is logged."""
        self._later(partial(self._begin, start), start.operation_id)

    def _begin(self, start: OperationStart, connection: sqlite3.Connection, sealer: Sealer) -> None:
        connection.execute(INSERT, start_values(start, sealer))
        self._recent.keep(start.operation_id, start.request)

    async def end(self, end: OperationEnd) -> None:
        """Complete a pending row, or one that was in doubt; the same end again changes nothing. Raises ``StoreError``."""
        await self._run(partial(complete, end, self._recent))

    def end_later(self, end: OperationEnd) -> None:
        """As :meth:`end` without waiting; what can never be written is logged."""
        self._later(partial(complete, end, self._recent), end.operation_id)

    async def flush(self) -> None:
        """Wait for everything that was handed over."""
        await self._run(lambda connection, sealer: None)

    async def states(self, operation_ids: Sequence[str]) -> dict[str, OperationStatus]:
        """The status of each operation that has a row."""

        def job(connection: sqlite3.Connection, _: Sealer) -> dict[str, OperationStatus]:
            found: dict[str, OperationStatus] = {}
            for first in range(0, len(operation_ids), _AT_ONCE):
                some = operation_ids[first : first + _AT_ONCE]
                sql = f"SELECT operation_id, status FROM business_operation_logs WHERE operation_id IN ({','.join('?' * len(some))})"  # noqa: S608  # only question marks are put in
                found |= {row[0]: row[1] for row in connection.execute(sql, some)}
            return found

        states: dict[str, OperationStatus] = await self._run(job)
        return states

    async def catch_up(self, ends: Iterable[OperationEnd], starts: Iterable[OperationStart] = ()) -> CaughtUp:
        """Write what the journal knows and the log does not."""
        return await catch_up(self, ends, starts)

    async def get(self, operation_id: str) -> OperationRecord | None:
        """One row, decrypted."""
        rows = await self._select("operation_id = ?", [operation_id], 1)
        return rows[0] if rows else None

    async def find(
        self, *, psn_no: str | None = None, certno: str | None = None, mdtrt_id: str | None = None,
        msgid: str | None = None, status: str | None = None, limit: int = 100,
    ) -> list[OperationRecord]:  # fmt: skip
        """Rows that match, newest first; persons are searched by keyed hash."""
        sealer = self._opened()[1]
        wanted = {
            "psn_no_hash": sealer.fingerprint("psn_no", psn_no),
            "certno_hash": sealer.fingerprint("certno", certno),
            "mdtrt_id_hash": sealer.fingerprint("mdtrt_id", mdtrt_id),
            "msgid": msgid,
            "status": status,
        }
        given = {column: value for column, value in wanted.items() if value is not None}
        return await self._select(" AND ".join(f"{c} = ?" for c in given) or "1", list(given.values()), limit)

    async def close(self) -> None:
        """Write what was handed over, then close the file."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.to_thread(thread.stop)

    async def _select(self, where: str, values: list[Any], limit: int) -> list[OperationRecord]:
        sql = f"SELECT * FROM business_operation_logs WHERE {where} ORDER BY id DESC LIMIT ?"  # noqa: S608  # column names from this module, values bound

        def job(connection: sqlite3.Connection, sealer: Sealer) -> list[OperationRecord]:
            return [record(row, sealer) for row in connection.execute(sql, [*values, limit])]

        records: list[OperationRecord] = await self._run(job)
        return records

    async def _run(self, job: Callable[[sqlite3.Connection, Sealer], Any], *, durable: bool = False) -> Any:
        thread, sealer = self._opened()
        try:
            return await thread.run(lambda connection: job(connection, sealer), durable=durable)
        except sqlite3.Error as error:
            raise _failed(self._path, error) from error

    def _later(self, job: Callable[[sqlite3.Connection, Sealer], None], operation_id: str) -> None:
        thread, sealer = self._opened()
        try:
            thread.later(lambda connection: job(connection, sealer), f"operation {operation_id}")
        except sqlite3.Error as error:
            raise _failed(self._path, error) from error

    def _opened(self) -> tuple[SqliteThread, Sealer]:
        if self._thread is None or self._sealer is None:
            raise StoreError("操作日志未打开", "the operation log is not open")
        return self._thread, self._sealer


def _failed(path: Path, error: sqlite3.Error) -> StoreError:
    return StoreError(
        f"操作日志 {path} 无法读写：{error}",
        f"the operation log {path} cannot be read or written: {error}",
        hint_zh="检查磁盘空间与权限，运行 mi doctor",
        hint_en="check disk space and permissions, run: mi doctor",
    )


def _sqlite(settings: StoreSettings) -> OperationLogStore:
    return SqliteLog(settings)


@hookimpl
def mi_register_stores(registry: Registry[StoreFactory]) -> None:
    """``[store] operation_log = "sqlite:///mi.db"``."""
    registry.add("sqlite", _sqlite)
