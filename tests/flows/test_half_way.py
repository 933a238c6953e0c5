"""A partial refund that stops between its 2208 and its 2207: what stands is told to the cent, and both ways on lead to an end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi_core import AsyncClient
from mi_core.flows import Amounts, FlowStopped, OutpatientVisit, PartRefund, Quote
from mi_plugins.sandbox.message import Message
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.rulebook import Rulebook
from tests.flows.crashing import Died, Fate, Play
from tests.flows.kit import DEPARTMENT, NOON, diagnosis, fee, patient
from tests.flows.test_crashes import books, bureau
from tests.flows.test_reviewed_money import dying
from tests.recovery.kit import HOSPITAL, LONG, OVER, Ward, known, ward

ROWS = [
    fee(1, "620.00", item="SBX-B-0002"),
    fee(2, "40.50", item="SBX-B-0001"),
    fee(3, "88.00", item="SBX-C-0001"),
]
KEEP = ROWS[:1]
NAMES = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "psn_cash_pay")
ROOT = Path(__file__).resolve().parents[2]


def no(_quote: Quote, _before: Amounts) -> bool:
    return False


def yes(_quote: Quote, _before: Amounts) -> bool:
    return True


async def settled(mi: AsyncClient, key: str = "HW1", number: int = 0) -> OutpatientVisit:
    visit = OutpatientVisit(mi, key, patience=20)
    await visit.open(patient(number), med_type="11", begntime=NOON, **DEPARTMENT)
    await visit.diagnose([diagnosis()], dise_codg="I10", dise_name="高血压")
    await visit.charge(ROWS)
    await visit.quote(acct_used_flag="1")
    await visit.settle()
    return visit


async def half_way(here: Ward) -> tuple[OutpatientVisit, PartRefund, FlowStopped]:
    """Taken back, what stays is uploaded and quoted, and the patient says no."""
    visit = await settled(here.mi)
    plan = await visit.plan_refund(KEEP)
    with pytest.raises(FlowStopped, match="未获同意") as stopped:
        await visit.refund_part(plan, agree=no)
    return visit, plan, stopped.value


def split(amounts: Any) -> list[Decimal | None]:
    return [getattr(amounts, name) for name in NAMES]


async def live(here: Ward) -> list[int]:
    """Totals of what stands at the bureau, in fen."""
    ledger = (await here.hospital.ledger())["settlements"]
    return [one["total"] for one in ledger if one["kind"] == "settlement" and one["state"] == "settled"]


async def test_what_stands_and_what_is_to_be_paid_back_is_told(here: Ward) -> None:
    visit, plan, stopped = await half_way(here)
    before, quote = plan.before, Amounts.of(visit._content["quote"]["amounts"])
    standing = stopped.standing
    assert standing.pay_back is not None and split(standing.pay_back) == split(before - quote)
    assert standing.pay_back.medfee_sumamt == Decimal("128.50") == plan.difference
    assert (standing.stage, stopped.continue_with, stopped.undo_with) == ("quoted", "settle", "restore")
    for lang in ("zh", "en"):
        told = stopped.message(lang)
        for amount in (
            *split(before),
            *split(quote),
            standing.pay_back.psn_cash_pay,
            standing.pay_back.acct_pay,
        ):
            assert str(amount) in told, (amount, told)
    assert plan.setl_id in stopped.message("zh") and "restore()" in stopped.message("zh")
    assert await live(here) == []
    assert split((await visit.refund()).amounts)[0] == Decimal("-748.50"), (
        "what was given back can be asked for again"
    )


async def test_agreed_after_all(here: Ward) -> None:
    visit, plan, _ = await half_way(here)
    settlement = await visit.settle()
    assert await live(here) == [62000]
    done = await visit.refund_part(plan, agree=no)  # it is done: nobody is asked
    assert done.settlement.setl_id == settlement.setl_id
    assert split(done.given_back) == split(plan.before - settlement.amounts)
    standing = await visit.standing()
    assert (standing.stage, standing.pay_back) == ("settled", None)
    with pytest.raises(FlowStopped, match="没有中途停下"):
        await visit.restore()


async def test_asked_once_more_with_the_same_plan(here: Ward) -> None:
    visit, plan, _ = await half_way(here)
    with pytest.raises(FlowStopped, match="未获同意"):
        await visit.refund_part(await visit.plan_refund(KEEP), agree=no)
    other = attrs.evolve(plan, keep=plan.keep + plan.keep)
    with pytest.raises(FlowStopped, match="重新 plan_refund"):
        await visit.refund_part(other, agree=yes)
    part = await visit.refund_part(plan, agree=yes)
    assert part.settlement.amounts.medfee_sumamt == Decimal("620.00") and await live(here) == [62000]
    assert [len(await here.done(code)) for code in ("2207", "2208")] == [2, 1]


async def test_restored_as_it_was(here: Ward) -> None:
    visit, plan, _ = await half_way(here)
    back = await visit.restore()
    assert split(back.amounts) == split(plan.before) and await live(here) == [74850]
    assert (await visit.restore()).setl_id == back.setl_id
    standing = await visit.standing()
    assert (standing.stage, standing.pay_back, standing.setl_ids) == ("settled", None, (back.setl_id,))
    part = await visit.refund_part(await visit.plan_refund(ROWS[:2]))
    assert part.given_back.medfee_sumamt == Decimal("88.00")
    with pytest.raises(FlowStopped, match="没有中途停下"):
        await visit.restore()
    assert [len(await here.done(code)) for code in ("2207", "2208")] == [3, 2]


async def test_a_restored_quote_that_differs_is_asked_about(here: Ward) -> None:
    visit, plan, _ = await half_way(here)
    await settled(here.mi, "HW2")  # meanwhile the account and the deductible were used
    with pytest.raises(FlowStopped, match="未获同意") as stopped:
        await visit.restore()
    assert stopped.value.standing.pay_back is not None and len(await live(here)) == 1
    asked: list[Amounts] = []

    def look(_quote: Quote, before: Amounts) -> bool:
        asked.append(before)
        return True

    back = await visit.restore(agree=look)
    assert asked == [plan.before] and back.amounts.medfee_sumamt == Decimal("748.50")
    assert await live(here) == [74850, 74850]


async def test_rows_that_are_refused_after_the_reversal(here: Ward) -> None:
    visit = await settled(here.mi)
    plan = await visit.plan_refund([fee(1, "619.00", item="SBX-B-0002") | {"pric": Decimal("1.00")}])
    with pytest.raises(FlowStopped, match="金额与数量") as stopped:
        await visit.refund_part(plan)
    standing = stopped.value.standing
    assert standing.pay_back is not None and split(standing.pay_back) == split(plan.before)
    assert "应退患者" in stopped.value.message("zh") and standing.undo_step == "restore"
    assert split((await visit.restore()).amounts) == split(plan.before)


async def test_a_settlement_that_is_refused(here: Ward) -> None:
    text = "业务处理异常，请稍后核实（流水沙箱）"
    await here.mi.close()
    one = attrs.evolve(here.config.institutions[here.institution], refusals=(text,))
    here.mi = await AsyncClient(attrs.evolve(here.config, institutions={here.institution: one})).open()
    visit = await settled(here.mi)
    plan = await visit.plan_refund(KEEP)
    await here.hospital.fault("2207", "unlisted_refusal")
    with pytest.raises(FlowStopped) as stopped:
        await visit.refund_part(plan, agree=yes)
    standing = stopped.value.standing
    assert (
        not stopped.value.in_doubt and standing.undo_step == "restore" and standing.next_step == "refund_part"
    )
    assert standing.pay_back is not None and split(standing.pay_back) == split(plan.before)
    part = await visit.refund_part(plan, agree=yes)
    assert part.given_back.medfee_sumamt == plan.difference and await live(here) == [62000]


async def test_a_settlement_whose_answer_is_lost_is_only_resumed(here: Ward) -> None:
    await here.mi.close()
    here.mi = await AsyncClient(known(here, LONG)).open()
    visit = await settled(here.mi)
    visit.patience = 0
    plan = await visit.plan_refund(KEEP)
    await here.hospital.fault("2207", "drop_after")
    with pytest.raises(FlowStopped) as stopped:
        await visit.refund_part(plan, agree=yes)
    assert stopped.value.in_doubt and (stopped.value.continue_with, stopped.value.undo_with) == ("resume", "")
    assert stopped.value.standing.pay_back is not None
    for step in (visit.restore(), visit.charge(ROWS), visit.settle(), visit.abandon()):
        with pytest.raises(FlowStopped, match="resume"):
            await step
    visit.patience = 20
    assert (await visit.resume()).setl_ids == ((await visit.settle()).setl_id,)
    assert await live(here) == [62000] and len(await here.done("2207")) == 2


async def test_what_was_agreed_to_is_what_is_settled(here: Ward) -> None:
    """The first 2207 was proven not executed; the new quote divides otherwise: that one needs a new yes."""
    await here.mi.close()
    here.mi = await AsyncClient(known(here, attrs.evolve(OVER, acceptance=0.3))).open()
    visit = await settled(here.mi)
    plan = await visit.plan_refund(KEEP)
    visit.patience = 0
    await here.hospital.fault("2207", "drop_before")
    with pytest.raises(FlowStopped):
        await visit.refund_part(plan, agree=yes)
    await settled(here.mi, "HW2")  # uses the account and the deductible
    visit.patience = 20
    with pytest.raises(FlowStopped, match="须重新同意"):
        await visit.resume()
    assert await live(here) == [74850]
    with pytest.raises(FlowStopped, match="agree"):
        await visit.resume()
    seen: list[Quote] = []

    def look(quote: Quote, _before: Amounts) -> bool:
        seen.append(quote)
        return True

    part = await visit.refund_part(plan, agree=look)
    assert split(part.settlement.amounts) == split(seen[0].amounts) and sorted(await live(here)) == [
        62000,
        74850,
    ]


async def test_given_up_altogether(here: Ward) -> None:
    visit, _, _ = await half_way(here)
    await visit.abandon()
    assert await live(here) == [] and len(await here.done("2202")) == 1


async def test_dying_where_the_new_quote_is_to_be_agreed_to(
    here: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = await settled(here.mi)
    plan = await visit.plan_refund(KEEP)
    for code in ("2205", "2204", "2206"):
        with monkeypatch.context() as patch:
            patch.setattr(AsyncClient, "_call", dying(code))
            with pytest.raises(Died):
                await visit.refund_part(plan, agree=yes)
        with pytest.raises(FlowStopped, match="agree") as stopped:
            await visit.resume()
        standing = stopped.value.standing
        assert (standing.next_step, standing.undo_step) == ("refund_part", "restore")
        assert standing.pay_back is not None and split(standing.pay_back) == split(plan.before)
    assert split((await visit.restore()).amounts) == split(plan.before)
    assert [len(await here.done(code)) for code in ("2207", "2208")] == [2, 1]


async def restored(mi: AsyncClient) -> Any:
    """Settled, partly refunded up to the no, restored."""
    visit = OutpatientVisit(mi, "HW1", patience=20)
    standing = await visit.resume()
    if standing.stage == "settled" and visit._content.get("restored"):
        return split((await visit.settle()).amounts)
    await visit.open(patient(), med_type="11", begntime=NOON, **DEPARTMENT)
    await visit.diagnose([diagnosis()], dise_codg="I10", dise_name="高血压")
    if not visit._content.get("parting"):
        if standing.stage != "settled":
            await visit.charge(ROWS)
            await visit.quote(acct_used_flag="1")
        await visit.settle()
        try:
            await visit.refund_part(await visit.plan_refund(KEEP), agree=no)
        except FlowStopped as stopped:
            if "未获同意" not in str(stopped):
                raise
    return split((await visit.restore()).amounts)


async def careful(mi: AsyncClient) -> Any:
    """The same, but a program that meets the question again answers it by going back."""
    try:
        return await restored(mi)
    except FlowStopped as stopped:
        if stopped.undo_with != "restore":
            raise
        return split((await OutpatientVisit(mi, "HW1", patience=20).restore()).amounts)


@pytest.mark.parametrize("how", ["note after", "after"])
async def test_dying_at_every_moment_on_the_way_back(
    how: str, rulebook: Rulebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bureau(rulebook, tmp_path / "calm", HOSPITAL) as here:
        result, calls, notes = await Play(here, monkeypatch).uncrashed(careful)
        calm = await books(here)
    assert result[0] == Decimal("748.50") and calm["executed"] == {"2201": 1, "2207": 2, "2208": 1}
    at_notes, never = how.startswith("note"), Fate(-1, "")
    for number in range(1, (notes if at_notes else calls) + 1):
        fate = Fate(number, how.removeprefix("note "))
        async with bureau(rulebook, tmp_path / f"{number}", HOSPITAL) as here:
            play = Play(here, monkeypatch)
            found = await play.crashed(careful, never if at_notes else fate, fate if at_notes else never)
            where = f"{how} {number} of {fate.seen}; {play.deaths}"
            assert (found, await books(here)) == (result, calm), where


PROGRAM = """
import asyncio, sys
from mi_core import AsyncClient
from tests.flows.test_half_way import KEEP, settled, yes

