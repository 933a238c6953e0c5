"""Idempotency keys on disk: what a key was used for and what its caller was told, known after a crash as well.

A key belongs to an institution and to one request, which becomes an *operation*. While that is under way it is *open*;
then it is *done* or *refused* for good, or *free* when nothing has left this machine: then its key may be used again,
also for a corrected request. Neither keys nor requests stand here, only keyed hashes of them; what was told is sealed as
the journal's bodies are. The first row of a key is synced before the call begins.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import attrs

from mi_core.errors import StoreError
from mi_core.journal.keyring import KeyRing

__all__ = ["About", "Held", "Keys", "Known", "State"]

_DAY_MS: Final = 86_400_000
_KEPT_MS: Final = 400 * _DAY_MS
"""Milliseconds after which a key is forgotten; the journal knows a bill for ever."""
_FORM: Final = 1
_HOPS: Final = 20
State = Literal["open", "done", "refused", "free"]
_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS idempotency (
    key BLOB PRIMARY KEY, content BLOB NOT NULL, operation TEXT NOT NULL, state TEXT NOT NULL, at INTEGER NOT NULL
) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS operation (
    operation TEXT PRIMARY KEY, institution TEXT NOT NULL, interface TEXT NOT NULL, place BLOB, state TEXT NOT NULL,
    became TEXT, told BLOB, at INTEGER NOT NULL
) WITHOUT ROWID""",
)
_EARLIER: Final = """INSERT OR IGNORE INTO operation (operation, institution, interface, state, at)
    SELECT operation, '', '', state, at FROM idempotency"""
_HELD: Final = """SELECT i.content, o.operation, o.became, o.state, o.told FROM idempotency i
    JOIN operation o ON o.operation = i.operation WHERE i.key = ?"""
_KNOWN: Final = "SELECT institution, interface, place, state, became, told FROM operation WHERE operation = ?"


@attrs.frozen
class About:
    """What an operation is about. ``place``: below the institution's address, where a flow can be looked at."""

    institution: str
    interface: str
    place: str = attrs.field(default="", repr=False)


@attrs.frozen
class Held:
    """What is known of a key."""

    operation: str
    became: str
    """The journal's name of it, where that is another: the business was done, or begun, before."""
    state: State
    same: bool
    """The request is the one it was used for."""
    told: bytes | None = attrs.field(default=None, repr=False)


