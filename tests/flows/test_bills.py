"""Several bills of one visit: each is uploaded, quoted, settled and refunded for itself, and none touches another's rows."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mi_core import AsyncClient, Client
from mi_core.flows import FlowStopped, OutpatientVisit
from mi_core.flows.blocking import OutpatientVisit as BlockingVisit
from mi_core.flows.outpatient import OutpatientBill
from mi_plugins.sandbox.rulebook import Rulebook
from tests.flows.crashing import Fate, Play
from tests.flows.kit import DEPARTMENT, NOON, diagnosis, fee, patient
from tests.flows.test_crashes import books, bureau
from tests.recovery.kit import HOSPITAL, Ward

DRUGS = [fee(1, "37.20", count="2"), fee(2, "40.50", item="SBX-B-0001")]
TESTS = [
    fee(11, "620.00", item="SBX-B-0002"),
    fee(12, "88.00", item="SBX-C-0001"),
    fee(13, "-20.00", item="SBX-B-0002", count="-1"),
]
ZERO = Decimal("0.00")


async def visited(mi: AsyncClient, key: str = "MZB") -> OutpatientVisit:
    visit = OutpatientVisit(mi, key, patience=20)
    await visit.open(patient(), med_type="11", begntime=NOON, **DEPARTMENT)
    await visit.diagnose([diagnosis()], dise_codg="I10", dise_name="高血压")
    return visit


async def paid(bill: Any, rows: list[dict[str, Any]]) -> Any:
    await bill.charge(rows)
    await bill.quote(acct_used_flag="1")
    return await bill.settle()


async def test_pharmacy_and_laboratory_are_paid_and_given_back_each_for_itself(here: Ward) -> None:
    visit = await visited(here.mi)
    drugs, tests = visit.bill("YF1"), visit.bill("JY1")
    await drugs.charge(DRUGS)
    await tests.charge(TESTS)  # both are open at the same time
    quotes = [await drugs.quote(acct_used_flag="1"), await tests.quote(acct_used_flag="1")]
    assert [one.amounts.medfee_sumamt for one in quotes] == [Decimal("77.70"), Decimal("688.00")]
    first, second = await tests.settle(), await drugs.settle()
    assert first.setl_id != second.setl_id
    assert [(await one.standing()).stage for one in (visit, drugs, tests)] == [
        "registered",
        "settled",
        "settled",
    ]
    assert "YF1、JY1" in (await visit.standing()).zh
    part = await tests.refund_part(await tests.plan_refund(TESTS[:1]))
    assert part.given_back.medfee_sumamt == Decimal("68.00")
    assert (await drugs.settle()).setl_id == second.setl_id, "it stood all the time"
    assert (await drugs.refund()).amounts.medfee_sumamt == Decimal("-77.70")
    assert (await tests.settle()).setl_id == part.settlement.setl_id
    more = await paid(visit.bill("YF2"), [fee(21, "10.00")])
    live = [
        row
        for row in (await here.hospital.ledger())["settlements"]
        if row["kind"] == "settlement" and row["state"] == "settled"
    ]
    assert {row["setl_id"] for row in live} == {part.settlement.setl_id, more.setl_id}
    cents = sum(row["total"] for row in live)
    parts = sum(row["fund"] + row["account"] + row["cash"] + row["hospital"] for row in live)
    assert cents == parts == 63000
    assert [len(await here.done(code)) for code in ("2201", "2207", "2208")] == [1, 4, 2]


async def test_a_clean_up_takes_only_its_own_rows(here: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    cleared: list[str] = []
    call = AsyncClient._call

    async def seen(mi: AsyncClient, request: Any, options: Any) -> Any:
        if request.__interface__.code == "2205":
            cleared.append(request.to_dict()["data"]["chrg_bchno"])
        return await call(mi, request, options)

    monkeypatch.setattr(AsyncClient, "_call", seen)
    visit = await visited(here.mi)
    await visit.charge(DRUGS)
    tests = visit.bill("JY1")
    await tests.charge(TESTS[:1])
    await tests.charge(TESTS)  # other rows: 2205 of JY1
    await visit.charge(
        [fee(3, "50.00")]
    )  # other rows: 2205 of the visit's own batch, "0000" would take JY1's too
    assert cleared == ["0000", "JY1", "JY1", "MZB"]
    assert (await tests.quote(acct_used_flag="0")).amounts.medfee_sumamt == Decimal("688.00")
    assert (await visit.quote(acct_used_flag="0")).amounts.medfee_sumamt == Decimal("50.00")
    assert (await visit.settle()).amounts.medfee_sumamt == Decimal("50.00")
    assert (await tests.settle()).amounts.medfee_sumamt == Decimal("688.00")


async def test_two_tills_at_once(here: Ward) -> None:
    """Each has a client and a process' worth of memory of its own; the bureau sees one changing call of the visit at a time."""
    await visited(here.mi)
    other = await AsyncClient(here.config).open()
    try:
        tills = [
            OutpatientVisit(mi, "MZB", patience=30).bill(name)
            for mi, name in ((here.mi, "YF1"), (other, "JY1"))
        ]
        drugs, tests = await asyncio.gather(_insisting(tills[0], DRUGS), _insisting(tills[1], TESTS))
    finally:
        await other.close()
    assert (drugs.amounts.medfee_sumamt, tests.amounts.medfee_sumamt) == (Decimal("77.70"), Decimal("688.00"))
    assert len(await here.done("2207")) == 2
    assert sorted((await OutpatientVisit(here.mi, "MZB")._load())._content["bills"]) == ["JY1", "YF1"]


