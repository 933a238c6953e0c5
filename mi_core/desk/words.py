"""The journal's terms in a cashier's words, (Chinese, English)."""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, Final

from mi_core.journal.clues import Clue
from mi_core.masking import scrub
from mi_core.types import CHINA_TIME

__all__ = ["STATES", "Words", "beijing", "clue_words", "event_words", "evidence_words", "title_of", "yuan"]

Words = tuple[str, str]

STATES: Final[dict[str, Words]] = {
    "SENT": ("发送中", "being sent"),
    "NOT_SENT": ("未发送", "not sent"),
    "CONFIRMED": ("已成功", "executed"),
    "REJECTED": ("已被拒绝", "refused"),
    "IN_DOUBT": ("结果未定", "in doubt"),
    "EXECUTED_UNIDENTIFIED": ("已执行，编号未知", "executed, id unknown"),
    "NOT_EXECUTED": ("未执行", "not executed"),
    "REVERSING": ("冲正核实中", "being reversed"),
    "REVERSED": ("已冲正", "reversed"),
    "MANUAL": ("待人工处理", "waits for people"),
    "SUPERSEDED": ("已重发", "sent again"),
}

_EVIDENCE: Final[dict[str, Words]] = {
    "timeout": ("超过时限没有回应", "no reply in time"),
    "connection closed": ("连接被对方关闭，没有回应", "the connection was closed without a reply"),
    "connection reset": ("连接中断，没有回应", "the connection broke without a reply"),
    "reply truncated": ("回应不完整", "the reply was cut off"),
    "reply too large": ("回应过大", "the reply was too large"),
    "unlisted refusal": (
        "中心返回失败，但该文本尚未证实为“未执行”",
        "the bureau refused with a text that is not proven",
    ),
    "known refusal": ("中心拒绝（文本已证实）", "refused with a proven text"),
    "another person": ("中心称成功，但回参是另一个人的", "success, but of another person"),
    "another message id": ("中心称成功，但对应另一条报文", "success, but of another message"),
    "output unreadable": ("中心称成功，但回参无法读取", "success, but the content cannot be read"),
    "no infcode": ("回应没有状态码", "the reply has no status"),
    "cancelled": ("等待时被取消", "cancelled while waiting"),
    "CancelledError": ("等待时被取消", "cancelled while waiting"),
    "owner dead": ("发送的程序中途停止", "the program that sent it stopped"),
    "deadline passed": ("发送后没有记录到结果", "no outcome was recorded after the send"),
    "proof": ("中心返回成功", "the bureau confirmed it"),
    "infcode 0": ("中心返回成功", "the bureau confirmed it"),
    "unproven 401": (
        "网关返回 401，尚未证实为“未转发”",
        "the gateway answered 401, which proves nothing here",
    ),
    "reply not json": ("回应不是报文", "the reply is no message"),
    "reply not signed": ("回应没有签名", "the reply is not signed"),
    "reply not decrypted": ("回应无法解密", "the reply cannot be decrypted"),
    "reply signature wrong": ("回应的签名不符", "the reply's signature is wrong"),
    "output not decrypted": ("回参无法解密", "the reply's content cannot be decrypted"),
    "no agent's answer": ("本地代理没有给出应答", "the local agent gave no answer"),
    "agent: timeout": ("动态库超过时限没有返回", "the library did not return in time"),
    "agent: the library's process ended": ("动态库的进程异常退出", "the library's process ended"),
}
_PREFIXES: Final[tuple[tuple[str, Words], ...]] = (
    ("http ", ("网关返回 HTTP {}", "the gateway answered HTTP {}")),
    ("agent: return code ", ("动态库返回失败码 {}", "the library returned {}")),
    ("infcode ", ("中心返回状态码 {}", "the bureau answered status {}")),
    ("proof missing: ", ("中心称成功，但缺少 {}", "success, but {} is missing")),
    ("no success: ", ("回应的状态不是成功（{}）", "its own status says no success ({})")),
)

