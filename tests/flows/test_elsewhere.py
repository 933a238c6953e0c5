"""A settlement that another system, or the bureau's desk, has taken back: the flow finds out, sends no second reversal, and goes on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi_core import AsyncClient
from mi_core.flows import FlowStopped, InpatientStay, OutpatientVisit, PharmacySale
from mi_plugins.sandbox.rulebook import Rulebook
from tests.flows.crashing import Died, Fate, Play
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
)
from tests.flows.regional import REGIONS, abroad
from tests.flows.test_crashes import books, bureau
from tests.flows.test_reviewed_money import dying
from tests.recovery.kit import HOSPITAL, LONG, PHARMACY, Ward, known

ROWS = [fee(1, "620.00", item="SBX-B-0002"), fee(2, "40.50", item="SBX-B-0001")]
SEEN, GONE = "settled", "taken_back_elsewhere"


async def visited(mi: AsyncClient, key: str = "E1") -> OutpatientVisit:
    visit = OutpatientVisit(mi, key, patience=20)
    await visit.open(patient(), med_type="11", begntime=NOON, **DEPARTMENT)
    await visit.diagnose([diagnosis()], dise_codg="I10", dise_name="高血压")
    await visit.charge(ROWS)
    await visit.quote(acct_used_flag="1")
    await visit.settle()
    return visit


async def stayed(mi: AsyncClient) -> InpatientStay:
    stay = InpatientStay(mi, "EZ1", patience=20)
    await stay.admit(patient(), [ward_diagnosis()], med_type="2101", begntime=NOON, **ADMISSION)
    await stay.charge("1", [bed_fee(1, "620.00", item="SBX-B-0002"), bed_fee(2, "800.00")])
    await stay.discharge([ward_diagnosis()], endtime=NOON + dt.timedelta(days=2), **DISCHARGE)
    await stay.quote(acct_used_flag="1")
    await stay.settle()
    return stay


async def bought(mi: AsyncClient) -> PharmacySale:
    sale = PharmacySale(mi, "ER1", patience=20)
    await sale.quote(patient(1), [drug(1, "20.00")], acct_used_flag="1", begntime=NOON)
    await sale.settle()
    return sale


async def again_visited(visit: Any) -> Any:
    await visit.charge(ROWS)
    await visit.quote(acct_used_flag="1")
    return await visit.settle()


async def again_stayed(stay: Any) -> Any:
    await stay.charge("1", [bed_fee(1, "620.00", item="SBX-B-0002"), bed_fee(2, "800.00")])
    await stay.quote(acct_used_flag="1")
    return await stay.settle()


async def again_bought(sale: Any) -> Any:
    await sale.quote(patient(1), [drug(1, "20.00")], acct_used_flag="1", begntime=NOON)
    return await sale.settle()


async def by_another_system(here: Ward, code: str, flow: Any, node: str = "data") -> str:
    """The same institution's other program, which knows nothing of our journal."""
    settled = flow._content["settled"]
    content = {
        "setl_id": settled["setl_id"], "psn_no": flow._content["person"]["psn_no"],
        "mdtrt_id": flow._content.get("mdtrt_id") or settled["mdtrt_id"],
    }  # fmt: skip
    await here.hospital.call(code, {node: content})
    return str(settled["setl_id"])


Made = Callable[[AsyncClient], Awaitable[Any]]
BUSINESSES: dict[str, tuple[str, str, str, Made, Made]] = {
    "a visit": (HOSPITAL, "2207", "2208", visited, again_visited),
    "a stay": (HOSPITAL, "2304", "2305", stayed, again_stayed),
    "a purchase": (PHARMACY, "2102", "2103", bought, again_bought),
}