@attrs.frozen
class Known:
    """What is known of an operation."""

    operation: str
    became: str
    state: State
    about: About
    told: bytes | None = attrs.field(default=None, repr=False)


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
            with self._alone():
                self._prepare()
        except (sqlite3.Error, OSError) as error:
            raise self._unusable(error) from error

    def _prepare(self) -> None:
        for table in _SCHEMA:
            self._database.execute(table)
        if self._database.execute("PRAGMA user_version").fetchone()[0] < _FORM:
            self._database.execute(_EARLIER)
            self._database.execute(f"PRAGMA user_version = {_FORM}")
        newest = self._database.execute("SELECT max(at) FROM operation").fetchone()[0] or 0
        before = (
            min(_now(), newest + _DAY_MS) - _KEPT_MS
        )  # a clock that is years ahead must not forget the keys
        self._database.execute("DELETE FROM idempotency WHERE at < ?", (before,))
        self._database.execute("DELETE FROM operation WHERE at < ?", (before,))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def claim(self, key: str, content: bytes, operation: str, about: About) -> Held | None:
        """Take a new or free key for ``operation`` and return ``None``; else what it is used for. One step, on disk."""
        names = self._names(about.institution, key)
        with self._alone():
            held = self._held(names, content)
            if held is not None and held.state != "free":
                return held
            self._database.executemany("DELETE FROM idempotency WHERE key = ?", [(name,) for name in names])
            self._database.execute(
                "INSERT INTO idempotency (key, content, operation, state, at) VALUES (?, ?, ?, '', ?)",
                (names[0], self._ring.fingerprint(content), operation, _now()),
            )
            self._begin(operation, about)
        return None

    def take_over(self, content: bytes, held: Held, operation: str, about: About) -> bool:
        """Give a key whose call nobody runs any more to ``operation``; ``False``: somebody else was quicker."""
        with self._alone():
            taken = self._database.execute(
                """UPDATE idempotency SET operation = ?, content = ?, at = ? WHERE operation = ?
                AND EXISTS (SELECT 1 FROM operation o WHERE o.operation = ? AND o.state = ?)""",
                (
                    operation,
                    self._ring.fingerprint(content),
                    _now(),
                    held.operation,
                    held.operation,
                    held.state,
                ),
            ).rowcount
            if not taken:
                return False
            self._begin(operation, about)
            self._database.execute(
                "UPDATE operation SET became = ? WHERE operation = ?", (operation, held.operation)
            )
        return True

    def end(self, operation: str, state: State, told: bytes | None, became: str | None = None) -> None:
        """Say what became of an operation and what its caller was told; ``became``: the journal's name of it."""
        sealed = None if told is None else self._ring.seal(told, _place(operation, "told"))
        with self._alone():
            self._database.execute(
                "UPDATE operation SET state = ?, told = ?, became = ? WHERE operation = ?",
                (state, sealed, became, operation),
            )

    def known(self, operation: str) -> Known | None:
        """An operation by its name, and by the name of whatever went on with it."""
        found: Known | None = None
        with self._alone():
            for _ in range(_HOPS):
                row = self._database.execute(_KNOWN, (operation,)).fetchone()
                if row is None:
                    break
                place = "" if row[2] is None else self._ring.open(row[2], _place(operation, "place")).decode()
                told = self._opened(operation, row[5])
                about = About(row[0], row[1], place)
                found = Known(operation, row[4] or operation, row[3], about, told)
                if row[3] != "open" or row[4] is None:
                    break
                operation = row[4]
        return found

    def operation_of(self, institution: str, key: str) -> str | None:
        """The operation that a key was last used for."""
        with self._alone():
            for name in self._names(institution, key):
                row = self._database.execute(
                    "SELECT operation FROM idempotency WHERE key = ?", (name,)
                ).fetchone()
                if row is not None:
                    return str(row[0])
        return None

    def _names(self, institution: str, key: str) -> tuple[bytes, ...]:
        return self._ring.digests(f"idempotency/{institution}/{key}")

    def _held(self, names: tuple[bytes, ...], content: bytes) -> Held | None:
        for name in names:
            row = self._database.execute(_HELD, (name,)).fetchone()
            if row is not None:
                same = self._ring.same_content(content, bytes(row[0]))
                return Held(row[1], row[2] or row[1], row[3], same, self._opened(row[1], row[4]))
        return None

    def _opened(self, operation: str, sealed: bytes | None) -> bytes | None:
        """``None`` also where its key has left the ring or a byte was changed: then the journal is asked."""
        try:
            return None if sealed is None else self._ring.open(sealed, _place(operation, "told"))
        except StoreError:
            return None

    def _begin(self, operation: str, about: About) -> None:
        sealed = self._ring.seal(about.place.encode(), _place(operation, "place")) if about.place else None
        self._database.execute(
            "INSERT INTO operation (operation, institution, interface, place, state, at) VALUES (?, ?, ?, ?, 'open', ?)",
            (operation, about.institution, about.interface, sealed, _now()),
        )

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One transaction; with nobody between, neither a thread nor another process."""
        try:
            with self._lock:
                self._database.execute("BEGIN IMMEDIATE")
                try:
                    yield
                except BaseException:
                    self._database.execute("ROLLBACK")
                    raise
                self._database.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> StoreError:
        return StoreError(
            f"幂等键文件 {self._path} 不能使用：{error}", f"the file of idempotency keys {self._path} cannot be used: {error}",
            hint_zh="检查磁盘与权限；恢复之前不会发送", hint_en="check disk and rights; nothing is sent before it works",
        )  # fmt: skip


def _place(operation: str, what: str) -> str:
    return f"serve/{operation}/{what}"


def _now() -> int:
    return time.time_ns() // 1_000_000
