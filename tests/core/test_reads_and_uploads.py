"""Reads are repeated within a budget and a deadline, uploads never."""

from __future__ import annotations

import asyncio
import json
import time
from decimal import Decimal
from typing import Any

import pytest

from mi_core import (
    BureauRefused,
    GatewayRefused,
    GatewayUnreachable,
    MiError,
    ReplyUnreadable,
)
from mi_core.interfaces import by_code
from mi_core.retry import ATTEMPTS, RetryBudget
from tests.core.calls import (
    PSN,
    client,
    in_turn,
    query,
    refused,
)
from tests.plugins import bad_server as bad
from tests.plugins.bad_server import bad_server

FOUND = bad.reply(
    {"infcode": "0", "output": {"setlinfo": {"setl_id": "S1", "medfee_sumamt": "12345678901234.56"}}}
)


async def test_a_query_is_repeated_with_a_new_message_id() -> None:
    patient = {"timeouts": {"query": 10}}
    fault = in_turn(bad.bad_gateway, bad.drop_after_reading, FOUND)
    async with bad_server(fault) as server, client(server.url, institution=patient) as mi:
        reply = await mi.call(query())
        assert mi._runtime is not None
        rows = await mi._runtime.store.find()
    assert reply.setlinfo.medfee_sumamt == Decimal("12345678901234.56")
    ids = [json.loads(r)["msgid"] for r in server.requests]
    assert len(ids) == len(set(ids)) == 3
    assert [r.end.status for r in rows if r.end] == ["success", "in_doubt", "in_doubt"]
    assert len({r.start.trace_id for r in rows}) == 1


async def test_a_query_gives_up() -> None:
    async with (
        bad_server(bad.bad_gateway) as server,
        client(server.url, institution={"timeouts": {"query": 10}}) as mi,
    ):
        with pytest.raises(ReplyUnreadable, match="502"):
            await mi.call(query())
    assert len(server.requests) == ATTEMPTS


async def test_the_deadline_counts_all_attempts() -> None:
    async with bad_server(bad.hang) as server, client(server.url) as mi:
        started = time.monotonic()
        with pytest.raises(ReplyUnreadable) as caught:
            await mi.call(query(), deadline=0.4)
        assert time.monotonic() - started < 2 and len(server.requests) == 1
    assert caught.value.raw is None and "timeout" in str(caught.value)


@pytest.mark.parametrize(
    "fault", [refused("无此结算"), refused("x", "5"), bad.reply({"code": "401", "message": "非法用户!"})]
)
async def test_an_answer_is_not_asked_for_again(fault: bad.Fault) -> None:
    async with bad_server(fault) as server, client(server.url) as mi:
        with pytest.raises((BureauRefused, GatewayRefused)) as caught:
            await mi.call(query())
        assert len(server.requests) == 1
    assert caught.value.interface == "5203" and caught.value.raw


async def test_unreachable_for_a_query(unused_tcp_port: int) -> None:
    async with client(f"http://127.0.0.1:{unused_tcp_port}/") as mi:
        with pytest.raises(GatewayUnreachable):
            await mi.call(query())


def test_the_budget_runs_dry_and_is_earned_back() -> None:
    budget = RetryBudget(reserve=2)
    assert [budget.spend() for _ in range(3)] == [True, True, False]
    for _ in range(11):
        budget.earn()
    assert budget.spend()


def upload() -> Any:
    row = {"chrg_bchno": "B1", "mdtrt_id": "V1", "psn_no": PSN}
    return by_code("2205").request.from_dict({"data": row})


@pytest.mark.parametrize("kind", ["502", "drop after reading", "hang"])
async def test_an_upload_is_sent_once(kind: str) -> None:
    async with bad_server(bad.AFTER_SEND[kind]) as server, client(server.url) as mi:
        with pytest.raises(ReplyUnreadable):
            await mi.call(upload())
        assert len(server.requests) == 1


async def test_uploads_of_a_visit_queue_up() -> None:
    inside = most = 0

    async def count(exchange: bad.Exchange) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.02)
        inside -= 1
        await exchange.answer(b'{"infcode":0}')

    async with bad_server(count) as server, client(server.url) as mi:
        results = await mi.call_many([upload() for _ in range(5)], concurrency=5)
        assert not any(isinstance(r, MiError) for r in results)
        assert most == 1 and len(server.requests) == 5
