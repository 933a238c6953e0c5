"""A transport: one send, no more; what it says of bytes that left is true; what comes back is whole or a failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import attrs

from mi_core.plugin import HttpReply, HttpRequest, Sending, TransportFailure
from mi_core.testing.conformance import Subject
from mi_core.testing.conformance.samples import transport_settings

__all__ = ["CHECKS"]

BODY = '{"input":{"a":"中"}}'.encode()
Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@attrs.define
class _Server:
    """A loopback server that counts whole requests and answers each as told."""

    answer: Answer
    url: str = ""
    bodies: list[bytes] = attrs.Factory(list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                sizes = [
                    int(line.partition(b":")[2])
                    for line in head.split(b"\r\n")
                    if line.startswith(b"content-length")
                ]
                body = await reader.readexactly(sizes[0] if sizes else 0)
                if not head.startswith(b"head"):
                    self.bodies.append(body)
                await self.answer(writer)
                if writer.is_closing():
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def _server(answer: Answer) -> AsyncIterator[_Server]:
    server, tasks = _Server(answer), set[asyncio.Task[None]]()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await server.serve(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/x"
    try:
        yield server
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _answering(content: bytes, status: str = "200 OK", length: int | None = None, more: str = "") -> Answer:
    size = len(content) if length is None else length

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n{more}\r\n".encode() + content)
        await writer.drain()
        if length is not None:
            writer.close()

    return answer


async def _drop(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _hang(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


BROKEN = {
    "closed": _drop, "hangs": _hang, "truncated": _answering(b"half", length=999),
    "redirects": _answering(b"", "307 Temporary Redirect", more="Location: /elsewhere\r\n"),
}  # fmt: skip


@asynccontextmanager
async def _transport(whole: Subject, name: str, factory: Any) -> AsyncIterator[Any]:
    transport = factory(transport_settings(whole, name))
    try:
        yield transport
    finally:
        await transport.close()


async def _send(transport: Any, url: str, sending: Sending, seconds: float = 5.0) -> HttpReply:
    """As the pipeline does it: with a clock around whoever keeps none."""
    deadline = asyncio.get_running_loop().time() + seconds
    request = HttpRequest(url, {"Content-Type": "application/json"}, BODY, single=True)
    try:
        async with asyncio.timeout(seconds + (2.0 if getattr(transport, "keeps_deadline", False) else 0.0)):
            reply: HttpReply = await transport.send(request, deadline=deadline, sending=sending)
            return reply
    except TimeoutError as error:
        if getattr(transport, "keeps_deadline", False):
            raise AssertionError("says keeps_deadline, and was still waiting 2 s after it") from error
        raise TransportFailure("timeout") from error


async def bytes_arrive_and_come_back_as_they_are(whole: Subject, name: str, factory: Any) -> None:
    """Any status, nothing decoded, nothing added."""
    for status in ("200 OK", "401 Unauthorized", "502 Bad Gateway"):
        content = b"\xff\x00" + status.encode()
        async with (
            _server(_answering(content, status)) as server,
            _transport(whole, name, factory) as transport,
        ):
            sending = Sending()
            reply = await _send(transport, server.url, sending)
            assert (reply.status, bytes(reply.body)) == (int(status[:3]), content)
            assert server.bodies == [BODY], "the body arrives as it was sealed, once"
            assert not sending.nothing_left, "it was sent, and the transport says that nothing left"


async def one_call_is_one_send_whatever_comes(whole: Subject, name: str, factory: Any) -> None:
    """No retry, no redirect; and once the request arrived nobody may say that nothing left."""
    for what, answer in BROKEN.items():
        async with _server(answer) as server, _transport(whole, name, factory) as transport:
            sending = Sending()
            try:
                reply = await _send(transport, server.url, sending, 1.0)
            except TransportFailure as failure:
                assert failure.evidence, f"{what}: TransportFailure needs a short evidence"
            except Exception as error:
                raise AssertionError(f"{what}: raised {error!r} instead of TransportFailure") from error
            else:
                assert what == "redirects" and reply.status == 307, f"{what}: answered with {reply!r}"
            assert len(server.bodies) == 1, f"{what}: the request arrived {len(server.bodies)} times"
            assert not sending.nothing_left, (
                f"{what}: the request arrived, and the transport says that nothing left"
            )


async def where_nobody_listens_nothing_left(whole: Subject, name: str, factory: Any) -> None:
    """Or nothing is proven; both are true."""
    listener = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    listener.close()
    await listener.wait_closed()
    async with _transport(whole, name, factory) as transport:
        try:
            await _send(transport, f"http://127.0.0.1:{port}/", Sending(), 3.0)
        except TransportFailure as failure:
            assert failure.evidence
        else:
            raise AssertionError("answered by nobody")


async def it_sends_nothing_when_the_right_is_lost(whole: Subject, name: str, factory: Any) -> None:
    """``sending.bytes_leave()`` raises when another worker has taken over; then no byte may follow."""
    async with _server(_answering(b"{}")) as server, _transport(whole, name, factory) as transport:
        asked: list[bool] = []

        def lost() -> bool:
            asked.append(True)
            return False

        with suppress(TransportFailure):
            await _send(transport, server.url, Sending(may_leave=lost))
        assert asked, "call sending.bytes_leave() before the first byte"
        assert server.bodies == [], "it sent although bytes_leave() raised"


async def more_than_the_limit_is_a_failure(whole: Subject, name: str, factory: Any) -> None:
    """``max_reply`` bytes at most, whatever the server claims."""
    limit = transport_settings(whole, name).max_reply
    async with (
        _server(_answering(b" " * (limit + 1))) as server,
        _transport(whole, name, factory) as transport,
    ):
        try:
            await _send(transport, server.url, Sending())
        except TransportFailure:
            return
        raise AssertionError(f"a reply of {limit + 1} bytes was taken; max_reply is {limit}")


async def a_sign_of_life_is_any_status(whole: Subject, name: str, factory: Any) -> None:
    """``probe`` changes nothing at the other side."""
    async with (
        _server(_answering(b"", "404 Not Found")) as server,
        _transport(whole, name, factory) as transport,
    ):
        assert (await transport.probe(server.url, timeout=5.0)).status == 404
        assert server.bodies == [], "probe must not post"


CHECKS = (
    bytes_arrive_and_come_back_as_they_are,
    one_call_is_one_send_whatever_comes,
    where_nobody_listens_nothing_left,
    it_sends_nothing_when_the_right_is_lost,
    more_than_the_limit_is_a_failure,
    a_sign_of_life_is_any_status,
)
