"""A stay by its flow: daily fees, a settlement in the middle, discharge, the last settlement, and all the way back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from mi_core.flows import InpatientStay
from mi_plugins.demo.flows.outpatient import paid, patient_of, shown, zero
from mi_plugins.demo.flows.stage import FlowReport, Stage
from mi_plugins.demo.identities import Identity
from mi_plugins.sandbox.persons import DOCUMENTED

__all__ = ["run"]

DAYS = (
    (("SBX-A-0001", "4", "18.60"), ("SBX-B-0002", "1", "620.00"), ("SBX-M-0001", "2", "90.00")),
    (("SBX-A-0002", "1", "2400.00"), ("SBX-B-0001", "3", "52.35")),
    (("SBX-A-0002", "1", "800.00"), ("SBX-C-0001", "1", "88.00")),
)
"""Each day's fees: code, count, price."""
DOCTOR = {"dise_dor_no": "D43000000001", "dise_dor_name": "沙箱医师"}


def fees_of(stage: Stage, day: int) -> list[dict[str, Any]]:
    """The rows of one day."""
    return [
        {
            "feedetl_sn": f"{stage.now:%y%m%d%H%M%S}{day}{number:03d}", "fee_ocur_time": stage.now + dt.timedelta(days=day),
            "med_list_codg": code, "medins_list_codg": f"H-{code}", "det_item_fee_sumamt": Decimal(count) * Decimal(price),
            "cnt": Decimal(count), "pric": Decimal(price), "bilg_dept_codg": "0301", "bilg_dept_name": "心血管内科",
            "bilg_dr_codg": "D43000000001", "bilg_dr_name": "沙箱医师", "hosp_appr_flag": "1",
        }
        for number, (code, count, price) in enumerate(DAYS[day], 1)
    ]  # fmt: skip


async def run(stage: Stage) -> FlowReport:
    """The story, and its sums."""
    diagnosis = {
        "diag_type": "1", "maindiag_flag": "1", "diag_srt_no": 1, "diag_code": "I63.9", "diag_name": "脑梗死", "diag_dept": "0301",
        "diag_time": stage.now, **DOCTOR,
    }  # fmt: skip
    left: dict[str, Any] = {
        "dscg_dept_codg": "0301",
        "dscg_dept_name": "心血管内科",
        "dscg_way": "1",
        "endtime": stage.now + dt.timedelta(days=3),
    }
    async with stage.client() as mi:
        stay = InpatientStay(mi, f"ZY{stage.now:%y%m%d%H%M%S}", patience=30)
        opened = await stay.admit(
            patient_of(DOCUMENTED[1]), [diagnosis], med_type="2101", begntime=stage.now, atddr_no="D43000000001",
            chfpdr_name="沙箱医师", adm_diag_dscr="脑梗死", adm_dept_codg="0301", adm_dept_name="心血管内科", adm_bed="12",
            dscg_maindiag_code="I63.9", dscg_maindiag_name="脑梗死",
        )  # fmt: skip
        before = Decimal(opened.insured.balc or 0)
        stage.tell(
            "admit", "入院", "admitted", {("账户余额", "balance"): before}, 就诊ID__visit=opened.mdtrt_id
        )
        charged = [await stay.charge("1", fees_of(stage, 0)), await stay.charge("2", fees_of(stage, 1))]
        stage.tell("charge", "每日费用", "daily fees", {("合计", "sum"): charged[0].total + charged[1].total})
        await stay.quote(acct_used_flag="1", mid=True)
        middle = await stay.settle()
        stage.tell(
            "settle",
            "中途结算",
            "settled in the middle",
            shown(middle.amounts),
            结算ID__settlement=middle.setl_id,
        )
        charged.append(await stay.charge("3", fees_of(stage, 2)))
        await stay.discharge([diagnosis], **left)
        stage.tell("discharge", "出院", "discharged", {("新费用", "new fees"): charged[2].total})
        quote = await stay.quote(acct_used_flag="1")
        await stage.fault("2304", "drop_after")
        last = await stay.settle()
        stage.tell(
            "settle", "出院结算（答复丢失，已查明）", "settled (its answer was lost and found out)", shown(last.amounts),
            结算ID__settlement=last.setl_id,
        )  # fmt: skip
        backs = [await stay.refund(last.setl_id), await stay.refund(middle.setl_id)]
        taken_back = sum((zero(one.amounts.medfee_sumamt) for one in backs), Decimal("0.00"))
        fund_back = sum((zero(one.amounts.fund_pay_sumamt) for one in backs), Decimal("0.00"))
        stage.tell(
            "refund",
            "两笔撤销",
            "both taken back",
            {("总额", "total"): taken_back},
        )
        await stay.abandon()
        stage.tell("abandon", "撤销出院、费用、入院", "discharge, fees and admission withdrawn")
        again = InpatientStay(mi, f"ZY{stage.now:%y%m%d%H%M%S}B", patience=30)
        seen = await again.admit(
            patient_of(DOCUMENTED[1]), [diagnosis], med_type="2101", begntime=stage.now, atddr_no="D43000000001",
            chfpdr_name="沙箱医师", adm_diag_dscr="脑梗死", adm_dept_codg="0301", adm_dept_name="心血管内科", adm_bed="12",
            dscg_maindiag_code="I63.9", dscg_maindiag_name="脑梗死",
        )  # fmt: skip
        await again.abandon()
    m, f = middle.amounts, last.amounts
    nothing = Decimal("0.00")
    return stage.report(
        Identity("前两日费用 = 中途结算", "first days = settlement in the middle",
                 charged[0].total + charged[1].total, zero(m.medfee_sumamt)),
        Identity("其后费用 = 出院结算", "the rest = last settlement", charged[2].total, zero(f.medfee_sumamt)),
        Identity("预结算 = 结算（基金）", "quote = settlement (fund)", zero(quote.amounts.fund_pay_sumamt), zero(f.fund_pay_sumamt)),
        paid(m, "（中途）", " (middle)"),
        paid(f, "（出院）", " (last)"),
        Identity("两笔结算 + 撤销 = 0（总额）", "settlements + taken back = 0 (total)",
                 zero(m.medfee_sumamt) + zero(f.medfee_sumamt) + taken_back, nothing),
        Identity("两笔结算 + 撤销 = 0（基金）", "settlements + taken back = 0 (fund)",
                 zero(m.fund_pay_sumamt) + zero(f.fund_pay_sumamt) + fund_back, nothing),
        Identity("最后的账户余额 = 最初", "balance at the end = before", Decimal(seen.insured.balc or 0), before),
    )  # fmt: skip