async def _insisting(bill: OutpatientBill, rows: list[dict[str, Any]]) -> Any:
    """A cashier who presses the button again when the visit is busy."""
    while True:
        try:
            return await paid(bill, rows)
        except FlowStopped as stopped:
            assert stopped.operation_id, stopped  # the other till's call is named; anything else is an error
            if (await bill.resume()).stage == "settled":
                return await bill.settle()


async def test_a_visit_is_not_abandoned_while_a_bill_of_it_is_settled(here: Ward) -> None:
    visit = await visited(here.mi)
    drugs, tests = visit.bill("YF1"), visit.bill("JY1")
    await paid(drugs, DRUGS)
    await tests.charge(TESTS)
    assert ((await tests.standing()).undo_step, (await drugs.standing()).undo_step) == ("withdraw", "refund")
    with pytest.raises(FlowStopped, match="YF1 已结算"):
        await visit.abandon()
    await tests.withdraw()
    await tests.withdraw()
    assert (await tests.standing()).stage == "registered"
    with pytest.raises(FlowStopped, match="已结算"):
        await drugs.withdraw()
    await drugs.refund()
    await visit.abandon()
    assert [len(await here.done(code)) for code in ("2202", "2207", "2208")] == [1, 1, 1]
    for step in (drugs.charge(DRUGS), drugs.settle(), visit.bill("NEW").charge(DRUGS)):
        with pytest.raises(FlowStopped, match="撤销"):
            await step
    await visit.open(
        patient(), med_type="11", begntime=NOON, **DEPARTMENT
    )  # a new registration under the same number
    assert (await drugs.standing()).stage == "registered", "nothing of the first one is left"
    await visit.diagnose([diagnosis()], dise_codg="I10", dise_name="高血压")
    assert (await paid(drugs, DRUGS[:1])).amounts.medfee_sumamt == Decimal("37.20")


async def test_a_bill_that_begins_while_the_visit_is_given_up_backs_out(here: Ward) -> None:
    """The bill has read the visit's record, then the visit is abandoned, then the bill goes on."""
    visit = await visited(here.mi)
    bill = visit.bill("YF1")
    await bill.charge(DRUGS)
    await bill.quote(acct_used_flag="0")
    seen: list[str] = []
    note = OutpatientBill._note

    async def late(one: OutpatientBill, step: str, **changes: Any) -> None:
        if step == "settle" and not seen:
            seen.append(step)
            await visit._load()
            await OutpatientVisit._note(visit, "abandon", doing={"step": "abandon"})
        await note(one, step, **changes)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OutpatientBill, "_note", late)
        with pytest.raises(FlowStopped, match="正在撤销"):
            await bill.settle()
    assert not await here.done("2207")
    assert (await visit.resume()).stage == "abandoned"


