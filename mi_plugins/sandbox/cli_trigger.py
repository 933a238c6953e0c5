"""``mi sandbox trigger`` and ``mi sandbox waiting``: events on demand, and what waits for one."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import click

from mi_core.cli.text import print_json, print_table, t
from mi_plugins.sandbox.cli_reach import ask, reach
from mi_plugins.sandbox.fault_words import EVENTS, FAULT_WORDS

__all__ = ["trigger", "waiting"]

_ONE_NUMBER: Mapping[str, tuple[str, str]] = {
    "decide": ("decisions", "number"), "review": ("prescriptions", "hi_rxno"), "dispense": ("prescriptions", "hi_rxno"),
    "pay-order": ("orders", "mdtrt_regno"),
}  # fmt: skip
"""Events about one number: the endpoint, and the number's name there."""


@click.command(
    help=t(
        "触发一个事件：故障（如 drop-after 2207，作用于下一次该交易），或审核、审方、支付、推送通知。不带参数时列出全部事件。"
        "等待中的事项见 mi sandbox waiting。",
        "Make something happen: a fault (drop-after 2207: for the next such call), or a decision, a review, a payment, a "
        "notification. Without arguments all events are listed. What waits for one: mi sandbox waiting.",
    ),
)
@click.argument("what", required=False)
@click.argument("targets", nargs=-1)
@click.option("--times", type=int, help=t("次数，-1 为直到解除", "how often; -1 until it is switched off"))
@click.option("--seconds", type=float, help=t("hang、late 等的秒数", "seconds of hang, late …"))
@click.option(
    "--message", help=t("unlisted-refusal 的文字，或审核意见", "text of unlisted-refusal, or the opinion")
)
@click.option("--refuse", is_flag=True, help=t("decide、review：不同意", "decide, review: refuse"))
@click.option(
    "--match",
    "matches",
    multiple=True,
    metavar="FIELD=VALUE",
    help=t("只作用于字段取此值的交易", "only calls with this value"),
)
@reach
def trigger(
    what: str | None, targets: tuple[str, ...], times: int | None, seconds: float | None, message: str | None, refuse: bool,
    matches: tuple[str, ...], as_json: bool, **where: Any,
) -> None:  # fmt: skip
    """One event."""
    if what is None:
        _list(as_json)
        return
    name = what.replace("_", "-")
    if name == "off":
        answer = ask("DELETE", "faults", **where)
    elif name == "notify":
        infno, subject = _targets(targets, "notify 7108 SUBJECT", 2)
        answer = ask("POST", "notices", {"infno": infno, "subject": subject}, **where)
    elif name in _ONE_NUMBER:
        (number,) = _targets(targets, f"{name} NUMBER", 1)
        answer = ask("POST", _ONE_NUMBER[name][0], _order(name, number, refuse, message), **where)
    else:
        more = {
            "times": times, "seconds": seconds, "message": message, "match": dict(_pair(one) for one in matches) or None,
        }  # fmt: skip
        answer = _fault(
            name, targets, {key: value for key, value in more.items() if value is not None}, where
        )
    if as_json:
        print_json(answer)
    else:
        click.echo(_done(name, answer))


def _order(name: str, number: str, refuse: bool, message: str | None) -> dict[str, Any]:
    order: dict[str, Any] = {_ONE_NUMBER[name][1]: number}
    if name in ("review", "dispense"):
        order["act"] = name
    if name in ("decide", "review"):
        order |= {"passed": not refuse} | ({"opinion": message} if message else {})
    elif refuse:
        raise click.UsageError(t(f"{name} 没有 --refuse", f"{name} knows no --refuse"))
    return order


