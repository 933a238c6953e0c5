"""The hospital's program as a process that is killed or stopped in the middle of the settlement."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from tests.faults.line import Message
from tests.faults.moments import Trouble
from tests.faults.stage import Stage

_WORKER = Path(__file__).with_name("worker.py")
_encoder = msgspec.json.Encoder(decimal_format="number")


class Killed(BaseException):
    """Nobody is left to be told anything."""


async def start(here: Stage, point: str, name: str) -> asyncio.subprocess.Process:
    """A process that will settle the bill of ``here``."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(_WORKER), str(here.config.source), point, name,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(_encoder.encode(here.bill))
    process.stdin.close()
    return process


async def answer(process: asyncio.subprocess.Process) -> dict[str, Any]:
    """What it was told, when it has ended in an orderly way."""
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    result: dict[str, Any] = json.loads(out)
    return result


async def killed(process: asyncio.subprocess.Process) -> None:
    """Its death by SIGKILL, and by nothing else."""
    out, errors = await process.communicate()
    assert process.returncode == -signal.SIGKILL, (process.returncode, out, errors.decode())


async def stopped(process: asyncio.subprocess.Process) -> None:
    """Until it stands still."""
    await asyncio.to_thread(os.waitid, os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)


@asynccontextmanager
async def worker(here: Stage, point: str, name: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that does not outlive the test."""
    process = await start(here, point, name)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


def dies(point: str) -> Trouble:
    """The settlement is made by another process, which is killed at that point."""

    @asynccontextmanager
    async def trouble(here: Stage) -> AsyncIterator[None]:
        await here.leave()

        async def by_worker() -> tuple[str, BaseException]:
            async with worker(here, point, "KILL") as process:
                await killed(process)
            return "killed", Killed()

        here.by = by_worker
        yield
        here.by = None

    return trouble


@asynccontextmanager
async def dies_while_it_waits(here: Stage) -> AsyncIterator[None]:
    """The bureau has executed it; the process is killed before the answer leaves the bureau."""
    await here.leave()

    async def by_worker() -> tuple[str, BaseException]:
        async with worker(here, "at the start", "NONE") as process:

            async def fault(message: Message) -> None:
                body = await message.executed()
                process.kill()
                await message.answer(body)

            here.line.faults["2207"] = fault
            await killed(process)
        return "killed", Killed()

    here.by = by_worker
    yield
    here.by = None