@pytest.mark.parametrize("what", BUSINESSES)
async def test_no_second_reversal_and_the_business_goes_on(
    what: str, rulebook: Rulebook, tmp_path: Path
) -> None:
    institution, settles, cancels, made, again = BUSINESSES[what]
    async with bureau(rulebook, tmp_path / "here", institution) as here:
        flow = await made(here.mi)
        first = await flow.settle()
        setl_id = await by_another_system(here, cancels, flow)
        for _ in range(2):
            with pytest.raises(FlowStopped, match="没有再次发送撤销") as stopped:
                await flow.refund(setl_id)
            assert str(first.amounts.medfee_sumamt) in str(stopped.value)
            assert (stopped.value.standing.stage, stopped.value.continue_with) == (GONE, "take_over")
            assert stopped.value.standing.setl_ids == ()
        assert len(await here.done(cancels)) == 1, "the other system's"
        with pytest.raises(FlowStopped, match="take_over"):
            await flow.settle()
        taken = await flow.take_over()
        assert taken.stage not in (SEEN, GONE) and (await flow.take_over()) == taken
        with pytest.raises(FlowStopped, match="没有可退的金额"):
            await flow.refund(setl_id)
        second = await again(flow)
        assert second.setl_id != setl_id and second.amounts.medfee_sumamt == first.amounts.medfee_sumamt
        assert (await flow.refund(second.setl_id)).amounts.medfee_sumamt == -(
            first.amounts.medfee_sumamt or 0
        )
        assert [len(await here.done(code)) for code in (settles, cancels)] == [2, 2]
        assert not here.mi.journal.read.verify().bad


@pytest.mark.parametrize("what", BUSINESSES)
async def test_every_resume_finds_out(what: str, rulebook: Rulebook, tmp_path: Path) -> None:
    institution, _, cancels, made, _ = BUSINESSES[what]
    async with bureau(rulebook, tmp_path / "here", institution) as here:
        flow = await made(here.mi)
        standing = await flow.resume()
        assert (standing.stage.startswith(SEEN), standing.asked) == (
            True,
            True,
        ) and "核实" in standing.message("zh")
        with pytest.raises(FlowStopped, match="无须登记"):
            await flow.take_over()
        await by_another_system(here, cancels, flow)
        assert (await flow.standing()).stage != GONE, "as recorded"
        found = await flow.resume()
        assert (found.stage, found.next_step, found.setl_ids, found.asked) == (GONE, "take_over", (), True)
        assert "5203" in found.message("zh") and "not through this flow" in found.message("en")
        await here.restart()
        assert (await type(flow)(here.mi, flow.key).standing()).stage == GONE, "it is written down"
        assert len(await here.done(cancels)) == 1


async def test_without_an_answer_the_record_is_told(here: Ward) -> None:
    await visited(here.mi)
    await here.mi.close()
    one = here.config.institutions[here.institution]
    away = attrs.evolve(one, gateway=attrs.evolve(one.gateway, url="http://127.0.0.1:9"))
    here.mi = await AsyncClient(attrs.evolve(here.config, institutions={here.institution: away})).open()
    visit = OutpatientVisit(here.mi, "E1")
    standing = await visit.resume()
    assert (standing.stage, standing.asked) == (SEEN, False)
    for step in (visit.refund(), visit.take_over()):
        with pytest.raises(FlowStopped) as stopped:
            await step
        assert not stopped.value.in_doubt and stopped.value.standing.stage == SEEN


async def test_a_partial_refund_finds_out_before_it_takes_anything_back(here: Ward) -> None:
    visit = await visited(here.mi)
    plan = await visit.plan_refund(ROWS[:1])
    await by_another_system(here, "2208", visit)
    with pytest.raises(FlowStopped, match="没有再次发送撤销"):
        await visit.refund_part(plan)
    assert (await visit.standing()).unfinished == "" and len(await here.done("2208")) == 1
    await visit.take_over()
    await visit.charge(ROWS[:1])
    await visit.quote(acct_used_flag="1")
    assert (await visit.settle()).amounts.medfee_sumamt == Decimal("620.00")