def _fault(name: str, targets: tuple[str, ...], more: dict[str, Any], where: dict[str, Any]) -> Any:
    from mi_core.catalog import load_catalog

    known = {*load_catalog().interfaces, "*"}
    if unknown := [one for one in targets if one not in known]:  # a region may have it
        near = difflib.get_close_matches(unknown[0], known, n=1)
        zh, en = (f"，是否指 {near[0]}？", f"; did you mean {near[0]}?") if near else ("", "")
        text = t(
            f"注意：规范中没有交易 {'、'.join(unknown)}{zh}",
            f"not in the specification: {', '.join(unknown)}{en}",
        )
        click.echo(text, err=True)
    words = [*FAULT_WORDS, *(event.split()[0] for event in EVENTS)]
    if name not in words and name != "late-execution":
        near = difflib.get_close_matches(name, words, n=1)
        zh, en = (f"，是否指 {near[0]}？", f"; did you mean {near[0]}?") if near else ("", "")
        raise click.UsageError(t(
            f"没有事件 {name}{zh}（mi sandbox trigger 列出全部）", f"there is no event {name}{en} (mi sandbox trigger lists all)"
        ))  # fmt: skip
    orders = [{"infno": one, "fault": name.replace("-", "_"), **more} for one in targets or ("*",)]
    return ask("POST", "faults", orders, **where)


def _list(as_json: bool) -> None:
    rows = [
        *((f"{name} [INFNO…]", *words) for name, words in FAULT_WORDS.items()),
        *((name, *words) for name, words in EVENTS.items()),
    ]
    if as_json:
        print_json([{"event": name, "meaning": t(zh, en)} for name, zh, en in rows])
        return
    print_table(
        t("mi sandbox trigger 的事件", "events of mi sandbox trigger"), [t("事件", "event"), t("含义", "meaning")],
        [(name, t(zh, en)) for name, zh, en in rows],
        caption=t("故障不给交易号即作用于下一次任何交易", "a fault without an interface is for the next call of any"),
    )  # fmt: skip


def _done(name: str, answer: dict[str, Any]) -> str:
    if name == "off":
        return t("已解除全部故障", "no more faults")
    if name == "decide":
        passed = answer["passed"] == "1"
        return t(f"已审核 {answer['decided']}：{'同意' if passed else '不同意'}，{answer['opinion']}",
                 f"{answer['decided']} {'granted' if passed else 'refused'}: {answer['opinion']}")  # fmt: skip
    if name in FAULT_WORDS:
        waiting = [one for one in answer["faults"] if one["times"]]
        return t(f"已触发；生效中的故障 {len(waiting)} 个", f"done; {len(waiting)} fault(s) are switched on")
    return t("已触发", "done")


def _targets(targets: tuple[str, ...], usage: str, count: int) -> tuple[str, ...]:
    if len(targets) != count:
        raise click.UsageError(t(f"用法：mi sandbox trigger {usage}", f"usage: mi sandbox trigger {usage}"))
    return targets


def _pair(text: str) -> tuple[str, str]:
    field, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(t(f"--match 须为 字段=值：{text}", f"--match is FIELD=VALUE: {text}"))
    return field, value


@click.command(
    help=t(
        "列出沙箱中等待他人的事项（申请、申诉、处方、订单、通知），以及推进每一项的命令。",
        "List what waits for somebody in the sandbox (applications, appeals, prescriptions, orders, notifications), and the command "
        "that moves each one on.",
    ),
)
@reach
def waiting(as_json: bool, **where: Any) -> None:
    """What waits."""
    rows = ask("GET", "waiting", **where)["waiting"]
    if as_json:
        print_json(rows)
        return
    print_table(
        t("等待中的事项", "what waits"),
        [t("事项", "what"), t("编号", "number"), t("机构", "institution"), t("自", "since"), t("命令（任选其一）", "commands (any)")],
        [(t(row["zh"], row["en"]), row["number"], row["institution"], row["since"], row["do"].replace(" | ", "\n")) for row in rows],
        caption=t(f"{len(rows)} 项", f"{len(rows)} matter(s)"),
    )  # fmt: skip
