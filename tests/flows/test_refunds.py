"""Partial refunds: the difference is shown before, the sums are right to the cent, and a way back is always told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mi_core.flows import Amounts, FlowStopped, OutpatientVisit, Quote
from tests.flows.kit import DEPARTMENT, NOON, diagnosis, fee, patient
from tests.recovery.kit import Ward

ROWS = [
    fee(1, "620.00", item="SBX-B-0002"), fee(2, "55.80", count="3"), fee(3, "88.00", item="SBX-C-0001"),
    fee(4, "52.35", item="SBX-B-0001"),
]  # fmt: skip


async def settled(here: Ward, key: str = "T1", rows: list[dict[str, Any]] = ROWS) -> OutpatientVisit:
    visit = OutpatientVisit(here.mi, key, patience=20)
    await visit.open(patient(), med_type="11", begntime=NOON, **DEPARTMENT)
    await visit.diagnose([diagnosis()], dise_codg="I10", dise_name="高血压")
    await visit.charge(rows)
    await visit.quote(acct_used_flag="1")
    await visit.settle()
    return visit


async def test_part_of_a_row_and_a_whole_row(here: Ward) -> None:
    visit = await settled(here)
    keep = [ROWS[0], fee(2, "18.60"), ROWS[3]]
    plan = await visit.plan_refund(keep)
    assert (plan.difference, plan.total) == (Decimal("125.20"), Decimal("690.95"))
    assert (plan.removed, plan.changed) == (("3",), ("2",))
    assert not await here.done("2208"), "nothing was sent to show it"
    part = await visit.refund_part(plan)
    before, after, back = part.before, part.settlement.amounts, part.given_back
    assert before.medfee_sumamt == Decimal("816.15") and after.medfee_sumamt == Decimal("690.95")
    assert back.medfee_sumamt == plan.difference
    for name in ("fund_pay_sumamt", "acct_pay", "psn_cash_pay", "psn_part_amt"):
        assert getattr(before, name) == getattr(after, name) + getattr(back, name), name
    assert back.psn_part_amt is not None and back.fund_pay_sumamt is not None
    assert back.psn_part_amt + back.fund_pay_sumamt == plan.difference
    again = await visit.refund_part(plan)
    assert again.settlement.setl_id == part.settlement.setl_id and again.given_back == back
    only = await OutpatientVisit(here.mi, "DIRECT").open(
        patient(), med_type="11", begntime=NOON, **DEPARTMENT
    )
    assert Decimal(only.insured.balc or 0) == Decimal("1000.00") - (after.acct_pay or 0)


async def test_one_more_partial_refund(here: Ward) -> None:
    visit = await settled(here)
    await visit.refund_part(await visit.plan_refund(ROWS[:3]))
    second = await visit.refund_part(await visit.plan_refund(ROWS[:1]))
    assert second.settlement.amounts.medfee_sumamt == Decimal("620.00")
    assert [len(await here.done(code)) for code in ("2207", "2208")] == [3, 2]
    refund = await visit.refund(second.settlement.setl_id)
    assert refund.amounts.medfee_sumamt == Decimal("-620.00")


@pytest.mark.parametrize(
    ("keep", "why"),
    [([], "用 refund"), (ROWS, "小于原结算"), ([fee(9, "1.00")], "没有这些明细")],
    ids=["nothing", "everything", "a strange row"],
)
async def test_what_is_no_partial_refund(keep: list[dict[str, Any]], why: str, here: Ward) -> None:
    visit = await settled(here)
    with pytest.raises(FlowStopped, match=why):
        await visit.plan_refund(keep)
    assert (await visit.standing()).stage == "settled"


async def test_the_new_quote_is_not_agreed_to(here: Ward) -> None:
    visit = await settled(here)
    asked: list[tuple[Quote, Amounts]] = []

    def no(quote: Quote, before: Amounts) -> bool:
        asked.append((quote, before))
        return False

    with pytest.raises(FlowStopped, match="未获同意") as stopped:
        await visit.refund_part(await visit.plan_refund(ROWS[:1]), agree=no)
    quote, before = asked[0]
    assert (quote.amounts.medfee_sumamt, before.medfee_sumamt) == (Decimal("620.00"), Decimal("816.15"))
    assert stopped.value.standing.stage == "quoted" and not stopped.value.standing.unfinished
    await visit.charge(ROWS)  # as it was
    await visit.quote(acct_used_flag="1")
    assert (await visit.settle()).amounts.medfee_sumamt == Decimal("816.15")


async def test_an_old_plan_is_refused(here: Ward) -> None:
    visit = await settled(here)
    plan = await visit.plan_refund(ROWS[:2])
    await visit.refund()
    await visit.quote(acct_used_flag="1")
    await visit.settle()
    with pytest.raises(FlowStopped, match="重新 plan_refund"):
        await visit.refund_part(plan)
    with pytest.raises(FlowStopped, match="没有可退"):
        await visit.refund("990100S000000009999")


async def test_rows_that_the_bureau_refuses_after_the_refund_can_be_corrected(here: Ward) -> None:
    visit = await settled(here)
    plan = await visit.plan_refund([fee(1, "619.00", item="SBX-B-0002") | {"pric": Decimal("1.00")}])
    with pytest.raises(FlowStopped, match="金额与数量") as stopped:
        await visit.refund_part(plan)
    assert stopped.value.standing.unfinished == "refund_part" and stopped.value.interface == "2204"
    await visit.charge(ROWS[:1])
    await visit.quote(acct_used_flag="1")
    assert (await visit.settle()).amounts.medfee_sumamt == Decimal("620.00")
    assert [len(await here.done(code)) for code in ("2207", "2208")] == [2, 1]
