"""``mi audit``: the chained trail of everything that happened to changing calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mi_core.cli.desk import AS_JSON, BY, CONFIG, REASON, language, loaded, now, pick
from mi_core.cli.text import print_json, print_table, t, working
from mi_core.desk import roots as files
from mi_core.desk import trail
from mi_core.desk.deciding import latest
from mi_core.desk.deciding import reopen as reopen_intake
from mi_core.desk.details import details_words
from mi_core.desk.opening import person, reading, writing
from mi_core.desk.words import beijing

__all__ = ["audit"]


@click.group(short_help="审计链：核对、导出、查看 / the audit trail: verify, export, show")
def audit() -> None:
    """核对审计链是否完整，导出链根另行保存，查看记录。

    Verify that no record was changed, export roots to be kept elsewhere, look at records.
    """


@audit.command()
@CONFIG
@click.option(
    "--roots", multiple=True, type=click.Path(dir_okay=False, path_type=Path),
    help="导出的链根文件，可多个；没有它查不出尾部截断 / exported roots; without them a cut tail may not show.",
)  # fmt: skip
@AS_JSON
def verify(config: str | None, roots: tuple[Path, ...], as_json: bool) -> None:
    """核对全部记录，指出第一条有问题的；有问题时退出码为 1 / check everything, name the first bad record; exit code 1 then."""
    settings = loaded(config)
    known = [root for path in roots for root in files.read_roots(path)]
    with working(t("核对审计链", "verifying the audit trail")), reading(settings) as reader:
        report = files.verify(reader, known)
    if as_json:
        print_json(
            {
                "intact": report.intact, "events": report.events, "roots": len(known),
                "bad": [
                    {"writer": b.writer, "seq": b.seq, "why": b.why, "text": pick(files.WHY.get(b.why, (b.why, b.why))), "msgid": b.msgid}
                    for b in report.bad
                ],
                "gaps": [
                    {"why": g.why, "text": pick(files.WHY[g.why]), "operation_id": g.operation_id, "msgid": g.msgid}
                    for g in report.gaps
                ],
            }
        )  # fmt: skip
    elif report.intact:
        click.echo(
            t(
                f"审计链完整：{report.events} 条记录，核对链根 {len(known)} 个",
                f"intact: {report.events} records, {len(known)} roots",
            )
        )
        if not known:
            click.echo(
                t(
                    "  未给出 --roots：无法查出尾部被截断",
                    "  no --roots given: a tail that was cut off may not show",
                )
            )
    else:
        for b in report.bad:
            why, about = pick(files.WHY.get(b.why, (b.why, b.why))), f" msgid {b.msgid}" if b.msgid else ""
            click.secho(
                t(
                    f"✗ 写入者 {b.writer} 的第 {b.seq} 条：{why}{about}",
                    f"✗ writer {b.writer}, record {b.seq}: {why}{about}",
                ),
                fg="red",
            )
        for g in report.gaps:
            about = t(
                f"操作号 {g.operation_id} msgid {g.msgid}", f"operation {g.operation_id} msgid {g.msgid}"
            )
            click.secho(f"✗ {pick(files.WHY[g.why])}：{about}", fg="red")
    if not report.intact:
        raise SystemExit(1)


@audit.command("roots")
@CONFIG
@click.option(
    "--export", "path", type=click.Path(dir_okay=False, path_type=Path),
    help="写入（追加）文件，另行保存 / add to a file that is kept elsewhere.",
)  # fmt: skip
@AS_JSON
def show_roots(config: str | None, path: Path | None, as_json: bool) -> None:
    """显示或导出链根 / show or export the roots."""
    settings = loaded(config)
    with reading(settings) as reader:
        found = reader.roots() if path is None else files.export(reader, path, now())
    if as_json:
        print_json([{"writer": r.writer, "seq": r.seq, "hash": r.hash.hex()} for r in found])
        return
    print_table(
        "",
        [t("写入者", "writer"), t("记录", "record"), t("链根", "root")],
        ([r.writer, r.seq, r.hash.hex()] for r in found),
    )
    if path is not None:
        click.echo(
            t(
                f"已写入 {path}；请保存到其他机器或打印",
                f"written to {path}; keep it on another machine or on paper",
            )
        )


@audit.command()
@CONFIG
@REASON
@BY
@AS_JSON
def reopen(config: str | None, reason: str, by: str, as_json: bool) -> None:
    """日志被换成旧副本后，承认缺失并重新开放结算；须两人先后执行。先逐日对账。

    Let money out again after an older copy was put in the journal's place. Reconcile the days in between first; the second
    person confirms with the same command.
    """
    settings, who = loaded(config), person(by)
    with writing(settings) as journal:
        hole = journal.hole
        done = reopen_intake(journal, who, reason=reason)
    days = [] if hole is None else [str(day) for day in hole.days]
    if as_json:
        print_json({"reopened": done.second is not None, "days": days})
        return
    between = f"{days[0]} – {days[-1]}" if days else "-"
    if done.second is not None:
        click.echo(t(f"已重新开放结算（承认缺少 {between} 的记录，已留痕）",
                     f"money intake is open again (without the records of {between}, recorded)"))  # fmt: skip
        return
    assert done.proposal is not None
    until = beijing(done.proposal.expires_at)
    click.echo(
        t(f"{who.name} 的确认已记录，尚未开放。须已对 {between} 逐日 mi reconcile 并处理差异；另一人在 {until} 前执行同样的命令后开放",
          f"recorded for {who.name}, not open yet. Each day of {between} must be reconciled; another person gives the same"
          f" command before {until}")
    )  # fmt: skip


@audit.command()
@CONFIG
@click.option("--operation", metavar="ID", help="一笔业务的全部记录 / everything about one operation.")
@click.option("--actions", is_flag=True, help="只看人员操作 / only what people did.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="最多条数 / at most."
)
@AS_JSON
def show(config: str | None, operation: str | None, actions: bool, limit: int, as_json: bool) -> None:
    """查看审计记录，新的在前；给出 --operation 时按先后 / show records, newest first; in order with --operation."""
    settings = loaded(config)
    with reading(settings) as reader:
        if operation is not None:
            lines = trail.of_operation(reader, latest(reader, operation).operation_id)
            lines = [line for line in lines if not actions or line.kind in trail.ACTIONS]
        else:
            lines = trail.recent(reader, limit, actions=actions)
    rows = [trail.line_dict(line, language()) for line in lines]
    if as_json:
        print_json(rows)
        return
    heads = [t("时间", "time"), t("写入者", "writer"), t("记录", "record"), t("事件", "event"), t("状态", "state"),
             t("人员", "person"), t("操作号", "operation"), t("说明", "details")]  # fmt: skip
    print_table(
        "", heads, (_cells(row) for row in rows), caption=t(f"{len(rows)} 条", f"{len(rows)} record(s)")
    )


def _cells(row: dict[str, Any]) -> list[Any]:
    who = t("、", ", ").join(row["persons"]) if row.get("persons") else row.get("by", "")
    details = pick(details_words(row["details"]))
    return [
        row["at"],
        row["writer"],
        row["seq"],
        row["what"],
        row["state"],
        who,
        row["operation_id"],
        details,
    ]