async def main():
    async with AsyncClient.from_config(sys.argv[1]) as mi:
        visit = await settled(mi)
        await visit.refund_part(await visit.plan_refund(KEEP), agree=yes)

asyncio.run(main())
"""


@pytest.mark.parametrize("way", ["restore", "refund_part"])
@pytest.mark.parametrize("infno", ["2208", "2205", "2204", "2206", "2207"])
async def test_killed_between_reversal_and_settlement(
    infno: str, way: str, rulebook: Rulebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process: asyncio.subprocess.Process | None = None
    answer, reversed_ = Office.answer, False

    def kill_then_answer(office: Office, message: Message, lag: float = 0.0) -> object:
        """The bureau executes what the program did not live to hear of; only after the reversal."""
        nonlocal process, reversed_
        reply = answer(office, message, lag)
        reversed_ = reversed_ or message.infno == "2208"
        if message.infno == infno and reversed_ and process is not None:
            os.kill(process.pid, signal.SIGKILL)
            process = None
        return reply

    async with ward(rulebook, tmp_path) as here:
        await here.mi.close()
        monkeypatch.setattr(Office, "answer", kill_then_answer)
        process = victim = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, str(tmp_path / "mi.toml"), cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "codegen")))},
        )  # fmt: skip
        assert await asyncio.wait_for(victim.wait(), 120) == -signal.SIGKILL
        here.mi = await AsyncClient(known(here, LONG)).open()
        visit = OutpatientVisit(here.mi, "HW1", patience=20)
        if infno == "2207":
            assert (await visit.resume()).stage == "settled"  # it had been agreed to and sent
            assert await live(here) == [62000]
        else:
            with pytest.raises(FlowStopped, match="agree") as stopped:
                await visit.resume()
            assert stopped.value.standing.pay_back is not None and await live(here) == []
            if way == "restore":
                await visit.restore()
            else:
                await visit.refund_part(await visit.plan_refund(KEEP), agree=yes)
            assert await live(here) == [74850 if way == "restore" else 62000]
        assert [len(await here.done(code)) for code in ("2207", "2208")] == [2, 1]
        assert not here.mi.journal.read.verify().bad
