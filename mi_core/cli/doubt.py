"""``mi doubt``: what is unresolved, and what people decide about it."""

from __future__ import annotations

import re
from typing import Any

import click

from mi_core.cli.desk import AS_JSON, CONFIG, csv_lines, filled, language, loaded, named, now, pick
from mi_core.cli.doubt_decide import resolve, reverse, withdraw
from mi_core.cli.text import print_json, print_table, t
from mi_core.desk import doubts, trail
from mi_core.desk.details import details_words, source_words
from mi_core.desk.opening import person, reading, writing
from mi_core.desk.steps import steps
from mi_core.desk.words import STATES, beijing, clue_words, evidence_words, title_of, yuan
from mi_core.errors import ConfigError
from mi_core.journal import AttemptRecord, Reader
from mi_core.journal.states import OPEN_STATES

__all__ = ["doubt"]


@click.group(short_help="结果未定的业务：查看与处理 / calls in doubt: look and decide")
def doubt() -> None:
    """查看、处理结果未定的业务。平时由程序自动查证，转人工的须两人处理。

    Look at calls whose outcome is unknown and decide about them. What was handed to people needs two of them.
    """


doubt.add_command(resolve)
doubt.add_command(reverse)
doubt.add_command(withdraw)


@doubt.command("list")
@CONFIG
@click.option("--institution", multiple=True, callback=filled, help="机构编号 / institution.")
@click.option("--interface", "-i", multiple=True, callback=filled, help="交易编号 / interface code.")
@click.option(
    "--state", multiple=True, type=click.Choice(sorted(s.value for s in OPEN_STATES), case_sensitive=False),
    help="状态 / state.",
)  # fmt: skip
@click.option("--older", metavar="AGE", help="早于多久，如 30s、15m、4h、2d / older than.")
@AS_JSON
@click.option("--csv", "as_csv", is_flag=True, help="输出 CSV / print CSV.")
def list_doubts(
    config: str | None, institution: tuple[str, ...], interface: tuple[str, ...], state: tuple[str, ...],
    older: str | None, as_json: bool, as_csv: bool,
) -> None:  # fmt: skip
    """列出未决业务，旧的在前 / list what is unresolved, oldest first."""
    if as_json and as_csv:
        raise click.UsageError(t("--json 与 --csv 只能选一个", "choose --json or --csv"))
    settings, moment = loaded(config), now()
    wanted = doubts.Wanted(
        institutions=institution, interfaces=interface, states=state, older=None if older is None else _age(older)
    )  # fmt: skip
    with reading(settings) as reader:
        found = doubts.find(reader, settings, wanted, moment)
        foot = doubts.totals(reader, settings, found)
    rows = [{k: _one(v) for k, v in doubts.row(d).items()} for d in found]
    if as_json:
        print_json(
            {
                "doubts": [_data(row, d) for row, d in zip(rows, found, strict=True)],
                "totals": [_foot(f) for f in foot],
            }
        )
        return
    names = [name for name, _ in doubts.COLUMNS]
    heads = [pick(words) for _, words in doubts.COLUMNS]
    cells = [[row[name] for name in names] for row in rows]
    if as_csv:
        click.echo(csv_lines(heads, cells), nl=False)
        return
    if cells:
        columns: list[Any] = [
            (h, {"justify": "right"}) if n == "at_risk" else h for n, h in zip(names, heads, strict=True)
        ]
        print_table("", columns, cells)
    else:
        click.echo(t("没有未决业务", "nothing is in doubt"))
    for line in foot:
        click.secho(_foot_line(line), fg="red" if line.closed else None)


def _one(value: Any) -> Any:
    return pick(value) if isinstance(value, tuple) else value


def _data(row: dict[str, Any], found: doubts.Doubt) -> dict[str, Any]:
    a = found.attempt
    proposed = found.proposal
    return row | {
        "state": a.state.value, "state_text": pick(STATES[a.state.value]), "evidence": a.evidence, "evidence_text": row["evidence"],
        "msgid": a.msgid, "likely_refused": a.likely_refused, "contradicted": found.contradicted,
        "proposal": None if proposed is None else {"by": proposed.by.name, "act": proposed.decision.act,
                                                   "to": proposed.decision.to and proposed.decision.to.value},
    }  # fmt: skip


def _foot(foot: doubts.Totals) -> dict[str, Any]:
    return {
        "institution": foot.institution, "operations": foot.operations, "amount": yuan(foot.amount), "exposed": foot.exposed,
        "exposed_amount": yuan(foot.exposed_amount), "limit": foot.limit,
        "limit_amount": None if foot.limit_amount is None else yuan(foot.limit_amount), "intake_closed": foot.closed,
    }  # fmt: skip


def _foot_line(foot: doubts.Totals) -> str:
    most = (
        ""
        if foot.limit_amount is None
        else t(f"、{yuan(foot.limit_amount)} 元", f", {yuan(foot.limit_amount)} yuan")
    )
    closed = t("；已暂停新的结算", "; no further settlement is let out") if foot.closed else ""
    return t(
        f"{foot.institution}：共 {foot.operations} 笔 {yuan(foot.amount)} 元；计入限额 {foot.exposed} 笔 {yuan(foot.exposed_amount)} 元"
        f"（限 {foot.limit} 笔{most}）{closed}",
        f"{foot.institution}: {foot.operations} with {yuan(foot.amount)} yuan; counted {foot.exposed} with {yuan(foot.exposed_amount)} yuan"
        f" (limit {foot.limit}{most}){closed}",
    )  # fmt: skip


