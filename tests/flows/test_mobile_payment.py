"""A bill paid by phone, from its fees to its refund, with answers that are lost and news that is forged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from mi_core.flows import FlowStopped
from mi_core.interfaces import OrderSettlementNotificationRequest, OrderSynchronisationRequest
from mi_plugins.sandbox.rulebook import Rulebook
from tests.flows.centres import Counter, D, counter, inbox_of
from tests.sandbox.hospital import Visit

PATIENCE = 30.0
AUTH = {"payAuthNo": "A1"}


@pytest.fixture
async def here(rulebook: Rulebook, tmp_path: Path) -> AsyncIterator[Counter]:
    async with counter(rulebook, tmp_path) as found:
        yield found


async def told(here: Counter, number: int) -> None:
    """Until that many notifications have been handled."""
    async with asyncio.timeout(30):
        while len(here.told) < number:
            await asyncio.sleep(0.02)


async def test_paid_and_given_back(here: Counter) -> None:
    payment = await here.uploaded("MO1")
    assert (await payment.standing()).stage == "uploaded" and (await payment.status()).code == "1"
    paid = await payment.pay(**AUTH)
    assert paid.paid and (paid.total, paid.cash) == (D("150.00"), D("50.00")), paid
    assert paid.fund is not None and paid.account is not None and paid.fund + paid.account == D("100.00")
    assert (await payment.wait()).code == "4"
    assert (await payment.standing()).stage == "paid"
    refunded = await payment.refund()
    assert refunded.number == "MO1-ALL" and refunded.refd_sn
    assert (await payment.status()).code == "7"
    assert (await payment.standing()).stage == "refunded"


async def test_every_step_may_be_called_again_in_another_process(here: Counter) -> None:
    bill = await here.bill()
    payer, rows, diagnoses = (bill.pop(name) for name in ("payer", "rows", "diagnoses"))
    found = []
    for _ in range(2):
        payment = here.order("MO1")
        number = await payment.upload(payer, rows, diagnoses, **bill)
        paid = await payment.pay(**AUTH)
        found.append((number, paid.code, paid.total))
        await here.restart()
    assert found[0] == found[1]
    for _ in range(2):
        assert (await here.order("MO1").refund()).number == "MO1-ALL"
        await here.restart()
    assert [await here.done(code) for code in ("6201", "6202", "6203")] == [1, 1, 1]


async def test_a_visit_that_the_centre_registers(here: Counter) -> None:
    bill = await here.bill(visit=Visit(here.hospital))
    payer, rows, diagnoses = (bill.pop(name) for name in ("payer", "rows", "diagnoses"))
    payment = here.order("MO1")
    await payment.upload(payer, [{**row, "mdtrtId": "0"} for row in rows], diagnoses, **bill)
    assert (await payment.pay(**AUTH)).paid


async def test_withdrawn_before_it_is_paid(here: Counter) -> None:
    payment = await here.uploaded("MO1")
    for _ in range(2):
        await payment.withdraw()
    assert (await payment.standing()).stage == "withdrawn" and (await payment.status()).code == "12"
    with pytest.raises(FlowStopped):
        await payment.pay(**AUTH)
    other = await here.uploaded("MO2")
    await other.pay(**AUTH)
    with pytest.raises(FlowStopped, match="只能退费"):
        await other.withdraw()
    assert await here.done("6401") == 1 and await here.done("6202") == 1


@pytest.mark.parametrize("fault", ["drop_after", "drop_before", "http_502", "unlisted_refusal"])
@pytest.mark.parametrize("infno", ["6202", "6203", "6401"])
async def test_a_lost_answer_is_found_out_and_nothing_is_done_twice(
    here: Counter, infno: str, fault: str
) -> None:
    """6301 tells what became of it; what was not executed is sent once more by the same step."""
    payment = await here.uploaded("MO1", patience=PATIENCE)
    step: dict[str, Any] = {
        "6202": lambda: payment.pay(**AUTH),
        "6203": payment.refund,
        "6401": payment.withdraw,
    }
    if infno == "6203":
        await payment.pay(**AUTH)
    await here.hospital.fault(infno, fault)
    await step[infno]()
    assert await here.done(infno) == 1
    assert (await payment.status()).code == {"6202": "4", "6203": "7", "6401": "12"}[infno]
    assert (await payment.standing()).unfinished == ""


async def test_a_program_that_died_in_between_goes_on(here: Counter) -> None:
    payment = await here.uploaded("MO1")
    await here.hospital.fault("6202", "drop_after")
    with pytest.raises(FlowStopped) as stopped:
        await payment.pay(**AUTH)
    assert (stopped.value.step, stopped.value.interface) == ("pay", "6202") and stopped.value.operation_id
    assert stopped.value.continue_with == "resume" and "resume" in str(stopped.value)
    await here.restart()
    again = here.order("MO1", patience=PATIENCE)
    assert (await again.standing()).unfinished == "pay"
    with pytest.raises(FlowStopped, match="resume"):
        await again.refund()
    assert (await again.resume()).stage == "paid"
    assert await here.done("6202") == 1


async def test_a_lost_upload_stops_the_order_and_a_new_one_can_be_made(here: Counter) -> None:
    """Nobody can tell what became of 6201: its token is in the answer. No money has moved; people abandon the number."""
    payment = here.order("MO1")
    bill = await here.bill()
    payer, rows, diagnoses = (bill.pop(name) for name in ("payer", "rows", "diagnoses"))
    await here.hospital.fault("6201", "drop_after")
    with pytest.raises(FlowStopped) as stopped:
        await payment.upload(payer, rows, diagnoses, **bill)
    assert stopped.value.step == "upload" and stopped.value.operation_id
    other = [{**row, "feedetlSn": f"{row['feedetlSn']}B"} for row in rows]
    second = here.order("MO2")
    await second.upload(payer, other, diagnoses, **{**bill, "chrg_bchno": "M2"})
    assert (await second.pay(**AUTH)).paid
    assert await here.done("6202") == 1


async def test_parts_of_the_cash_are_given_back_one_by_one(here: Counter) -> None:
    payment = await here.uploaded("MO1")
    await payment.pay(**AUTH)
    for number, cash, code in (("1", D("20.00"), "10"), ("2", D("30.00"), "9")):
        for _ in range(2):
            assert (await payment.refund("CASH", cash=cash, number=number)).number == f"MO1-{number}"
        assert (await payment.status()).code == code
    await payment.refund("HI")
    assert (await payment.status()).code == "7" and await here.done("6203") == 3


async def test_a_refund_of_more_than_was_paid_is_the_centres_no(here: Counter) -> None:
    payment = await here.uploaded("MO1")
    with pytest.raises(FlowStopped, match="尚未支付"):
        await payment.refund()
    await payment.pay(**AUTH)
    with pytest.raises(FlowStopped):
        await payment.refund("CASH", cash=D("50.01"))
    assert (await payment.status()).code == "4"


class TestNews:
    """6302 and 6204."""

    async def test_it_tells_the_payment(self, here: Counter) -> None:
        payment = await here.uploaded("MO1")
        await payment.pay(**AUTH)
        await told(here, 1)
        news = here.told[0].request
        assert isinstance(news, OrderSettlementNotificationRequest) and news.medOrgOrd == "MO1"
        for _ in range(2):
            assert (await here.order(news.medOrgOrd).notified(news)).paid
        await here.hospital.control("POST", "/notices", {"infno": "6204", "subject": news.payOrdId})
        await told(here, 2)
        cash = here.told[1].request
        assert isinstance(cash, OrderSynchronisationRequest) and (await payment.notified(cash)).paid
        assert (await payment.status()).code == "6"

    @pytest.mark.parametrize(
        "change",
        [
            {"feeSumamt": D("1.50")},
            {"fundPay": D("100.01")},
            {"payOrdId": "another"},
            {"medOrgOrd": "another"},
        ],
        ids=["total", "parts", "order", "number"],
    )
    async def test_what_does_not_fit_is_no_payment(self, here: Counter, change: dict[str, Any]) -> None:
        payment = await here.uploaded("MO1")
        number = (await payment.standing()).zh.split()[1]
        fields = {
            "payOrdId": number, "callType": "02", "medOrgOrd": "MO1", "traceTime": "2026-01-01 08:00:00", "feeSumamt": D("150.00"),
            "ownpayAmt": D("50.00"), "psnAcctPay": D("100.00"), "fundPay": D("0.00"), "hiChrgTime": "080000", "hiDocSn": "S",
            "hiRgstSn": "G", "orgName": "院", "setlType": "ALL", "revsToken": "T",
        }  # fmt: skip
        forged = OrderSettlementNotificationRequest.from_dict({"data": fields | change})
        with pytest.raises(FlowStopped, match="人工核对"):
            await payment.notified(forged)
        assert (await payment.standing()).stage == "uploaded"

    async def test_a_payment_after_a_refund_is_old_news(self, here: Counter) -> None:
        payment = await here.uploaded("MO1")
        await payment.pay(**AUTH)
        await told(here, 1)
        await payment.refund()
        await payment.status()
        assert (await payment.notified(here.told[0].request)).code == "7"


class TestSlowly:
    """A payment that takes its time."""

    @pytest.fixture
    async def here(self, rulebook: Rulebook, tmp_path: Path) -> AsyncIterator[Counter]:
        async with counter(rulebook, tmp_path, payment_seconds=1.5) as found:
            yield found

    async def test_asked_for_until_it_is_there(self, here: Counter) -> None:
        payment = await here.uploaded("MO1")
        assert (await payment.pay(**AUTH)).paying
        assert (await payment.standing()).next_step == "wait"
        assert (await payment.wait(timeout=0, every=0.1)).paying, (
            "patience is over: the last known state, not paid"
        )
        assert (await payment.pay(**AUTH)).paying and await here.done("6202") == 1
        assert (await payment.wait(timeout=60, every=0.1)).paid

    async def test_told_by_the_inbox(self, here: Counter) -> None:
        payment = await here.uploaded("MO1")
        await payment.pay(**AUTH)
        await told(here, 1)
        await here.hospital.fault("6301", "drop_before", times=-1)
        state = await payment.wait(inbox=inbox_of(here))
        assert state.paid and state.cash == D("50.00")
        await here.hospital.control("DELETE", "/faults")
        assert (await payment.refund()).refd_sn


async def test_the_keys_of_an_order(here: Counter) -> None:
    payment = await here.uploaded("MO1")
    bill = await here.bill(visit=None)
    payer, rows, diagnoses = (bill.pop(name) for name in ("payer", "rows", "diagnoses"))
    assert payer.certno not in repr(payer) and payer.ec_token not in repr(payer)
    import attrs

    with pytest.raises(FlowStopped, match="另一位参保人"):
        await payment.upload(attrs.evolve(payer, certno="x"), rows, diagnoses, **bill)
    with pytest.raises(FlowStopped, match="尚未上传费用"):
        await here.order("MO9").pay(**AUTH)
    with pytest.raises(FlowStopped) as stopped:
        await here.order("MO8").upload(payer, rows, diagnoses, **bill, nothing="x")
    assert "nothing" in str(stopped.value.__cause__) and (await here.order("MO8").standing()).stage == "new"