@pytest.mark.parametrize("name", ["", "0000", "x" * 31])
async def test_numbers_that_are_no_bills(name: str, here: Ward) -> None:
    with pytest.raises(ValueError, match="chrg_bchno"):
        OutpatientVisit(here.mi, "MZB").bill(name)


async def test_one_number_is_one_bill(here: Ward) -> None:
    visit = await visited(here.mi)
    await visit.charge(DRUGS, chrg_bchno="B1")
    with pytest.raises(FlowStopped, match="自身的账单"):
        await visit.bill("B1").charge(TESTS)
    await visit.bill("B2").charge(TESTS)
    with pytest.raises(FlowStopped, match="另一账单"):
        await visit.charge(DRUGS, chrg_bchno="B2")
    with pytest.raises(FlowStopped, match="B2"):
        await visit.bill("B2").charge(TESTS, chrg_bchno="B3")


async def both_paid(mi: AsyncClient) -> Any:
    """A visit with its own bill and another; one of them partly given back."""
    visit = OutpatientVisit(mi, "MZB", patience=20)
    tests = visit.bill("JY1")
    await visit.resume()
    await visit.open(patient(), med_type="11", begntime=NOON, **DEPARTMENT)
    await visit.diagnose([diagnosis()], dise_codg="I10", dise_name="高血压")
    for bill, rows in ((visit, DRUGS), (tests, TESTS)):
        if (await bill.resume()).stage != "settled":
            await bill.charge(rows)
            await bill.quote(acct_used_flag="1")
        await bill.settle()
    found = await tests.settle()
    if found.amounts.medfee_sumamt != Decimal("620.00"):
        found = (await tests.refund_part(await tests.plan_refund(TESTS[:1]))).settlement
    return (await visit.settle()).amounts.medfee_sumamt, found.amounts.medfee_sumamt


@pytest.mark.parametrize("how", ["note after", "after"])
async def test_dying_at_every_moment(
    how: str, rulebook: Rulebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bureau(rulebook, tmp_path / "calm", HOSPITAL) as here:
        result, calls, notes = await Play(here, monkeypatch).uncrashed(both_paid)
        calm = await books(here)
    assert result == (Decimal("77.70"), Decimal("620.00"))
    assert calm["executed"] == {"2201": 1, "2207": 3, "2208": 1}
    at_notes, never = how.startswith("note"), Fate(-1, "")
    for number in range(1, (notes if at_notes else calls) + 1):
        fate = Fate(number, how.removeprefix("note "))
        async with bureau(rulebook, tmp_path / f"{number}", HOSPITAL) as here:
            play = Play(here, monkeypatch)
            found = await play.crashed(both_paid, never if at_notes else fate, fate if at_notes else never)
            where = f"{how} {number} of {fate.seen}; {play.deaths}"
            assert (found, await books(here)) == (result, calm), where


async def test_without_asyncio(here: Ward) -> None:
    def work() -> list[Decimal | None]:
        with Client(here.config) as mi:
            visit = BlockingVisit(mi, "MZB", patience=5)
            visit.open(patient(), med_type="11", begntime=NOON, **DEPARTMENT)
            visit.diagnose([diagnosis()], dise_codg="I10", dise_name="高血压")
            found = []
            for name, rows in (("YF1", DRUGS), ("JY1", TESTS)):
                bill = visit.bill(name)
                bill.charge(rows)
                bill.quote(acct_used_flag="0")
                found.append(bill.settle().amounts.medfee_sumamt)
            return found

    assert await asyncio.to_thread(work) == [Decimal("77.70"), Decimal("688.00")]
