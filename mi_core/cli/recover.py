"""``mi recover``: find out now what became of calls in doubt."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from mi_core.cli.desk import AS_JSON, CONFIG, filled, loaded, now, pick
from mi_core.cli.recovering import Outcome
from mi_core.cli.recovering import recover as run
from mi_core.cli.text import print_json, print_table, t, working
from mi_core.desk.doubts import Doubt, row
from mi_core.desk.opening import shared_path
from mi_core.desk.words import STATES, beijing, title_of

__all__ = ["recover"]


@click.command(short_help="查证结果未定的业务 / resolve what is in doubt")
@CONFIG
@click.option("--institution", callback=filled, help="只查该机构 / only this institution.")
@click.option(
    "--wait", type=click.FloatRange(0, 86_400), default=0.0, metavar="SECONDS",
    help="等到可再查时继续，最多多少秒 / go on until nothing is left or the seconds are over.",
)  # fmt: skip
@AS_JSON
def recover(config: str | None, institution: str | None, wait: float, as_json: bool) -> None:
    """查证结果未定的业务；仍有未决时退出码为 1。运行中的服务自己会查证它的业务。

    Find out what became of calls in doubt; exit code 1 when something remains open. A running service resolves its own.
    """
    settings = loaded(config)
    shared_path(settings)
    if institution is not None:
        settings.institution(institution)
    with working(t("查证未决业务", "finding out")):
        done = asyncio.run(run(settings, institution=institution, wait=wait, now=now))
    if as_json:
        print_json(_data(done))
    else:
        _print(done)
    if done.left:
        raise SystemExit(1)


def _data(done: Outcome) -> dict[str, Any]:
    return {
        "resolved": done.resolved, "open": len(done.left), "taken_over": done.taken_over, "completed": done.completed,
        "lines": [
            {"operation_id": x.operation_id, "msgid": x.msgid, "institution": x.institution, "interface": x.interface,
             "before": x.before.value, "after": x.after.value, "text": t(x.zh, x.en),
             "due": None if x.due is None else beijing(x.due)}
            for x in done.lines
        ],
        "left": [_left(d, done) for d in done.left],
    }  # fmt: skip


def _left(doubt: Doubt, done: Outcome) -> dict[str, Any]:
    shown = {k: pick(v) if isinstance(v, tuple) else v for k, v in row(doubt).items()}
    elsewhere = doubt.attempt.operation_id in done.elsewhere
    return {**shown, "state": doubt.attempt.state.value, "elsewhere": elsewhere, "next": _next(doubt, done)}


def _next(doubt: Doubt, done: Outcome) -> str:
    line = next(
        (x for x in done.lines if x.operation_id == doubt.attempt.operation_id and x.due is not None), None
    )
    text = pick(doubt.next)
    if doubt.attempt.operation_id in done.elsewhere and doubt.attempt.state.value != "MANUAL":
        return t(f"由运行中的程序查证：{text}", f"with a running program: {text}")
    if line is not None and line.due is not None:
        when = beijing(line.due)
        return t(f"{text}；下次 {when}", f"{text}; next {when}")
    return text


def _print(done: Outcome) -> None:
    ended = [x for x in done.lines if x.resolved]
    if ended:
        print_table(
            t("已查明", "resolved"),
            [t("操作号", "operation"), t("交易", "interface"), t("交易名称", "name"), t("原状态", "before"), t("结果", "outcome")],
            ([x.operation_id, x.interface, title_of(x.interface), pick(STATES[x.before.value]), t(x.zh, x.en)] for x in ended),
        )  # fmt: skip
    if done.left:
        print_table(
            t("仍未决", "still open"),
            [t("操作号", "operation"), t("交易", "interface"), t("交易名称", "name"), t("就诊", "visit"),
             (t("涉及金额", "yuan at risk"), {"justify": "right"}), t("状态", "state"), t("下一步", "what happens next")],
            ([r["operation_id"], r["interface"], r["title"], r["visit"], r["at_risk"], pick(STATES[r["state"]]), r["next"]]
             for r in (_left(d, done) for d in done.left)),
        )  # fmt: skip
    if done.completed:
        click.echo(
            t(f"人工定为已执行的 {done.completed} 笔已从中心补全内容",
              f"{done.completed} confirmed by people have their content now")
        )  # fmt: skip
    manual = sum(d.attempt.state.value == "MANUAL" for d in done.left)
    click.echo(
        t(f"查明 {done.resolved} 笔，未决 {len(done.left)} 笔，其中待人工 {manual} 笔",
          f"{done.resolved} resolved, {len(done.left)} open, {manual} of them wait for people")
    )  # fmt: skip
