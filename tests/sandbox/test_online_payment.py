"""The mobile-payment centre: an order from its fees to its payment and its refund, with the books of the bureau."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from mi_plugins.sandbox import Settings
from tests.sandbox.centre import D, Order, visit_at
from tests.sandbox.hospital import Hospital, Refused, Visit, china_now


async def paid_order(hospital: Hospital, *rows: tuple[str, str]) -> Order:
    return await Order(hospital, await visit_at(hospital)).upload(*rows)


async def test_an_order_is_paid_from_fund_account_and_cash(hospital: Hospital) -> None:
    order = await paid_order(hospital, ("SBX-A-0001", "400.00"), ("SBX-C-0001", "50.00"))
    before = await order.visit.balance()
    assert (await order.query())["ordStas"] == "1"
    paid = await order.pay()
    assert paid["ordStas"] == "4" and paid["ownPayAmt"] == D("50.00"), (
        "the own-pay item is left to pay in cash"
    )
    assert paid["feeSumamt"] == paid["fundPay"] + paid["psnAcctPay"] + paid["ownPayAmt"] == D("450.00")
    assert paid["fundPay"] == D("120.00"), "(400 - 200) x 0.6"
    assert before - await order.visit.balance() == paid["psnAcctPay"] == D("280.00")
    asked = await order.query()
    assert (asked["ordStas"], asked["medOrgOrd"]) == ("4", order.sent["medOrgOrd"]) and asked["revsToken"]
    (settlement,) = (await hospital.ledger(mdtrt_id=order.visit.mdtrt_id))["settlements"]
    assert (settlement["total"], settlement["fund"], settlement["infno"]) == (45000, 12000, "6202")


async def test_paid_in_full_by_the_account_it_is_done_at_once(hospital: Hospital) -> None:
    order = await paid_order(hospital, ("SBX-A-0001", "100.00"))
    assert (await order.pay())["ordStas"] == "6"


async def test_it_is_paid_once_and_only_by_who_has_its_token(hospital: Hospital) -> None:
    order = await paid_order(hospital)
    with pytest.raises(Refused, match="payToken"):
        await order.pay(payToken="0" * 32)
    with pytest.raises(Refused, match="本机构没有支付订单"):
        await order.pay(orgCodg="H43000000002")
    with pytest.raises(Refused, match="idNo"):
        await order.query(userName="别人")
    with pytest.raises(Refused, match="与订单不符"):
        await order.pay(mdtrtId="other")
    await order.pay()
    with pytest.raises(Refused, match="不能支付"):
        await order.pay()
    with pytest.raises(Refused, match="不能撤销"):
        await order.withdraw()
    assert len((await hospital.ledger(mdtrt_id=order.visit.mdtrt_id))["settlements"]) == 1


async def test_an_order_without_a_visit_is_given_one_that_its_withdrawal_cancels(hospital: Hospital) -> None:
    visit = Visit(hospital)
    order = await Order(hospital, visit).upload()
    rows = (await visit.call("5201", {"data": {
        "psn_no": visit.person.psn_no, "begntime": "2026-01-01 00:00:00", "endtime": "2026-12-31 00:00:00", "med_type": "11",
    }}))["mdtrtinfo"]  # fmt: skip
    assert [row["ipt_otp_no"] for row in rows] == [visit.otp_no]
    assert (await order.withdraw())["success"] is True
    assert (await order.query())["ordStas"] == "12"
    with pytest.raises(Refused, match="不能撤销"):
        await order.withdraw()
    with pytest.raises(Refused, match="不能支付"):
        await order.pay(mdtrtId=rows[0]["mdtrt_id"])
    again = await Order(hospital, visit).upload(medOrgOrd=order.sent["medOrgOrd"])
    assert again.id != order.id, "the number of a withdrawn order may be used again"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"medfeeSumamt": D("151.00")}, "medfee_sumamt"),
        ({"ecToken": "SOMEBODY"}, "ecToken"),
        ({"idNo": "990101199001019996"}, "idNo"),
        ({"orgCodg": "H99999999999"}, "orgCodg"),
        ({"insutype": "390"}, "390"),
    ],
    ids=["total", "token", "person", "institution", "insurance"],
)
async def test_a_forged_order_is_refused(hospital: Hospital, change: dict[str, Decimal], text: str) -> None:
    with pytest.raises(Refused, match=text):
        await Order(hospital, await visit_at(hospital)).upload(**change)


async def test_a_hospitals_order_number_is_used_once(hospital: Hospital) -> None:
    order = await paid_order(hospital)
    with pytest.raises(Refused, match="medOrgOrd"):
        await Order(hospital, await visit_at(hospital)).upload(medOrgOrd=order.sent["medOrgOrd"])


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ([("ALL", None)], "7"),
        ([("HI", None)], "8"),
        ([("CASH", None)], "9"),
        ([("CASH", "20.00")], "10"),
        ([("CASH", "20.00"), ("HI", None)], "11"),
        ([("HI", None), ("CASH", "30.00"), ("CASH", "20.00")], "7"),
    ],
    ids=lambda value: "-".join(kind for kind, _ in value) if isinstance(value, list) else str(value),
)
async def test_refunds_and_the_states_they_lead_to(
    hospital: Hospital, steps: list[tuple[str, str | None]], state: str
) -> None:
    order = await paid_order(hospital)
    before = await order.visit.balance()
    paid = await order.pay()
    assert paid["ownPayAmt"] == D("50.00")
    for kind, cash in steps:
        answer = await order.refund(paid, kind, cash)
        assert answer["refStatus"] == "SUCC" and bool(answer["hiFefdSn"]) == (kind != "CASH")
    assert (await order.query())["ordStas"] == state
    given_back = any(kind != "CASH" for kind, _ in steps)
    assert await order.visit.balance() == (before if given_back else before - paid["psnAcctPay"])


async def test_forged_refunds_give_nothing_back(hospital: Hospital) -> None:
    order = await paid_order(hospital)
    with pytest.raises(Refused, match="不能退费"):
        await order.refund({"feeSumamt": D(150), "psnAcctPay": D(100), "fundPay": D(0), "ownPayAmt": D(50)})
    paid = await order.pay()
    for change, text in (
        ({"totlRefdAmt": paid["feeSumamt"] + 1}, "totlRefdAmt"),
        ({"fundRefdAmt": paid["fundPay"] + 1}, "fundRefdAmt"),
        ({"psnAcctRefdAmt": D(0)}, "psnAcctRefdAmt"),
        ({"cashRefdAmt": paid["ownPayAmt"] + 1}, "cashRefdAmt"),
        ({"ecToken": "SOMEBODY"}, "ecToken"),
        ({"refdType": "SOME"}, "refdType"),
    ):
        with pytest.raises(Refused, match=text):
            await order.refund(paid, **change)
    with pytest.raises(Refused, match="至多"):
        await order.refund(paid, "CASH", "50.01")
    assert (await order.query())["ordStas"] == "4"
    await order.refund(paid, appRefdSn="ONCE")
    with pytest.raises(Refused, match="不能退费"):
        await order.refund(paid, appRefdSn="ONCE")
    assert len((await hospital.ledger(mdtrt_id=order.visit.mdtrt_id))["settlements"]) == 2


async def test_a_refund_number_is_used_once(hospital: Hospital) -> None:
    order = await paid_order(hospital)
    paid = await order.pay()
    await order.refund(paid, "CASH", "10.00", appRefdSn="ONCE")
    with pytest.raises(Refused, match="appRefdSn"):
        await order.refund(paid, "CASH", "10.00", appRefdSn="ONCE")
    assert (await order.query())["ordStas"] == "10"


class TestSlowly:
    """A payment that takes a minute to show."""

    ahead = dt.timedelta(0)

    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(crowd=0, payment_seconds=60.0, clock=lambda: china_now() + self.ahead)

    async def test_it_is_being_paid_for_a_while(self, hospital: Hospital) -> None:
        order = await paid_order(hospital)
        paid = await order.pay()
        assert (paid["ordStas"], (await order.query())["ordStas"]) == ("2", "2")
        assert (await order.query())["revsToken"] is None
        with pytest.raises(Refused, match="不能退费"):
            await order.refund(paid)
        self.ahead = dt.timedelta(minutes=2)
        assert (await order.query())["ordStas"] == "4"
