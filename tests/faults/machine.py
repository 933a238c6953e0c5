"""What can happen to the hospital's own machine: disks, files, clocks, networks. Each is a context of a stage."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import resource
import signal
import socket
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import apsw
import attrs

from mi_core import AsyncClient
from mi_core.journal import Journal, database
from mi_plugins.transports.connector import TellingConnector
from tests.faults.line import Message
from tests.faults.stage import Stage
from tests.journal.lossy import ApswDatabase

Trouble = Callable[[Stage], contextlib.AbstractAsyncContextManager[None]]
_numbers = itertools.count(1)


# moments ------------------------------------------------------------------------------------------------------


@contextmanager
def before(here: Stage, owner: type[Any], name: str, act: Callable[[], None]) -> Iterator[None]:
    """Do something at the moment when a coroutine method is called; then it goes on as always."""
    real = getattr(owner, name)

    async def called(*args: Any, **more: Any) -> Any:
        act()
        return await real(*args, **more)

    with here.patch.context() as patch:
        patch.setattr(owner, name, called)
        yield


def while_it_is_out(act: Callable[[Stage], contextlib.AbstractContextManager[Any]]) -> Trouble:
    """The trouble begins when the bureau has executed the message, before its answer comes."""

    @asynccontextmanager
    async def trouble(here: Stage) -> AsyncIterator[None]:
        with contextlib.ExitStack() as stack:

            async def fault(message: Message) -> None:
                body = await message.executed()
                stack.enter_context(act(here))
                await message.answer(body)

            here.line.faults["2207"] = fault
            yield

    return trouble


def from_the_start(act: Callable[[Stage], contextlib.AbstractContextManager[Any]]) -> Trouble:
    """The trouble is there before the call."""

    @asynccontextmanager
    async def trouble(here: Stage) -> AsyncIterator[None]:
        with act(here):
            yield

    return trouble


def when_journalled(act: Callable[[Stage], contextlib.AbstractContextManager[Any]]) -> Trouble:
    """The trouble begins when the attempt is about to be written ahead."""

    @asynccontextmanager
    async def trouble(here: Stage) -> AsyncIterator[None]:
        with contextlib.ExitStack() as stack:

            def begins() -> None:
                stack.enter_context(act(here))

            with before(here, Journal, "begin", once(begins)):
                yield

    return trouble


# disks --------------------------------------------------------------------------------------------------------


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
    return moved_away(here.folder / "journal.db")


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
    return locked(here, "journal.db", 100_000.0)


def locked_log(moment: str, seconds: float) -> Trouble:
    """The log is locked when it is given a row (``begin``) or a row's end (``end``)."""

    @asynccontextmanager
    async def trouble(here: Stage) -> AsyncIterator[None]:
        assert here.mi._runtime is not None
        with contextlib.ExitStack() as stack:

            def lock() -> None:
                stack.enter_context(locked(here, "log.db", seconds))

            with before(here, type(here.mi._runtime.store), moment, once(lock)):
                yield

    return trouble


def once(act: Callable[[], None]) -> Callable[[], None]:
    """Only the first time."""
    left = [act]
    return lambda: left.pop()() if left else None


def closed_folder(*, files: int, folder: int = 0o555) -> Trouble:
    """A start by somebody who may not write: file and folder have these rights."""

    @asynccontextmanager
    async def trouble(here: Stage) -> AsyncIterator[None]:
        await here.leave()
        found = [path for path in here.folder.iterdir() if path.is_file()]
        nobody = 65534 if os.geteuid() == 0 else None
        for path in found:
            path.chmod(files)
        here.folder.chmod(folder)
        here.mi = AsyncClient(here.config)
        if nobody is not None:
            os.seteuid(nobody)
        try:
            yield
        finally:
            if nobody is not None:
                os.seteuid(0)
            here.folder.chmod(0o755)
            for path in found:
                path.chmod(0o600)
            await here.mi.close()

    return trouble


# clocks -------------------------------------------------------------------------------------------------------


def clock_steps(hours: float) -> Callable[[Stage], contextlib.AbstractContextManager[None]]:
    """The hospital's clock jumps; the bureau has a clock of its own."""

    @contextmanager
    def act(here: Stage) -> Iterator[None]:
        seconds, nanoseconds = time.time, time.time_ns
        with here.patch.context() as patch:
            patch.setattr(time, "time", lambda: seconds() + hours * 3600)
            patch.setattr(time, "time_ns", lambda: nanoseconds() + int(hours * 3600 * 1e9))
            yield

    return act


# ways out -----------------------------------------------------------------------------------------------------


def another_address(url: Callable[[contextlib.ExitStack], str]) -> Trouble:
    """The gateway is configured somewhere else."""

    @asynccontextmanager
    async def trouble(here: Stage) -> AsyncIterator[None]:
        right = here.config
        with contextlib.ExitStack() as stack:
            one = right.institutions[here.institution]
            gateway = attrs.evolve(one.gateway, url=url(stack))
            here.config = attrs.evolve(
                right, institutions={here.institution: attrs.evolve(one, gateway=gateway, sign_in=False)}
            )
            await here.come_back()
            yield
        here.config = right
        await here.come_back()

    return trouble


def nobody_listens(stack: contextlib.ExitStack) -> str:
    """A port that is nobody's."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/csb"


def no_such_name(stack: contextlib.ExitStack) -> str:
    """A name that does not exist."""
    return "http://gateway.invalid/csb"


def speaks_no_tls(stack: contextlib.ExitStack) -> str:
    """A server that sends prose where TLS should begin."""
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

    def answer() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
                connection.recv(1000)

    import threading

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    stack.callback(thread.join, 5)
    return f"https://127.0.0.1:{listener.getsockname()[1]}/csb"


@asynccontextmanager
async def connecting_for_ever(here: Stage) -> AsyncIterator[None]:
    """Packets to the gateway disappear: the connection is neither made nor refused."""
    with contextlib.ExitStack() as crowd:
        silent = crowd.enter_context(socket.socket())
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        for _ in range(4):
            waiting = crowd.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(silent.getsockname())
        real = TellingConnector.connect

        async def connect(*args: Any, **more: Any) -> Any:
            asyncio.get_running_loop().call_later(0.05, here.line.skip.ahead, 100_000.0)
            return await real(*args, **more)

        port = silent.getsockname()[1]
        async with another_address(lambda _: f"http://127.0.0.1:{port}/csb")(here):
            with here.patch.context() as patch:
                patch.setattr(TellingConnector, "connect", connect)
                yield


# callers ------------------------------------------------------------------------------------------------------


def while_waiting(act: Callable[[Stage], Awaitable[None]]) -> Trouble:
    """Something happens in the hospital when the bureau has executed the message and its answer does not come."""

    @asynccontextmanager
    async def trouble(here: Stage) -> AsyncIterator[None]:
        async def fault(message: Message) -> None:
            await message.executed()
            await act(here)
            await asyncio.Event().wait()

        here.line.faults["2207"] = fault
        yield

    return trouble


async def cancelled(here: Stage) -> None:
    """The program that waits for the answer does not want it any more."""
    assert here.calling is not None
    here.calling.cancel()


async def closed(here: Stage) -> None:
    """The program ends in an orderly way, and its patience with calls under way is over."""
    here.leaving = asyncio.create_task(here.leave())
    for _ in range(3):
        await asyncio.sleep(0)
    here.line.skip.ahead(here.config.limits.drain + 1)
