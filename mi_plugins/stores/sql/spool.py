"""A local SQLite file for rows that the server does not take at the moment, in the order they were written.

Values are kept as they will stand in the server's columns: identifiers hashed and sealed, bodies encrypted.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import attrs
import msgspec

from mi_core.errors import StoreError
from mi_plugins.stores.writer import SqliteThread, connect_wal

__all__ = ["Entry", "Spool"]

_TABLES = """
CREATE TABLE IF NOT EXISTS entries (
 seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, operation_id TEXT NOT NULL, content BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS ix_entries_operation ON entries (operation_id);
CREATE TABLE IF NOT EXISTS refused (
 seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, operation_id TEXT NOT NULL, content BLOB NOT NULL, reason TEXT NOT NULL);
"""


_MOMENTS = ("_time", "_at")


@attrs.frozen
class Entry:
    """One thing to write: ``kind`` is ``begin`` or ``end``, ``values`` its columns, ``seq`` its place in the spool."""

    kind: str
    values: dict[str, Any]
    seq: int | None = None
    plain: bytes | None = attrs.field(default=None, repr=False)
    """The body before it was sealed, where it is still at hand."""

    @property
    def operation_id(self) -> str:
        """The operation it belongs to."""
        return str(self.values["operation_id"])


class Spool:
    """The file, with its own writer thread. Rows are synced to the disk before :meth:`add` returns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread: SqliteThread | None = None

    def exists(self) -> bool:
        """Whether the file is there: rows were logged from this host before."""
        return self._path.exists()

    async def open(self) -> int:
        """Make or open the file; returns how many rows wait in it. Raises ``StoreError``."""
        if self._thread is None:
            try:
                connection = self._connect()
                connection.executescript(_TABLES)
                connection.close()
            except sqlite3.Error as error:
                raise self._failed(error) from error
            self._thread = SqliteThread(self._connect, self._path.name)
        return await self.waiting()

    def _connect(self) -> sqlite3.Connection:
        return connect_wal(self._path)

    async def add(self, entries: Sequence[Entry]) -> None:
        """Append; durable when this returns."""
        rows = [(e.kind, e.operation_id, _packed(e.values)) for e in entries]

        def job(connection: sqlite3.Connection) -> None:
            connection.executemany("INSERT INTO entries (kind, operation_id, content) VALUES (?, ?, ?)", rows)

        await self._run(job, durable=True)

    async def oldest(self, limit: int) -> list[Entry]:
        """The first entries in their order."""
        return await self._entries("SELECT seq, kind, content FROM entries ORDER BY seq LIMIT ?", limit)

    async def of(self, operation_id: str) -> list[Entry]:
        """The entries of one operation in their order."""
        return await self._entries(
            "SELECT seq, kind, content FROM entries WHERE operation_id = ? ORDER BY seq", operation_id
        )

    async def begun(self) -> list[dict[str, Any]]:
        """Rows that wait, each with its ends applied; and ends whose begin is on the server already."""
        rows: dict[str, dict[str, Any]] = {}
        for entry in await self._entries(
            "SELECT seq, kind, content FROM entries ORDER BY seq LIMIT ?", 100_000
        ):
            rows.setdefault(entry.operation_id, {}).update(entry.values)
        return list(rows.values())

    async def remove(self, entries: Iterable[Entry]) -> None:
        """Forget entries that the server has."""
        seqs = [(e.seq,) for e in entries]
        await self._run(lambda c: c.executemany("DELETE FROM entries WHERE seq = ?", seqs))

    async def refuse(self, entry: Entry, reason: str) -> None:
        """Set an entry aside that the server can never take; it is kept with the reason."""
        values = (entry.seq, entry.kind, entry.operation_id, _packed(entry.values), reason[:500])

        def job(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO refused VALUES (?, ?, ?, ?, ?)", values)
            connection.execute("DELETE FROM entries WHERE seq = ?", (entry.seq,))

        await self._run(job, durable=True)

    async def waiting(self) -> int:
        """How many entries wait."""
        return int(await self._run(lambda c: c.execute("SELECT count(*) FROM entries").fetchone()[0]))

    async def refused(self) -> int:
        """How many entries were set aside."""
        return int(await self._run(lambda c: c.execute("SELECT count(*) FROM refused").fetchone()[0]))

    async def close(self) -> None:
        """Write what was handed over and close the file."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.to_thread(thread.stop)

    async def _entries(self, sql: str, value: Any) -> list[Entry]:
        rows = await self._run(lambda c: c.execute(sql, (value,)).fetchall())
        return [Entry(kind, _unpacked(content), seq) for seq, kind, content in rows]

    async def _run(self, job: Any, *, durable: bool = False) -> Any:
        if self._thread is None:
            raise StoreError("操作日志未打开", "the operation log is not open")
        try:
            return await self._thread.run(job, durable=durable)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _failed(self, error: sqlite3.Error) -> StoreError:
        return StoreError(
            f"日志缓冲文件 {self._path} 无法读写：{error}", f"the log's spool {self._path} cannot be used: {error}",
            hint_zh="检查文件夹、磁盘空间与权限", hint_en="check the folder, disk space and permissions",
        )  # fmt: skip


def _packed(values: dict[str, Any]) -> bytes:
    return msgspec.msgpack.encode(values)


def _unpacked(content: bytes) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.msgpack.decode(content)
    return {k: dt.datetime.fromisoformat(v) if k.endswith(_MOMENTS) and v else v for k, v in values.items()}
