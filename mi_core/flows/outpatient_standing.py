"""Where a bill of an outpatient visit stands, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from mi_core.flows.amounts import Amounts, sum_of
from mi_core.flows.standing import Place, Standing, standing_at

__all__ = ["standing_of"]


def standing_of(content: Mapping[str, Any]) -> Standing:
    """From the record."""
    settled, parting = content.get("settled"), content.get("parting")
    found = standing_at(_place(content), content, () if settled is None else (settled["setl_id"],))
    if parting is None or settled is not None or content.get("abandoned"):
        return found
    return _half_way(found, content, parting)


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
        where = ("（由他处）", " elsewhere") if refunded.get("elsewhere") else ("", "")
        zh += f"，结算 {refunded['setl_id']} 已撤销{where[0]}"
        en += f", settlement {refunded['setl_id']} taken back{where[1]}"
    if charge is None:
        following = "charge" if content.get("informed") is not None else "diagnose"
        return "registered", f"{zh}，无费用", f"{en}, no fees", following, "abandon"
    rows, total = len(charge["rows"]), sum_of(charge["rows"])
    if charge.get("lost"):
        zh, en = f"{zh}，明细须重新上传（共 {rows} 条）", f"{en}, the {rows} rows are to be uploaded again"
        return "charging", zh, en, "charge", "abandon"
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


def _half_way(found: Standing, content: Mapping[str, Any], parting: Mapping[str, Any]) -> Standing:
    """A partial refund between its 2208 and its 2207: what the patient is to get back, and the two ways on."""
    before = Amounts.of(parting["before"])
    quote = content.get("quote")
    sent = (content.get("doing") or {}).get("request") is not None
    owed = before if quote is None else before - Amounts.of(quote["amounts"])
    zh = f"{found.zh}；部分退费未完成：原结算 {parting['setl_id']}（{before.words('zh')}）已撤销"
    en = f"{found.en}; a partial refund is half way: settlement {parting['setl_id']} ({before.words('en')}) is taken back"
    if quote is None:
        zh += f"，尚未重新结算；若就此停止，应退患者{_owed(owed, 'zh')}"
        en += f", nothing is settled in its place; if it stays so, {_owed(owed, 'en')}"
    else:
        after = Amounts.of(quote["amounts"])
        zh += f"；新预结算（{after.words('zh')}），若照此结算，应退患者{_owed(owed, 'zh')}"
        en += f"; the new quote is {after.words('en')}: if that is settled, {_owed(owed, 'en')}"
    if sent:
        return attrs.evolve(
            found, zh=zh, en=en, pay_back=owed
        )  # its 2207 may have been executed: resume tells
    following = found.next_step
    if (content.get("doing") or {}).get("agree") or (not found.unfinished and found.stage != "quoted"):
        following = "refund_part"
    return attrs.evolve(found, zh=zh, en=en, next_step=following, undo_step="restore", pay_back=owed)


def _owed(owed: Amounts, lang: str) -> str:
    """What the patient gets, or has still to pay where it is negative (the new quote asks for more cash)."""
    cash, account = owed.psn_cash_pay, owed.acct_pay
    if cash is None or account is None:
        return "金额不详" if lang == "zh" else "the amounts are not known"
    if lang == "zh":
        first = f"现金 {cash} 元" if cash >= 0 else f"现金 0.00 元，并须补交现金 {-cash} 元"
        return (
            f"{first}，个人账户退回 {account} 元" if account >= 0 else f"{first}，个人账户另支 {-account} 元"
        )
    first = f"the patient gets {cash} in cash" if cash >= 0 else f"the patient pays {-cash} more in cash"
    return (
        f"{first} and {account} on the account" if account >= 0 else f"{first}, the account {-account} more"
    )
