"""``sqlite:///file``: the embedded operation log. A row is committed before the send and completed after it.

Money, state and reversal rows are synced to the disk before the send; the others survive the process, not a power cut.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from mi_core.errors import StoreError
from mi_core.plugin import (
    OperationEnd,
    OperationLogStore,
    OperationRecord,
    OperationStart,
    Registry,
    StoreFactory,
    StoreSettings,
    hookimpl,
)
from mi_core.types import CHINA_TIME, Effect, Outcome
from mi_plugins.stores.sealing import Sealer
from mi_plugins.stores.sqlite_projection import OPEN_ROW, durations, write_business_row
from mi_plugins.stores.writer import SqliteThread

__all__ = ["INSERT", "UPDATE", "SqliteLog"]

INSERT = """INSERT INTO business_operation_logs (
 operation_id, msgid, api_code, api_name, effect, business_category, business_type, institution_code,
 psn_no_hash, certno_hash, mdtrt_id_hash, operation_key_hash, request_data, status, operation_time,
 operator_id, operator_name, trace_id, client_ip, created_at, updated_at, psn_no, certno, mdtrt_id, operation_day
) VALUES (
 :operation_id, :msgid, :api_code, :api_name, :effect, :business_category, :business_type, :institution_code,
 :psn_no_hash, :certno_hash, :mdtrt_id_hash, :operation_key_hash, :request_data, 'pending', :operation_time,
 :operator_id, :operator_name, :trace_id, :client_ip, :now, :now, :psn_no, :certno, :mdtrt_id, :operation_day)"""

UPDATE = """UPDATE business_operation_logs SET
 status = :status, outcome = :outcome, evidence = :evidence, error_code = :error_code, error_message = :error_message,
 response_data = coalesce(:response_data, response_data), complete_time = :complete_time, updated_at = :now,
 duration_ms = :duration_ms, duration_class = :duration_class
 WHERE operation_id = :operation_id AND status IN ('pending', 'in_doubt')"""

_log = logging.getLogger("mi_core.call")
_SEARCHED = ("psn_no", "certno", "mdtrt_id")


class SqliteLog:
    """The operation log in one SQLite file with its key file beside it."""

    def __init__(self, settings: StoreSettings) -> None:
        self._path = Path(settings.operation_log.removeprefix("sqlite:///"))
        self._key_file = settings.key_file or self._path.with_name(self._path.name + ".key")
        self._thread: SqliteThread | None = None
        self._sealer: Sealer | None = None
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
        connection = self._connect()
        try:
            known = {row[0] for row in connection.execute("SELECT key_id FROM operation_log_keys")}
            sealer = Sealer.from_file(self._key_file, create=not known)
            if not known:
                connection.execute("INSERT INTO operation_log_keys VALUES (?, ?)", (sealer.key_id, _now()))
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
        connection = sqlite3.connect(self._path, timeout=10, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.row_factory = sqlite3.Row
        return connection

    async def begin(self, start: OperationStart) -> None:
        """Commit the row; returns when it is safe."""
        if start.effect.exact and self._place() != self._file:
            raise StoreError(
                f"操作日志文件 {self._path} 已被删除或替换", f"the log file {self._path} was deleted or replaced",
                hint_zh="恢复该文件后重启程序", hint_en="restore the file, then restart the program",
            )  # fmt: skip
        await self._run(lambda c, s: c.execute(INSERT, _start_values(start, s)), durable=start.effect.exact)

    async def end(self, end: OperationEnd) -> None:
        """Complete a pending row, or one that was in doubt; raises ``StoreError`` when there is none such."""
        await self._run(partial(_complete, end))

    def end_later(self, end: OperationEnd) -> None:
        """As :meth:`end` without waiting; what goes wrong is logged."""
        thread, sealer = self._opened()
        written = thread.hand_over(lambda connection: _complete(end, connection, sealer))
        written.add_done_callback(partial(_report, end.operation_id))

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
            return [_record(row, sealer) for row in connection.execute(sql, [*values, limit])]

        records: list[OperationRecord] = await self._run(job)
        return records

    async def _run(self, job: Callable[[sqlite3.Connection, Sealer], Any], *, durable: bool = False) -> Any:
        thread, sealer = self._opened()
        try:
            return await thread.run(lambda connection: job(connection, sealer), durable=durable)
        except sqlite3.Error as error:
            raise _failed(self._path, error) from error

    def _opened(self) -> tuple[SqliteThread, Sealer]:
        if self._thread is None or self._sealer is None:
            raise StoreError("操作日志未打开", "the operation log is not open")
        return self._thread, self._sealer


def _complete(end: OperationEnd, connection: sqlite3.Connection, sealer: Sealer) -> None:
    row = connection.execute(OPEN_ROW, (end.operation_id,)).fetchone()
    if row is None:
        raise StoreError(
            f"操作 {end.operation_id} 没有待完成的日志行",
            f"operation {end.operation_id} has no open row in the log",
        )
    connection.execute(UPDATE, _end_values(end, sealer) | durations(row, end))
    write_business_row(connection, row, end, sealer)


def _report(operation_id: str, written: asyncio.Future[None]) -> None:
    error = None if written.cancelled() else written.exception()
    if error is not None:
        _log.error("operation %s: the log row was not completed: %s", operation_id, type(error).__name__)


def _failed(path: Path, error: sqlite3.Error) -> StoreError:
    return StoreError(
        f"操作日志 {path} 无法读写：{error}",
        f"the operation log {path} cannot be read or written: {error}",
        hint_zh="检查磁盘空间与权限，运行 mi doctor",
        hint_en="check disk space and permissions, run: mi doctor",
    )


def _now() -> str:
    return _text(dt.datetime.now(CHINA_TIME).replace(tzinfo=None))


def _text(moment: dt.datetime) -> str:
    return moment.isoformat(sep=" ", timespec="microseconds")


def _start_values(start: OperationStart, sealer: Sealer) -> dict[str, Any]:
    plain = ("operation_id", "msgid", "api_code", "api_name", "business_category", "business_type", "institution_code",
             "operator_id", "operator_name", "trace_id", "client_ip")  # fmt: skip
    return {
        **{name: getattr(start, name) for name in plain},
        **{
            f"{name}_hash": sealer.fingerprint(name, getattr(start, name))
            for name in (*_SEARCHED, "operation_key")
        },
        **{name: _sealed(name, start, sealer) for name in _SEARCHED},
        "operation_day": start.operation_time.date().isoformat(),
        "effect": start.effect.value,
        "request_data": sealer.seal(start.request, f"{start.operation_id}/request"),
        "operation_time": _text(start.operation_time),
        "now": _now(),
    }


def _sealed(name: str, start: OperationStart, sealer: Sealer) -> bytes | None:
    value: str | None = getattr(start, name)
    return None if value is None else sealer.seal(value.encode(), f"{start.operation_id}/{name}")


def _end_values(end: OperationEnd, sealer: Sealer) -> dict[str, Any]:
    def sealed(content: bytes | None, column: str) -> bytes | None:
        return None if content is None else sealer.seal(content, f"{end.operation_id}/{column}")

    return {
        "operation_id": end.operation_id,
        "status": end.status,
        "outcome": end.outcome.value if end.outcome else None,
        "evidence": end.evidence[:200],
        "error_code": end.error_code,
        "error_message": sealed(end.error_message.encode() if end.error_message else None, "error"),
        "response_data": sealed(end.response, "response"),
        "complete_time": _text(end.complete_time),
        "now": _now(),
    }


def _record(row: sqlite3.Row, sealer: Sealer) -> OperationRecord:
    def opened(column: str, name: str) -> bytes | None:
        return None if row[column] is None else sealer.unseal(row[column], f"{row['operation_id']}/{name}")

    start = OperationStart(
        operation_id=row["operation_id"], msgid=row["msgid"], api_code=row["api_code"], api_name=row["api_name"],
        effect=Effect(row["effect"]), business_category=row["business_category"], business_type=row["business_type"],
        institution_code=row["institution_code"], operator_id=row["operator_id"], operator_name=row["operator_name"],
        operation_time=dt.datetime.fromisoformat(row["operation_time"]),
        request=opened("request_data", "request") or b"", trace_id=row["trace_id"], client_ip=row["client_ip"],
    )  # fmt: skip
    if row["status"] == "pending":
        return OperationRecord(start, None)
    message = opened("error_message", "error")
    return OperationRecord(
        start,
        OperationEnd(
            operation_id=row["operation_id"], status=row["status"],
            outcome=Outcome(row["outcome"]) if row["outcome"] else None,
            complete_time=dt.datetime.fromisoformat(row["complete_time"]), evidence=row["evidence"] or "",
            error_code=row["error_code"], error_message=message.decode() if message is not None else None,
            response=opened("response_data", "response"),
        ),
    )  # fmt: skip


def _sqlite(settings: StoreSettings) -> OperationLogStore:
    return SqliteLog(settings)


@hookimpl
def mi_register_stores(registry: Registry[StoreFactory]) -> None:
    """``[store] operation_log = "sqlite:///mi.db"``."""
    registry.add("sqlite", _sqlite)
