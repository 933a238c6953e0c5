"""A purchase at a pharmacy by its flow, with trace codes, its answer lost, and its return."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mi_core.flows import PharmacySale
from mi_plugins.demo.flows.outpatient import paid, patient_of, shown, zero
from mi_plugins.demo.flows.stage import FlowReport, Stage
from mi_plugins.demo.identities import Identity
from mi_plugins.sandbox.persons import DOCUMENTED

__all__ = ["run"]

PHARMACY = "P43000000001"
BASKET = (("SBX-A-0001", "2", "18.60"), ("SBX-B-0001", "1", "52.35"), ("SBX-C-0001", "1", "88.00"))


async def run(stage: Stage) -> FlowReport:
    """The story, and its sums."""
    rows: list[dict[str, Any]] = [
        {
            "feedetl_sn": f"{number}", "rx_circ_flag": "0", "fee_ocur_time": stage.now, "med_list_codg": code,
            "medins_list_codg": f"P-{code}", "det_item_fee_sumamt": Decimal(count) * Decimal(price), "cnt": Decimal(count),
            "pric": Decimal(price),
        }
        for number, (code, count, price) in enumerate(BASKET, 1)
    ]  # fmt: skip
    async with stage.client(PHARMACY) as mi:
        sale = PharmacySale(mi, f"YD{stage.now:%y%m%d%H%M%S}", patience=30)
        quote = await sale.quote(patient_of(DOCUMENTED[0]), rows, acct_used_flag="1", begntime=stage.now)
        stage.tell("quote", "预结算", "quoted", shown(quote.amounts))
        await stage.fault("2102", "drop_after")
        codes = {"1": ["81000000000000000001", "81000000000000000002"], "2": ["82000000000000000001"]}
        settled = await sale.settle(trace_codes=codes)
        stage.tell(
            "settle", "结算（答复丢失，已查明）", "settled (its answer was lost and found out)", shown(settled.amounts),
            结算ID__settlement=settled.setl_id, 追溯码__trace_codes="3",
        )  # fmt: skip
        again = await PharmacySale(mi, sale.key).settle()
        stage.tell("settle", "再次提交（未再发送）", "submitted again (not sent again)", shown(again.amounts))
        refund = await sale.refund()
        stage.tell("refund", "退货", "returned", shown(refund.amounts))
        after = await PharmacySale(mi, f"{sale.key}B").quote(
            patient_of(DOCUMENTED[0]), rows, acct_used_flag="1", begntime=stage.now
        )
    q, s, r = quote.amounts, settled.amounts, refund.amounts
    return stage.report(
        Identity("明细合计 = 结算总额", "rows = settled",
                 sum((row["det_item_fee_sumamt"] for row in rows), Decimal("0.00")), zero(s.medfee_sumamt)),
        Identity("预结算 = 结算（基金）", "quote = settlement (fund)", zero(q.fund_pay_sumamt), zero(s.fund_pay_sumamt)),
        paid(s),
        Identity("再次提交 = 原结算", "submitted again = the same", zero(again.amounts.psn_part_amt), zero(s.psn_part_amt)),
        Identity("结算 + 退货 = 0（总额）", "settlement + return = 0 (total)",
                 zero(s.medfee_sumamt) + zero(r.medfee_sumamt), Decimal("0.00")),
        Identity("结算 + 退货 = 0（账户）", "settlement + return = 0 (account)", zero(s.acct_pay) + zero(r.acct_pay), Decimal("0.00")),
        Identity("退货后的预结算 = 最初的（账户）", "quote afterwards = the first (account)",
                 zero(after.amounts.acct_pay), zero(q.acct_pay)),
    )  # fmt: skip
