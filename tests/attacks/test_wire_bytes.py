"""Bytes a broken or hostile gateway may send: one request per settlement, and no reply but its own is believed."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from typing import Any

import pytest

from mi_core import AsyncClient, CallError, NotSent, OutcomeUnknown
from mi_core.interfaces import by_code
from mi_core.model import Request
from tests.core.calls import PSN, client, query, settled, settlement
from tests.plugins import bad_server as bad
from tests.plugins.bad_server import BadServer, Exchange, Fault, bad_server


def undo_admission(visit: str) -> Request[Any]:
    """2404: its proof of success is ``infcode`` alone, so a stray reply looks like its own."""
    return by_code("2404").request.from_dict({"mdtrt_id": visit, "psn_no": PSN})


def http(body: bytes, head: str = "") -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body


OLD = http(b'{"infcode":0,"inf_refmsgid":"OLD","output":{}}')
REFUSED = http(b'{"infcode":-1,"err_msg":"no"}')


def doubled(when: str) -> Fault:
    """The first reply comes twice; the second call is refused."""
    seen = 0

    async def late(exchange: Exchange) -> None:
        await asyncio.sleep(0.03)
        exchange.writer.write(OLD)

    async def fault(exchange: Exchange) -> None:
        nonlocal seen
        seen += 1
        if seen == 1:
            exchange.writer.write(OLD)
            if when == "at once":
                exchange.writer.write(OLD)
            if when == "while idle":
                tasks.add(asyncio.create_task(late(exchange)))
        else:
            exchange.writer.write(REFUSED)
        await exchange.writer.drain()

    tasks: set[asyncio.Task[None]] = set()
    return fault


@pytest.mark.parametrize("when", ["at once", "while idle"])
async def test_a_second_copy_of_a_reply_is_not_taken_for_the_next_calls_reply(when: str) -> None:
    async with bad_server(doubled(when)) as server, client(server.url) as mi:
        await mi.call(undo_admission("V1"))
        await asyncio.sleep(0.08)
        with pytest.raises(OutcomeUnknown) as caught:
            await mi.call(undo_admission("V2"))
        assert caught.value.evidence == "unlisted refusal", "its own reply, not the stale one"
        assert len(server.requests) == 2


async def test_a_stale_reply_is_not_taken_for_a_reads_reply() -> None:
    """Another patient's data on the cashier's screen."""
    old = json.dumps({"infcode": 0, "output": {"setlinfo": {"setl_id": "OTHER"}}}).encode()
    mine = json.dumps({"infcode": 0, "output": {"setlinfo": {"setl_id": "MINE"}}}).encode()
    late: list[asyncio.Task[None]] = []

    async def again(exchange: Exchange) -> None:
        await asyncio.sleep(0.03)
        exchange.writer.write(http(old))

    async def fault(exchange: Exchange) -> None:
        exchange.writer.write(http(mine if late else old))
        if not late:
            late.append(asyncio.create_task(again(exchange)))

    async with bad_server(fault) as server, client(server.url) as mi:
        await mi.call(query())
        await asyncio.sleep(0.08)
        reply = await mi.call(query())
        assert b"MINE" in reply.meta.raw


async def test_a_reply_that_comes_late_on_an_old_connection_is_nobodys() -> None:
    """The copy of call 1's reply arrives when call 2 is already waiting: a changing call needs its own connection."""
    seen: list[Exchange] = []

    async def fault(exchange: Exchange) -> None:
        seen.append(exchange)
        if len(seen) == 1:
            exchange.writer.write(OLD)
            return
        with suppress(ConnectionError):  # the copy, on the connection of call 1, before call 2 is answered
            seen[0].writer.write(OLD)
            await seen[0].writer.drain()
        await asyncio.sleep(0.03)
        exchange.writer.write(REFUSED)

    async with bad_server(fault) as server, client(server.url) as mi:
        await mi.call(undo_admission("V1"))
        with pytest.raises(OutcomeUnknown) as caught:
            await mi.call(undo_admission("V2"))
        assert caught.value.evidence == "unlisted refusal" and len(server.requests) == 2


def raw(data: bytes, *, close: bool = True) -> Fault:
    async def fault(exchange: Exchange) -> None:
        exchange.writer.write(data)
        await exchange.writer.drain()
        if close:
            exchange.writer.close()

    return fault


GOOD = json.dumps({"infcode": 0, "output": {"setlinfo": {"setl_id": "S1", "psn_no": PSN}}}).encode()
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

