"""The agent's side of the worker process: started with the agent and again when it ended, one call at a time, ended when it
does not answer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Mapping

import attrs
import msgspec

from mi_core.errors import ConfigError
from mi_plugins.agent.messages import HEAD, Done, Job, Part, Ready, T, frame, unframed
from mi_plugins.agent.settings import AgentSettings

__all__ = ["Caller"]

_START = 60.0
"""Seconds to load the library."""
_log = logging.getLogger("mi_agent")
_HINTS: Mapping[Part, tuple[str, str]] = {
    "library": (
        "检查路径、它依赖的其他动态库，以及位数：32 位的动态库须用 32 位的 Python 运行 mi agent",
        "check the path, the libraries it needs itself, and its word size: a 32-bit library needs a 32-bit Python",
    ),
    "function": (
        "按厂商文档用 --function 给出函数名（区分大小写）",
        "give the function's name of the vendor's document with --function (case matters)",
    ),
    "init": (
        "按厂商文档用 --init 给出初始化函数；其返回码须是 --ok 之一",
        "give the vendor's function with --init; it must return one of --ok",
    ),
}


class _Unusable(Exception):
    """The worker's first word was no."""

    def __init__(self, part: Part, said: str) -> None:
        super().__init__(said)
        self.part = part


class Caller:
    """Gives messages to the library, one after the other."""

    def __init__(self, settings: AgentSettings) -> None:
        self._settings = settings
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._worker: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Load the library now, so that a wrong one is told before anybody calls. Raises ``ConfigError``."""
        path = self._settings.library.path
        try:
            await self._started()
        except _Unusable as error:
            await self.close()
            zh, en = _HINTS[error.part]
            raise ConfigError(
                f"动态库 {path} 不能使用：{error}", f"the library {path} cannot be used: {error}", hint_zh=zh, hint_en=en
            ) from None  # fmt: skip
        except (OSError, TimeoutError, EOFError, msgspec.DecodeError) as error:
            await self.close()
            why = str(error) or type(error).__name__
            raise ConfigError(
                f"动态库 {path} 装载时进程异常：{why}", f"the process that loads {path} failed: {why}",
                hint_zh="该库在装载或初始化时崩溃或无应答，请与厂商核对其运行环境",
                hint_en="the library crashed or hung while it was loaded or initialised: ask its vendor what it needs",
            ) from None  # fmt: skip
        except BaseException:
            await self.close()
            raise

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
        except (OSError, TimeoutError, EOFError, _Unusable, msgspec.DecodeError) as error:
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
        if ready.part is not None:
            raise _Unusable(ready.part, ready.error)
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
