"""Commands for a sandbox that runs: its clock, more people; and what it does with each interface."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import click

from mi_core.cli.text import print_json, print_table, t
from mi_core.errors import MiError
from mi_plugins.sandbox.cli_reach import ask, reach

__all__ = ["clock", "interfaces", "seed"]


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
@reach
def clock(change: str | None, gateway: bool, as_json: bool, **where: Any) -> None:
    """Show or move."""
    if change is None:
        state = ask("GET", "clock", **where)
    else:
        order: dict[str, Any] = (
            {"reset": True}
            if change == "reset"
            else {"move": change}
            if change[:1] in "+-"
            else {"set": change}
        )
        state = ask("POST", "clock", order | ({"gateway": True} if gateway else {}), **where)
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
@reach
def seed(
    persons: int, hospitals: int, number: int, database: Path | None, write: Path | None, as_json: bool, **where: Any
) -> None:  # fmt: skip
    """More people."""
    order = {"persons": persons, "hospitals": hospitals, "seed": number}
    answer = ask("POST", "seed", order, **where) if database is None else _into(database, order)
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
        zh = getattr(error, "zh", str(error))  # a WrongOrder says it in both languages
        raise MiError(f"无法写入 {path}：{zh}", f"cannot write {path}: {error}") from error


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
