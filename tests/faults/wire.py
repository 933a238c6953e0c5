"""What can happen to one message and its answer on the way. Each is a :data:`tests.faults.line.Fault`."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from typing import Any

from tests.faults.line import Fault, Message
from tests.plugins import bad_server as bad
from tests.plugins.bad_server import Exchange

KNOWN_REFUSAL = "沙箱：该就诊已冻结，不予结算"
"""On the list of the hospital's region."""
HTML = "<html><head><title>维护</title></head><body>系统维护中</body></html>".encode()


def done(fault: Callable[[Message], Any]) -> Fault:
    """The bureau executes it; its own reply is lost, and this happens instead."""

    async def executed(message: Message) -> None:
        await message.executed()
        await fault(message)

    return executed


def answered(body: bytes | str, status: str = "200 OK", extra: str = "") -> Fault:
    """Not executed; these bytes instead."""
    content = body if isinstance(body, bytes) else body.encode()

    async def fault(message: Message) -> None:
        await message.answer(content, status=status, extra=extra)

    return fault


def refused(text: str, infcode: Any = -1) -> Fault:
    """A refusal by the bureau, in its own envelope."""
    body = {"infcode": infcode, "inf_refmsgid": "R1", "err_msg": text, "output": None}
    return answered(json.dumps(body, ensure_ascii=False))


def rewritten(change: Callable[[bytes], bytes]) -> Fault:
    """Executed; the bytes of the true reply are changed."""

    async def fault(message: Message) -> None:
        await message.answer(change(await message.executed()))

    return fault


def bent(change: Callable[[Any], None]) -> Fault:
    """Executed; the true reply with something else in it."""

    def changed(body: bytes) -> bytes:
        reply = json.loads(body)
        change(reply)
        return json.dumps(reply, ensure_ascii=False).encode()

    return rewritten(changed)


def says(**values: Any) -> Fault:
    """Executed; fields of ``setlinfo`` are other than they should be; ``None`` takes one out."""

    def change(reply: Any) -> None:
        info = reply["output"]["setlinfo"]
        for name, value in values.items():
            if value is None:
                del info[name]
            else:
                info[name] = value

    return bent(change)


def in_words(reply: Any) -> None:
    """``infcode`` as text."""
    reply["infcode"] = "0"


def without_output(reply: Any) -> None:
    """``infcode`` 0 and nothing else."""
    reply["output"] = None


def one_cent_more(reply: Any) -> None:
    """The sums do not hold any more."""
    info = reply["output"]["setlinfo"]
    info["fund_pay_sumamt"] = round(float(info["fund_pay_sumamt"]) + 0.01, 2)


def as_texts(reply: Any) -> None:
    """Every amount as text."""
    info = reply["output"]["setlinfo"]
    reply["output"]["setlinfo"] = {k: str(v) if isinstance(v, (int, float)) else v for k, v in info.items()}


def twice(body: bytes) -> bytes:
    """``infcode`` once more, with another value."""
    return body[:-1] + b',"infcode":-1}'


def not_a_number(body: bytes) -> bytes:
    """A word that is no JSON, where an amount should be."""
    reply = json.loads(body)
    reply["output"]["setlinfo"]["acct_pay"] = float("nan")
    return json.dumps(reply).encode()


# doors: what happens before a message is read -----------------------------------------------------------------


async def closed_door(exchange: Exchange) -> None:
    """Accepted and closed."""
    exchange.writer.close()


async def slammed_door(exchange: Exchange) -> None:
    """Accepted and reset."""
    exchange.reset()


async def half_read(exchange: Exchange) -> None:
    """The first bytes are read, then the connection is reset."""
    await exchange.reader.readexactly(20)
    exchange.reset()


# silence ------------------------------------------------------------------------------------------------------


async def silence(message: Message) -> None:
    """No answer, ever."""
    message.patience_ends()
    await asyncio.Event().wait()


async def slow_loris(message: Message) -> None:
    """A byte of a proper answer every ten seconds."""
    body = await message.executed()
    await message.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
    for byte in body:
        await message.say(bytes((byte,)))
        message.patience_ends(10.0)
        await asyncio.sleep(0)


async def slow_head(message: Message) -> None:
    """A header that goes on and on."""
    await message.say(b"HTTP/1.1 200 OK\r\n")
    for number in range(1_000):
        await message.say(b"X-%d: y\r\n" % number)
        message.patience_ends(10.0)
        await asyncio.sleep(0)


async def interim_for_ever(message: Message) -> None:
    """``102 Processing`` again and again."""
    for _ in range(1_000):
        await message.say(b"HTTP/1.1 102 Processing\r\n\r\n")
        message.patience_ends(10.0)
        await asyncio.sleep(0)


async def half_an_answer_then_silence(message: Message) -> None:
    """The connection stays open in the middle of the body."""
    body = await message.executed()
    await message.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body), body[:40])
    message.patience_ends()
    await asyncio.Event().wait()


# pieces -------------------------------------------------------------------------------------------------------


async def half_with_length(message: Message) -> None:
    """Truncated, and the length tells."""
    body = await message.executed()
    await message.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body), body[: len(body) // 2])
    message.writer.close()


async def half_without_length(message: Message) -> None:
    """Truncated, and nothing but the JSON tells."""
    body = await message.executed()
    await message.say(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", body[: len(body) // 2])
    message.writer.close()


async def no_last_chunk(message: Message) -> None:
    """The whole content, but not the chunk of length 0."""
    body = await message.executed()
    await message.say(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"%x\r\n%b\r\n" % (len(body), body)
    )
    message.writer.close()


async def wrong_chunk(message: Message) -> None:
    """A chunk's length that is none."""
    await message.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")
    message.writer.close()


async def too_short_a_length(message: Message) -> None:
    """``Content-Length`` cuts the answer off."""
    body = await message.executed()
    await message.say(b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n" + body)


async def duplicate(message: Message) -> None:
    """The proper answer twice on one connection."""
    body = await message.executed()
    one = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    await message.say(one + one)


async def someone_elses(message: Message) -> None:
    """The answer to another message of the same patient comes first, then the right one."""
    body = await message.executed()
    sent = json.loads(message.request)["msgid"]
    other = body.replace(sent.encode(), b"H43000000001202001010800000001")
    await message.say(
        *(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(one) + one for one in (other, body))
    )


async def loops(message: Message) -> None:
    """307 to itself: whoever follows it sends the settlement again."""
    await message.answer(b"", status="307 Temporary Redirect", extra="Location: /csb\r\n")


async def gone_for_good(message: Message) -> None:
    """308 to another address, after executing it."""
    await message.executed()
    await message.answer(b"", status="308 Permanent Redirect", extra="Location: /elsewhere\r\n")


zipped = rewritten(gzip.compress)
"""Compressed, although identity was asked for."""
reset, drop, half_a_head = bad.reset_after_reading, bad.drop_after_reading, bad.half_head


def rewritten_as(status: str) -> Fault:
    """The true answer under another status."""

    async def fault(message: Message) -> None:
        await message.answer(await message.executed(), status=status)

    return fault


flood = bad.huge(200 * 1024 * 1024)
"""More than anybody wants; read in chunks until it is too much."""


async def late(message: Message) -> None:
    """Held back until the test lets it go; the caller has given up by then."""

    async def execute() -> None:
        await message.line.held.wait()
        await message.executed()

    message.line.late.append(asyncio.create_task(execute()))
    message.patience_ends()
    await asyncio.Event().wait()
