"""Idempotency keys on disk: what a key was used for, so that a repeated request is known after a crash as well.

A key belongs to an institution and to one request. While its call is under way it is *open*; when the call was done it is
*done* for good; when it is proven that nothing was done it is *free* again, also for a corrected request, as a bill that
was refused is sent again under its number. Neither keys nor requests stand here, only keyed hashes of them and the name of
the operation, whose reply the journal keeps. The first row of a key is synced before the call begins.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path
from typing import Final, Literal

import attrs

from mi_core.errors import StoreError
from mi_core.journal.keyring import KeyRing

__all__ = ["Held", "Keys", "State"]

_KEPT_MS: Final = 400 * 86_400_000
"""Milliseconds after which a key is forgotten; the journal knows a bill for ever."""
State = Literal["open", "done", "free"]
_SCHEMA: Final = """CREATE TABLE IF NOT EXISTS idempotency (
    key BLOB PRIMARY KEY, content BLOB NOT NULL, operation TEXT NOT NULL, state TEXT NOT NULL, at INTEGER NOT NULL
) WITHOUT ROWID"""


@attrs.frozen
class Held:
    """What is known of a key."""

    operation: str
    state: State
    same: bool
    """The request is the one it was used for."""


class Keys:
    """The file. Methods block for a disk write and may be called from any thread; ``StoreError``: nothing may be sent."""

    def __init__(self, path: Path, ring: KeyRing) -> None:
        self._path, self._ring, self._lock = path, ring, threading.Lock()
        try:
            path.touch(0o600)  # before SQLite makes it: what stands beside it (WAL) gets its rights
            path.chmod(0o600)
            self._database = sqlite3.connect(
                path, check_same_thread=False, isolation_level=None, timeout=10.0
            )
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.execute(_SCHEMA)
            self._database.execute("DELETE FROM idempotency WHERE at < ?", (_now() - _KEPT_MS,))
        except (sqlite3.Error, OSError) as error:
            raise self._unusable(error) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def claim(self, institution: str, key: str, content: bytes, operation: str) -> Held | None:
        """Take a new or free key for ``operation`` and return ``None``; else what it is used for. One step, on disk."""
        names = self._ring.digests(f"idempotency/{institution}/{key}")
        try:
            with self._lock:
                self._database.execute("BEGIN IMMEDIATE")
                try:
                    held = self._held(names, content)
                    if held is None or held.state == "free":
                        self._put(names, content, operation)
                        held = None
                    self._database.execute("COMMIT")
                except BaseException:
                    self._database.execute("ROLLBACK")
                    raise
                return held
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def take_over(self, content: bytes, held: Held, operation: str) -> bool:
        """Give a key whose call nobody runs any more to ``operation``; ``False``: somebody else was quicker."""
        return self._change(
            "UPDATE idempotency SET operation = ?, content = ?, at = ?, state = 'open' WHERE operation = ? AND state = ?",
            (operation, self._ring.fingerprint(content), _now(), held.operation, held.state),
        )

    def end(self, operation: str, state: State, name: str | None = None) -> None:
        """Say what became of the call; ``name``: the journal's name of an operation that was done before."""
        self._change(
            "UPDATE idempotency SET state = ?, operation = ? WHERE operation = ?",
            (state, name or operation, operation),
        )

    def _held(self, names: tuple[bytes, ...], content: bytes) -> Held | None:
        for name in names:
            row = self._database.execute(
                "SELECT content, operation, state FROM idempotency WHERE key = ?", (name,)
            ).fetchone()
            if row is not None:
                return Held(row[1], row[2], self._ring.same_content(content, bytes(row[0])))
        return None

    def _put(self, names: tuple[bytes, ...], content: bytes, operation: str) -> None:
        self._database.executemany("DELETE FROM idempotency WHERE key = ?", [(name,) for name in names])
        self._database.execute(
            "INSERT INTO idempotency (key, content, operation, state, at) VALUES (?, ?, ?, 'open', ?)",
            (names[0], self._ring.fingerprint(content), operation, _now()),
        )

    def _change(self, sql: str, values: tuple[object, ...]) -> bool:
        try:
            with self._lock:
                return self._database.execute(sql, values).rowcount > 0
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> StoreError:
        return StoreError(
            f"幂等键文件 {self._path} 不能使用：{error}", f"the file of idempotency keys {self._path} cannot be used: {error}",
            hint_zh="检查磁盘与权限；恢复之前不会发送", hint_en="check disk and rights; nothing is sent before it works",
        )  # fmt: skip


def _now() -> int:
    return time.time_ns() // 1_000_000
