"""Reviewed for money: what stands is never settled twice, no settlement is lost, and nobody's refund is another's."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import attrs
import pytest

from mi_core import AsyncClient
from mi_core.cli.exits import exit_code
from mi_core.errors import StoreError, VisitBusy
from mi_core.flows import FlowStopped, InpatientStay, OutpatientVisit, PharmacySale, Registration
from mi_core.flows import flow as flow_module
from mi_core.flows import record as record_module
from mi_core.serve.problems import status_of
from mi_plugins.sandbox import bureau
from mi_plugins.sandbox.bureau import fees, settling
from mi_plugins.sandbox.refusal import BureauRefusal
from tests.flows.crashing import Died
from tests.flows.kit import (
    ADMISSION,
    DEPARTMENT,
    DISCHARGE,
    NOON,
    bed_fee,
    diagnosis,
    drug,
    fee,
    patient,
    ward_diagnosis,
)  # fmt: skip
from tests.flows.test_registration import CHRONIC, TRANSFER
from tests.recovery.kit import LONG, Ward, known

ROWS = [
    fee(1, "620.00", item="SBX-B-0002"),
    fee(2, "40.50", item="SBX-B-0001"),
    fee(3, "88.00", item="SBX-C-0001"),
]


async def charged(here: Ward, key: str = "R1") -> OutpatientVisit:
    visit = OutpatientVisit(here.mi, key)
    await visit.open(patient(), med_type="11", begntime=NOON, **DEPARTMENT)
    await visit.diagnose([diagnosis()], dise_codg="I10", dise_name="高血压")
    await visit.charge(ROWS)
    return visit


async def settled(here: Ward, key: str = "R1") -> OutpatientVisit:
    visit = await charged(here, key)
    await visit.quote(acct_used_flag="1")
    await visit.settle()
    return visit


def dies_after(monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    """The program dies instead of writing down that ``told`` came about."""

    async def save(*arguments: Any) -> Any:
        if told in arguments[4] and arguments[4][told] is not None:
            raise Died(told)
        return await record_module.save(*arguments)

    monkeypatch.setattr(flow_module, "save", save)


def dying(code: str) -> Any:
    """The program dies before that call leaves."""
    call = AsyncClient._call

    async def wrapped(mi: AsyncClient, request: Any, options: Any) -> Any:
        if request.__interface__.code == code:
            raise Died(code)
        return await call(mi, request, options)

    return wrapped


async def test_settle_after_a_refund_that_was_not_noted_settles_nothing(
    here: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = await settled(here)
    with monkeypatch.context() as patch:
        dies_after(patch, "refunded")
        with pytest.raises(Died):
            await visit.refund()
    with pytest.raises(FlowStopped, match="resume"):
        await OutpatientVisit(here.mi, "R1").settle()
    assert [len(await here.done(code)) for code in ("2207", "2208")] == [1, 1]
    assert (await visit.resume()).stage == "charged"


async def test_a_settlement_taken_back_outside_the_flow_is_not_settled_again(here: Ward) -> None:
    visit = await settled(here)
    content = visit._content
    await here.desk.call("2208", {"data": {
        "setl_id": content["settled"]["setl_id"], "mdtrt_id": content["mdtrt_id"], "psn_no": content["person"]["psn_no"],
    }})  # fmt: skip
    with pytest.raises(FlowStopped, match="refund"):
        await visit.settle()
    assert len(await here.done("2207")) == 1
    await visit.refund()
    assert len(await here.done("2208")) == 1
    assert (await visit.standing()).stage == "charged"


async def test_a_purchase_taken_back_is_not_bought_again(shop: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    sale = PharmacySale(shop.mi, "R1")
    await sale.quote(patient(1), [drug(1, "20.00")], acct_used_flag="1", begntime=NOON)
    await sale.settle()
    with monkeypatch.context() as patch:
        dies_after(patch, "refunded")
        with pytest.raises(Died):
            await sale.refund()
    with pytest.raises(FlowStopped, match="resume"):
        await PharmacySale(shop.mi, "R1").settle()
    assert [len(await shop.done(code)) for code in ("2102", "2103")] == [1, 1]


async def test_charge_does_not_run_over_a_settlement_of_a_partial_refund(
    here: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = await settled(here)
    plan = await visit.plan_refund(ROWS[:2])
    with monkeypatch.context() as patch:
        dies_after(patch, "settled")
        with pytest.raises(Died):
            await visit.refund_part(plan)
    assert len(await here.done("2207")) == 2
    for step in (visit.charge(ROWS[:1]), visit.abandon()):
        with pytest.raises(FlowStopped, match="resume"):
            await step
    standing = await visit.resume()
    assert (standing.stage, len(standing.setl_ids)) == ("settled", 1)
    assert (await visit.refund()).amounts.medfee_sumamt == Decimal("-660.50")


async def test_another_plan_than_the_one_under_way_is_refused(
    here: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = await settled(here)
    first, second = await visit.plan_refund(ROWS[:2]), await visit.plan_refund([ROWS[0], ROWS[2]])
    with monkeypatch.context() as patch:
        patch.setattr(AsyncClient, "_call", dying("2208"))
        with pytest.raises(Died):
            await visit.refund_part(first)
    with monkeypatch.context() as patch:
        dies_after(patch, "refunded")
        with pytest.raises(Died):
            await visit.refund_part(second)  # of the first nothing was done
    with pytest.raises(FlowStopped, match="另一部分退费"):
        await visit.refund_part(first)
    assert await visit.plan_refund([ROWS[0], ROWS[2]]) == second
    part = await visit.refund_part(second)
    assert part.given_back.medfee_sumamt == Decimal("40.50")
    assert [len(await here.done(code)) for code in ("2207", "2208")] == [2, 1]


async def test_a_partial_refund_is_planned_and_done_again_to_the_same_end(here: Ward) -> None:
    visit = await settled(here)
    part = await visit.refund_part(await visit.plan_refund(ROWS[:2]))
    again = await visit.refund_part(await visit.plan_refund(ROWS[:2]))  # as HTTP repeats it
    assert (again.settlement.setl_id, again.given_back) == (part.settlement.setl_id, part.given_back)
    assert [len(await here.done(code)) for code in ("2207", "2208")] == [2, 1]


async def test_nobody_settles_for_the_cashier_what_is_to_be_agreed_to(
    here: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = await settled(here)
    plan = await visit.plan_refund(ROWS[:2])
    with monkeypatch.context() as patch:
        patch.setattr(AsyncClient, "_call", dying("2206"))
        with pytest.raises(Died):
            await visit.refund_part(plan, agree=lambda *_: True)
    with pytest.raises(FlowStopped, match="agree"):
        await visit.resume()
    assert len(await here.done("2207")) == 1
    asked: list[Any] = []

    def agree(*told: Any) -> bool:
        asked.append(told)
        return True

    await visit.refund_part(await visit.plan_refund(ROWS[:2]), agree=agree)
    assert len(asked) == 1 and len(await here.done("2207")) == 2


async def test_what_is_to_stay_is_checked_before_anything_is_taken_back(here: Ward) -> None:
    visit = await settled(here)
    for keep in ([ROWS[1], ROWS[1]], [ROWS[0] | {"det_item_fee_sumamt": Decimal("619.999")}]):
        with pytest.raises(FlowStopped):
            await visit.refund_part(await visit.plan_refund(keep))
        assert not await here.done("2208")
        assert (await visit.standing()).stage == "settled"


async def test_rows_of_two_uploads_are_not_quoted(here: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bureau that does not compare the total itself: rows of another program came between."""
    visit = await charged(here)
    content = visit._content
    stray = fee(9, "5.00") | {
        "mdtrt_id": content["mdtrt_id"], "psn_no": content["person"]["psn_no"], "chrg_bchno": content["charge"]["chrg_bchno"],
    }  # fmt: skip
    await here.desk.call("2204", {"feedetail": [stray]})
    monkeypatch.setattr(settling, "check_total", lambda *_: None)
    with pytest.raises(FlowStopped, match=r"753\.50 .* 748\.50"):
        await visit.quote(acct_used_flag="1")
    assert "quote" not in visit._content


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bureau that calls it an error when there is nothing to withdraw."""

    def withdraw(books: Any, call: Any) -> Any:
        visit = call.data["mdtrt_id"] if isinstance(call.data, dict) else call.data[0]["mdtrt_id"]
        if books.one("SELECT 1 FROM fee WHERE mdtrt_id = ? AND setl_id IS NULL", visit) is None:
            raise BureauRefusal("没有可撤销的费用明细")
        return fees.withdraw(books, call)

    monkeypatch.setitem(bureau.DESKS, "2205", attrs.evolve(bureau.DESKS["2205"], answer=withdraw))


@pytest.mark.usefixtures("strict")
async def test_a_refused_upload_is_corrected_where_nothing_can_be_withdrawn(here: Ward) -> None:
    visit = OutpatientVisit(here.mi, "R1")
    await visit.open(patient(), med_type="11", begntime=NOON, **DEPARTMENT)
    await visit.diagnose([diagnosis()], dise_codg="I10", dise_name="高血压")
    with pytest.raises(FlowStopped, match="明细1的金额"):
        await visit.charge([fee(1, "60.00") | {"pric": Decimal("1.00")}])
    await visit.charge([fee(1, "60.00")])
    await visit.quote(acct_used_flag="1")


@pytest.mark.usefixtures("strict")
async def test_a_visit_whose_fees_are_withdrawn_is_abandoned(
    here: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = await charged(here)
    with monkeypatch.context() as patch:
        patch.setattr(AsyncClient, "_call", dying("2202"))
        patch.setattr(flow_module, "save", _no_note_of("charge"))
        with pytest.raises(Died):
            await visit.abandon()
    assert (await visit.resume()).stage == "abandoned"


def _no_note_of(name: str) -> Any:
    async def save(*arguments: Any) -> Any:
        if name in arguments[4]:
            raise Died(name)
        return await record_module.save(*arguments)

    return save


async def test_fees_that_cannot_be_withdrawn_any_more_can_be_settled(here: Ward) -> None:
    """A refused withdrawal is over: it does not keep a patient who has left from being settled."""
    stay = InpatientStay(here.mi, "ZY1")
    await stay.admit(patient(), [ward_diagnosis()], med_type="2101", begntime=NOON, **ADMISSION)
    await stay.charge("1", [bed_fee(1, "80.00")])
    await stay.discharge([ward_diagnosis()], endtime=NOON + dt.timedelta(days=2), **DISCHARGE)
    for name in ("1", None):
        with pytest.raises(FlowStopped, match="已办理出院"):
            await stay.withdraw(name)
    await stay.quote(acct_used_flag="0")
    assert (await stay.settle()).amounts.medfee_sumamt == Decimal("80.00")


async def test_what_was_sent_is_never_called_not_sent(here: Ward) -> None:
    """Status and exit code of a stopped flow: also when the last error only proves that nothing was sent *now*."""
    await here.mi.close()
    here.mi = await AsyncClient(known(here, LONG)).open()
    visit = await charged(here)
    await visit.quote(acct_used_flag="0")
    await here.hospital.fault("2207", "drop_before")
    visit.patience = 0.3  # the outcome is not found out meanwhile: the second call meets a busy visit
    with pytest.raises(FlowStopped) as first:
        await visit.settle()
    with pytest.raises(FlowStopped) as again:
        await visit.settle()
    assert isinstance(again.value.__cause__, VisitBusy)
    await here.mi.close()
    url = attrs.evolve(here.config.institutions[here.institution].gateway, url="http://127.0.0.1:9")
    one = attrs.evolve(here.config.institutions[here.institution], gateway=url)
    here.mi = await AsyncClient(attrs.evolve(here.config, institutions={here.institution: one})).open()
    for stopped in (first, again):
        assert (status_of(stopped.value), exit_code(stopped.value)) == (504, 6)
    new = OutpatientVisit(here.mi, "NEW")
    with pytest.raises(FlowStopped) as unreachable:
        await new.open(patient(), med_type="11", begntime=NOON, **DEPARTMENT)
    assert (status_of(unreachable.value), exit_code(unreachable.value)) == (503, 5)


async def test_a_settlement_that_cannot_be_noted_is_in_doubt(
    here: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = await charged(here)
    await visit.quote(acct_used_flag="0")

    async def full(*arguments: Any) -> Any:
        if arguments[4].get("settled"):
            raise StoreError("磁盘已满", "the disk is full")
        return await record_module.save(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(flow_module, "save", full)
        with pytest.raises(FlowStopped) as stopped:
            await visit.settle()
    assert len(await here.done("2207")) == 1
    assert (status_of(stopped.value), exit_code(stopped.value)) == (504, 6)
    assert (await visit.resume()).stage == "settled"


async def test_another_filing_than_the_one_under_way_is_refused(
    here: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    filing = Registration(here.mi, "B1")
    with monkeypatch.context() as patch:
        patch.setattr(AsyncClient, "_call", dying("2501"))
        with pytest.raises(Died):
            await filing.file("transfer", patient(), **TRANSFER)
    for what, who in (("chronic", patient()), ("transfer", patient(1))):
        with pytest.raises(FlowStopped, match="另一份备案"):
            await filing.file(what, who, **(CHRONIC if what == "chronic" else TRANSFER))
    assert (await filing.resume()).stage == "filed"
    assert not await here.done("2503")
