"""Providers of third parties that raise, hang or lie: the call stays true, and money is sent at most once."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from mi_core import AsyncClient, InvalidInput, NotSent, OutcomeUnknown, VisitBusy
from mi_core.model import Problem
from mi_core.plugin import HttpReply, HttpRequest, Sending, hookimpl
from tests.core.calls import client, settled, settlement, with_plugins
from tests.plugins.bad_server import bad_server


class Carrier:
    """A transport that does what it is told; counts sends."""

    def __init__(self, does: str) -> None:
        self.does, self.sends = does, 0

    async def send(self, request: HttpRequest, *, deadline: float, sending: Sending) -> Any:
        self.sends += 1
        match self.does:
            case "raises":
                raise RuntimeError("no")
            case "raises before":
                sending.promise()
                raise RuntimeError("no")
            case "hangs":
                await asyncio.sleep(60)
            case "returns nothing":
                return None
            case "returns garbage":
                return HttpReply(200, {}, b"\xff" * 10)
            case "takes the promise back":
                sending.bytes_leave()
                sending.promise()
                raise RuntimeError("no")
        raise AssertionError(self.does)

    async def close(self) -> None:
        return None

    @hookimpl
    def mi_register_transports(self, registry: Any) -> None:
        registry.add("mine", lambda settings: self)


def carried(carrier: Carrier) -> AsyncClient:
    return client("http://127.0.0.1:9/", plugins=with_plugins(("mine", carrier)), transport={"kind": "mine"})


@pytest.mark.parametrize(
    "does", ["raises", "hangs", "returns nothing", "returns garbage", "takes the promise back"]
)
async def test_a_transport_that_proves_nothing(does: str) -> None:
    carrier = Carrier(does)
    async with carried(carrier) as mi:
        with pytest.raises(OutcomeUnknown):
            await mi.call(settlement(), deadline=0.3)
        with pytest.raises(VisitBusy):
            await mi.call(settlement(), deadline=0.3)
    assert carrier.sends == 1


async def test_a_transport_that_fails_before_the_first_byte() -> None:
    async with carried(Carrier("raises before")) as mi:
        with pytest.raises(NotSent):
            await mi.call(settlement())


class Gate:
    def __init__(self, seal: Any = None, unseal: Any = None) -> None:
        self.seal, self.unseal = seal, unseal

    @hookimpl
    def mi_register_gateways(self, registry: Any) -> None:
        def make(settings: Any) -> Any:
            return SimpleNamespace(
                seal=self.seal or (lambda infno, body, now_ms: HttpRequest(settings.url, {}, body)),
                open=self.unseal or (lambda reply: reply.body),
            )

        registry.add("mine", make)


def through(gate: Gate, url: str) -> AsyncClient:
    institution = {"gateway": {"profile": "mine", "url": url}}
    return client(url, plugins=with_plugins(("mine", gate)), institution=institution)


async def test_a_third_partys_gateway() -> None:
    async with bad_server(settled()) as server, through(Gate(), server.url) as mi:
        assert (await mi.call(settlement())).setlinfo.setl_id == "S1"


def explode(*_: Any) -> Any:
    raise ZeroDivisionError


async def test_a_gateway_that_cannot_sign_sends_nothing() -> None:
    async with bad_server(settled()) as server, through(Gate(seal=explode), server.url) as mi:
        with pytest.raises(NotSent, match="签名失败"):
            await mi.call(settlement())
        assert server.connections == 0


async def test_a_gateway_that_cannot_open_the_reply_leaves_the_outcome_unknown() -> None:
    async with bad_server(settled()) as server, through(Gate(unseal=explode), server.url) as mi:
        with pytest.raises(OutcomeUnknown) as caught:
            await mi.call(settlement())
        assert len(server.requests) == 1 and caught.value.raw


class Check:
    def __init__(self, found: Any) -> None:
        self.check = found

    @hookimpl
    def mi_register_validators(self, registry: Any) -> None:
        registry.add("mine", lambda: self)


async def test_validators_add_problems_and_fail_closed() -> None:
    own = Problem("/data/psn_no", "psn_no", "人员编号", "house", "本院不收", "not here")
    async with bad_server(settled()) as server:
        async with client(server.url, plugins=with_plugins(("mine", Check(lambda i, r: [own])))) as mi:
            with pytest.raises(InvalidInput) as caught:
                await mi.call(settlement(med_type="nonsense"))
            assert {p.rule for p in caught.value.problems} >= {"house"} and len(caught.value.problems) == 2
        async with client(server.url, plugins=with_plugins(("mine", Check(explode)))) as mi:
            with pytest.raises(NotSent, match="校验程序"):
                await mi.call(settlement())
        assert server.connections == 0
