"""Commands for a sandbox that runs: its clock, events on demand, more people; and what it does with each interface."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mi_core.cli.text import print_json, print_table, t
from mi_core.errors import MiError

__all__ = ["clock", "interfaces", "seed", "trigger"]

Command = Callable[..., None]


def _reach(command: Command) -> Command:
    """Which sandbox is meant."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help=t("输出 JSON", "print JSON")),
        click.option(
            "--port", type=int, help=t("本机有几个沙箱时指明端口", "which one, when several run here")
        ),
        click.option("--token", help=t("控制令牌（MI_SANDBOX_TOKEN）", "control token (MI_SANDBOX_TOKEN)")),
        click.option(
            "--url", help=t("沙箱地址（MI_SANDBOX_URL）", "address of the sandbox (MI_SANDBOX_URL)")
        ),
    ):
        command = option(command)
    return command


def _ask(
    method: str, path: str, content: object = None, *, url: str | None, token: str | None, port: int | None
) -> Any:
    """One call of a control endpoint; its answer. Raises :class:`MiError`."""
    import urllib.error
    import urllib.request

    from mi_plugins.sandbox.control import TOKEN_HEADER
    from mi_plugins.sandbox.running import find_running

    there = find_running(url, token, port)
    body = None if content is None else json.dumps(content).encode()
    asked = urllib.request.Request(  # noqa: S310  # the address of a sandbox, never a file
        f"{there.url}/_control/{path}", data=body, method=method, headers={TOKEN_HEADER: there.token}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(asked, timeout=120) as reply:
            return json.loads(reply.read())
    except urllib.error.HTTPError as error:
        text = _reason(error.read())
        raise MiError(f"沙箱拒绝：{text}", f"the sandbox refuses: {text}") from error
    except (OSError, ValueError) as error:
        raise MiError(
            f"无法连接沙箱 {there.url}：{error}", f"cannot reach the sandbox {there.url}: {error}"
        ) from error


def _reason(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body[:200].decode(errors="replace")


@click.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]},  # -2h is no -h
    help=t(
        '查看或拨动沙箱的时钟：+30m、-2h、+1d、"2026-01-31 23:59:00"、reset。只拨中心的时钟时签名仍然有效；'
        "加 --gateway 连同网关的时钟一起拨动（试验签名超时）。",
        "Show or move the sandbox's clock: +30m, -2h, +1d, \"2026-01-31 23:59:00\", reset. Moving the centre's clock alone leaves "
        "signatures valid; --gateway moves the gateway's, too (to try messages that come too late).",
    ),
)
@click.argument("change", required=False)
@click.option("--gateway", is_flag=True, help=t("网关的时钟也拨动", "the gateway's clock, too"))
@_reach
def clock(change: str | None, gateway: bool, as_json: bool, **where: Any) -> None:
    """Show or move."""
    if change is None:
        state = _ask("GET", "clock", **where)
    else:
        order: dict[str, Any] = (
            {"reset": True}
            if change == "reset"
            else {"move": change}
            if change[:1] in "+-"
            else {"set": change}
        )
        state = _ask("POST", "clock", order | ({"gateway": True} if gateway else {}), **where)
    if as_json:
        print_json(state)
        return
    click.echo(
        t(
            f"中心  {state['now']}（拨动 {state['shift']:+.0f} 秒）",
            f"centre   {state['now']} (moved {state['shift']:+.0f} s)",
        )
    )
    click.echo(t(f"网关  {state['gateway']}（拨动 {state['gateway_shift']:+.0f} 秒）",
                 f"gateway  {state['gateway']} (moved {state['gateway_shift']:+.0f} s)"))  # fmt: skip


@click.command(
    help=t(
        "触发一个事件：故障（如 drop-after 2207，作用于下一次该交易）、notify 7108 编号（推送通知）、pay-order 登记号（参保人在手机上"
        "支付异地购药订单）、off（解除全部故障）。故障名称见 mi_plugins/sandbox/faults.py。",
        "Make something happen: a fault (drop-after 2207: for the next such call), notify 7108 SUBJECT (push a notification), "
        "pay-order NUMBER (the person pays an order of a remote purchase), off (no more faults). Faults: mi_plugins/sandbox/faults.py.",
    ),
)
@click.argument("what")
@click.argument("targets", nargs=-1)
@click.option("--times", type=int, help=t("次数，-1 为直到解除", "how often; -1 until it is switched off"))
@click.option("--seconds", type=float, help=t("hang、late 等的秒数", "seconds of hang, late …"))
@click.option("--message", help=t("unlisted-refusal 的文字", "text of unlisted-refusal"))
@click.option(
    "--match",
    "matches",
    multiple=True,
    metavar="FIELD=VALUE",
    help=t("只作用于字段取此值的交易", "only calls with this value"),
)
@_reach
def trigger(
    what: str, targets: tuple[str, ...], times: int | None, seconds: float | None, message: str | None, matches: tuple[str, ...],
    as_json: bool, **where: Any,
) -> None:  # fmt: skip
    """One event."""
    name = what.replace("-", "_")
    if name == "off":
        answer = _ask("DELETE", "faults", **where)
    elif name == "notify":
        infno, subject = _two(targets, "notify 7108 SUBJECT")
        answer = _ask("POST", "notices", {"infno": infno, "subject": subject}, **where)
    elif name == "pay_order":
        if len(targets) != 1:
            raise click.UsageError("pay-order NUMBER")
        answer = _ask("POST", "orders", {"mdtrt_regno": targets[0]}, **where)
    else:
        more = {
            "times": times,
            "seconds": seconds,
            "message": message,
            "match": dict(_pair(one) for one in matches) or None,
        }
        from mi_core.catalog import load_catalog

        known = {*load_catalog().interfaces, "*"}
        if unknown := [one for one in targets if one not in known]:  # a region may have it
            text = t(
                f"注意：规范中没有交易 {'、'.join(unknown)}",
                f"not in the specification: {', '.join(unknown)}",
            )
            click.echo(text, err=True)
        given = {key: value for key, value in more.items() if value is not None}
        orders = [{"infno": one, "fault": name, **given} for one in targets or ("*",)]
        answer = _ask("POST", "faults", orders, **where)
    if as_json:
        print_json(answer)
    else:
        click.echo(t("已解除全部故障", "no more faults") if name == "off" else t("已触发", "done"))


