"""A changing call on its way out while the journal still writes: its connection is made in the time that the disk takes.

Nothing leaves by that. The transport waits with a finished connection for the clearance, which is given when the row is on
disk; until then :class:`Sending` refuses the first byte, whatever the transport does.
"""

from __future__ import annotations

import asyncio
from typing import Self

import attrs

from mi_core.journal import Ticket
from mi_core.pipeline.contexts import RequestCtx
from mi_core.pipeline.runtime import Runtime
from mi_core.plugin import HttpReply, Sending

__all__ = ["Departure"]


class Departure:
    """One send that has begun and may not leave yet."""

    def __init__(self, runtime: Runtime, ready: RequestCtx) -> None:
        self._runtime = runtime
        self._ticket: Ticket | None = None
        self._clearance: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sending = Sending(may_leave=self._may_leave, clearance=self._clearance)
        single = attrs.evolve(ready.http, single=True)
        self.reply: asyncio.Task[HttpReply] = asyncio.ensure_future(
            runtime.transport.send(single, deadline=ready.asked.deadline, sending=self.sending)
        )

    @classmethod
    def of(cls, runtime: Runtime, ready: RequestCtx) -> Self | None:
        """``None`` where the send has to begin later: the transport waits for no clearance, or plugins add headers and
        are told of what is sent."""
        plugins, transport = runtime.plugins, runtime.transport
        if not getattr(transport, "awaits_clearance", False) or not getattr(
            transport, "keeps_deadline", False
        ):
            return None
        if plugins.observed("before_send") or plugins.adds_headers or runtime.closed.is_set():
            return None
        return cls(runtime, ready)

    def clear(self, ticket: Ticket | None) -> None:
        """The row is on disk: the first byte may leave."""
        self._ticket = ticket
        if not self._clearance.done():
            self._clearance.set_result(None)

    def abandon(self) -> None:
        """It does not come to a send. Nobody waits for the end of it, because nothing can leave any more."""
        self._ticket = None
        self.reply.cancel()
        self.reply.add_done_callback(_seen)

    def _may_leave(self) -> bool:
        return self._ticket is not None and self._runtime.journal.holds(self._ticket)


def _seen(reply: asyncio.Task[HttpReply]) -> None:
    """Its failure is nobody's any more, and not to be reported as forgotten."""
    if not reply.cancelled():
        reply.exception()
