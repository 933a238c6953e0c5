"""An outpatient visit as a hospital lives it."""

from __future__ import annotations

from decimal import Decimal

from mi_core.flows import OutpatientVisit
from tests.flows.kit import DEPARTMENT, NOON, diagnosis, fee, patient
from tests.recovery.kit import Ward


async def test_a_visit_from_the_counter_to_the_receipt(here: Ward) -> None:
    visit = OutpatientVisit(here.mi, "MZ0001")
    assert (await visit.standing()).next_step == "open"
    opened = await visit.open(patient(), med_type="11", begntime=NOON, **DEPARTMENT)
    assert (opened.place, opened.insured.insutype) == ("local", "310")
    await visit.diagnose([diagnosis()], dise_codg="I10", dise_name="高血压")
    charged = await visit.charge([fee(1, "60.00"), fee(2, "40.50", item="SBX-B-0001")])
    assert (charged.total, charged.rows, charged.messages) == (Decimal("100.50"), 2, 1)
    quote = await visit.quote(acct_used_flag="1")
    settled = await visit.settle()
    assert settled.amounts.medfee_sumamt == Decimal("100.50")
    assert settled.amounts.fund_pay_sumamt == quote.amounts.fund_pay_sumamt
    standing = await visit.standing()
    assert (standing.stage, standing.undo_step) == ("settled", "refund")
    again = await OutpatientVisit(here.mi, "MZ0001").settle()
    assert again.reply.meta.repeated and again.setl_id == settled.setl_id
    refund = await visit.refund()
    assert refund.amounts.medfee_sumamt == Decimal("-100.50")
    await visit.abandon()
    assert (await visit.standing()).stage == "abandoned"
    assert len(await here.done("2207")) == 1 and len(await here.done("2202")) == 1