_CLUES: Final[dict[str, Words]] = {
    "infcode 0": ("中心回应为成功（缺少依据）", "the reply said success, without proof"),
    "unidentified": ("3202 中有此报文，编号为空", "3202 has the message, its ids are blank"),
    "reversal": ("2601 冲正已成功", "a 2601 for it was confirmed"),
    "seen:executed": ("在中心查到此业务", "it was seen at the centre"),
    "seen:absent": ("在中心没有查到此业务", "it was not seen at the centre"),
    "found": ("查询到此业务", "a query found it"),
    "refunded": ("查询到已被撤销", "a query found it taken back"),
    "contradiction": ("查到的内容与报文不符", "what was found contradicts the message"),
    "absent": ("查询未找到（不等于未执行）", "a query did not find it (which proves nothing by itself)"),
}

_EVENTS: Final[dict[str, Words]] = {
    "sent": ("发送", "sent"), "ended": ("收到结果", "answered"), "moved": ("状态变更", "moved"),
    "takeover": ("程序重启后接管", "taken over"), "seen": ("核对所见", "seen at the centre"), "late": ("迟到的回应", "late answer"),
    "asked": ("查证", "asked about"), "flow": ("业务流程的步骤", "a step of a flow"),
    "foreign": ("中心有未知报文", "unknown message at the centre"), "started": ("程序启动", "started"),
    "stopped": ("程序停止", "stopped"), "tombstones": ("停止跟踪未执行的业务", "stopped watching"),
    "quoted": ("未执行后重新预结算", "quoted anew"), "elsewhere": ("登记为已由他处撤销", "noted as taken back elsewhere"),
    "corrected": ("两人更正", "corrected by two persons"), "completed": ("补全内容", "completed"),
    "older_journal": ("日志为旧副本，暂停结算", "an older copy: intake closed"), "reopened": ("重新开放结算", "intake reopened"),
    "proposed": ("提出处理", "proposed"), "confirmed": ("第二人确认", "confirmed by a second person"),
    "decided": ("人工处理", "decided"), "withdrawn": ("撤回处理", "withdrawn"), "revealed": ("查看完整信息", "looked at in clear"),
    "refusal accepted": ("接受拒绝文本", "refusal text accepted"), "refusal rejected": ("不接受拒绝文本", "refusal text rejected"),
    "refusal removed": ("删除拒绝文本", "refusal text removed"),
}  # fmt: skip


def evidence_words(evidence: str | None) -> Words:
    """What was seen when the call ended. Unknown terms are shown as they are."""
    if not evidence:
        return ("尚无", "none yet")
    if evidence in _EVIDENCE:
        return _EVIDENCE[evidence]
    for prefix, (zh, en) in _PREFIXES:
        if evidence.startswith(prefix):
            rest = scrub(evidence.removeprefix(prefix))
            return zh.format(rest), en.format(rest)
    text = scrub(evidence)
    return text, text


def clue_words(clue: Clue) -> Words:
    """One observation."""
    key = f"seen:{clue.says}" if clue.kind == "seen" else clue.kind
    return _CLUES.get(key, (clue.kind, clue.kind))


def event_words(kind: str) -> Words:
    """The kind of an event."""
    return _EVENTS.get(kind, (kind, kind))


def beijing(milliseconds: int) -> str:
    """A moment as text, Beijing time whatever the host's zone is."""
    moment = dt.datetime.fromtimestamp(milliseconds // 1000, CHINA_TIME)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def yuan(amount: Decimal) -> str:
    """Two decimals, always."""
    return format(amount.quantize(Decimal("0.01"), ROUND_HALF_UP), "f")


@lru_cache(maxsize=512)
def title_of(code: str) -> str:
    """The Chinese name of an interface; empty for one the catalogue does not have."""
    return str(_interface(code).title) if _interface(code) is not None else ""


def _interface(code: str) -> Any:
    from mi_core.interfaces import by_code

    try:
        return by_code(code) if re.fullmatch(r"[0-9A-Z]+", code) else None
    except KeyError:
        return None
