"""A disk under SQLite that forgets what was not synced: an apsw VFS, and the journal's connection on top of it."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import apsw

Row = tuple[Any, ...]
SECTOR = 512


class Image:
    """What of one file is on the platter, and what was written since the last sync."""

    def __init__(self, content: bytes) -> None:
        self.synced = bytearray(content)
        self.pending: list[tuple[int, bytes | None]] = []

    def sync(self) -> None:
        for offset, data in self.pending:
            _apply(self.synced, offset, data)
        self.pending.clear()

    def after_power_loss(self, choose: random.Random) -> bytes:
        """The synced bytes, plus any subset of the later writes, some of them torn at a sector."""
        image = bytearray(self.synced)
        for offset, data in self.pending:
            fate = choose.random()
            if fate < 0.4:
                _apply(image, offset, data)
            elif fate < 0.6 and data is not None:
                _apply(image, offset, data[: choose.randrange(0, len(data) // SECTOR + 1) * SECTOR])
        return bytes(image)


def _apply(image: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del image[offset:]
        return
    if len(image) < offset + len(data):
        image.extend(bytes(offset + len(data) - len(image)))
    image[offset : offset + len(data)] = data


class LossyDisk(apsw.VFS):
    """Passes everything on to the real file system and remembers what was synced. ``honest=False``: sync does nothing."""

    def __init__(self, name: str, *, honest: bool = True) -> None:
        self.images: dict[str, Image] = {}
        self.honest = honest
        self.lock = threading.RLock()
        self.vfs_name = name
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> LossyFile:
        file = name.filename() if isinstance(name, apsw.URIFilename) else name
        if file is not None and file not in self.images and not file.endswith("-shm"):
            self.images[file] = Image(Path(file).read_bytes() if Path(file).exists() else b"")
        return LossyFile(self, name, flags, self.images.get(file or ""))

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.images.pop(filename, None)
        super().xDelete(filename, syncdir)

    def lose_power(self, folder: Path, choose: random.Random) -> None:
        """Write what a restart would find into ``folder``."""
        with self.lock:
            left = {name: image.after_power_loss(choose) for name, image in self.images.items()}
        for name, content in left.items():
            (folder / Path(name).name).write_bytes(content)

    def connect(self, path: Path) -> ApswDatabase:
        """The journal's connection factory."""
        return ApswDatabase(apsw.Connection(str(path), vfs=self.vfs_name))


class LossyFile(apsw.VFSFile):
    def __init__(self, disk: LossyDisk, name: Any, flags: list[int], image: Image | None) -> None:
        super().__init__("", name, flags)
        self._disk, self._image = disk, image

    def xWrite(self, data: bytes, offset: int) -> None:
        with self._disk.lock:
            if self._image is not None:
                self._image.pending.append((offset, bytes(data)))
            super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:
        with self._disk.lock:
            if self._image is not None:
                self._image.pending.append((size, None))
            super().xTruncate(size)

    def xSync(self, flags: int) -> None:
        with self._disk.lock:
            super().xSync(flags)
            if self._image is not None and self._disk.honest:
                self._image.sync()


class ApswDatabase:
    """apsw behind the journal's small interface, with the errors of :mod:`sqlite3`."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        try:
            return list(self._connection.execute(sql, tuple(params)))
        except apsw.Error as error:
            raise _translated(error) from error

    def run(self, sql: str, params: Sequence[Any] = ()) -> int:
        self.rows(sql, params)
        return self._connection.changes()

    def many(self, sql: str, params: Iterable[Sequence[Any]]) -> int:
        before = self._connection.total_changes()
        try:
            list(self._connection.executemany(sql, [tuple(row) for row in params]))
        except apsw.Error as error:
            raise _translated(error) from error
        return self._connection.total_changes() - before

    def close(self) -> None:
        self._connection.close()


def _translated(error: apsw.Error) -> sqlite3.Error:
    return (sqlite3.IntegrityError if isinstance(error, apsw.ConstraintError) else sqlite3.OperationalError)(
        str(error)
    )
