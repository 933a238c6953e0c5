"""What became of an attempt, in words for people."""

from __future__ import annotations

from typing import Final

from mi_core.journal import AttemptState
from mi_core.journal.findings import Doubt
from mi_core.recovery.report import Line

__all__ = ["told"]

_STATE: Final = {
    AttemptState.CONFIRMED: "已查明：中心已执行，结果已补记",
    AttemptState.NOT_EXECUTED: "已查明：中心未执行，可重新办理",
    AttemptState.REVERSED: "已冲正并核实",
    AttemptState.MANUAL: "无法自动查明，转人工处理",
    AttemptState.EXECUTED_UNIDENTIFIED: "中心已执行，但业务号未知，继续查证",
    AttemptState.REVERSING: "已发出冲正，等待核实",
    AttemptState.IN_DOUBT: "结果未定，稍后再查",
    AttemptState.REJECTED: "中心已拒绝",
    AttemptState.NOT_SENT: "未发出",
    AttemptState.SENT: "正在办理",
    AttemptState.SUPERSEDED: "已重发",
}


def told(doubt: Doubt, after: AttemptState, why: str, due: int | None = None) -> Line:
    """The line of a report."""
    return Line(
        msgid=doubt.msgid, operation_id=doubt.operation_id, institution=doubt.institution, interface=doubt.interface,
        before=doubt.state, after=after, zh=_STATE[after], en=f"{after.value}: {why}", due=due,
    )  # fmt: skip
