"""How a person finds out what became of a call, step by step, in the order of the catalogue."""

from __future__ import annotations

from mi_core.config import Config
from mi_core.desk.fences import fence_of
from mi_core.desk.words import Words, beijing, title_of
from mi_core.interfaces import by_code
from mi_core.journal import AttemptRecord
from mi_core.journal.people import Proposal, shown
from mi_core.journal.states import NO_EFFECT, OPEN_STATES, AttemptState

__all__ = ["steps"]


def steps(
    attempt: AttemptRecord, config: Config, proposal: Proposal | None, *, contradicted: bool = False
) -> list[Words]:
    """What to do, in words; empty of commands for an operation that has ended and is not ``contradicted``."""
    operation_id = attempt.operation_id
    if attempt.state not in OPEN_STATES and not contradicted:
        return [("已有结果，无需处理", "it has ended, nothing is to be done")]
    out: list[Words] = [("不要重复提交本笔业务", "do not submit this business again")]
    if proposal is not None:
        what = shown(proposal.decision)
        out.append(
            (
                f"{proposal.by.name} 已提出：{what}。核对后由另一人执行同样的命令确认，或 mi doubt withdraw {operation_id} --by 姓名",
                f"{proposal.by.name} proposed: {what}. Another person confirms with the same command, or: mi doubt withdraw {operation_id}",
            )
        )
    if contradicted:
        return [*out, *_corrections(attempt)]
    out += _questions(attempt)
    fence = fence_of(config, attempt)
    if fence is not None:
        out.append(
            (
                f"{beijing(fence)} 之前查不到不代表未执行",
                f"before {beijing(fence)} absence does not mean not executed",
            )
        )
    else:
        out.append(
            (
                "本地区的时限未知：查不到时以 3202 对账或医保部门答复为准",
                "the region's limits are unknown: when it cannot be found, 3202 or the bureau decides",
            )
        )
    return [*out, *_commands(attempt)]


def _questions(attempt: AttemptRecord) -> list[Words]:
    out: list[Words] = []
    try:
        queries = by_code(attempt.interface).behaviour.outcome_queries
    except KeyError:
        queries = ()
    for query in queries:
        code, name = query.interface, title_of(query.interface)
        if query.last:
            out.append(
                (
                    f"最后手段：{code} {name}，omsgid={attempt.msgid}（mi doubt reverse --force，须两人）",
                    f"as the last resort: {code}, omsgid={attempt.msgid} (mi doubt reverse --force, two persons)",
                )
            )
        elif code == "3202":
            out.append(
                (
                    f"用 {code} {name} 对当日明细，按 msgid {attempt.msgid} 查找（mi reconcile）",
                    f"compare the day by {code}, look for msgid {attempt.msgid} (mi reconcile)",
                )
            )
        else:
            where = "（本地区支持时）" if query.region else ""
            out.append(
                (f"用 {code} {name} 查询{where}", f"ask by {code}" + (" where supported" if where else ""))
            )
    return out or [("向医保部门核实", "ask the bureau")]


def _corrections(attempt: AttemptRecord) -> list[Words]:
    """How two persons correct an end that the centre contradicts."""
    operation_id, identifier = attempt.operation_id, _identifier(attempt)
    given = f" --identifier {identifier.upper()}" if identifier else ""
    who_zh, who_en = "--reason 依据 --by 姓名", "--reason TEXT --by NAME"
    out: list[Words] = [
        ("记录与中心不符：先向医保部门核实（5203、3202），由两人先后执行同样的命令",
         "the record and the bureau differ: find out (5203, 3202); both persons give the same command in turn"),
        (f"业务有效：mi doubt resolve {operation_id} --executed{given} {who_zh}",
         f"it is to stay: mi doubt resolve {operation_id} --executed{given} {who_en}"),
    ]  # fmt: skip
    if attempt.state in NO_EFFECT:
        drop = f"mi doubt reverse {operation_id} --force"
        gone = f"mi doubt resolve {operation_id} --reversed"
        out.append((f"业务无效：{drop} {who_zh}", f"it is to go: {drop} {who_en}"))
        out.append((f"核实已冲正后：{gone} {who_zh}", f"once that is verified: {gone} {who_en}"))
    return out


def _commands(attempt: AttemptRecord) -> list[Words]:
    base = f"mi doubt resolve {attempt.operation_id}"
    identifier = _identifier(attempt)
    given = f" --identifier {identifier.upper()}" if identifier else ""
    out: list[Words] = [
        (
            f"查到：{base} --executed{given} --reason 依据 --by 姓名",
            f"found: {base} --executed{given} --reason TEXT --by NAME",
        )
    ]
    if attempt.state in (AttemptState.IN_DOUBT, AttemptState.MANUAL):
        out.append(
            (
                f"确认未执行（两人先后执行）：{base} --not-executed --reason 依据 --by 姓名",
                f"certainly not executed (both persons in turn): {base} --not-executed --reason TEXT --by NAME",
            )
        )
    if attempt.state in (AttemptState.REVERSING, AttemptState.MANUAL):
        out.append(
            (
                f"确认已冲正（两人先后执行）：{base} --reversed --reason 依据 --by 姓名",
                f"certainly reversed (both persons in turn): {base} --reversed --reason TEXT --by NAME",
            )
        )
    return out[1:] if attempt.state is AttemptState.REVERSING else out


def _identifier(attempt: AttemptRecord) -> str:
    try:
        behaviour = by_code(attempt.interface).behaviour
    except KeyError:
        return ""
    stated = {path for path, _ in behaviour.proof_values}
    return next((p.rpartition(".")[2] for p in behaviour.proof if p != "infcode" and p not in stated), "")
