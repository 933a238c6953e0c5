"""What an event says beside its kind, in a cashier's words: sources, reasons and sights of the journal, (Chinese, English)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from mi_core.desk.words import STATES, Words, evidence_words
from mi_core.masking import scrub

__all__ = ["details_words", "reason_words", "source_words"]

_SOURCES: Final[dict[str, Words]] = {
    "query": ("查询", "query"), "recon": ("3202 对账", "3202"), "reversal": ("2601 冲正", "2601"), "reply": ("回应", "reply"),
    "late": ("迟到的回应", "late answer"), "person": ("人工", "people"), "limit": ("超过次数", "limit"),
    "target": ("所冲正的业务", "its target"), "resend": ("重发", "resend"),
}  # fmt: skip
_REASONS: Final[dict[str, Words]] = {
    "found at the centre": ("在中心查到", "found at the centre"),
    "absent after the fence": ("过了等待期仍查不到", "absent after the fence"),
    "msgid proven, ids blank": ("报文号已证实，编号为空", "msgid proven, ids blank"),
    "taken back at the centre by someone else": ("在中心已被他方撤销", "taken back at the centre by someone else"),
    "the answers contradict the message": ("查到的内容与报文不符", "the answers contradict the message"),
    "executed without ids, and not reversible": ("已执行但无编号，且不能冲正", "executed without ids, and not reversible"),
    "reversed by the answer, alive by the query": ("回应称已冲正，查询仍存在", "reversed by the answer, alive by the query"),
    "the reversal could not be verified": ("冲正无法核实", "the reversal could not be verified"),
    "verified: no longer at the centre": ("已核实：中心不再有", "verified: no longer at the centre"),
    "decided by people": ("人工处理", "decided by people"),
    "same omsgid sent again": ("同一冲正已重发", "same omsgid sent again"),
    "absent, but no time here proves that it will not come": ("查不到，但无法证明不会再到", "absent, which proves nothing here"),
    "how far queries lag behind is unknown, so none can tell": ("查询滞后时间未知，无法判断", "how far queries lag is unknown"),
    "nothing here can tell its outcome": ("没有可查证的交易", "nothing here can tell its outcome"),
    "the centre said done, and its books do not have it": ("中心曾称成功，账上却没有", "said done, and not in the books"),
}  # fmt: skip
_COUNTED: Final[tuple[tuple[re.Pattern[str], Words], ...]] = (
    (re.compile(r"(\d+) questions without an answer"), ("查证 {} 次没有结果", "{} questions without an answer")),
    (re.compile(r"(\d+) reversals without a definite answer"), ("冲正 {} 次没有明确结果", "{} reversals without an answer")),
    (re.compile(r"2601 (\w+)"), ("已发冲正 {}", "2601 {}")),
)  # fmt: skip
_SIGHTS: Final[dict[str, Words]] = {
    "found": ("查到", "found"), "unidentified": ("有此报文，编号为空", "there, ids blank"), "absent": ("没有查到", "absent"),
    "refunded": ("已被撤销", "taken back"), "contradiction": ("内容不符", "contradiction"),
    "unknown": ("没有可用的回应", "no usable answer"),
}  # fmt: skip
_ACTS: Final[dict[str, Words]] = {
    "resolve": ("定结果", "resolve"), "reverse": ("冲正", "reverse"), "reopen": ("重新开放结算", "reopen"),
}  # fmt: skip


def source_words(source: str) -> Words:
    """Where something was learnt."""
    return _SOURCES.get(source, (source, source))


def reason_words(reason: str) -> Words:
    """Why an attempt moved; people's own words stay as they are."""
    if reason in _REASONS:
        return _REASONS[reason]
    for pattern, (zh, en) in _COUNTED:
        if found := pattern.fullmatch(reason):
            return zh.format(found[1]), en.format(found[1])
    text = scrub(reason)
    return text, text


def details_words(details: Mapping[str, Any]) -> Words:
    """The details of an event in one line."""
    parts = [one for key, value in details.items() if (one := _part(key, value)) is not None]
    return "；".join(zh for zh, _ in parts), "; ".join(en for _, en in parts)


def _part(key: str, value: Any) -> Words | None:
    text = str(value)
    match key:
        case "evidence":
            return evidence_words(text)
        case "reason":
            return reason_words(text)
        case "source":
            zh, en = source_words(text)
            return f"来源：{zh}", f"source: {en}"
        case "sight":
            return _SIGHTS.get(text, (text, text))
        case "act":
            return _ACTS.get(text, (text, text))
        case "to":
            return STATES.get(text, (text, text))
        case "first":
            return f"第一人 {text}", f"first: {text}"
        case "executed":
            return ("中心有此业务", "the bureau has it") if value else None
        case "contradiction":
            return "与记录矛盾", "contradicts the record"
        case "against_evidence":
            return "与证据相反", "against the evidence"
        case _:
            return text, text
