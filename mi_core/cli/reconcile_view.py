"""What ``mi reconcile`` shows: tables a cashier can read, one message's story, a CSV of the differences."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mi_core.cli.text import print_table, t
from mi_core.codes.clr_type import ClrType
from mi_core.codes.insutype import Insutype
from mi_core.desk.details import reason_words, source_words
from mi_core.desk.words import STATES, beijing, event_words, evidence_words
from mi_core.masking import scrub
from mi_core.reconcile import Action, Applied, Case, Centre, DayReport, Local, Money

if TYPE_CHECKING:
    from mi_core.journal import Journal
    from mi_core.model.code import Code

__all__ = ["print_report", "print_story", "story", "write_csv"]

_WHAT: Final = {
    "nothing": ("一致", "agrees"), "close": ("一致（未执行）", "agrees (not executed)"), "wait": ("正在处理，稍后再对", "under way: later"),
    "adopt": ("中心已结算，补记", "done at the centre: adopt"), "unidentified": ("中心已结算，编号未知", "done, ids unknown"),
    "absent": ("中心没有，待确认未执行", "absent: to be concluded"), "reverse": ("中心多出，待冲正", "must not be there: reverse"),
    "freeze": ("本地有、中心无，冻结待查", "here, not there: frozen"), "amount": ("金额不符", "amounts differ"),
    "refund": ("退费状态不符", "refund differs"), "person": ("互相矛盾，需人工", "contradiction: people"),
    "double": ("中心存在多条，疑似重复", "several at the centre"), "orphan": ("中心有、本地无", "there, not here"),
    "foreign": ("他方报文号，报警", "foreign message id"),
}  # fmt: skip
_NEXT: Final = {
    "wait": ("稍后重新对账", "reconcile again later"),
    "adopt": ("加 --apply 补记，或 mi recover", "--apply, or mi recover"),
    "unidentified": ("加 --apply；随后 mi recover 查询或冲正", "--apply; then mi recover asks or reverses"),
    "absent": ("到时限后 --apply 或 mi recover 结案", "--apply or mi recover, after the fence"),
    "reverse": ("mi recover 继续查证并冲正", "mi recover goes on with it"),
    "freeze": ("暂停该笔的退费等操作，向医保中心查询", "do nothing with it; ask the bureau"),
    "amount": ("核对票据与中心记录，由财务处理", "compare the receipt with the bureau's record"),
    "refund": ("核对退费：本地与中心只有一方办理", "find out who refunded it"),
    "person": ("由两人核实处理，办法见 mi doubt show", "two persons find out; how: mi doubt show"),
    "double": ("先查清哪一笔有效，再逐笔处理", "find out which one stays"),
    "orphan": ("查其他系统或遗失的日志；勿重复结算", "look for another system or a lost journal"),
    "foreign": ("立即报告信息科与医保中心", "tell IT and the bureau at once"),
}  # fmt: skip
_VERDICT: Final = {
    "even": ("平", "even"), "uneven": ("不平", "UNEVEN"), "untold": ("中心不核对", "not compared"), "unknown": ("未知", "unknown"),
}  # fmt: skip
_STATES: Final = STATES | {
    "UNKNOWN": ("日志中没有", "not in the journal"),
    "FOREIGN": ("非本机构", "foreign"),
}
_WRONG_ENDS: Final = frozenset({Local.NOT_EXECUTED, Local.REJECTED, Local.NOT_SENT, Local.REVERSED})
"""Ends that the centre contradicts when it has the business after all."""
_FLAGS: Final = {"0": ("否", "no"), "1": ("是", "yes"), None: ("-", "-")}
_RIGHT: Final = {"justify": "right"}


def _named(table: type[Code], code: str) -> str:
    """A code with its word; only the code where the language is not Chinese."""
    return t(f"{code} {table.__labels__.get(code, '')}".rstrip(), code)


def _said(text: str | None) -> str:
    """The centre's own words, as they may be shown: without what names a person, and without control characters."""
    return "".join(c if c.isprintable() else " " for c in scrub(text or ""))


def _state(state: str) -> str:
    return t(*_STATES[state])