IN_DOUBT: dict[str, bytes] = {
    "content-length too long": http(GOOD).replace(b"Length: %d" % len(GOOD), b"Length: %d" % (len(GOOD) + 9)),
    "content-length too short": http(GOOD).replace(b"Length: %d" % len(GOOD), b"Length: %d" % (len(GOOD) - 1)),
    "chunked without a last chunk": CHUNKED + b"%x\r\n%s\r\n" % (len(GOOD), GOOD),
    "broken chunk size": CHUNKED + b"zz\r\n" + GOOD + b"\r\n0\r\n\r\n",
    "length and chunks": http(GOOD, "Transfer-Encoding: chunked\r\n"),
    "two lengths": http(GOOD, "Content-Length: 5\r\n"),
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "201": http(GOOD).replace(b"200 OK", b"201 Created"),
    "206": http(GOOD).replace(b"200 OK", b"206 Partial Content"),
    "101": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n" + GOOD,
    "only 1xx": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n",
    "302 with a cookie": http(GOOD, "Set-Cookie: a=b\r\nLocation: /x\r\n").replace(b"200 OK", b"302 Found"),
    "a head of 100 kB": http(GOOD, f"X-Long: {'a' * 100_000}\r\n"),
    "a thousand heads": http(GOOD, "".join(f"X-{i}: 1\r\n" for i in range(1000))),
    "gzip, then identity": http(GOOD, "Content-Encoding: gzip\r\nContent-Encoding: identity\r\n"),
    "GBK": http('{"infcode":0,"err_msg":"成功","output":{"setlinfo":{"setl_id":"1"}}}'.encode("gbk")),
    "UTF-16": http(GOOD.decode().encode("utf-16")),
    "UTF-8 with half a character": http(GOOD.replace(b"S1", b"\xe6\x88")),
    "two documents": http(GOOD + GOOD),
    "half HTML": http(b"<!-- x -->" + GOOD),
    "HTML 200": http(b"<html>ok</html>", "Content-Type: text/html\r\n"),
    "JSON as a text": http(json.dumps(GOOD.decode()).encode()),
}  # fmt: skip


@pytest.mark.parametrize("kind", IN_DOUBT)
async def test_nothing_but_a_whole_reply_is_believed(kind: str) -> None:
    async with bad_server(raw(IN_DOUBT[kind])) as server, client(server.url) as mi:
        with pytest.raises(OutcomeUnknown):
            await mi.call(settlement(), deadline=0.5)
        await asyncio.sleep(0.01)
        assert len(server.requests) == 1


CONFIRMED: dict[str, bytes] = {
    "byte order mark": http(b"\xef\xbb\xbf" + GOOD),
    "HTTP/1.0 until the end": b"HTTP/1.0 200 OK\r\n\r\n" + GOOD,
    "after 100 and 103": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + http(GOOD),
    "chunked": CHUNKED + b"".join(b"1\r\n%c\r\n" % c for c in GOOD) + b"0\r\n\r\n",
    "html as its type": http(GOOD, "Content-Type: text/html; charset=gbk\r\n"),
}  # fmt: skip


@pytest.mark.parametrize("kind", CONFIRMED)
async def test_odd_but_whole_replies(kind: str) -> None:
    async with bad_server(raw(CONFIRMED[kind])) as server, client(server.url) as mi:
        assert (await mi.call(settlement())).setlinfo.setl_id == "S1"
        assert len(server.requests) == 1


async def test_garbage_behind_a_reply_spoils_only_the_connection() -> None:
    """Content-Length counts characters instead of bytes: the rest must not become the head of the next reply."""
    text = json.dumps({"infcode": 0, "err_msg": "成功", "output": {}}, ensure_ascii=False)
    short = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text.encode()
    async with bad_server(raw(short, close=False)) as server, client(server.url) as mi:
        for visit in ("V1", "V2"):
            with pytest.raises(OutcomeUnknown) as caught:
                await mi.call(undo_admission(visit))
            assert caught.value.evidence.startswith(("unreadable", "not http"))
        assert len(server.requests) == 2


@pytest.mark.parametrize("stop", ["head only", "half of the body", "reply before the body"])
async def test_a_server_that_does_not_read_all(stop: str) -> None:
    connections = 0

    async def early(exchange: Exchange) -> None:
        nonlocal connections
        connections += 1
        await exchange.reader.readuntil(b"\r\n\r\n")
        if stop == "half of the body":
            await exchange.reader.read(100)
        if stop == "reply before the body":
            exchange.writer.write(http(b'{"infcode":7}'))
            await exchange.writer.drain()
        exchange.reset() if stop == "head only" else exchange.writer.close()

    async with bad_server(before=early) as server, client(server.url) as mi:
        with pytest.raises(OutcomeUnknown):
            await mi.call(settlement(exp_content="长" * 4000), deadline=0.5)
        await asyncio.sleep(0.02)
        assert connections == 1
    del server


async def one_after_a_good_one(mi: AsyncClient, server: BadServer, seconds: float) -> CallError:
    await mi.call(settlement(mdtrt_id="V0"))  # leaves an idle connection behind
    with pytest.raises(CallError) as caught:
        await mi.call(settlement(), deadline=seconds)
    await asyncio.sleep(0.03)
    return caught.value


@pytest.mark.parametrize("seconds", [0, 0.0, -1, -1e9])
async def test_a_deadline_that_is_over_sends_nothing(seconds: float) -> None:
    """Over an idle connection nothing has to be awaited before the first byte."""
    async with bad_server(settled()) as server, client(server.url) as mi:
        error = await one_after_a_good_one(mi, server, seconds)
        assert isinstance(error, NotSent) and len(server.requests) == 1


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), None])
async def test_an_impossible_deadline_never_means_no_deadline(seconds: Any) -> None:
    async with bad_server(bad.hang) as server, client(server.url) as mi:
        started = time.monotonic()
        with pytest.raises((CallError, ValueError, TypeError)):
            await asyncio.wait_for(mi.call(settlement(), deadline=seconds), 10.0)
        assert time.monotonic() - started < 6.0
    del server
