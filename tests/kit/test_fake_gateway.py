"""The gateway inside the process: answers as scripted, checks both directions, counts what was sent."""

from __future__ import annotations

import asyncio
import io
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi_core import BureauRefused, GatewayRefused, InvalidInput, NotSent, OutcomeUnknown, VisitBusy
from mi_core.errors import UnknownName
from mi_core.interfaces import (
    OutpatientSettlementRequest,
    PersonInformationRequest,
    SettlementQueryRequest,
)
from mi_core.model import Problem
from mi_core.plugin import hookimpl
from mi_core.testing import FakeGateway, FakeGatewayError, examples
from mi_plugins.regions.guangzhou import interfaces as guangzhou
from tests.core.calls import config as real_config
from tests.core.calls import settlement


async def test_a_settlement_is_answered_by_what_it_asked_and_sent_once() -> None:
    gateway = FakeGateway()
    gateway.on("2207").reply(setlinfo__setl_id="S77")
    async with gateway.async_client() as mi:
        reply = await mi.call(settlement())
    info = reply.setlinfo
    assert (info.setl_id, info.psn_no, info.medfee_sumamt) == ("S77", settlement().psn_no, Decimal("128.50"))
    assert reply.meta.discrepancies == ()
    assert gateway.sends("2207") == gateway.sends(OutpatientSettlementRequest) == gateway.sends() == 1
    assert gateway.seen[0].request == settlement()
    assert gateway.seen[0].head["infno"] == "2207"
    assert gateway.seen[0].input["data"]["medfee_sumamt"] == Decimal("128.50")


def test_the_synchronous_client_as_well() -> None:
    gateway = FakeGateway()
    gateway.on(PersonInformationRequest).reply()
    with gateway.client() as mi:
        assert mi.call(examples.valid(PersonInformationRequest)).insuinfo
        raw = mi.call_raw("1101", examples.values("1101"))
    assert raw["baseinfo"]["psn_no"]
    assert gateway.sends("1101") == 2


async def test_steps_come_in_turn_and_the_last_one_stays() -> None:
    gateway = FakeGateway()
    gateway.on("1101").refuse("查无此人").reply(baseinfo__psn_name="甲")
    request = examples.valid(PersonInformationRequest)
    async with gateway.async_client() as mi:
        with pytest.raises(BureauRefused, match="查无此人"):
            await mi.call(request)
        for _ in range(2):
            assert (await mi.call(request)).baseinfo.psn_name == "甲"


async def test_every_way_to_fail_is_what_it_says() -> None:
    for script, error, left in (
        ("drop_before", NotSent, 0), ("drop_after", OutcomeUnknown, 1), ("garbage", OutcomeUnknown, 1), ("hang", OutcomeUnknown, 1),
    ):  # fmt: skip
        gateway = FakeGateway()
        getattr(gateway.on("2207"), script)()
        async with gateway.async_client() as mi:
            with pytest.raises(error):
                await mi.call(settlement(), deadline=0.2 if script == "hang" else 5)
            if left:
                with pytest.raises(VisitBusy):
                    await mi.call(settlement())
        assert gateway.sends("2207") == left, script


async def test_refusals_are_certain_only_where_the_institution_lists_them() -> None:
    gateway = FakeGateway()
    gateway.on("2207").refuse("余额不足，还差12元")
    async with gateway.async_client(config=gateway.config(refusals=("余额不足*",))) as mi:
        with pytest.raises(BureauRefused):
            await mi.call(settlement())
    other = FakeGateway()
    other.on("2207").refuse("余额不足，还差12元")
    async with other.async_client() as mi:
        with pytest.raises(OutcomeUnknown):
            await mi.call(settlement())


async def test_the_gateways_own_refusal() -> None:
    gateway = FakeGateway()
    gateway.on("1101").refuse_by_gateway("Invalid signature")
    async with gateway.async_client() as mi:
        with pytest.raises(GatewayRefused) as refused:
            await mi.call(examples.valid(PersonInformationRequest))
    assert refused.value.reason == "Invalid signature"


