"""The durable record of notifications: what came, whether it was dealt with, and its content (encrypted).

A SQLite file beside the journal (WAL, an fsync at every commit), sealed with the journal's keys. A notification is
entered before its handler begins; a claim with an end keeps two processes from handling it at the same time.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import attrs

from mi_core.config import Config
from mi_core.errors import StoreError
from mi_core.journal.database import Database, connect, prepare
from mi_core.journal.keyring import Key, KeyRing
from mi_core.journal.opening import MEMORY, journal_path, ring_of

__all__ = ["Claim", "Inbox", "Kept", "inbox_path"]

FILE: Final = "mi.inbound.db"
BUSY_MS: Final = 10_000
VERSION: Final = 1
RECEIVED, HANDLED = "received", "handled"
_TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS notification (
        id TEXT PRIMARY KEY, institution TEXT NOT NULL, interface TEXT NOT NULL, subject_hash BLOB NOT NULL,
        content_ct BLOB NOT NULL, content_fp BLOB NOT NULL, state TEXT NOT NULL, begun INTEGER NOT NULL,
        deliveries INTEGER NOT NULL, received_at INTEGER NOT NULL, handled_at INTEGER, claimed_by TEXT,
        claimed_until INTEGER) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS notification_subject ON notification (subject_hash)",
)


@attrs.frozen
class Claim:
    """What a delivery means: to be handled now, dealt with already, being handled, or other content under the same key."""

    verdict: Literal["handle", "handled", "busy", "conflict"]
    id: str
    received_ms: int
    begun: int = 0
    """How often a handler has begun before."""


@attrs.frozen
class Kept:
    """A notification in the record."""

    interface: str
    content: bytes = attrs.field(repr=False)
    """``{"data": …}`` as it came."""
    received_ms: int
    handled: bool


def inbox_path(config: Config) -> str:
    """The file beside the journal (beside ``mi.toml`` when the journal is on a server); ``memory`` with a journal in memory."""
    path = journal_path(config)
    if path == MEMORY:
        return MEMORY
    if "://" in path:
        folder = config.source.resolve().parent if config.source is not None else Path.cwd()
        return str(folder / FILE)
    return str(Path(path).with_name(FILE))


class Inbox:
    """Blocking; usable from any thread. Raises ``StoreError`` when the file cannot be used."""

    def __init__(self, path: str, ring: KeyRing, *, lease: float = 60.0) -> None:
        """``lease``: seconds after which a handler that began in another process counts as dead."""
        self._ring, self._lease_ms, self._guard = ring, round(lease * 1000), threading.Lock()
        self._owner = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._path = path
        with self._told():
            database = connect(Path(":memory:" if path == MEMORY else path))
            self._database: Database = database if path == MEMORY else prepare(database, busy_ms=BUSY_MS)
            self._make()

    @classmethod
    def of(cls, config: Config, path: Path | None = None, *, lease: float = 60.0) -> Inbox:
        """The record that belongs to a configuration."""
        where = inbox_path(config) if path is None else str(path)
        in_memory = journal_path(config) == MEMORY
        ring = KeyRing(Key(1, secrets.token_bytes(32))) if in_memory else ring_of(config)
        return cls(where, ring, lease=lease)

    def begin(
        self, institution: str, interface: str, key: Sequence[str], content: bytes, essence: bytes, *, now_ms: int
    ) -> Claim:  # fmt: skip
        """Enter a delivery, or find it, and claim it for a handler of this process. ``essence``: what must not differ."""
        names = self._names(institution, interface, key)
        with self._transaction():
            row = next((found for name in names if (found := self._row(name)) is not None), None)
            if row is None:
                self._enter(names[0], institution, interface, key[0], content, essence, now_ms)
                return Claim("handle", names[0], now_ms)
            name, fingerprint, state, begun, received, until, by = row
            self._run("UPDATE notification SET deliveries = deliveries + 1 WHERE id = ?", name)
            if not self._ring.same_content(essence, bytes(fingerprint)):
                return Claim("conflict", name, received)
            if state == HANDLED:
                return Claim("handled", name, received)
            if (
                by is not None and now_ms < until <= now_ms + self._lease_ms
            ):  # a clock set back does not make it last
                return Claim("busy", name, received)
            self._run(
                "UPDATE notification SET begun = begun + 1, claimed_by = ?, claimed_until = ? WHERE id = ?",
                self._owner, now_ms + self._lease_ms, name,
            )  # fmt: skip
            return Claim("handle", name, received, begun)

    def still(self, name: str, *, now_ms: int) -> None:
        """The handler is at work: the claim holds for another lease."""
        with self._transaction():
            self._run(
                "UPDATE notification SET claimed_until = ? WHERE id = ? AND claimed_by = ?",
                now_ms + self._lease_ms, name, self._owner,
            )  # fmt: skip

    def done(self, name: str, *, now_ms: int) -> None:
        """The handler has returned; on disk when this returns."""
        with self._transaction():
            self._run(
                "UPDATE notification SET state = ?, handled_at = ?, claimed_by = NULL WHERE id = ?", HANDLED, now_ms, name
            )  # fmt: skip

    def failed(self, name: str) -> None:
        """The handler raised: whoever delivers it next may try."""
        with self._transaction():
            self._run(
                "UPDATE notification SET claimed_by = NULL WHERE id = ? AND claimed_by = ?", name, self._owner
            )

    def about(self, institution: str, interface: str, subject: str) -> list[Kept]:
        """What came of an order or prescription (the first field of the interface's key), oldest first."""
        hashes = self._ring.digests(_subject(institution, interface, subject))
        marks = ",".join("?" * len(hashes))
        with self._told(), self._guard:
            rows = self._database.rows(
                f"SELECT id, content_ct, received_at, state FROM notification WHERE subject_hash IN ({marks})"  # noqa: S608  # marks only
                " ORDER BY received_at, id",
                hashes,
            )
        return [
            Kept(interface, self._ring.open(bytes(sealed), _place(name)), received, state == HANDLED)
            for name, sealed, received, state in rows
        ]

    def forget(self, before_ms: int) -> int:
        """Delete what was dealt with before that time; returns how many. Then a repetition would be handled again."""
        with self._transaction():
            return self._run(
                "DELETE FROM notification WHERE state = ? AND handled_at < ?", HANDLED, before_ms
            )

    def close(self) -> None:
        """Close the file."""
        with self._guard:
            self._database.close()

    def _names(self, institution: str, interface: str, key: Sequence[str]) -> list[str]:
        text = "\x1f".join(("notification", institution, interface, *key))
        return [digest.hex() for digest in self._ring.digests(text)]

    def _enter(
        self, name: str, institution: str, interface: str, subject: str, content: bytes, essence: bytes, now_ms: int
    ) -> None:  # fmt: skip
        self._run(
            "INSERT INTO notification VALUES (?,?,?,?,?,?,?,1,1,?,NULL,?,?)",
            name, institution, interface, self._ring.digest(_subject(institution, interface, subject)),
            self._ring.seal(content, _place(name)), self._ring.fingerprint(essence), RECEIVED, now_ms, self._owner,
            now_ms + self._lease_ms,
        )  # fmt: skip

    def _row(self, name: str) -> tuple[Any, ...] | None:
        rows = self._database.rows(
            "SELECT id, content_fp, state, begun, received_at, claimed_until, claimed_by FROM notification WHERE id = ?", (name,)
        )  # fmt: skip
        return rows[0] if rows else None

    def _run(self, sql: str, *values: Any) -> int:
        return self._database.run(sql, values)

    def _make(self) -> None:
        self._database.run("BEGIN IMMEDIATE")
        found = int(self._database.rows("PRAGMA user_version")[0][0])
        if found > VERSION:
            self._database.run("ROLLBACK")
            raise StoreError(
                f"通知记录文件版本 {found} 比本程序（{VERSION}）新",
                f"the record of notifications has version {found}, this program {VERSION}",
                hint_zh="请升级 mi-core", hint_en="upgrade mi-core",
            )  # fmt: skip
        for statement in _TABLES:
            self._database.run(statement)
        self._database.run(f"PRAGMA user_version = {VERSION}")
        self._database.run("COMMIT")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._told(), self._guard:
            self._database.run("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.run("ROLLBACK")
                raise
            self._database.run("COMMIT")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of SQLite as what people can act upon."""
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(
                f"通知记录 {self._path} 无法使用：{error}", f"the record of notifications {self._path} cannot be used: {error}",
                hint_zh="检查磁盘空间和目录权限", hint_en="check disk space and the rights of the folder",
            ) from error  # fmt: skip


def _subject(institution: str, interface: str, subject: str) -> str:
    return "\x1f".join(("subject", institution, interface, subject))


def _place(name: str) -> str:
    return f"notification/content/{name}"
