"""Where an outpatient visit stands, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mi_core.flows.amounts import sum_of
from mi_core.flows.standing import Place, Standing, standing_at

__all__ = ["standing_of"]


def standing_of(content: Mapping[str, Any]) -> Standing:
    """From the record."""
    settled = content.get("settled")
    return standing_at(_place(content), content, () if settled is None else (settled["setl_id"],))


def _place(content: Mapping[str, Any]) -> Place:
    if content.get("abandoned"):
        return "abandoned", "挂号已撤销", "the registration was withdrawn", "", ""
    visit = content.get("mdtrt_id")
    if visit is None:
        return "new", "未挂号", "nothing is registered", "open", ""
    zh, en = f"已挂号（就诊 ID {visit}）", f"registered (visit {visit})"
    settled, charge, refunded = content.get("settled"), content.get("charge"), content.get("refunded")
    if settled is not None:
        total = settled["amounts"].get("medfee_sumamt", "?")
        zh += f"，已结算 {total} 元（结算 ID {settled['setl_id']}）"
        return "settled", zh, f"{en}, settled {total} (settlement {settled['setl_id']})", "", "refund"
    if refunded is not None:
        zh += f"，结算 {refunded['setl_id']} 已撤销"
        en += f", settlement {refunded['setl_id']} taken back"
    if charge is None:
        following = "charge" if content.get("informed") is not None else "diagnose"
        return "registered", f"{zh}，无费用", f"{en}, no fees", following, "abandon"
    rows, total = len(charge["rows"]), sum_of(charge["rows"])
    if not charge.get("done"):
        return (
            "charging",
            f"{zh}，明细上传未完成（共 {rows} 条）",
            f"{en}, upload of {rows} rows not finished",
            "charge",
            "abandon",
        )
    zh, en = (
        f"{zh}，明细已上传 {rows} 条共 {total} 元，未结算",
        f"{en}, {rows} rows of {total} uploaded, not settled",
    )
    if content.get("quote") is not None:
        return "quoted", zh, en, "settle", "abandon"
    return "charged", zh, en, "quote", "abandon"