def _age(text: str) -> float:
    found = re.fullmatch(r"(\d{1,9})\s*([smhd]?)", text.strip().lower())
    if found is None:
        raise click.BadParameter(
            t(f"{text} 应为如 30s、15m、4h、2d", f"{text}: write 30s, 15m, 4h or 2d"), param_hint="--older"
        )
    return int(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]]


@doubt.command()
@CONFIG
@click.argument("operation")
@click.option("--reveal", is_flag=True, help="显示完整信息，须 --by，留痕 / in clear; needs --by, audited.")
@click.option("--by", metavar="PERSON", callback=named, help="查看人姓名或工号 / who looks.")
@AS_JSON
def show(config: str | None, operation: str, reveal: bool, by: str | None, as_json: bool) -> None:
    """查看一笔业务的经过、证据与处理办法 / show what happened, the evidence, and how to decide."""
    settings = loaded(config)
    if not reveal:
        with reading(settings) as reader:
            _print(_report(reader, settings, operation, reveal=False), as_json)
        return
    if by is None:
        raise ConfigError("--reveal 须用 --by 指明查看人", "--reveal needs --by",
                          hint_zh="查看完整信息会留痕", hint_en="who looks is recorded")  # fmt: skip
    from mi_core.desk.deciding import reveal as record

    who = person(by)
    with writing(settings) as journal:
        record(journal, operation, who)
        _print(_report(journal.read, settings, operation, reveal=True), as_json)


def _report(reader: Reader, settings: Any, key: str, *, reveal: bool) -> dict[str, Any]:
    found, attempts = doubts.operation(reader, settings, key, now())
    last = attempts[-1]
    lines = trail.of_operation(reader, last.operation_id)
    seen = [clue for a in attempts for clue in trail.evidence_of(reader, a.msgid)]
    return {
        **{k: _one(v) for k, v in doubts.row(found).items()},
        "generation": last.generation, "amounts": {k: yuan(v) for k, v in last.amounts.items()},
        "attempts": [_attempt(a, reveal) for a in attempts],
        "reversals": [_attempt(r, reveal) for a in attempts for r in reader.reversals(a.msgid)],
        "events": [trail.line_dict(line, language()) for line in lines],
        "seen": [{"at": beijing(c.at), "says": c.says, "text": pick(clue_words(c)), "source": c.source,
                  "origin": pick(source_words(c.source))} for c in seen],
        "how": [pick(step) for step in steps(found.attempt, settings, found.proposal, contradicted=found.contradicted)],
        "revealed": reveal,
    }  # fmt: skip


def _attempt(a: AttemptRecord, reveal: bool) -> dict[str, Any]:
    from mi_core.desk.showing import business_of, reply_lines, request_lines

    return {
        "number": a.number, "msgid": a.msgid, "interface": a.interface, "title": title_of(a.interface), "state": a.state.value,
        "state_text": pick(STATES[a.state.value]), "sent": beijing(a.sent_at), "deadline": beijing(a.deadline_at),
        "ended": None if a.ended_at is None else beijing(a.ended_at), "operator": a.operator,
        "evidence": pick(evidence_words(a.evidence)), "infcode": a.infcode, "source": a.source,
        "identifier": a.identifier, "business": dict(business_of(a, reveal=reveal)),
        "request": [{"path": p, "label": label, "value": v} for p, label, v in request_lines(a, reveal=reveal)],
        "reply": [{"path": p, "label": label, "value": v} for p, label, v in reply_lines(a, reveal=reveal)],
    }  # fmt: skip


def _print(report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    names = {name: pick(words) for name, words in doubts.COLUMNS}
    print_table("", [t("项目", "what"), t("内容", "value")], [(names[name], report[name]) for name in names])
    for a in [*report["attempts"], *report["reversals"]]:
        head = f"{a['interface']} {a['title']} · {a['state_text']} · msgid {a['msgid']} · {a['sent']}"
        fields = [(f["path"], f["label"], f["value"]) for f in a["request"]]
        columns = [t("字段", "field"), t("名称", "label"), t("值", "value")]
        print_table(t(f"第 {a['number']} 次发送：{head}", f"attempt {a['number']}: {head}"), columns, fields)
        if a["reply"]:
            print_table(
                t("回应", "reply"), columns, [(f["path"], f["label"], f["value"]) for f in a["reply"]]
            )
    rows = [
        (e["at"], e["what"], e["state"], _who(e), pick(details_words(e["details"]))) for e in report["events"]
    ]
    heads = [
        t("时间", "time"),
        t("事件", "event"),
        t("状态", "state"),
        t("人员", "person"),
        t("说明", "details"),
    ]
    print_table(t("经过", "what happened"), heads, rows)
    if report["seen"]:
        print_table(
            t("证据", "evidence"), [t("时间", "time"), t("所见", "seen"), t("来源", "source")],
            [(c["at"], c["text"], c["origin"]) for c in report["seen"]],
        )  # fmt: skip
    click.echo(t("处理办法：", "how to decide:"))
    for number, step in enumerate(report["how"], 1):
        click.echo(f"  {number}. {step}")


def _who(event: dict[str, Any]) -> str:
    if event.get("persons"):
        return t("、", ", ").join(event["persons"])
    return f"{event['by']}（{event['login']}）" if event.get("by") else ""
