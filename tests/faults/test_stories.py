"""Days at a cash desk: refunds, corrections, second clicks and restarts, by the real client at the sandbox."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from mi_core.errors import BureauRefused, InvalidInput, OutcomeUnknown, VisitBusy
from mi_core.journal import AmountsDiffer, OperationState
from tests.faults import wire as w
from tests.faults.play import caught_up, invariants, told
from tests.faults.stage import Stage
from tests.sandbox.hospital import fee


async def lost(here: Stage) -> Any:
    """The settlement is executed and its answer dropped; its attempt."""
    here.line.faults["2207"] = w.done(w.drop)
    word, _ = await told(here)
    assert word.startswith("OutcomeUnknown")
    here.line.calm()
    return here.attempts()[-1]


class TestRefunds:
    async def test_a_partial_refund(self, here: Stage) -> None:
        """All is taken back, one drug is taken out, the rest of the same batch is settled again."""
        patient = here.patient
        await here.leave()
        await here.come_back()
        first = (await here.settle()).setlinfo
        await patient.refund(first.setl_id)
        await patient.call("2205", {"data": {
            "chrg_bchno": "B1", "mdtrt_id": patient.mdtrt_id, "psn_no": patient.person.psn_no,
        }})  # fmt: skip
        await patient.charge(fee(patient, 7, "35.00"))
        quoted = await patient.quote("35.00")
        here.bill = {"data": patient.settle_data(quoted["setlinfo"])}
        second = await here.settle()
        assert not second.meta.repeated and second.setlinfo.setl_id != first.setl_id
        assert second.setlinfo.medfee_sumamt == 35
        generations = [(one.generation, one.operation_state) for one in here.attempts()]
        assert generations == [(1, OperationState.DONE), (2, OperationState.DONE)]
        (live,) = await here.live()
        assert (live["setl_id"], live["total"]) == (second.setlinfo.setl_id, 3500)
        again = await here.settle()
        assert (again.meta.repeated, again.setlinfo.setl_id) == (True, second.setlinfo.setl_id)
        assert await caught_up(here) == {}

    async def test_not_told_as_settled_while_its_refund_is_in_doubt(self, here: Stage) -> None:
        """The refund was executed and its answer lost: who clicks again must not hear that it is settled."""
        settled = await here.settle()
        here.line.faults["2208"] = w.done(w.drop)
        with pytest.raises(OutcomeUnknown):
            await here.patient.refund(settled.setlinfo.setl_id)
        here.line.calm()
        assert await here.live() == []
        with pytest.raises(VisitBusy):
            await here.settle()

    async def test_settled_again_after_a_refund_that_was_in_doubt(self, here: Stage) -> None:
        settled = await here.settle()
        here.line.faults["2208"] = w.done(w.drop)
        with pytest.raises(OutcomeUnknown):
            await here.patient.refund(settled.setlinfo.setl_id)
        here.line.calm()
        (refund,) = here.attempts("2208")
        assert (await here.resolve(refund)).state.value == "CONFIRMED"
        await here.quote()
        assert not (await here.settle()).meta.repeated
        assert len(await here.live()) == 1

    async def test_the_same_refund_twice(self, here: Stage) -> None:
        settled = await here.settle()
        await here.patient.refund(settled.setlinfo.setl_id)
        await here.patient.refund(settled.setlinfo.setl_id)
        assert here.line.seen("2208") == 1 and await here.live() == []

    async def test_admitted_cancelled_admitted_again(self, here: Stage) -> None:
        stay = here.stay
        await stay.admit()
        first = stay.mdtrt_id
        await stay.back("2404")
        await stay.admit()
        assert stay.mdtrt_id != first
        assert [one.generation for one in here.attempts("2401")] == [1, 2]
        again = await here.desk.typed("2401", stay.admission())
        assert (again.meta.repeated, again.result.mdtrt_id) == (True, stay.mdtrt_id)
        assert here.line.seen("2401") == 2


class TestAgain:
    async def test_corrected_after_a_known_refusal(self, here: Stage) -> None:
        """The same batch with another amount: a refusal did nothing, so this is a new business."""
        patient = here.patient
        here.line.faults["2207"] = w.refused(w.KNOWN_REFUSAL)
        with pytest.raises(BureauRefused) as refused:
            await here.settle()
        assert refused.value.reason == w.KNOWN_REFUSAL
        here.line.calm()
        await patient.charge(fee(patient, 2, "5.00"))
        quoted = await patient.quote("65.00")
        here.bill = {"data": patient.settle_data(quoted["setlinfo"])}
        reply = await here.settle()
        assert reply.setlinfo.medfee_sumamt == 65 and not reply.meta.repeated
        assert [one.state.value for one in here.attempts()] == ["REJECTED", "CONFIRMED"]
        await invariants(here)

    async def test_the_stored_result(self, here: Stage) -> None:
        """Word for word, also after a restart."""
        first = await here.settle()
        for restart in (False, True):
            if restart:
                await here.come_back()
            again = await here.settle()
            assert again.meta.repeated and again.meta.source == "reply" and again.meta.missing == ()
            assert again.to_dict() == first.to_dict()
            assert (again.meta.operation_id, again.meta.msgid) == (first.meta.operation_id, first.meta.msgid)
        assert here.line.seen("2207") == 1

    async def test_other_amounts(self, here: Stage) -> None:
        first = await here.settle()
        here.bill["data"]["medfee_sumamt"] = Decimal("61.00")
        with pytest.raises(AmountsDiffer) as differ:
            await here.settle()
        assert differ.value.operation_id == first.meta.operation_id
        assert here.line.seen("2207") == 1

    async def test_other_amounts_while_in_doubt(self, here: Stage) -> None:
        """What is open is named first: nothing is compared with what may not have happened."""
        open_ = await lost(here)
        here.bill["data"]["medfee_sumamt"] = Decimal("61.00")
        with pytest.raises(VisitBusy) as busy:
            await here.settle()
        assert busy.value.operation_id == open_.operation_id
        assert here.line.seen("2207") == 1


class TestKeys:
    async def test_without_a_key(self, here: Stage) -> None:
        stay = await here.stay.admit()
        await stay.charge(stay.fee(1, "500.00"))
        with pytest.raises(InvalidInput) as invalid:
            await here.desk.call("2304", stay.claim("500.00"))
        assert [problem.field for problem in invalid.value.problems] == ["operation_key"]
        assert here.line.seen("2304") == 0 and here.attempts("2304") == []

    async def test_two_settlements_of_one_stay(self, here: Stage) -> None:
        """Mid-stay and at its end; each key once, whatever is clicked."""
        stay = await here.stay.admit()
        await stay.charge(stay.fee(1, "500.00"))
        mid = stay.claim("500.00", mid=True)
        first = await here.desk.typed("2304", mid, operation_key="mid")
        again = await here.desk.typed("2304", mid, operation_key="mid")
        assert again.meta.repeated and again.setlinfo.setl_id == first.setlinfo.setl_id
        await stay.charge(stay.fee(2, "70.00"))
        await stay.leave()
        second = await here.desk.typed("2304", stay.claim("70.00"), operation_key="end")
        assert not second.meta.repeated and second.setlinfo.setl_id != first.setlinfo.setl_id
        assert here.line.seen("2304") == 2

    async def test_one_key_for_two_bills(self, here: Stage) -> None:
        stay = await here.stay.admit()
        await stay.charge(stay.fee(1, "500.00"))
        await here.desk.typed("2304", stay.claim("500.00", mid=True), operation_key="bill")
        await stay.charge(stay.fee(2, "70.00"))
        with pytest.raises(AmountsDiffer):
            await here.desk.typed("2304", stay.claim("70.00", mid=True), operation_key="bill")
        assert here.line.seen("2304") == 1


class TestInDoubt:
    async def test_reads_pass_and_uploads_wait(self, here: Stage) -> None:
        open_ = await lost(here)
        patient = here.patient
        with pytest.raises(VisitBusy) as busy:
            await patient.charge(fee(patient, 3, "1.00"))
        assert busy.value.operation_id == open_.operation_id and here.line.seen("2204") == 1
        with pytest.raises(VisitBusy):
            await patient.call("2205", {"data": {
                "chrg_bchno": "B1", "mdtrt_id": patient.mdtrt_id, "psn_no": patient.person.psn_no,
            }})  # fmt: skip
        await here.quote()
        await patient.balance()
        other, content = await here.billed("30.00")
        await here.desk.call("2207", content)
        assert other.mdtrt_id != patient.mdtrt_id

    @pytest.mark.parametrize("restarted", [False, True])
    async def test_other_business_of_the_visit_waits(self, here: Stage, restarted: bool) -> None:
        """Another batch, and the visit's cancellation: their keys are others, the visit is the same."""
        patient = here.patient
        await patient.charge(fee(patient, 2, "30.00", batch="B2"))
        second = patient.settle_data((await patient.quote("30.00", batch="B2"))["setlinfo"], batch="B2")
        which = {"psn_no": patient.person.psn_no, "ipt_otp_no": patient.otp_no, "mdtrt_id": patient.mdtrt_id}
        open_ = await lost(here)
        if restarted:
            await here.come_back()
        for infno, data in (("2207", second), ("2202", which)):
            with pytest.raises(VisitBusy) as busy:
                await here.desk.call(infno, {"data": data})
            assert busy.value.operation_id == open_.operation_id
        assert (here.line.seen("2207"), here.line.seen("2202")) == (1, 0)
        await here.resolve(here.attempt(open_.msgid))
        await here.desk.call("2207", {"data": second})
        assert len(await here.live()) == 2

    async def test_restarted_in_the_middle(self, here: Stage) -> None:
        """The new program finds the visit held, finds out, and goes on."""
        open_ = await lost(here)
        await here.come_back()
        with pytest.raises(VisitBusy) as busy:
            await here.settle()
        assert busy.value.operation_id == open_.operation_id
        assert (await here.resolve(here.attempt(open_.msgid))).state.value == "CONFIRMED"
        again = await here.settle()
        assert again.meta.repeated and again.meta.source == "query"
        await here.patient.refund(again.setlinfo.setl_id)
        await here.quote()
        assert not (await here.settle()).meta.repeated
        assert here.line.seen("2207") == 2 and len(await here.live()) == 1

    async def test_waited_for(self, here: Stage) -> None:
        """What a cashier's program does with an unknown outcome: wait for it by its operation's id."""
        open_ = await lost(here)
        assert await here.mi.wait_for(open_.operation_id, timeout=20) is OperationState.DONE
        assert (await here.settle()).meta.repeated


class TestDoubleClick:
    async def test_fifty_at_once(self, here: Stage) -> None:
        results = await asyncio.gather(*(here.settle() for _ in range(50)), return_exceptions=True)
        replies = [one for one in results if not isinstance(one, BaseException)]
        busy = [one for one in results if isinstance(one, VisitBusy)]
        assert len(replies) == 1 and len(busy) == 49
        assert {one.operation_id for one in busy} == {replies[0].meta.operation_id}
        assert here.line.seen("2207") == 1
        await invariants(here)

    async def test_fifty_one_after_the_other_are_one(self, here: Stage) -> None:
        ids = {(await here.settle()).setlinfo.setl_id for _ in range(50)}
        assert len(ids) == 1 and here.line.seen("2207") == 1
        assert len(here.attempts()) == 1

    async def test_fifty_while_the_answer_is_lost(self, here: Stage) -> None:
        here.line.faults["2207"] = w.done(w.drop)
        words = [word for word, _ in [await told(here) for _ in range(50)]]
        assert words[0].startswith("OutcomeUnknown") and set(words[1:]) == {"VisitBusy"}
        assert here.line.seen("2207") == 1
