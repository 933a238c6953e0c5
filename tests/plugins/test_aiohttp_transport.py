"""The transport on real sockets: one send, whole replies only, and the truth about what left."""

from __future__ import annotations

import asyncio
import time

import pytest

from mi_core.plugin import Sending, TransportFailure
from tests.plugins import bad_server as bad
from tests.plugins.bad_server import bad_server
from tests.plugins.sends import BODY, Make, fails, make, send

__all__ = ["make"]


async def test_a_reply_comes_back_whole(make: Make) -> None:
    async with bad_server(bad.reply({"infcode": 0})) as server:
        sending = Sending()
        reply = await send(make(), server.url, sending=sending)
    assert (reply.status, reply.body) == (200, b'{"infcode": 0}')
    assert server.requests == [BODY]
    assert not sending.nothing_left
    head = server.heads[0].decode()
    assert (
        head.startswith("POST /csb HTTP/1.1") and "Accept-Encoding: identity" in head and "X-Mine: 1" in head
    )


@pytest.mark.parametrize(
    "kind",
    [k for k in bad.AFTER_SEND if k not in ("redirect 307", "redirect 302", "HTML 200", "502", "empty")],
)
async def test_failures_after_the_send(make: Make, kind: str) -> None:
    async with bad_server(bad.AFTER_SEND[kind]) as server:
        failure, nothing_left = await fails(make(), server.url, seconds=0.5)
        await asyncio.sleep(0.05)
        assert not nothing_left
        assert failure.evidence
        assert server.requests == [BODY], "exactly one send"


@pytest.mark.parametrize("kind", ["redirect 307", "redirect 302", "HTML 200", "502", "empty"])
async def test_whole_replies_that_are_no_answer_come_as_they_are(make: Make, kind: str) -> None:
    async with bad_server(bad.AFTER_SEND[kind]) as server:
        reply = await send(make(), server.url)
        assert reply.status == {"redirect 307": 307, "redirect 302": 302, "502": 502}.get(kind, 200)
        assert len(server.requests) == 1


@pytest.mark.parametrize("fault", [bad.drop_before_reading, bad.reset_before_reading])
async def test_dropped_before_reading_may_have_left(make: Make, fault: bad.Fault) -> None:
    async with bad_server(before=fault) as server:
        failure, nothing_left = await fails(make(), server.url)
        assert not nothing_left and server.connections == 1 and failure.evidence.startswith("connection")


async def test_stale_keep_alive_connection_is_not_resent(make: Make) -> None:
    """The server closes the idle connection at the moment the second request arrives: once on the wire, never twice."""
    seen = 0

    async def second_dies(exchange: bad.Exchange) -> None:
        nonlocal seen
        seen += 1
        if seen == 1:
            await exchange.answer(b"{}")
        else:
            exchange.reset()

    transport = make()
    async with bad_server(second_dies) as server:
        await send(transport, server.url)
        _, nothing_left = await fails(transport, server.url)
        await asyncio.sleep(0.05)
        assert not nothing_left
        assert len(server.requests) == 2 and server.connections == 1


async def test_connection_refused_is_proven_not_sent(make: Make, unused_tcp_port: int) -> None:
    failure, nothing_left = await fails(make(), f"http://127.0.0.1:{unused_tcp_port}/")
    assert nothing_left and failure.evidence == "connection refused"


async def test_unknown_name_is_proven_not_sent(make: Make) -> None:
    failure, nothing_left = await fails(make(), "http://no-such-host.invalid/")
    assert nothing_left and failure.evidence in ("dns", "connection refused")


async def test_impossible_url_is_proven_not_sent(make: Make) -> None:
    _, nothing_left = await fails(make(), "http://")
    assert nothing_left


async def test_waiting_for_the_pool_is_proven_not_sent(make: Make) -> None:
    transport = make(pool=1)
    async with bad_server(bad.hang) as server:
        first = asyncio.create_task(fails(transport, server.url, seconds=0.6))
        await asyncio.sleep(0.1)
        failure, nothing_left = await fails(transport, server.url, seconds=0.2)
        assert nothing_left and failure.evidence == "connect timeout"
        assert not (await first)[1]
        assert len(server.requests) == 1