async def test_an_answer_comes_later() -> None:
    gateway = FakeGateway()
    gateway.on("2207").delay(0.05).reply()
    async with gateway.async_client() as mi:
        loop = asyncio.get_running_loop()
        before = loop.time()
        await mi.call(settlement())
        assert loop.time() - before >= 0.05


async def test_a_file_is_fetched(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "1\t2\n")
    gateway = FakeGateway()
    gateway.on("9102").file(packed.getvalue())
    async with gateway.async_client() as mi:
        await mi.download_file("F1", "a.zip", to=tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == packed.getvalue()


async def test_a_file_is_sent() -> None:
    gateway = FakeGateway()
    gateway.on("9101").reply(file_qury_no="F2")
    async with gateway.async_client() as mi:
        assert (await mi.upload_file(b"1\t2\n", "a.txt")).file_qury_no == "F2"
    sent = gateway.seen[0].http.file
    assert sent is not None and sent.content == b"1\t2\n"


async def test_an_unexpected_call_fails_with_what_to_write() -> None:
    gateway = FakeGateway()
    gateway.on("2207").reply()
    with pytest.raises(
        FakeGatewayError, match=r'unexpected call of 1101 .*scripted: 2207.*gateway\.on\("1101"\)'
    ):
        async with gateway.async_client() as mi:
            await mi.call(examples.valid(PersonInformationRequest))
    assert gateway.sends() == 0


async def test_an_unexpected_call_fails_also_where_the_program_swallows_the_error() -> None:
    gateway = FakeGateway()
    with pytest.raises(FakeGatewayError, match="unexpected call of 2207"):
        async with gateway.async_client() as mi:
            with pytest.raises(NotSent):
                await mi.call(settlement())


async def test_a_script_without_a_step_says_so() -> None:
    gateway = FakeGateway()
    gateway.on("2207")
    with pytest.raises(FakeGatewayError, match="says nothing of what happens to 2207"):
        async with gateway.async_client() as mi:
            await mi.call(settlement())


class Blind:
    """Lets every request pass, as a plugin must not: the catalogue's validator is taken away."""

    def check(self, interface: Any, request: Any) -> list[Problem]:
        return []


async def test_a_message_that_breaks_the_catalogue_is_told_field_by_field() -> None:
    gateway = FakeGateway()
    gateway.on("2207").reply()
    plugins = gateway.plugins()
    plugins.validators.forget("mi_plugins.validators.catalogue")
    with pytest.raises(FakeGatewayError, match=r"2207.*breaks the catalogue.*psn_no.*invono"):
        async with gateway.async_client(plugins=plugins) as mi:
            await mi.call(settlement(psn_no="x" * 31, invono="x" * 21))
    assert gateway.sends() == 0


async def test_the_clients_own_check_still_stands_before_it() -> None:
    gateway = FakeGateway()
    gateway.on("2207").reply()
    async with gateway.async_client() as mi:
        with pytest.raises(InvalidInput):
            await mi.call(settlement(psn_no="x" * 31))


@pytest.mark.parametrize(
    "wrong",
    [{"setlinfo__no_such_field": "1"}, {"setlinfo__medfee_sumamt": "many"}, {"nonode__setl_id": "1"}, {"setlinfo__setl_id": object()}],
)  # fmt: skip
def test_a_reply_that_breaks_the_catalogue_is_refused_where_it_is_scripted(wrong: dict[str, Any]) -> None:
    with pytest.raises(FakeGatewayError, match="2207"):
        FakeGateway().on("2207").reply(**wrong)


async def test_a_reply_may_lie_on_purpose() -> None:
    gateway = FakeGateway()
    gateway.on("2207").reply(setlinfo__setl_id=...)
    async with gateway.async_client() as mi:
        with pytest.raises(OutcomeUnknown) as caught:
            await mi.call(settlement())
    assert "proof missing" in caught.value.evidence
    gateway = FakeGateway()
    gateway.on("2207").reply(setlinfo__fund_pay_sumamt=Decimal("1"))
    async with gateway.async_client() as mi:
        assert [d.rule for d in (await mi.call(settlement())).meta.discrepancies] == ["identity"]


async def test_a_reply_of_ones_own() -> None:
    gateway = FakeGateway()
    gateway.on(SettlementQueryRequest).reply({"setlinfo": {"setl_id": "S9"}, "setldetail": []})
    async with gateway.async_client() as mi:
        assert (await mi.call(examples.valid(SettlementQueryRequest))).setlinfo.setl_id == "S9"


async def test_a_real_configuration_is_turned_to_it_and_production_is_not() -> None:
    base = real_config("http://10.0.0.1/csb")
    gateway = FakeGateway()
    gateway.on("2207").reply()
    turned = gateway.config(base, refusals=("x",))
    async with gateway.async_client(config=turned) as mi:
        await mi.call(settlement())
    assert turned.institution().name == base.institution().name
    assert turned.institution().refusals == ("x",)
    with pytest.raises(Exception, match="测试环境"):
        gateway.config(attrs.evolve(base, environment="production"))


class Watch:
    def __init__(self) -> None:
        self.seen: list[str] = []

    @hookimpl
    def mi_observe_before_send(self, call: Any) -> None:
        self.seen.append(call.interface)


async def test_plugins_of_ones_own_run_with_it() -> None:
    gateway, watch = FakeGateway(), Watch()
    gateway.on("2207").reply()
    async with gateway.async_client(plugins=gateway.plugins(("watch", watch))) as mi:
        await mi.call(settlement())
    assert watch.seen == ["2207"]


async def test_two_gateways_know_nothing_of_each_others_visits() -> None:
    for step in ("drop_after", "reply"):
        gateway = FakeGateway()
        getattr(gateway.on("2207"), step)()
        async with gateway.async_client() as mi:
            if step == "reply":
                assert (await mi.call(settlement())).setlinfo.setl_id
            else:
                with pytest.raises(OutcomeUnknown):
                    await mi.call(settlement())


async def test_an_institution_of_a_region_speaks_and_hears_the_regions_classes() -> None:
    gateway = FakeGateway()
    gateway.on(guangzhou.OutpatientSettlementRequest).reply()
    request = examples.valid(guangzhou.OutpatientSettlementRequest)
    async with gateway.async_client(config=gateway.config(region="guangzhou")) as mi:
        reply = await mi.call(request)
    assert isinstance(reply, guangzhou.OutpatientSettlementResponse)
    assert gateway.seen[0].request == request
    with pytest.raises(FakeGatewayError, match="another region"):
        gateway.on(OutpatientSettlementRequest)


def test_a_code_that_does_not_exist_is_told_where_it_is_written() -> None:
    gateway = FakeGateway()
    for ask in (gateway.on, gateway.sends):
        with pytest.raises(UnknownName, match="2207 门诊结算"):
            ask("2270")
    with pytest.raises(FakeGatewayError, match=r"2207\.output\.setlinfo has no setlid"):
        gateway.on("2207").reply(setlinfo__setlid="1")


async def test_a_region_by_name() -> None:
    """Codes mean the region's interfaces, also those that the base lacks; the institution is there."""
    gateway = FakeGateway(region="guangzhou")
    gateway.on("2260").reply()
    async with gateway.async_client() as mi:
        assert mi.config.institution().region == "guangzhou"
        await mi.call(examples.valid(gateway.on("2260").interface), operation_key="B1")
    assert gateway.sends("2260") == 1
    assert FakeGateway().config().institution().region == "hunan"
    silent = FakeGateway(region="guangzhou")
    with pytest.raises(FakeGatewayError, match="unexpected call of 2260 门诊登记与结算"):
        async with silent.async_client() as mi:
            await mi.call(examples.valid(gateway.on("2260").interface), operation_key="B1")
