"""What a cashier must know when the outcome of a changing call is unknown: not to repeat it, and how to find out."""

from __future__ import annotations

from mi_core.errors import OutcomeUnknown
from mi_core.masking import scrub
from mi_core.pipeline.contexts import ResponseCtx

__all__ = ["unknown_outcome"]

_SEEN = {
    "timeout": "超过时限没有回应",
    "connection closed": "连接被对方关闭",
    "connection reset": "连接中断",
    "reply truncated": "回应不完整",
    "reply too large": "回应过大",
    "unlisted refusal": "中心返回失败，但该文本尚未证实为“未执行”",
    "another person": "回参是另一个人的",
    "another message id": "回参对应另一条报文",
    "output unreadable": "回参内容无法读取",
    "no infcode": "回应没有状态码",
    "cancelled": "等待时被取消",
    "unproven 401": "网关返回 401，但该网关的 401 尚未证实为“未转发”",
    "reply not json": "回应不是报文",
    "reply not signed": "回应没有签名",
    "reply not decrypted": "回应无法解密",
    "reply signature wrong": "回应的签名不符",
    "output not decrypted": "回参无法解密",
    "no agent's answer": "本地代理没有给出应答",
    "agent: timeout": "动态库超过时限没有返回，已结束其进程",
    "agent: the library's process ended": "动态库的进程异常退出",
}


def unknown_outcome(got: ResponseCtx) -> OutcomeUnknown:
    """The error for a verdict InDoubt of an exact call; ``resolve_with`` follows the catalogue's order."""
    verdict, asked = got.verdict, got.sent.asked
    queries = tuple(
        {q.interface: q for q in asked.behaviour.outcome_queries}.values()
    )  # one asked in two ways: once
    named = [f"{q.interface} {_title(q.interface)}".strip() for q in queries]
    steps_zh = [
        f"{name}{'（本地区网关支持时）' if q.region else ''}{f'（最后手段，omsgid={got.sent.msgid}）' if q.last else ''}"
        for name, q in zip(named, queries, strict=True)
    ]
    steps_en = [
        q.interface
        + (" (where the region supports it)" if q.region else "")
        + (f" (last resort, omsgid={got.sent.msgid})" if q.last else "")
        for q in queries
    ]
    seen, seen_en = _SEEN.get(verdict.evidence, verdict.evidence), verdict.evidence
    if got.fault is not None:
        seen, seen_en = got.fault.zh, got.fault.en
    said = scrub(verdict.reason)
    said_zh = f"；中心答复：{said}" if said else ""
    said_en = f"; the bureau said: {said}" if said else ""
    executed_zh = "中心称已执行，但回应不足以证明" if verdict.executed else "是否已执行不确定"
    executed_en = (
        "the bureau says it was executed, without proof"
        if verdict.executed
        else "it may or may not have been executed"
    )
    return OutcomeUnknown(
        f"已发出，{executed_zh}：{seen}{said_zh}",
        f"sent, {executed_en}: {seen_en}{said_en}",
        hint_zh="不要重复提交，程序会自动查证（也可 mi recover）："
        + (" → ".join(steps_zh) or "向医保中心核实")
        + f"；进展与人工处理：mi doubt show {got.sent.msgid}",
        hint_en="do not submit it again; clients find out by themselves (or: mi recover), by: "
        + (" → ".join(steps_en) or "asking the bureau")
        + f"; progress, and what people can do: mi doubt show {got.sent.msgid}",
        evidence=verdict.evidence,
        resolve_with=[q.interface for q in queries],
        likely_refused=verdict.likely_refused,
        **got.where(),
    )


def _title(code: str) -> str:
    """The Chinese name of an interface, for the hint only: never a reason to fail."""
    try:
        from mi_core.interfaces import by_code

        return by_code(code).title
    except Exception:  # the error being built matters more than its wording
        return ""
