"""A settlement, a purchase, a stay's settlement and their refunds whose answers are lost."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import attrs
import pytest

from mi_core.errors import VisitBusy
from mi_core.journal import AttemptState, QuoteNeeded
from tests.recovery.kit import LONG, OVER, Ward
from tests.sandbox.hospital import fee

S = AttemptState


class TestExecuted:
    async def test_the_answer_is_found_and_adopted(self, here: Ward) -> None:
        visit, content = await here.billed()
        lost = await here.lose("2207", content, "drop_after")
        ended = await here.end(lost)
        assert (ended.state, ended.source) == (S.CONFIRMED, "query")
        again = await here.desk.typed("2207", content)
        assert (again.meta.repeated, again.meta.source) == (True, "query")
        assert set(again.meta.missing) == {"hosp_part_amt", "hifdm_pay", "exp_content"}
        info = again.setlinfo
        truth = (await here.desk.typed("5203", {"data": {
            "psn_no": visit.person.psn_no, "setl_id": ended.identifier, "mdtrt_id": visit.mdtrt_id,
        }})).setlinfo  # fmt: skip
        assert (info.setl_id, info.medins_setl_id) == (ended.identifier, lost.msgid)
        assert (info.psn_part_amt, info.psn_cash_pay) == (truth.psn_pay, truth.cash_payamt)
        assert info.fund_pay_sumamt + info.psn_part_amt == Decimal("60.00")
        assert (info.hosp_part_amt, info.hifdm_pay) == (None, None)
        assert again.setldetail
        assert len(await here.done("2207")) == 1

    async def test_the_visit_is_free_again(self, here: Ward) -> None:
        visit, content = await here.billed()
        lost = await here.lose("2207", content, "http_502", execute=True)
        with pytest.raises(VisitBusy):
            await visit.refund("1")
        ended = await here.end(lost)
        assert ended.identifier is not None
        await visit.refund(ended.identifier)

    @pytest.mark.parametrize(
        "fault", ["truncated", "gbk", "missing_setl_id", "wrong_person", "duplicate_keys"]
    )
    async def test_an_answer_that_proves_nothing(self, here: Ward, fault: str) -> None:
        _, content = await here.billed()
        lost = await here.lose("2207", content, fault)
        assert (await here.end(lost)).state is S.CONFIRMED

    async def test_said_to_be_done_but_not_in_the_books(self, here: Ward) -> None:
        """``infcode`` 0 without proof, and then absent: neither is believed."""
        _, content = await here.billed()
        lost = await here.lose("2207", content, "missing_setl_id")
        (done,) = await here.done("2207")
        order = {"kind": "missing_there", "setl_id": done["setl_id"]}
        assert (await here.hospital.control("POST", "/disagreements", order))[0] == 200
        ended = await here.end(lost, OVER)
        assert (ended.state, "done" in (ended.reason or "")) == (S.MANUAL, True)

    async def test_an_unlisted_refusal_that_was_executed(self, here: Ward) -> None:
        _, content = await here.billed()
        lost = await here.lose("2207", content, "unlisted_refusal", execute=True)
        assert lost.likely_refused
        assert (await here.end(lost)).state is S.CONFIRMED

    async def test_the_second_batch_of_a_visit(self, here: Ward) -> None:
        """The gateway shows both; only our own message counts."""
        visit, content = await here.billed()
        await visit.charge(fee(visit, 2, "30.00", batch="B2"))
        first = (await here.desk.typed("2207", content)).setlinfo.setl_id
        quoted = await visit.quote("30.00", batch="B2")
        second = {"data": visit.settle_data(quoted["setlinfo"], batch="B2")}
        lost = await here.lose("2207", second, "drop_before")
        assert (await here.recovery(LONG).once()).waiting == 1
        assert here.attempt(lost.msgid).state is S.IN_DOUBT
        assert (await here.end(lost, OVER)).state is S.NOT_EXECUTED
        await visit.quote("30.00", batch="B2")
        lost = await here.lose("2207", second, "drop_after")
        ended = await here.end(lost)
        assert ended.state is S.CONFIRMED and ended.identifier not in (None, first)
        assert set(ended.missing) >= {"setldetail"}

    async def test_a_purchase_is_found_through_its_visit(self, shop: Ward) -> None:
        basket = shop.purchase.basket(shop.purchase.drug(1, "20.00"))
        lost = await shop.lose("2102", basket, "drop_after", operation_key="bill-1")
        ended = await shop.end(lost)
        assert (ended.state, ended.missing) == (
            S.CONFIRMED,
            ("exp_content", "hosp_part_amt", "hifdm_pay", "detlcutinfo"),
        )
        again = await shop.desk.typed("2102", basket, operation_key="bill-1")
        assert again.setlinfo.setl_id == ended.identifier and again.setlinfo.medfee_sumamt == 20

    async def test_a_purchase_that_never_was(self, shop: Ward) -> None:
        basket = shop.purchase.basket(shop.purchase.drug(1, "20.00"))
        lost = await shop.lose("2102", basket, "drop_before", operation_key="bill-1")
        assert (await shop.end(lost, OVER)).state is S.NOT_EXECUTED
        await shop.desk.call("2102", basket, operation_key="bill-2")
        assert len(await shop.done("2102")) == 1

    async def test_a_stay(self, here: Ward) -> None:
        stay = await here.stay.admit()
        await stay.charge(stay.fee(1, "500.00"))
        await stay.leave()
        lost = await here.lose("2304", stay.claim("500.00"), "drop_after", operation_key="stay")
        ended = await here.end(lost)
        assert (ended.state, ended.missing) == (S.CONFIRMED, ("hosp_part_amt", "exp_content", "hifdm_pay"))
        which = {"data": stay.which | {"setl_id": ended.identifier}}
        lost = await here.lose("2305", which, "drop_after")
        ended = await here.end(lost)
        assert (ended.state, ended.identifier is not None) == (S.CONFIRMED, True)
        again = await here.desk.typed("2305", which)
        assert (again.setlinfo.medfee_sumamt, again.setlinfo.medins_setl_id) == (-500, lost.msgid)


class TestNotExecuted:
    async def test_absent_is_no_proof_before_the_fence(self, here: Ward) -> None:
        _, content = await here.billed()
        lost = await here.lose("2207", content, "drop_before")
        recovery = here.recovery(LONG)
        for _ in range(4):
            report = await recovery.once()
            assert (report.resolved, report.waiting, report.manual) == (0, 1, 0)
            await asyncio.sleep(0.05)
        assert here.attempt(lost.msgid).state is S.IN_DOUBT
        kinds = [e.kind for e in here.mi.journal.read.events(lost.operation_id)]
        assert kinds.count("asked") == 1

    async def test_absent_after_the_fence(self, here: Ward) -> None:
        visit, content = await here.billed()
        lost = await here.lose("2207", content, "drop_before")
        ended = await here.end(lost, OVER)
        assert (ended.state, ended.source) == (S.NOT_EXECUTED, "query")
        with pytest.raises(QuoteNeeded):
            await here.desk.call("2207", content)
        await visit.quote("60.00")
        await here.desk.call("2207", content)
        assert len(await here.done("2207")) == 1

    async def test_an_unlisted_refusal_that_was_one(self, here: Ward) -> None:
        _, content = await here.billed()
        lost = await here.lose("2207", content, "unlisted_refusal")
        assert (await here.end(lost, OVER)).state is S.NOT_EXECUTED
        assert await here.done("2207") == []

    async def test_the_fence_is_unknown(self, here: Ward) -> None:
        """Time proves nothing here, and nobody reconciles: it stays in doubt."""
        _, content = await here.billed()
        lost = await here.lose("2207", content, "drop_before")
        report = await here.recovery(attrs.evolve(OVER, processing=None), findings=nobody).once()
        assert (report.waiting, here.attempt(lost.msgid).state) == (1, S.IN_DOUBT)

    async def test_a_late_execution_is_found_before_the_fence(self, here: Ward) -> None:
        """Absent at first; nothing concludes "not executed" while it may still come."""
        _, content = await here.billed()
        lost = await here.lose("2207", content, "late", seconds=1.5, deadline=0.5)
        recovery = here.recovery(LONG)
        assert (await recovery.once()).waiting == 1
        line = await recovery.settle(lost.operation_id, timeout=20)
        assert line is not None and line.after is S.CONFIRMED
        assert len(await here.done("2207")) == 1


class TestRefund:
    async def test_by_its_own_message(self, here: Ward) -> None:
        visit, content = await here.billed()
        setl_id = (await here.desk.typed("2207", content)).setlinfo.setl_id
        which = {"data": {"setl_id": setl_id, "mdtrt_id": visit.mdtrt_id, "psn_no": visit.person.psn_no}}
        lost = await here.lose("2208", which, "drop_after")
        ended = await here.end(lost)
        assert (ended.state, ended.missing) == (
            S.CONFIRMED,
            ("hosp_part_amt", "hifdm_pay", "exp_content", "setldetail"),
        )
        again = await here.desk.typed("2208", which)
        assert again.setlinfo.setl_id == ended.identifier != setl_id
        assert again.setlinfo.medfee_sumamt == -60

    async def test_by_the_refund_flag(self, here: Ward) -> None:
        visit, content = await here.billed()
        setl_id = (await here.desk.typed("2207", content)).setlinfo.setl_id
        which = {"data": {"setl_id": setl_id, "mdtrt_id": visit.mdtrt_id, "psn_no": visit.person.psn_no}}
        known = attrs.evolve(LONG, query_without_setl_id=False)
        lost = await here.lose("2208", which, "drop_after")
        ended = await here.end(lost, known)
        assert (ended.state, ended.identifier) == (S.CONFIRMED, None)
        assert "setl_id" in ended.missing
        again = await here.desk.typed("2208", which)
        assert (again.meta.repeated, again.meta.source) == (True, "query")
        await visit.quote("60.00")
        await here.desk.call("2207", content)  # a new generation: the cancel counts

    async def test_one_that_was_not_executed(self, here: Ward) -> None:
        visit, content = await here.billed()
        setl_id = (await here.desk.typed("2207", content)).setlinfo.setl_id
        which = {"data": {"setl_id": setl_id, "mdtrt_id": visit.mdtrt_id, "psn_no": visit.person.psn_no}}
        known = attrs.evolve(LONG, query_without_setl_id=False)
        lost = await here.lose("2208", which, "drop_before")
        assert (await here.recovery(known).once()).waiting == 1
        ended = await here.end(lost, attrs.evolve(OVER, query_without_setl_id=False))
        assert ended.state is S.NOT_EXECUTED
        assert (await visit.query(setl_id))["setlinfo"]["refd_setl_flag"] == "0"


def nobody() -> object:
    """A machine without reconciliation."""
    raise ImportError("no reconciliation here")