def _two(targets: tuple[str, ...], usage: str) -> tuple[str, str]:
    if len(targets) != 2:
        raise click.UsageError(usage)
    return targets[0], targets[1]


def _pair(text: str) -> tuple[str, str]:
    field, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(t(f"--match 须为 字段=值：{text}", f"--match is FIELD=VALUE: {text}"))
    return field, value


@click.command(
    help=t(
        "为运行中的沙箱（或用 --db 指定的数据库文件）增加人员与机构，同一种子得到同样的人与机构。--write 把人员写成 CSV。",
        "Add people and institutions to a running sandbox (or to a database file, --db); the same for the same seed. --write puts the "
        "people into a CSV.",
    ),
)
@click.option("--persons", default=0, type=click.IntRange(0), help=t("人数", "how many people"))
@click.option("--hospitals", default=0, type=click.IntRange(0), help=t("机构数", "how many institutions"))
@click.option(
    "--seed", "number", default=1, show_default=True, type=click.IntRange(0), help=t("种子", "the seed")
)
@click.option(
    "--db",
    "database",
    type=click.Path(dir_okay=False, path_type=Path),
    help=t("直接写入该文件", "write into this file"),
)
@click.option(
    "--write",
    type=click.Path(dir_okay=False, path_type=Path),
    help=t("把人员写入 CSV 文件", "write the people as CSV"),
)
@_reach
def seed(
    persons: int, hospitals: int, number: int, database: Path | None, write: Path | None, as_json: bool, **where: Any
) -> None:  # fmt: skip
    """More people."""
    order = {"persons": persons, "hospitals": hospitals, "seed": number}
    answer = _ask("POST", "seed", order, **where) if database is None else _into(database, order)
    if write is not None:
        _write_people(write, number, persons)
    if as_json:
        print_json(answer)
        return
    click.echo(t(
        f"新增 {answer['persons_new']} 人、{answer['institutions_new']} 家机构；共 {answer['persons']} 人、{answer['institutions']} 家机构",
        f"{answer['persons_new']} people and {answer['institutions_new']} institutions added; there are {answer['persons']} and "
        f"{answer['institutions']}",
    ))  # fmt: skip


def _into(path: Path, order: dict[str, int]) -> dict[str, Any]:
    import sqlite3

    from mi_plugins.sandbox.database import open_books
    from mi_plugins.sandbox.seeding import seed_books
    from mi_plugins.sandbox.settings import Settings, china_now

    try:
        books = open_books(Settings(database=str(path), seed=order["seed"], crowd=0))
        try:
            return seed_books(books, order, order["seed"], china_now().year)
        finally:
            books.close()
    except (sqlite3.Error, ValueError) as error:
        raise MiError(f"无法写入 {path}：{error}", f"cannot write {path}: {error}") from error


_COLUMNS = ("psn_no", "name", "certno", "card_no", "card_sn", "token", "insutype", "area", "psn_type")


def _write_people(path: Path, number: int, count: int) -> None:
    from mi_plugins.sandbox.persons import crowd

    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for one in crowd(number, count):
            insurance = one.insurances[0]
            writer.writerow((
                one.psn_no, one.name, one.certno, one.card_no, one.card_sn, one.token, insurance.insutype, insurance.area,
                insurance.psn_type,
            ))  # fmt: skip


@click.command(help=t("列出沙箱对每个交易的应答方式。", "List how the sandbox answers each interface."))
@click.option("--json", "as_json", is_flag=True, help=t("输出 JSON", "print JSON"))
def interfaces(as_json: bool) -> None:
    """All 212."""
    from mi_plugins.sandbox.survey import counts, survey

    rows = survey()
    if as_json:
        print_json(rows)
        return
    words = {
        "stateful": t("有账可查", "stateful"), "generated": t("生成的目录文件", "generated files"),
        "invented": t("按文档编造", "invented"), "pushed": t("由中心推送", "pushed"),
        "withdrawn": t("已停用", "withdrawn"),
    }  # fmt: skip
    print_table(
        t("沙箱的应答方式", "how the sandbox answers"), [t("交易", "interface"), t("名称", "title"), t("方式", "answer")],
        [(row["infno"], row["title"], words[row["answer"]]) for row in rows],
    )  # fmt: skip
    click.echo("  ".join(f"{words[kind]} {number}" for kind, number in counts(rows).items()))
