"""Calls under way and calls just ended, by the name of their operation: what a caller polls.

A call belongs to the service, not to the connection that asked for it: whoever hangs up finds its result here, and a
changing call's also in the journal. Replies are kept in memory for a while and nowhere else.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Coroutine
from typing import Any, Final

import attrs

from mi_core.errors import MiError
from mi_core.serve.mistakes import mistake

__all__ = ["Running", "Work"]

_log: Final = logging.getLogger("mi_serve")
_KEPT: Final = 1000
_SECONDS: Final = 900.0


@attrs.define(eq=False)
class Work:
    """One call."""

    operation: str
    institution: str
    interface: str
    token: str
    """Name of the token that asked."""
    task: asyncio.Task[dict[str, Any]] = attrs.field(repr=False)
    started: float = attrs.field(factory=time.monotonic)
    ended: float | None = None

    @property
    def error(self) -> BaseException | None:
        """What it ended with, where that was no reply."""
        return self.task.exception() if self.task.done() and not self.task.cancelled() else None

    @property
    def reply(self) -> dict[str, Any] | None:
        """Its reply, where it has one."""
        return (
            self.task.result()
            if self.task.done() and not self.task.cancelled() and self.error is None
            else None
        )

    async def wait(self, seconds: float | None) -> bool:
        """Wait until it has ended, ``seconds`` at most; whether it has. The waiter may leave, the call goes on."""
        await asyncio.wait((self.task,), timeout=seconds)
        return self.task.done()


class Running:
    """The calls of one service."""

    def __init__(self) -> None:
        self._work: OrderedDict[str, Work] = OrderedDict()
        self.closing = False

    def begin(
        self, operation: str, institution: str, interface: str, token: str, call: Coroutine[Any, Any, dict[str, Any]]
    ) -> Work:  # fmt: skip
        """Start a call as a task of its own."""
        self._forget()
        task = asyncio.get_running_loop().create_task(call, name=f"call {interface} {operation}")
        work = self._work[operation] = Work(operation, institution, interface, token, task)
        task.add_done_callback(lambda done: _ended(work, done))
        return work

    def get(self, operation: str, institution: str) -> Work | None:
        """The call of that name, for the institution whose it is."""
        work = self._work.get(operation)
        return work if work is not None and work.institution == institution else None

    def of(self, institution: str) -> list[Work]:
        """Calls under way of one institution, oldest first."""
        return [w for w in self._work.values() if w.institution == institution and not w.task.done()]

    async def drain(self, seconds: float) -> int:
        """Wait for the calls under way; how many have not ended in time."""
        tasks = [w.task for w in self._work.values() if not w.task.done()]
        if not tasks:
            return 0
        _, waiting = await asyncio.wait(tasks, timeout=seconds)
        return len(waiting)

    def _forget(self) -> None:
        now = time.monotonic()
        for name, work in list(self._work.items()):
            old = work.ended is not None and now - work.ended > _SECONDS
            if not old and (len(self._work) <= _KEPT or work.ended is None):
                continue
            del self._work[name]


def _ended(work: Work, task: asyncio.Task[dict[str, Any]]) -> None:
    work.ended = time.monotonic()
    if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, MiError):
        _log.error("%s %s ended with %s", work.interface, work.operation, mistake(error))