async def test_connecting_has_its_own_limit(make: Make) -> None:
    """A listener whose queue is full does not complete the handshake."""
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = []
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            fillers.append(filler)
        try:
            started = time.monotonic()
            failure, nothing_left = await fails(
                make(connect_timeout=0.3), f"http://127.0.0.1:{listener.getsockname()[1]}/"
            )
            assert nothing_left and failure.evidence == "connect timeout"
            assert time.monotonic() - started < 3
        finally:
            for filler in fillers:
                filler.close()


async def test_total_deadline_counts_everything(make: Make) -> None:
    """A server that sends a byte now and then does not extend it."""

    async def drip(exchange: bad.Exchange) -> None:
        await exchange.answer(b"{", length=1000)
        for _ in range(100):
            exchange.writer.write(b" ")
            await exchange.writer.drain()
            await asyncio.sleep(0.05)

    async with bad_server(drip) as server:
        started = time.monotonic()
        failure, nothing_left = await fails(make(), server.url, seconds=0.4)
        assert failure.evidence == "timeout" and not nothing_left
        assert 0.3 < time.monotonic() - started < 2


async def test_cancelled_while_waiting(make: Make) -> None:
    async with bad_server(bad.hang) as server:
        sending = Sending()
        task = asyncio.create_task(send(make(), server.url, sending=sending))
        await server.arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not sending.nothing_left


async def test_too_large_a_reply_is_not_read_to_the_end(make: Make) -> None:
    async with bad_server(bad.huge(8 * 1024 * 1024)) as server:
        failure, nothing_left = await fails(make(max_reply=1_000_000), server.url)
        assert failure.evidence == "reply too large" and failure.status == 200 and not nothing_left


async def test_compressed_reply_is_kept_unopened(make: Make) -> None:
    async with bad_server(bad.zipped({"infcode": 0})) as server:
        failure, _ = await fails(make(), server.url)
        assert (
            failure.evidence == "content encoding gzip"
            and failure.raw is not None
            and failure.raw[:2] == b"\x1f\x8b"
        )


async def test_cookies_and_environment_proxies_are_ignored(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    async def cookie(exchange: bad.Exchange) -> None:
        await exchange.answer(b"{}", extra="Set-Cookie: a=b\r\n")

    transport = make()
    async with bad_server(cookie) as server:
        await send(transport, server.url)
        await send(transport, server.url)
        assert b"cookie" not in server.heads[1].lower()
        assert server.connections == 1, "the pool keeps the connection"


async def test_probe(make: Make, unused_tcp_port: int) -> None:
    async def dated(exchange: bad.Exchange) -> None:
        await exchange.answer(b"", status="405 No", extra="Date: Fri, 01 Mar 2024 04:00:00 GMT\r\n")

    async with bad_server(dated) as server:
        alive = await make().probe(server.url, timeout=2)
        assert alive.status == 405 and alive.date is not None and alive.date.year == 2024
    with pytest.raises(TransportFailure, match="refused"):
        await make().probe(f"http://127.0.0.1:{unused_tcp_port}/", timeout=2)


def test_unknown_state_counts_as_left() -> None:
    sending = Sending()
    assert not sending.nothing_left
    sending.bytes_leave()
    sending.promise()
    assert not sending.nothing_left


async def test_without_the_connectors_word_nothing_is_promised(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should a future aiohttp get its connections another way, a failure must count as *may have left*."""
    import aiohttp

    from mi_plugins.transports.connector import TellingConnector

    monkeypatch.setattr(TellingConnector, "connect", aiohttp.TCPConnector.connect)
    async with bad_server(bad.hang) as server:
        _, nothing_left = await fails(make(), server.url, seconds=0.3)
        assert not nothing_left
    _, nothing_left = await fails(make(), "http://127.0.0.1:9/")
    assert not nothing_left
