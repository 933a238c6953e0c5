"""The line between a hospital and the bureau: a server of bytes that passes messages on, spoils them, and counts them.

What a fault does to one message is a coroutine of a :class:`Message`. It may hand the message to the bureau
(:meth:`Message.executed`) or not, and may answer with any bytes, late, in pieces, or never.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import attrs

from tests.plugins.bad_server import Exchange

Fault = Callable[["Message"], Awaitable[None]]


class Skip:
    """Puts the clock of the running event loop forward, so that time is over without anybody waiting for it."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        real = loop.time
        self.seconds = 0.0
        loop.time = lambda: real() + self.seconds  # type: ignore[method-assign]  # a loop asks itself by this name

    def ahead(self, seconds: float) -> None:
        self.seconds += seconds


@attrs.define
class Message(Exchange):
    """A whole request that has arrived."""

    line: Line = attrs.field(kw_only=True)
    infno: str = attrs.field(kw_only=True)

    async def executed(self) -> bytes:
        """Hand it to the bureau; the body of its reply, which nobody has seen yet."""
        return (await self.line.ask_bureau(self.head, self.request))[2]

    async def passed_on(self) -> None:
        """As if there were no fault."""
        status, kind, body = await self.line.ask_bureau(self.head, self.request)
        await self.answer(body, status=status, extra=f"Content-Type: {kind}\r\n")

    async def say(self, *parts: bytes) -> None:
        """Bytes as they are, HTTP or not."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    def patience_ends(self, seconds: float = 100_000.0) -> None:
        """Whatever waits for this answer has waited long enough."""
        self.line.skip.ahead(seconds)


@attrs.define
class Line:
    """``faults`` are by interface; ``at_the_door`` spoils connections instead of messages."""

    bureau: int
    skip: Skip
    url: str = ""
    faults: dict[str, Fault] = attrs.Factory(dict)
    at_the_door: Callable[[Exchange], Awaitable[None]] | None = None
    messages: list[tuple[str, str]] = attrs.Factory(list)
    """(interface, msgid) of every whole request."""
    incomplete: int = 0
    """Connections that ended in the middle of a request."""
    held: asyncio.Event = attrs.Factory(asyncio.Event)
    """What faults wait for before they do something late; set by tests."""
    late: list[asyncio.Task[None]] = attrs.Factory(list)

    def seen(self, infno: str) -> int:
        """How many whole messages of an interface have arrived."""
        return sum(found == infno for found, _ in self.messages)

    def calm(self) -> None:
        """No more faults."""
        self.faults.clear()
        self.at_the_door = None

    async def let_go(self) -> None:
        """What was held back happens now."""
        self.held.set()
        await asyncio.gather(*self.late)

    async def ask_bureau(self, head: bytes, body: bytes) -> tuple[str, str, bytes]:
        """Status, content type and body of the bureau's reply."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.bureau)
        try:
            lines = [one for one in head.split(b"\r\n") if one and not one.lower().startswith(b"connection:")]
            writer.write(b"\r\n".join([*lines, b"Connection: close", b"", b""]) + body)
            answer, _, content = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
        first, *headers = answer.decode("latin-1").split("\r\n")
        kind = next((h.split(":")[1].strip() for h in headers if h.lower().startswith("content-type:")), "")
        return first.partition(" ")[2], kind, content

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.at_the_door is not None:
                await self.at_the_door(Exchange(reader, writer))
                return
            while not writer.is_closing():
                await self._one(reader, writer)
        except asyncio.IncompleteReadError as error:
            self.incomplete += bool(error.partial)
        except ConnectionError:
            self.incomplete += 1
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.split(b":", 1) for line in head.split(b"\r\n")[1:] if line)
        named = {name.strip().lower(): value.strip() for name, value in fields.items()}
        try:
            body = await _body(reader, named)
        except asyncio.IncompleteReadError as error:
            raise asyncio.IncompleteReadError(head, error.expected) from None
        infno = named.get(b"_api_name", b"").decode()
        self.messages.append((infno, _msgid(body)))
        message = Message(reader, writer, body, head, line=self, infno=infno)
        await self.faults.get(infno, Message.passed_on)(message)
        if named.get(b"connection", b"").lower() == b"close":
            writer.close()


async def _body(reader: asyncio.StreamReader, named: dict[bytes, bytes]) -> bytes:
    """As it came, chunks with their lengths."""
    if named.get(b"transfer-encoding") != b"chunked":
        return await reader.readexactly(int(named.get(b"content-length", b"0")))
    body = b""
    while not body.endswith(b"\r\n0\r\n\r\n"):
        length = await reader.readuntil(b"\r\n")
        body += length + await reader.readexactly(int(length, 16) + 2)
    return body


def _msgid(body: bytes) -> str:
    """Also of a message that lies in a form beside a file."""
    found = re.search(rb'"msgid":\s*"(\w+)"', body)
    return found[1].decode() if found else ""


@asynccontextmanager
async def between(bureau: int) -> AsyncIterator[Line]:
    """A line to the bureau at that port of this machine."""
    line = Line(bureau, Skip())
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await line.serve(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            tasks.discard(task)

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    line.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield line
    finally:
        listener.close()
        for task in [*tasks, *line.late]:
            task.cancel()
        await asyncio.gather(*tasks, *line.late, return_exceptions=True)
