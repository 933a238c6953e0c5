"""What a hospital does with the calls: whole businesses that survive a crash at any step and may be called again.

::

    from mi_core import AsyncClient
    from mi_core.flows import OutpatientVisit, Patient

    async with AsyncClient.from_config("mi.toml") as mi:
        visit = OutpatientVisit(mi, "MZ2026112100017", patience=60)
        await visit.open(Patient(...), med_type="11", dept_code="A03", dept_name="内科", caty="A03")
        await visit.diagnose([...], dise_codg="I10", dise_name="高血压")
        await visit.charge(rows)
        quote = await visit.quote(acct_used_flag="1")
        settlement = await visit.settle()

The same for programs without asyncio: :mod:`mi_core.flows.blocking`.
"""

from __future__ import annotations

from mi_core.flows.amounts import Amounts
from mi_core.flows.eprescription import EPrescription
from mi_core.flows.errors import FlowStopped
from mi_core.flows.exp_content import ExpContent, extended, read_exp_content
from mi_core.flows.flow import Flow
from mi_core.flows.inpatient import InpatientStay
from mi_core.flows.mobile_payment import MobilePayment
from mi_core.flows.order_state import OrderState, Payer, RefundedOrder
from mi_core.flows.outpatient import OutpatientVisit
from mi_core.flows.patient import Insured, NoInsurance, Patient
from mi_core.flows.pharmacy import PharmacySale
from mi_core.flows.prescription_state import PrescriptionState
from mi_core.flows.registration import Filed, Registration
from mi_core.flows.results import Charged, Opened, PartRefund, PartRefunded, Quote, Refund, Settlement
from mi_core.flows.standing import Standing

__all__ = [
    "Amounts", "Charged", "EPrescription", "ExpContent", "Filed", "Flow", "FlowStopped", "InpatientStay", "Insured",
    "MobilePayment", "NoInsurance", "Opened", "OrderState", "OutpatientVisit", "PartRefund", "PartRefunded", "Patient",
    "Payer", "PharmacySale", "PrescriptionState", "Quote", "Refund", "RefundedOrder", "Registration", "Settlement",
    "Standing", "extended", "read_exp_content",
]  # fmt: skip
