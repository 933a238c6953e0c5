"""Between socket and HTTP server: connections are counted, in all and of one address, and one whose request does not
come is closed.

The server itself has no limit for the time in which a request's head must have come; without one a few hundred idle
sockets would keep every desk out (slow loris). The watch is armed when a connection begins and after each reply, and
disarmed when a request's head is complete. It closes the socket and nothing else: no call ever belongs to it. Who has
one connection too many is told so and hung up on; a call under way on another one is not touched.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Final
from weakref import WeakKeyDictionary

from aiohttp import web

from mi_core.serve.refusals import Refusal
from mi_core.serve.wire import whole_answer

__all__ = ["Doors"]

_GOODBYE: Final = 5.0
"""Seconds in which who is one too many must have read why."""
_TOLD: Final = 60.0
_log: Final = logging.getLogger("mi_serve")


class Doors:
    """Makes the protocol of each connection. ``server``: the factory of aiohttp's runner."""

    def __init__(
        self, server: Callable[[], asyncio.Protocol], *, seconds: float, idle: float, most: int, of_one: int
    ) -> None:
        self._server, self._seconds, self._idle = server, seconds, idle
        self._most, self._of_one = most, of_one
        self._from: Counter[str] = Counter()
        self._told: dict[str, float] = {}
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

    def begin(self, door: _Door, transport: asyncio.BaseTransport, address: str) -> Refusal | None:
        """Count a connection; the refusal, where it is one too many: then it is not counted and keeps nobody out."""
        if self._from[address] >= self._of_one:
            self._tell("%s has more than %d connections", address, self._of_one)
            return _too_many(
                f"{address} 同时的连接超过 {self._of_one} 个",
                f"{address} has more than {self._of_one} connections",
            )
        if self.open >= self._most:
            self._tell("there are more than %d connections, the last of %s", self._most, address)
            return _too_many(
                f"服务同时的连接超过 {self._most} 个", f"there are more than {self._most} connections"
            )
        self.open += 1
        self._from[address] += 1
        self._doors[transport] = door
        return None

    def _tell(self, text: str, *values: object) -> None:
        """In the log, once a minute."""
        now = time.monotonic()
        if now - self._told.get(text, -_TOLD) >= _TOLD:
            self._told[text] = now
            _log.warning(text, *values)

    def end(self, address: str) -> None:
        """A connection was lost."""
        self.open -= 1
        self._from[address] -= 1
        if self._from[address] <= 0:
            del self._from[address]

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
        self._served, self._address = False, "-"

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
        peer = transport.get_extra_info("peername")
        self._transport, self._address = transport, str(peer[0]) if isinstance(peer, tuple) and peer else "-"
        refusal = self._doors.begin(self, transport, self._address)
        if refusal is None:
            self._served = True
            self._inner.connection_made(transport)
            self.arm(self._doors.seconds)
        else:
            transport.write(whole_answer(refusal))
            self.arm(_GOODBYE)
            transport.close()

    def data_received(self, data: bytes) -> None:
        if not self._served:
            return
        if self._timer is not None and not self._waiting_head:
            self.arm(self._doors.seconds)  # the first byte of a head: all of it must follow soon
            self._waiting_head = True
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received() if self._served else None

    def pause_writing(self) -> None:
        if self._served:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        if self._served:
            self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self.disarm()
        self._transport = None
        if self._served:
            self._doors.end(self._address)
            self._inner.connection_lost(exc)


def _too_many(zh: str, en: str) -> Refusal:
    return Refusal(
        "too_many_connections", f"{zh}，未受理", f"{en}, nothing was taken", status=503, retry_after=5.0,
        hint_zh="检查程序是否没有关闭连接；上限为 [serve] connections 与 connections_of_one",
        hint_en="see whether a program does not close its connections; limits: connections, connections_of_one of [serve]",
    )  # fmt: skip
