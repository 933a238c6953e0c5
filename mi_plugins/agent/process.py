"""The agent's side of the worker process: started when needed, one call at a time, ended when it does not answer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable

import attrs
import msgspec

from mi_plugins.agent.messages import HEAD, Done, Job, Ready, T, frame, unframed
from mi_plugins.agent.settings import AgentSettings

__all__ = ["Caller"]

_START = 60.0
"""Seconds to load the library."""
_log = logging.getLogger("mi_agent")


class Caller:
    """Gives messages to the library, one after the other."""

    def __init__(self, settings: AgentSettings) -> None:
        self._settings = settings
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._worker: asyncio.subprocess.Process | None = None

    async def call(self, infno: str, message: str, heard: Callable[[], bool]) -> Done:
        """What became of it. ``heard``: whether anybody still waits for the answer, asked when the turn comes."""
        if self._waiting >= self._settings.waiting:
            return Done(called=False, reason="busy")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._settings.patience):
                await self._turn.acquire()
        except TimeoutError:
            return Done(called=False, reason="busy")
        finally:
            self._waiting -= 1
        try:
            if not heard():
                return Done(called=False, reason="nobody waits for the answer any more")
            return await self._give(Job(infno, message))
        finally:
            self._turn.release()

    async def _give(self, job: Job) -> Done:
        try:
            worker = await self._started()
        except (OSError, TimeoutError, EOFError, RuntimeError, msgspec.DecodeError) as error:
            await self.close()
            return Done(
                called=False, reason=f"the library cannot be used: {str(error) or type(error).__name__}"
            )
        assert worker.stdin is not None
        try:
            worker.stdin.write(frame(job))
            async with asyncio.timeout(self._settings.timeout):
                await worker.stdin.drain()
                done = await _read(worker, Done)
        except TimeoutError:
            await self.close()
            return Done(called=True, reason="timeout")
        except (EOFError, OSError, msgspec.DecodeError):
            await self.close()
            return Done(called=True, reason="the library's process ended")
        except BaseException:
            await self.close()
            raise
        if done.broken:
            await self.close()
        return done

    async def _started(self) -> asyncio.subprocess.Process:
        worker = self._worker
        if worker is not None and worker.returncode is None:
            return worker
        settings = msgspec.json.encode(attrs.asdict(self._settings.library)).decode()
        worker = self._worker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "mi_plugins.agent.worker", settings,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**20,
        )  # fmt: skip
        async with asyncio.timeout(_START):
            ready = await _read(worker, Ready)
        if ready.error:
            raise RuntimeError(ready.error)
        _log.info("library loaded by process %d", worker.pid)
        return worker

    async def close(self) -> None:
        """End the worker; what it is doing is lost."""
        worker, self._worker = self._worker, None
        if worker is not None:
            with contextlib.suppress(ProcessLookupError):
                worker.kill()
            await worker.wait()
            if worker.stdin is not None:
                worker.stdin.close()


async def _read(worker: asyncio.subprocess.Process, kind: type[T]) -> T:
    assert worker.stdout is not None
    try:
        head = await worker.stdout.readexactly(HEAD.size)
        return unframed(await worker.stdout.readexactly(HEAD.unpack(head)[0]), kind)
    except asyncio.IncompleteReadError as error:
        raise EOFError("the process ended") from error
