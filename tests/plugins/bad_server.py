"""A real HTTP server on loopback that misbehaves as told and counts what it has seen."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs

Fault = Callable[["Exchange"], Awaitable[None]]


@attrs.define
class Exchange:
    """One connection at the moment the request was read (or not)."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    request: bytes = b""
    head: bytes = b""

    async def answer(
        self, body: bytes, *, status: str = "200 OK", length: int | None = None, extra: str = ""
    ) -> None:
        if self.head.startswith(b"HEAD"):
            body, length = b"", 0
        self.writer.write(
            f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n{extra}\r\n".encode()
            + body
        )
        await self.writer.drain()

    def reset(self) -> None:
        """RST instead of an orderly close."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@attrs.define
class BadServer:
    """``before``: what happens on connection; ``after``: what happens when a whole request was read."""

    url: str = ""
    after: Fault | None = None
    before: Fault | None = None
    connections: int = 0
    requests: list[bytes] = attrs.Factory(list)
    heads: list[bytes] = attrs.Factory(list)
    arrived: asyncio.Event = attrs.Factory(asyncio.Event)
    """Set when the first whole request was read."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        exchange = Exchange(reader, writer)
        try:
            if self.before is not None:
                await self.before(exchange)
                return
            while True:
                head = exchange.head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")), 0
                )  # fmt: skip
                exchange.request = await reader.readexactly(length)
                self.heads.append(head)
                self.requests.append(exchange.request)
                self.arrived.set()
                assert self.after is not None
                await self.after(exchange)
                if writer.is_closing():
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def bad_server(after: Fault | None = None, *, before: Fault | None = None) -> AsyncIterator[BadServer]:
    server = BadServer(after=after, before=before)
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await server.serve(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            tasks.discard(task)

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/csb"
    try:
        yield server
    finally:
        listener.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await listener.wait_closed()


def reply(value: Any) -> Fault:
    """A proper answer."""

    async def fault(exchange: Exchange) -> None:
        await exchange.answer(
            value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
        )

    return fault


async def drop_before_reading(exchange: Exchange) -> None:
    exchange.writer.close()


async def reset_before_reading(exchange: Exchange) -> None:
    exchange.reset()


async def drop_after_reading(exchange: Exchange) -> None:
    exchange.writer.close()


async def reset_after_reading(exchange: Exchange) -> None:
    exchange.reset()


async def hang(exchange: Exchange) -> None:
    await asyncio.sleep(60)


async def half_head(exchange: Exchange) -> None:
    exchange.writer.write(b"HTTP/1.1 200 OK\r\nContent-")
    exchange.writer.close()


async def truncated(exchange: Exchange) -> None:
    await exchange.answer(b'{"infcode":0,"output":{"setlinfo":{"setl_id":"1"', length=5000)
    exchange.writer.close()


async def truncated_then_hang(exchange: Exchange) -> None:
    await exchange.answer(b'{"infcode":0', length=5000)
    await asyncio.sleep(60)


async def empty(exchange: Exchange) -> None:
    await exchange.answer(b"")


async def redirect(exchange: Exchange) -> None:
    await exchange.answer(b"", status="307 Temporary Redirect", extra="Location: /elsewhere\r\n")


async def moved(exchange: Exchange) -> None:
    await exchange.answer(b"", status="302 Found", extra="Location: /elsewhere\r\n")


async def html(exchange: Exchange) -> None:
    await exchange.answer("<html><body>系统维护</body></html>".encode(), extra="Content-Type: text/html\r\n")


async def bad_gateway(exchange: Exchange) -> None:
    await exchange.answer(b"<html>502</html>", status="502 Bad Gateway")


async def not_http(exchange: Exchange) -> None:
    exchange.writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    await exchange.writer.drain()
    exchange.writer.close()


def zipped(value: Any) -> Fault:
    """A compressed body although identity was asked for."""

    async def fault(exchange: Exchange) -> None:
        await exchange.answer(gzip.compress(json.dumps(value).encode()), extra="Content-Encoding: gzip\r\n")

    return fault


def huge(size: int) -> Fault:
    """More bytes than anybody wants, in chunks without a length."""

    async def fault(exchange: Exchange) -> None:
        exchange.writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b" " * 65536
        for _ in range(size // len(piece)):
            exchange.writer.write(b"10000\r\n" + piece + b"\r\n")
            await exchange.writer.drain()
        exchange.writer.write(b"0\r\n\r\n")
        await exchange.writer.drain()

    return fault


AFTER_SEND: dict[str, Fault] = {
    "drop after reading": drop_after_reading,
    "reset after reading": reset_after_reading,
    "hang": hang,
    "half a head": half_head,
    "truncated": truncated,
    "truncated, then hang": truncated_then_hang,
    "empty": empty,
    "redirect 307": redirect,
    "redirect 302": moved,
    "HTML 200": html,
    "502": bad_gateway,
    "not HTTP": not_http,
    "gzip": zipped({"infcode": 0}),
}
"""Everything that may follow a whole request; none of it says what became of the call."""