def print_report(report: DayReport) -> None:
    title = t(f"{report.institution} {report.day} 对账", f"{report.institution} {report.day}")
    shown = [g for g in report.groups if g.here.count or not g.settled]
    empty = len(report.groups) - len(shown)
    print_table(
        title,
        [t("险种", "insurance"), t("清算类别", "clearing"), t("经办机构", "office"), t("退费", "refund"),
         (t("笔数", "count"), _RIGHT), (t("总额", "total"), _RIGHT), (t("基金", "fund"), _RIGHT), (t("账户", "account"), _RIGHT),
         t("结果", "result"), t("中心说明", "the centre says")],
        ((_named(Insutype, g.group.insutype), _named(ClrType, g.group.clr_type), g.group.optins, t(*_FLAGS[g.group.flag]),
          g.here.count, g.here.total, g.here.fund, g.here.account, t(*_VERDICT[g.verdict]), _said(g.told)) for g in shown),
        caption=t(f"另核对 {empty} 个本地无业务的分组", f"{empty} more groups, empty here"),
    )  # fmt: skip
    if report.cases:
        heads, rows = _cases(report)
        print_table(t("差异", "differences"), heads, rows)
    for heading, lines in _other(report):
        click.echo(heading)
        for line in lines:
            click.echo(f"  - {line}")
    click.echo(_conclusion(report))


def _cases(report: DayReport) -> tuple[list[str], list[list[str]]]:
    heads = [
        t("情况", "what"), t("本地状态", "here"), t("报文号", "msgid"), t("结算编号", "setl_id"), t("就诊编号", "mdtrt_id"),
        t("本地总额/基金/账户", "here: total/fund/account"), t("中心总额/基金/账户", "there: total/fund/account"),
        t("中心说明", "the centre says"), t("处理", "next"),
    ]  # fmt: skip
    return heads, [_case(case, report) for case in report.cases]


def _case(case: Case, report: DayReport) -> list[str]:
    action = case.action.value
    return [
        t(*_WHAT[action]), _state(case.local.value), case.msgid or "", case.setl_id or "", case.mdtrt_id or "", _money(case.here),
        _money(case.there), _said(case.memo), _next(case, report),
    ]  # fmt: skip


def _next(case: Case, report: DayReport) -> str:
    """What to do about it, in one cell; commands that people type stand below the table, whole."""
    if _is_wrong_end(case):
        return t("由两人更正，命令见下", "two persons correct it, the commands are below")
    text = t(*_NEXT.get(case.action.value, ("", "")))
    return f"{text} {case.operation_id}" if case.action is Action.PERSON and case.operation_id else text


def _is_wrong_end(case: Case) -> bool:
    return (
        case.local in _WRONG_ENDS
        and case.action in (Action.REVERSE, Action.PERSON)
        and case.operation_id is not None
    )


def _corrections(report: DayReport) -> list[str]:
    """For each end that the centre contradicts: the commands of the two persons."""
    lines: list[str] = []
    for case in report.cases:
        if _is_wrong_end(case):
            first = t("（先加 --apply 记录）", " (record it by --apply first)")
            lines.append(f"{case.msgid}" + ("" if case.msgid in report.contradicted else first))
            lines += [f"  {command}" for command in _commands(case)]
    return lines


def _commands(case: Case) -> list[str]:
    """What two persons type for an end that the centre contradicts."""
    who = t("--reason 依据 --by 姓名", "--reason TEXT --by NAME")
    if case.centre is Centre.REFUNDED:
        return [f"mi doubt resolve {case.operation_id} --reversed {who}"]
    keep = f"mi doubt resolve {case.operation_id} --executed --identifier {case.setl_id or 'SETL_ID'} {who}"
    drop = f"mi doubt reverse {case.operation_id} --force {who}"
    found = [t(f"业务有效：{keep}", f"if it is to stay: {keep}")]
    return found + (
        [] if case.local is Local.REVERSED else [t(f"业务无效：{drop}", f"if it is to go: {drop}")]
    )


def _money(money: Money | None) -> str:
    if money is None:
        return "-"
    return " / ".join("?" if v is None else f"{v:.2f}" for v in (money.total, money.fund, money.account))


def _other(report: DayReport) -> list[tuple[str, list[str]]]:
    found = [
        (t("当日尚未查明的操作（先 mi recover）：", "unresolved calls of the day (first: mi recover):"),
         [f"{one.interface} {one.msgid} {_state(one.state)} {one.operation_id}" for one in report.unresolved]),
        (t("已结算但存档不足以对账（先 mi recover 从中心补全，再对账）：",
           "confirmed, but its record is not enough to be compared (first: mi recover):"),
         [f"{one.interface} {one.msgid} {t('缺', 'lacks')} {', '.join(one.lacking)}" for one in report.unusable]),
        (t("记为未执行（或已冲正）、中心却有，由两人先后执行同样的命令更正：",
           "recorded as without effect, yet alive at the centre; two persons give the same command in turn:"),
         _corrections(report) or [f"mi doubt show {msgid}" for msgid in report.contradicted]),
        (t("明细未能核对：", "details that could not be compared:"),
         [f"{way[0]} {way[1]}：{why}" for way, why in report.failures.items()]),
        (t("已写入交易日志：", "written to the journal:"),
         [f"{a.msgid} → {_written(a)} {_why(a)}" for a in report.applied]),
    ]  # fmt: skip
    return [(heading, lines) for heading, lines in found if lines]


