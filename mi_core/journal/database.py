"""The little that the journal asks of a SQLite connection, so that a test can bring another one (apsw, other VFS)."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from mi_core.errors import StoreError

__all__ = ["Connect", "Database", "Files", "Row", "connect", "is_busy", "prepare", "unusable"]

Row = tuple[Any, ...]


class Database(Protocol):
    """One connection in autocommit mode. Errors are those of :mod:`sqlite3`, whatever is behind."""

    def rows(self, sql: str, params: Sequence[Any] = ...) -> list[Row]:
        """All rows of a query."""

    def run(self, sql: str, params: Sequence[Any] = ...) -> int:
        """Execute one statement; the number of rows it changed."""

    def many(self, sql: str, params: Iterable[Sequence[Any]]) -> int:
        """Execute one statement for each row of parameters; the number of rows changed in all."""

    def close(self) -> None:
        """Close; twice does no harm."""


Connect = Callable[[Path], Database]
"""Opens one connection that may be used by any one thread at a time."""


class _Standard:
    """:mod:`sqlite3` of the standard library."""

    __slots__ = ("_connection", "_execute")

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        self._execute = self._connection.execute

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        return self._execute(sql, params).fetchall()

    def run(self, sql: str, params: Sequence[Any] = ()) -> int:
        return self._execute(sql, params).rowcount

    def many(self, sql: str, params: Iterable[Sequence[Any]]) -> int:
        return self._connection.executemany(sql, params).rowcount

    def close(self) -> None:
        self._connection.close()


def connect(path: Path) -> Database:
    """A connection by the standard library."""
    return _Standard(path)


class Files:
    """Which files the journal was opened as: what is written into one that lost its name is lost with the process."""

    def __init__(self, path: Path, found: tuple[int, int]) -> None:
        self._path, self._wal = path, f"{path}-wal"
        self._found = found
        self._found_wal: tuple[int, int] | None = None

    @classmethod
    def at(cls, path: Path) -> Files | None:
        """Those at ``path``; ``None`` when there is no such file (a test's file system of its own)."""
        found = _identity(path)
        return None if found is None else cls(path, found)

    def complete(self) -> None:
        """The write-ahead log is there as well by now."""
        self._found_wal = _identity(self._wal)

    def check(self) -> None:
        """Raises :class:`StoreError` when another file, or none, stands there now."""
        if _identity(self._path) != self._found or (
            self._found_wal is not None and _identity(self._wal) != self._found_wal
        ):
            raise StoreError(
                f"日志文件 {self._path} 已被删除或替换", f"the journal {self._path} was deleted or replaced",
                hint_zh="恢复原文件（含 -wal）后重启程序；不要用旧备份替换", hint_en="put the file back (with its -wal) and restart",
            )  # fmt: skip


def _identity(path: Path | str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116  # twice as fast as Path.stat, and asked with every group
    except OSError:
        return None
    return found.st_dev, found.st_ino


def unusable(path: Path, error: Exception) -> StoreError:
    """The file cannot be opened or locked."""
    return StoreError(
        f"日志库 {path} 打不开：{error}", f"the journal {path} cannot be opened: {error}",
        hint_zh="检查磁盘空间和目录权限", hint_en="check disk space and the rights of the folder",
    )  # fmt: skip


def prepare(database: Database, *, busy_ms: int) -> Database:
    """Set what the promises rest on — WAL and an fsync at every commit — and check that it holds."""
    database.run(f"PRAGMA busy_timeout = {int(busy_ms)}")
    mode = str(database.rows("PRAGMA journal_mode = WAL")[0][0]).lower()
    database.run("PRAGMA synchronous = FULL")
    database.run("PRAGMA temp_store = MEMORY")
    level = int(database.rows("PRAGMA synchronous")[0][0])
    if mode != "wal" or level < 2:
        raise StoreError(
            f"日志库不能用 WAL+FULL 打开（{mode}/{level}）", f"the journal cannot be opened with WAL and FULL ({mode}/{level})",
            hint_zh="日志必须放在本地磁盘，不能放在网络共享上", hint_en="keep the journal on a local disk, not on a network share",
        )  # fmt: skip
    return database


def is_busy(error: sqlite3.Error) -> bool:
    """Another process holds the file: nothing was written and nothing is broken."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return (code & 0xFF) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return "locked" in str(error) or "busy" in str(error)
