"""Sign-in numbers: one 9001 per operator and day, however many calls; renewed after an expiry; switched off."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from typing import Any

import pytest

from mi_core import BureauRefused, NotSent, OutcomeUnknown
from mi_core.config import Institution, Operator
from mi_core.signin import SignIn, station_for
from tests.core.calls import client, config, in_turn, query, refused, settled, settlement
from tests.plugins import bad_server as bad
from tests.plugins.bad_server import Exchange, Fault, bad_server

ON = {"institution": {"sign_in": True}}


def with_sign_in(then: Fault, *, number: str = "SIGN") -> Fault:
    count = 0

    async def fault(exchange: Exchange) -> None:
        nonlocal count
        message = json.loads(exchange.request)
        if message["infno"] != "9001":
            await then(exchange)
            return
        count += 1
        assert message["sign_no"] == "" and message["input"]["signIn"]["opter_no"] == message["opter"]
        assert message["input"]["signIn"]["mac"] and message["input"]["signIn"]["ip"]
        await asyncio.sleep(0.02)
        output = {"signinoutb": {"sign_time": "2024-03-01 08:00:00", "sign_no": f"{number}{count}"}}
        await exchange.answer(json.dumps({"infcode": 0, "output": output}).encode())

    return fault


FOUND = bad.reply({"infcode": 0, "output": {"setlinfo": {"setl_id": "S1"}}})


def sign_numbers(server: bad.BadServer) -> list[tuple[str, str, str]]:
    messages = [json.loads(r) for r in server.requests]
    return [(m["infno"], m["opter"], m["sign_no"]) for m in messages]


async def test_one_sign_in_for_many_calls() -> None:
    async with bad_server(with_sign_in(FOUND)) as server, client(server.url, **ON) as mi:
        await mi.call_many([query() for _ in range(10)], concurrency=10)
        await mi.call(query(), operator={"id": "002", "name": "乙"})
    sent = sign_numbers(server)
    assert [s for s in sent if s[0] == "9001"] == [("9001", "001", ""), ("9001", "002", "")]
    assert {s[2] for s in sent if s[1] == "001"} == {"", "SIGN1"}
    assert sent[-1] == ("5203", "002", "SIGN2")


async def test_switched_off() -> None:
    async with bad_server(with_sign_in(FOUND)) as server, client(server.url) as mi:
        await mi.call(query())
    assert sign_numbers(server) == [("5203", "001", "")]


async def test_expired_number_is_renewed_for_a_read() -> None:
    async with (
        bad_server(with_sign_in(in_turn(refused("签到流水号已失效"), FOUND))) as server,
        client(server.url, **ON) as mi,
    ):
        await mi.call(query())
    assert [s[0] + s[2] for s in sign_numbers(server)] == ["9001", "5203SIGN1", "9001", "5203SIGN2"]


async def test_expired_twice_is_an_error() -> None:
    async with bad_server(with_sign_in(refused("未签到"))) as server, client(server.url, **ON) as mi:
        with pytest.raises(BureauRefused, match="未签到"):
            await mi.call(query())
    assert [s[0] for s in sign_numbers(server)] == ["9001", "5203", "9001", "5203"]


async def test_a_settlement_is_not_repeated_after_an_expiry() -> None:
    async with (
        bad_server(with_sign_in(in_turn(refused("签到已失效"), settled()))) as server,
        client(server.url, **ON) as mi,
    ):
        with pytest.raises(OutcomeUnknown):
            await mi.call(settlement())
        await mi.call(settlement(mdtrt_id="V2"))
    assert [s[0] + s[2] for s in sign_numbers(server)] == ["9001", "2207SIGN1", "9001", "2207SIGN2"]


async def test_failing_sign_in_sends_nothing_else_and_is_tried_again() -> None:
    async def no_sign_in(exchange: Exchange) -> None:
        await refused("操作员不存在")(exchange)

    async with (
        bad_server(in_turn(no_sign_in, bad.bad_gateway, with_sign_in(settled()))) as server,
        client(server.url, **ON) as mi,
    ):
        for text in ("操作员不存在", "502"):
            with pytest.raises(NotSent, match=text) as caught:
                await mi.call(settlement())
            assert "sign_in = false" in str(caught.value)
        await mi.call(settlement())
    assert [s[0] for s in sign_numbers(server)] == ["9001", "9001", "9001", "2207"]


async def test_hanging_sign_in_keeps_the_callers_deadline() -> None:
    async with bad_server(bad.hang) as server, client(server.url, **ON) as mi:
        with pytest.raises(NotSent, match="签到"):
            await mi.call(settlement(), deadline=0.2)
        assert len(server.requests) == 1


async def test_a_new_day_a_new_number() -> None:
    moment = dt.datetime(2024, 3, 1, 15, 59, tzinfo=dt.UTC)
    fetched: list[str] = []

    async def fetch(institution: Institution, operator: Operator) -> str:
        fetched.append(operator.id)
        return f"N{len(fetched)}"

    sign_in = SignIn(fetch, lambda: moment)
    institution, operator = config("http://x/").institution(), Operator("1", "甲")
    assert await sign_in.number(institution, operator) == await sign_in.number(institution, operator) == "N1"
    moment += dt.timedelta(minutes=2)  # midnight in Beijing
    assert await sign_in.number(institution, operator) == "N2"


async def test_one_cancelled_waiter_does_not_cancel_the_others() -> None:
    async with bad_server(with_sign_in(FOUND)) as server, client(server.url, **ON) as mi:
        first: asyncio.Task[Any] = asyncio.create_task(mi.call(query()))
        second: asyncio.Task[Any] = asyncio.create_task(mi.call(query()))
        await server.arrived.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert (await second).setlinfo.setl_id == "S1"
    assert [s[0] for s in sign_numbers(server)] == ["9001", "5203"]


def test_station() -> None:
    here = station_for("http://127.0.0.1:1/")
    assert here.ip == "127.0.0.1" and len(here.mac) == 17 and here.mac.count("-") == 5
    assert station_for("http://no-such-host.invalid/").ip == "127.0.0.1"
