"""The client itself, over HTTP, with its journal and log: what is refused left nothing, what was sent was answered."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest
from aiohttp import web

from mi_core import AsyncClient
from mi_core.config import load_config
from mi_core.config.load import ConfigMistakes
from mi_core.errors import GatewayUnreachable, MiError, OutcomeUnknown
from mi_core.overload import Closing, Overloaded
from tests.core.calls import client, output, query, settlement

QUIET = {"recover": False}
LONG = {"timeouts": {"settlement": 20.0, "query": 20.0}}


@attrs.define
class Bureau:
    """Settles and answers, ``workers`` at a time; also when the caller has gone."""

    workers: int
    seconds: float
    settled: list[str] = attrs.field(factory=list)
    heads: int = 0
    most: int = 0
    inside: int = 0
    port: int = 0
    _runner: Any = None

    async def start(self) -> None:
        places = asyncio.Semaphore(self.workers)

        async def serve(request: web.Request) -> web.Response:
            message = json.loads(await request.read())
            self.inside += 1
            self.most = max(self.most, self.inside)
            async with places:
                await asyncio.sleep(self.seconds)
            self.inside -= 1
            result: dict[str, Any] = {"setlinfo": {}, "setldetail": []}
            if message["infno"] == "2207":
                self.settled.append(message["input"]["data"]["mdtrt_id"])
                result = output(message["msgid"], mdtrt_id=self.settled[-1])
            body = {"infcode": 0, "inf_refmsgid": "R1", "err_msg": "", "output": result}
            return web.Response(text=json.dumps(body), content_type="application/json")

        async def head(_request: web.Request) -> web.Response:
            self.heads += 1
            return web.Response(status=405)

        app = web.Application()
        app.router.add_post("/", serve)
        app.router.add_head("/", head)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


@asynccontextmanager
async def bureau(workers: int = 50, seconds: float = 0.0) -> AsyncIterator[Bureau]:
    made = Bureau(workers, seconds)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


async def outcome(work: Any) -> str:
    try:
        await work
    except MiError as error:
        return getattr(error, "why", error.code)
    return "done"


def visit(number: int) -> Any:
    return settlement(mdtrt_id=f"V{number}")


async def test_a_flood_is_refused_unsent_and_what_is_sent_is_settled() -> None:
    async with (
        bureau(4, 0.1) as gateway,
        client(gateway.url, journal=QUIET, limits={"money_queue": 12}, institution=LONG) as mi,
    ):
        seen = Counter(await asyncio.gather(*(outcome(mi.call(visit(n), deadline=15.0)) for n in range(60))))
        assert seen == {"done": len(gateway.settled), "queue_full": 60 - len(gateway.settled)}
        assert 16 <= len(gateway.settled) < 60 and len(set(gateway.settled)) == len(gateway.settled)
        assert gateway.most <= 20
        assert mi._runtime is not None
        rows = await mi._runtime.store.find(limit=1000)
        assert len(rows) == len(gateway.settled)
        assert list(mi.journal.read.unresolved()) == []


async def test_the_message_is_made_when_its_turn_has_come() -> None:
    """Its time, its signature and its journal entry are of the moment it leaves, not of the moment it was asked for."""
    limits = {"money": 1, "adaptive": False}
    async with (
        bureau(9, 0.3) as gateway,
        client(gateway.url, journal=QUIET, limits=limits, institution=LONG) as mi,
    ):
        await asyncio.gather(mi.call(visit(1)), mi.call(visit(2)))
        assert mi._runtime is not None
        second, first = await mi._runtime.store.find()
        assert first.end is not None and second.start.operation_time >= first.end.complete_time
        assert gateway.most == 1


async def test_a_gateway_that_is_gone_is_left_alone_until_a_question_was_answered() -> None:
    gateway = Bureau(9, 0.0)
    await gateway.start()
    async with client(gateway.url, journal=QUIET, limits={"failures": 3}) as mi:
        done = await mi.call(visit(0))
        await gateway.stop()
        for n in range(1, 4):
            with pytest.raises(GatewayUnreachable):
                await mi.call(visit(n))
        with pytest.raises(Overloaded) as refused:
            await mi.call(visit(4))
        assert refused.value.interface == "2207" and refused.value.why == "gateway_down"
        repeated = await mi.call(visit(0))
        assert repeated.setlinfo.setl_id == done.setlinfo.setl_id, "what is done is told without the gateway"
        await gateway.start()
        assert await outcome(mi.call(query())) == "gateway_down"
        await asyncio.sleep(1.1)
        assert await outcome(mi.call(visit(4))) == "gateway_down", "no settlement finds out"
        await mi.call(query())
        await mi.call(visit(4))
        assert gateway.settled == ["V0", "V4"] and gateway.heads == 0
    await gateway.stop()


async def test_without_questions_a_sign_of_life_is_asked_for() -> None:
    gateway = Bureau(9, 0.0)
    await gateway.start()
    async with client(gateway.url, journal=QUIET, limits={"failures": 2}) as mi:
        await gateway.stop()
        for n in range(2):
            with pytest.raises(GatewayUnreachable):
                await mi.call(visit(n))
        await gateway.start()
        async with asyncio.timeout(20):
            while await outcome(mi.call(visit(7))) == "gateway_down":
                await asyncio.sleep(0.1)
        assert gateway.settled == ["V7"] and gateway.heads == 1
    await gateway.stop()


async def test_closing_waits_for_the_settlement_under_way_and_takes_no_new_one() -> None:
    async with bureau(9, 0.5) as gateway:
        mi = await client(gateway.url, journal=QUIET, institution=LONG).open()
        under_way = asyncio.create_task(mi.call(visit(1)))
        while not gateway.inside:
            await asyncio.sleep(0.01)
        closing = asyncio.create_task(mi.close())
        await asyncio.sleep(0)
        with pytest.raises(Closing):
            await mi.call(visit(2))
        await closing
        assert (await under_way).setlinfo.setl_id == "S1" and gateway.settled == ["V1"]


async def test_closing_does_not_wait_for_ever() -> None:
    async with bureau(9, 3.0) as gateway:
        mi = await client(gateway.url, journal=QUIET, limits={"drain": 0.2}, institution=LONG).open()
        under_way = asyncio.create_task(mi.call(visit(1)))
        while not gateway.inside:
            await asyncio.sleep(0.01)
        await mi.close()
        with pytest.raises(OutcomeUnknown):
            await under_way


async def test_many_at_once_wait_for_each_other_instead_of_being_refused() -> None:
    limits = {"bulk": 4, "bulk_queue": 2}
    async with bureau(9, 0.01) as gateway, client(gateway.url, journal=QUIET, limits=limits) as mi:
        results = await mi.call_many([query() for _ in range(60)], concurrency=50)
        assert [r for r in results if isinstance(r, MiError)] == []
        assert mi._runtime is not None
        lanes = mi._runtime.gate.state()[0].lanes
        assert lanes["bulk"].typical > 0 and lanes["read"].typical == 0, (
            "a cashier's question has other places"
        )
        assert gateway.most <= 4


async def test_the_gate_s_state_is_at_hand() -> None:
    async with bureau() as gateway, client(gateway.url, journal=QUIET) as mi:
        await mi.call(query())
        assert mi._runtime is not None
        (state,) = mi._runtime.gate.state()
        assert (state.url, state.breaker) == (gateway.url, "closed")
        assert state.lanes["read"].typical > 0 and state.lanes["read"].in_flight == 0


def test_limits_are_configured_and_mistakes_told() -> None:
    institutions = {
        "H1": {"name": "示例医院", "mdtrtarea_admvs": "439900", "gateway": {"profile": "none", "url": "http://127.0.0.1/"}}
    }  # fmt: skip
    good = load_config(
        "/dev/null", environment="test", institutions=institutions, limits={"money": 3, "drain": 5}
    )
    assert (good.limits.money, good.limits.drain, good.limits.read) == (3, 5.0, 100)
    with pytest.raises(ConfigMistakes, match="money"):
        load_config(
            "/dev/null", environment="test", institutions=institutions, limits={"money": 0, "mony": 1}
        )
    assert isinstance(AsyncClient(good).config.limits.adaptive, bool)
