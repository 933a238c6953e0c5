"""Between socket and HTTP server: connections are counted, and one whose request does not come is closed.

The server itself has no limit for the time in which a request's head must have come; without one a few hundred idle
sockets would keep every desk out (slow loris). The watch is armed when a connection begins and after each reply, and
disarmed when a request's head is complete. It closes the socket and nothing else: no call ever belongs to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from weakref import WeakKeyDictionary

from aiohttp import web

__all__ = ["Doors"]


class Doors:
    """Makes the protocol of each connection. ``server``: the factory of aiohttp's runner."""

    def __init__(
        self, server: Callable[[], asyncio.Protocol], *, seconds: float, idle: float, most: int
    ) -> None:
        self._server, self._seconds, self._idle, self._most = server, seconds, idle, most
        self._doors: WeakKeyDictionary[asyncio.BaseTransport, _Door] = WeakKeyDictionary()
        self.open = 0

    def __call__(self) -> asyncio.Protocol:
        return _Door(self, self._server())

    def came(self, request: web.BaseRequest) -> None:
        """The head of a request is complete."""
        if (door := self._of(request)) is not None:
            door.disarm()

    def answered(self, request: web.BaseRequest) -> None:
        """Its reply is on the way; the next request may take its time, but not for ever."""
        if (door := self._of(request)) is not None:
            door.arm(self._idle)

    def _of(self, request: web.BaseRequest) -> _Door | None:
        return None if request.transport is None else self._doors.get(request.transport)

    def begin(self, door: _Door, transport: asyncio.BaseTransport) -> bool:
        """Count a connection; ``False``: there are too many."""
        self.open += 1
        self._doors[transport] = door
        return self.open <= self._most

    def end(self) -> None:
        """A connection was lost."""
        self.open -= 1

    @property
    def seconds(self) -> float:
        """In which a request's head must have come."""
        return self._seconds


class _Door(asyncio.Protocol):
    """Passes everything on to the HTTP protocol."""

    def __init__(self, doors: Doors, inner: asyncio.Protocol) -> None:
        self._doors, self._inner = doors, inner
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._waiting_head = False

    def arm(self, seconds: float) -> None:
        """From now on the next head must come within that time."""
        self.disarm()
        self._waiting_head = False
        self._timer = asyncio.get_running_loop().call_later(seconds, self._close)

    def disarm(self) -> None:
        """A head has come."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._waiting_head = True

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        taken = self._doors.begin(self, transport)
        self._inner.connection_made(transport)
        if taken:
            self.arm(self._doors.seconds)
        else:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._timer is not None and not self._waiting_head:
            self.arm(self._doors.seconds)  # the first byte of a head: all of it must follow soon
            self._waiting_head = True
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self.disarm()
        self._transport = None
        self._doors.end()
        self._inner.connection_lost(exc)