def _why(one: Applied) -> str:
    """Of what was seen: the difference; of what was resolved: the reason."""
    if one.what in _STATES:
        return t(*reason_words(one.reason))
    return t(*_WHAT.get(one.reason, ("与记录矛盾，已报警", "contradicts the record")))


def _written(one: Applied) -> str:
    what = _state(one.what) if one.what in _STATES else t("已记录", one.what)
    return what if one.done else what + t("（由正在运行的服务处理）", " (left to the running service)")


def _conclusion(report: DayReport) -> str:
    if report.balanced:
        more = (
            ""
            if report.over
            else t("（当日尚未结束，次日须再对一次）", " (the day is not over: reconcile again tomorrow)")
        )
        return t("✓ 平账", "BALANCED") + more
    if not report.differences and not report.unresolved and not report.unusable and not report.failures:
        return t(
            "✗ 未平账：总账不符而未见明细差异；如正在营业，请稍后重新对账",
            "NOT BALANCED: totals differ, details do not; while business goes on, try again later",
        )
    return t(
        "✗ 未平账：按上表逐笔处理后重新对账", "NOT BALANCED: act on the differences, then reconcile again"
    )


def write_csv(report: DayReport, path: Path) -> None:
    """All differences; a cell that a spreadsheet would take for a formula is quoted."""
    heads, rows = _cases(report)
    for row, case in zip(rows, report.cases, strict=True):
        if _is_wrong_end(case):
            row[-1] = t("由两人更正：", "two persons correct it: ") + t("；", "; ").join(_commands(case))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([t("机构", "institution"), t("日期", "day"), *heads])
        writer.writerows([report.institution, str(report.day), *map(_safe, row)] for row in rows)


def _safe(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and cell != "-" else cell


def story(journal: Journal, msgid: str) -> list[dict[str, Any]] | None:
    """Everything the journal knows of a message's operation, oldest first; ``None`` when it does not know the message."""
    attempt = journal.read.attempt(msgid)
    if attempt is None:
        return None
    calls = [
        {"at": beijing(one.sent_at), "what": t(f"发送 {one.interface}", f"sent {one.interface}"), "msgid": one.msgid,
         "state": _state(one.state.value), "evidence": t(*evidence_words(one.evidence)),
         "source": t(*source_words(one.source or "")), "reason": t(*reason_words(one.reason or ""))}
        for one in (*journal.read.attempts(attempt.operation_id), *journal.read.reversals(msgid))
    ]  # fmt: skip
    events = [
        {"at": beijing(one.at), "what": t(*event_words(one.kind)), "msgid": one.msgid or "",
         "state": _state(one.to_state) if one.to_state else "",
         "evidence": _evidence(one.data.get("evidence")),
         "source": t(*source_words(str(one.data.get("source") or ""))),
         "reason": t(*reason_words(str(one.data.get("reason") or "")))}
        for one in journal.read.events(attempt.operation_id)
    ]  # fmt: skip
    return sorted([*calls, *events], key=lambda row: row["at"])


def print_story(msgid: str, story: list[dict[str, Any]] | None, report: DayReport) -> None:
    for case in report.cases:
        if case.msgid == msgid:
            click.echo(f"{t(*_WHAT[case.action.value])}：{_next(case, report)}")
    if story is None:
        click.echo(t(f"交易日志没有报文 {msgid}", f"the journal does not know message {msgid}"))
        return
    heads = [
        t("时间", "time"), t("事件", "event"), t("报文号", "msgid"), t("状态", "state"), t("依据", "evidence"),
        t("来源", "source"), t("原因", "reason"),
    ]  # fmt: skip
    caption = t("报文内容用 mi ops show 查看", "see its messages with: mi ops show")
    print_table(msgid, heads, (list(row.values()) for row in story), caption=caption)


def _evidence(given: object) -> str:
    return t(*evidence_words(given)) if isinstance(given, str) and given else ""
