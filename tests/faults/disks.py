"""What can happen to files: full, ill, read-only, moved away, locked, closed."""

from __future__ import annotations

import contextlib
import itertools
import os
import resource
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import apsw

from mi_core import AsyncClient
from mi_core.journal import database
from tests.faults.moments import Trouble, once, when_journalled, while_it_is_out
from tests.faults.stage import Stage
from tests.journal.lossy import ApswDatabase

_numbers = itertools.count(1)


@contextmanager
def full_disk(here: Stage) -> Iterator[None]:
    """No file of this process may grow."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, old)


class SickDisk(apsw.VFS):
    """SQLite's own way to the disk, with errors of the operating system when it is told to be ill."""

    def __init__(self) -> None:
        self.vfs_name = f"sick{next(_numbers)}"
        self.write: type[apsw.Error] | None = None
        self.sync: type[apsw.Error] | None = None
        super().__init__(self.vfs_name, "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        return _SickFile(self, name, flags)

    def connect(self, path: Path) -> ApswDatabase:
        """The journal's connection factory."""
        return ApswDatabase(apsw.Connection(str(path), vfs=self.vfs_name))


class _SickFile(apsw.VFSFile):
    def __init__(self, disk: SickDisk, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._disk = disk

    def xWrite(self, data: bytes, offset: int) -> None:
        if self._disk.write is not None:
            raise self._disk.write("the disk is ill")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        if self._disk.sync is not None:
            raise self._disk.sync("the disk is ill")
        super().xSync(flags)


def journal_disk(error: type[apsw.Error], *, sync: bool = False, out: bool = False) -> Trouble:
    """The journal's disk fails when it is written (or synced): before the send, or while the answer is ``out``."""

    @asynccontextmanager
    async def trouble(here: Stage) -> AsyncIterator[None]:
        disk = SickDisk()

        @contextmanager
        def ill(_: Stage) -> Iterator[None]:
            if sync:
                disk.sync = error
            else:
                disk.write = error
            try:
                yield
            finally:
                disk.sync = disk.write = None

        with here.patch.context() as patch:
            patch.setattr(database, "connect", disk.connect)
            await here.come_back()
            async with (while_it_is_out if out else when_journalled)(ill)(here):
                yield

    return trouble


@contextmanager
def read_only_journal(here: Stage) -> Iterator[None]:
    """Its writing connection may only read, as after a remount: SQLite's own refusal."""
    writer = here.mi.journal._database
    writer.run("PRAGMA query_only = ON")
    try:
        yield
    finally:
        writer.run("PRAGMA query_only = OFF")


@contextmanager
def moved_away(path: Path) -> Iterator[None]:
    """Somebody tidies up."""
    away = path.rename(path.with_suffix(".away"))
    try:
        yield
    finally:
        away.rename(path)


def lost_journal(here: Stage) -> contextlib.AbstractContextManager[None]:
    """The journal's file is moved away."""
    return moved_away(here.folder / "journal" / "journal.db")


def lost_log(here: Stage) -> contextlib.AbstractContextManager[None]:
    """The log's file is moved away."""
    return moved_away(here.folder / "log.db")


@contextmanager
def locked(here: Stage, name: str, seconds: float) -> Iterator[None]:
    """Another program holds the write lock of a file, and ``seconds`` pass."""
    with contextlib.closing(sqlite3.connect(here.folder / name, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        here.line.skip.ahead(seconds)
        try:
            yield
        finally:
            other.execute("ROLLBACK")


def locked_journal(here: Stage) -> contextlib.AbstractContextManager[None]:
    """For longer than the call may take."""
    return locked(here, "journal/journal.db", 100_000.0)


def locked_log(here: Stage) -> contextlib.AbstractContextManager[None]:
    """For as long as the call takes."""
    return locked(here, "log.db", 0.0)


@asynccontextmanager
async def log_locked_at_begin(here: Stage) -> AsyncIterator[None]:
    """The log is locked when it is handed the row, until the call is over."""
    assert here.mi._runtime is not None
    store = type(here.mi._runtime.store)
    real = store.begin_later  # type: ignore[attr-defined]  # the embedded log has it
    with contextlib.ExitStack() as stack, here.patch.context() as patch:
        lock = once(lambda: stack.enter_context(locked(here, "log.db", 0.0)))

        def handed(*row: Any) -> None:
            lock()
            real(*row)

        patch.setattr(store, "begin_later", handed)
        yield


def closed_folder(*, files: int, folder: int = 0o555) -> Trouble:
    """A start by somebody who may not write: file and folder have these rights."""

    return _rights(lambda here: here.folder, files, folder)


def closed_journal(*, files: int, folder: int = 0o777) -> Trouble:
    """The same for the journal alone, in a folder of its own; the log may be written."""
    return _rights(lambda here: here.folder / "journal", files, folder)


def _rights(place: Callable[[Stage], Path], files: int, folder: int) -> Trouble:
    @asynccontextmanager
    async def trouble(here: Stage) -> AsyncIterator[None]:
        await here.leave()
        where = place(here)
        if where != here.folder:
            for path in [here.folder, *here.folder.iterdir()]:
                path.chmod(path.stat().st_mode | 0o666 | (0o777 if path.is_dir() else 0))
        found = [path for path in where.iterdir() if path.is_file()]
        nobody = 65534 if os.geteuid() == 0 else None
        for path in found:
            path.chmod(files)
        where.chmod(folder)
        here.mi = AsyncClient(here.config)
        if nobody is not None:
            os.seteuid(nobody)
        try:
            yield
        finally:
            if nobody is not None:
                os.seteuid(0)
            where.chmod(0o755)
            for path in found:
                path.chmod(0o600)
            await here.mi.close()

    return trouble
