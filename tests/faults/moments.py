"""When a trouble begins: before the call, when it is journalled, or while the answer is out."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from mi_core.journal import Journal
from tests.faults.line import Message
from tests.faults.stage import Stage

Trouble = Callable[[Stage], contextlib.AbstractAsyncContextManager[None]]
"""A context of a stage: while it is open, something is wrong."""
Act = Callable[[Stage], contextlib.AbstractContextManager[Any]]


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


def while_it_is_out(act: Act) -> Trouble:
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


def from_the_start(act: Act) -> Trouble:
    """The trouble is there before the call."""

    @asynccontextmanager
    async def trouble(here: Stage) -> AsyncIterator[None]:
        with act(here):
            yield

    return trouble


def when_journalled(act: Act) -> Trouble:
    """The trouble begins when the attempt is about to be written ahead."""

    @asynccontextmanager
    async def trouble(here: Stage) -> AsyncIterator[None]:
        with contextlib.ExitStack() as stack:

            def begins() -> None:
                stack.enter_context(act(here))

            with before(here, Journal, "begin", once(begins)):
                yield

    return trouble


def once(act: Callable[[], None]) -> Callable[[], None]:
    """Only the first time."""
    left = [act]
    return lambda: left.pop()() if left else None
