"""An outpatient visit by its flow: settled with an answer lost on the way, partly refunded, refunded, abandoned."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mi_core.flows import Amounts, OutpatientVisit, Patient
from mi_plugins.demo.flows.stage import FlowReport, Stage
from mi_plugins.demo.identities import Identity
from mi_plugins.sandbox.persons import DOCUMENTED, Person

__all__ = ["paid", "patient_of", "run", "shown", "zero"]

BASKET = (
    ("SBX-A-0001", "2", "18.60"), ("SBX-A-0002", "1", "10.00"), ("SBX-B-0001", "1", "52.35"),
    ("SBX-B-0002", "1", "620.00"), ("SBX-C-0001", "1", "88.00"), ("SBX-M-0001", "3", "9.90"),
)  # fmt: skip
"""Sandbox items of every grade: code, count, price."""


def patient_of(person: Person) -> Patient:
    """With the identity card."""
    return Patient(
        mdtrt_cert_type="02", mdtrt_cert_no=person.certno, certno=person.certno, psn_name=person.name
    )


def shown(amounts: Amounts) -> dict[tuple[str, str], Decimal | None]:
    """The amounts that people look at."""
    return {
        ("总额", "total"): amounts.medfee_sumamt, ("基金", "fund"): amounts.fund_pay_sumamt, ("账户", "account"): amounts.acct_pay,
        ("现金", "cash"): amounts.psn_cash_pay, ("医院", "hospital"): amounts.hosp_part_amt,
    }  # fmt: skip


def zero(value: Decimal | None) -> Decimal:
    """A missing amount is an error of the reply, not a zero."""
    if value is None:
        raise ValueError("an amount of the reply is missing")
    return value


def paid(amounts: Amounts, zh: str = "", en: str = "") -> Identity:
    """What the person bears is account and cash."""
    both = zero(amounts.acct_pay) + zero(amounts.psn_cash_pay)
    return Identity(
        f"个人 = 账户 + 现金{zh}", f"person = account + cash{en}", zero(amounts.psn_part_amt), both
    )


def rows_of(stage: Stage) -> list[dict[str, Any]]:
    """The basket as fee rows."""
    return [
        {
            "feedetl_sn": f"{stage.now:%y%m%d%H%M%S}{number:03d}", "rx_circ_flag": "0", "fee_ocur_time": stage.now,
            "med_list_codg": code, "medins_list_codg": f"H-{code}", "det_item_fee_sumamt": Decimal(count) * Decimal(price),
            "cnt": Decimal(count), "pric": Decimal(price), "bilg_dept_codg": "0301", "bilg_dept_name": "心血管内科",
            "bilg_dr_codg": "D43000000001", "bilg_dr_name": "沙箱医师", "hosp_appr_flag": "1",
        }
        for number, (code, count, price) in enumerate(BASKET, 1)
    ]  # fmt: skip


async def run(stage: Stage) -> FlowReport:
    """The story, and its sums."""
    person, rows = DOCUMENTED[0], rows_of(stage)
    async with stage.client() as mi:
        visit = OutpatientVisit(mi, f"FLOW{stage.now:%y%m%d%H%M%S}", patience=30)
        opened = await visit.open(
            patient_of(person), med_type="11", begntime=stage.now, dept_code="0301", dept_name="心血管内科", caty="A03.04",
            atddr_no="D43000000001", dr_name="沙箱医师",
        )  # fmt: skip
        before = Decimal(opened.insured.balc or 0)
        stage.tell(
            "open", "登记", "registered", {("账户余额", "balance"): before}, 就诊ID__visit=opened.mdtrt_id
        )
        await visit.diagnose([{
            "diag_type": "1", "diag_srt_no": 1, "diag_code": "I10.x00x002", "diag_name": "高血压", "diag_dept": "0301",
            "dise_dor_no": "D43000000001", "dise_dor_name": "沙箱医师", "diag_time": stage.now, "vali_flag": "1",
        }], dise_codg="I10.x00x002", dise_name="高血压")  # fmt: skip
        stage.tell("diagnose", "诊断", "diagnosed")
        charged = await visit.charge(rows)
        stage.tell(
            "charge", "收费", "charged", {("合计", "sum"): charged.total}, 明细__rows=str(charged.rows)
        )
        quote = await visit.quote(acct_used_flag="1")
        stage.tell("quote", "预结算", "quoted", shown(quote.amounts))
        await stage.fault("2207", "drop_after")
        settled = await visit.settle()
        stage.tell(
            "settle", "结算（答复丢失，已查明）", "settled (its answer was lost and found out)", shown(settled.amounts),
            结算ID__settlement=settled.setl_id,
        )  # fmt: skip
        plan = await visit.plan_refund([row for row in rows if row["med_list_codg"] != "SBX-C-0001"])
        stage.tell(
            "plan_refund",
            "部分退费：退前所见",
            "partial refund: shown before",
            {("将退", "to be given back"): plan.difference},
        )
        part = await visit.refund_part(plan)
        stage.tell("refund_part", "部分退费：所退", "partial refund: given back", shown(part.given_back))
        rest = part.settlement
        refund = await visit.refund()
        stage.tell("refund", "全退", "refunded", shown(refund.amounts))
        await visit.abandon()
        stage.tell("abandon", "退号", "abandoned")
        after = OutpatientVisit(mi, f"FLOW{stage.now:%y%m%d%H%M%S}B", patience=30)
        again = await after.open(
            patient_of(person), med_type="11", begntime=stage.now, dept_code="0301", dept_name="心血管内科", caty="A03.04"
        )  # fmt: skip
        await after.abandon()
    s, r = settled.amounts, rest.amounts
    return stage.report(
        Identity("上传合计 = 结算总额", "uploaded = settled", charged.total, zero(s.medfee_sumamt)),
        Identity("预结算 = 结算（基金）", "quote = settlement (fund)", zero(quote.amounts.fund_pay_sumamt), zero(s.fund_pay_sumamt)),
        paid(s),
        Identity("退前所见 = 所退（总额）", "shown before = given back (total)", plan.difference, zero(part.given_back.medfee_sumamt)),
        Identity("保留的明细 = 新结算", "rows that stay = new settlement", plan.total, zero(r.medfee_sumamt)),
        Identity("部分退费后余额 = 最初 − 新结算账户支付", "balance after the partial refund = before - account of the new one",
                 zero(r.balc), before - zero(r.acct_pay)),
        paid(r, "（新结算）", " (new settlement)"),
        Identity("新结算 + 全退 = 0（总额）", "new settlement + refund = 0 (total)",
                 zero(r.medfee_sumamt) + zero(refund.amounts.medfee_sumamt), Decimal("0.00")),
        Identity("最后的账户余额 = 最初", "balance at the end = before", Decimal(again.insured.balc or 0), before),
    )  # fmt: skip
