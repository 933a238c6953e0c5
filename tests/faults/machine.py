"""What can happen to the hospital's own machine: clocks, ways out, impatient callers."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import attrs

from mi_plugins.transports.connector import TellingConnector
from tests.faults.line import Message
from tests.faults.moments import Trouble
from tests.faults.stage import Stage

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