async def test_a_refund_that_had_begun_when_another_system_was_faster(
    here: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = await visited(here.mi)
    with monkeypatch.context() as patch:
        patch.setattr(AsyncClient, "_call", dying("2208"))
        with pytest.raises(Died):
            await visit.refund()
    await by_another_system(here, "2208", visit)
    assert (await visit.standing()).unfinished == "refund"
    with pytest.raises(FlowStopped, match="没有再次发送撤销"):
        await visit.resume()
    assert (await visit.resume()).stage == GONE and len(await here.done("2208")) == 1


async def test_a_reversal_of_ours_that_was_not_noted_is_no_stranger(here: Ward) -> None:
    """The journal knows it: its stored reply is given, the bureau need not be asked."""
    visit = await visited(here.mi)
    content = visit._content
    await here.desk.call("2208", {"data": {
        "setl_id": content["settled"]["setl_id"], "mdtrt_id": content["mdtrt_id"], "psn_no": content["person"]["psn_no"],
    }})  # fmt: skip
    assert (await visit.resume()).stage == GONE
    refund = await visit.refund()
    assert refund.amounts.medfee_sumamt == Decimal("-660.50") and len(await here.done("2208")) == 1
    assert (await visit.standing()).stage == "charged"


async def test_what_the_bureau_does_not_know_is_for_people(here: Ward) -> None:
    await here.mi.close()
    here.mi = await AsyncClient(known(here, LONG)).open()
    visit = await visited(here.mi)
    order = {"kind": "missing_there", "setl_id": visit._content["settled"]["setl_id"]}
    assert (await here.hospital.control("POST", "/disagreements", order))[0] == 200
    with pytest.raises(FlowStopped, match="查不到结算"):
        await visit.refund()
    with pytest.raises(FlowStopped, match="没有说明"):
        await visit.take_over()
    assert not await here.done("2208") and (await visit.resume()).stage == SEEN
    await here.hospital.control("DELETE", "/disagreements")
    await visit.refund()
    assert len(await here.done("2208")) == 1


async def test_the_two_latest_settlements_of_a_stay(here: Ward) -> None:
    stay = InpatientStay(here.mi, "EZ2", patience=20)
    await stay.admit(patient(), [ward_diagnosis()], med_type="2101", begntime=NOON, **ADMISSION)
    for number, amount in (("1", "300.00"), ("2", "200.00")):
        await stay.charge(number, [bed_fee(int(number), amount)])
        await stay.quote(acct_used_flag="0", mid=True)
        await stay.settle()
    both = stay._content["settlements"]
    for one in reversed(both):
        await here.hospital.call("2305", {"data": {
            "setl_id": one["setl_id"], "mdtrt_id": stay._content["mdtrt_id"], "psn_no": stay._content["person"]["psn_no"],
        }})  # fmt: skip
    for left in (1, 0):
        assert (await stay.resume()).stage == GONE
        with pytest.raises(FlowStopped, match="take_over"):
            await stay.charge("3", [bed_fee(3, "10.00")])  # nothing is settled on top of what does not stand
        assert len((await stay.take_over()).setl_ids) == left
    await stay.abandon()
    assert len(await here.done("2404")) == 1


@pytest.mark.parametrize("how", ["note after", "after", "drop_before"])
async def test_dying_at_every_moment_of_it(
    how: str, rulebook: Rulebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_notes, number = how.startswith("note"), 0
    while True:
        number += 1
        fate, never = Fate(number, how.removeprefix("note ")), Fate(-1, "")
        async with bureau(rulebook, tmp_path / f"{number}", HOSPITAL) as here:
            visit = await visited(here.mi)
            first = await by_another_system(here, "2208", visit)

            async def story(mi: AsyncClient, first: str = first) -> Any:
                one = OutpatientVisit(mi, "E1", patience=20)
                standing = await one.resume()
                while standing.stage == SEEN and standing.setl_ids == (first,):
                    standing = await one.resume()  # the answer was lost: the cashier asks again
                if standing.stage == GONE:
                    await one.take_over()
                settled = (await one.standing()).stage == SEEN
                return (await (one.settle() if settled else again_visited(one))).amounts.medfee_sumamt

            play = Play(here, monkeypatch)
            found = await play.crashed(story, never if at_notes else fate, fate if at_notes else never)
            assert found == Decimal("660.50"), (number, fate.seen, play.deaths)
            done = (await books(here))["executed"]
            assert (done["2207"], done["2208"]) == (2, 1), (number, fate.seen, play.deaths)
        if len(fate.seen) < number:
            break
    assert number > 4


async def test_guangzhou(tmp_path: Path) -> None:
    async with abroad("guangzhou", tmp_path) as here:
        visit = OutpatientVisit(here.mi, "GZE", patience=20)
        await visit.open(
            REGIONS["guangzhou"].patient(),
            med_type="11",
            begntime=NOON,
            atddr_no="D1",
            dr_name="医师",
            **DEPARTMENT,
        )
        await visit.diagnose([diagnosis(maindiag_flag="1")], dise_codg="I10", dise_name="高血压")
        await visit.charge([fee(1, "31.00", medins_list_name="药品") | {"hosp_appr_flag": "1"}])
        await visit.quote(acct_used_flag="1", mdtrt_mode="0")
        await visit.settle(mid_setl_flag="0")
        assert (await visit.resume()).asked
        sent = visit._cancel(visit._content["settled"]["setl_id"]).to_dict()
        await here.hospital.call("2208", sent)
        with pytest.raises(FlowStopped, match="没有再次发送撤销"):
            await visit.refund()
        assert (await visit.take_over()).stage == "charging"
