"""``mi mapping``: the hospital's own items and the national catalogue, from the list of items to the bureau's word on each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mi_core.cli.exits import EPILOG
from mi_core.cli.mapping_work import run, through
from mi_core.cli.text import print_json, print_table, t, working

if TYPE_CHECKING:
    from mi_core.catalogues import Catalogue
    from mi_core.config import Config
    from mi_core.mapping import Book
    from mi_core.uploads import UploadReport

__all__ = ["mapping"]

_config = click.option(
    "--config", type=click.Path(dir_okay=False), help="配置文件，默认 mi.toml / configuration file."
)
_institution = click.option("--institution", help="机构编号（配置了多个时） / institution code.")
_json = click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")
_sheet = click.option("--sheet", help="Excel 工作表，默认第一个 / sheet of the workbook.")
_encoding = click.option("--encoding", help="CSV 编码，默认自动识别 / encoding of a CSV.")
_yes = click.option("--yes", is_flag=True, help="正式环境不再询问 / do not ask in production.")
_result = click.option(
    "--result", type=click.Path(dir_okay=False, path_type=Path), help="结果文件 / the result file."
)
_path = click.Path(dir_okay=False, path_type=Path)


@click.group(epilog=EPILOG, short_help="院内项目与国家目录对照 / map own items to the catalogue")
def mapping() -> None:
    """导入院内项目 → 自动匹配 → 人工审核 → 上传对照（3301） → 核对（1317）；撤销用 3302。

    Import own items, match, review, upload (3301), compare with 1317; withdraw by 3302.
    """


@mapping.command("import")
@click.argument("file", type=_path)
@click.option("--dry-run", is_flag=True, help="只检查，不导入 / only check the list.")
@_sheet
@_encoding
@_institution
@_config
@_json
def import_items(
    file: Path, dry_run: bool, sheet: str | None, encoding: str | None, institution: str | None, config: str | None, as_json: bool
) -> None:  # fmt: skip
    """导入院内项目（CSV 或 Excel）；可重复导入 / take the hospital's items; may be repeated.

    必填列：院内编码、院内名称。其他：目录类别、国家编码、规格、包装规格、剂型、单位、批准文号、生产厂家、单价、自付比例、开始日期、结束日期、除外内容、
    项目内涵、备注。全部错误一次列出；有错误时什么也不导入。
    """
    from mi_core.cli.upload import show_notes
    from mi_core.mapping import read_items, unused_columns
    from mi_core.uploads import open_table

    table = open_table(file, encoding=encoding, sheet=sheet)
    unused = unused_columns(table)
    if unused:
        some = "、".join(unused)
        show_notes(
            [
                (
                    f"未使用的列：{some}（可用列名见 mi mapping import --help）",
                    f"columns that are not used: {', '.join(unused)}",
                )
            ]
        )
    show_notes(getattr(table, "notes", ()))
    if dry_run:
        count = sum(1 for _ in read_items(table))
        if as_json:
            print_json({"items": count, "unused_columns": unused})
        else:
            click.echo(
                t(
                    f"{file}：{count} 项，没有错误，未导入",
                    f"{file}: {count} items, no mistakes, nothing was taken",
                )
            )
        return

    async def work(_: Config, book: Book, __: Catalogue) -> Any:
        return await book.take(read_items(table))

    done = run(config, institution, work)
    if as_json:
        print_json(
            {
                "new": done.new,
                "changed": done.changed,
                "same": done.same,
                "absent": done.absent,
                "unused_columns": unused,
            }
        )
        return
    click.echo(
        t(
            f"新增 {done.new}，变更 {done.changed}，未变 {done.same}",
            f"new {done.new}, changed {done.changed}, same {done.same}",
        )
    )
    if done.absent:
        click.echo(
            t(
                f"另有 {done.absent} 个已导入的项目不在此表中（保留）",
                f"{done.absent} items that are here are not in this list (kept)",
            )
        )


@mapping.command()
@click.option(
    "--candidates",
    type=click.IntRange(1, 20),
    default=5,
    show_default=True,
    help="每项候选数 / candidates per item.",
)
@click.option(
    "--least", type=click.IntRange(0, 100), default=40, show_default=True, help="最低得分 / lowest score."
)
@_institution
@_config
@_json
def match(candidates: int, least: int, institution: str | None, config: str | None, as_json: bool) -> None:
    """按国家编码、名称、规格匹配未审核的项目 / find candidates for items that nobody decided."""
    from mi_core.mapping import propose

    async def work(_: Config, book: Book, catalogue: Catalogue) -> Any:
        with working(t("匹配中", "matching")):
            return await propose(book, catalogue, limit=candidates, least=least)

    done = run(config, institution, work)
    if as_json:
        print_json({"offers": done.offers, "proposed": done.proposed, "open": done.open})
        return
    click.echo(
        t(f"与 {done.offers} 条目录比对：{done.proposed} 项有候选待审核，{done.open} 项需人工选择",
          f"compared with {done.offers} entries: {done.proposed} proposed, {done.open} for people to find")
    )  # fmt: skip
    click.echo(t("  → mi mapping review --out 审核.csv", "  -> mi mapping review --out review.csv"))


@mapping.command()
@click.option("--out", type=_path, help="导出审核表（.csv 或 .xlsx） / write the review list.")
@click.option("--in", "taken", type=_path, help="读回填好的审核表 / take the filled-in list.")
@click.option(
    "--accept-from",
    type=click.IntRange(1, 100),
    metavar="SCORE",
    help="直接通过得分不低于此的 / accept from this score.",
)
@click.option("--by", help="审核人 / who decides.")
@_institution
@_config
def review(
    out: Path | None, taken: Path | None, accept_from: int | None, by: str | None, institution: str | None, config: str | None
) -> None:  # fmt: skip
    """审核候选：导出、填写、读回 / review candidates: write the list, fill it in, take it back."""
    from mi_core.mapping import accept_from as accept
    from mi_core.mapping import take_review, write_review
    from mi_core.mapping.book import STATES
    from mi_core.uploads import open_table

    if sum(given is not None for given in (out, taken, accept_from)) != 1:
        raise click.UsageError(
            t("请给出 --out、--in、--accept-from 之一", "give one of --out, --in, --accept-from")
        )
    if out is None and not (by or "").strip():
        raise click.UsageError(t("请用 --by 写明审核人", "say who decides: --by"))
    who = (by or "").strip()

    async def work(_: Config, book: Book, catalogue: Catalogue) -> str:
        if out is not None:
            count = await write_review(book, out)
            return t(f"{out}：{count} 项；在“决定”列填“是”或“否”后用 --in 读回", f"{out}: {count} items")
        if taken is not None:
            counts = await take_review(book, catalogue, open_table(taken), who)
            return t("，", ", ").join(f"{t(*STATES[state])} {n}" for state, n in counts.items()) or t(
                "没有决定", "no decisions"
            )
        assert accept_from is not None
        return t(f"通过 {(n := await accept(book, accept_from, who))} 项", f"accepted {n}")

    click.echo(run(config, institution, work))


@mapping.command()
@click.option(
    "--begin",
    type=click.DateTime(["%Y-%m-%d"]),
    help="没有开始日期的项目，默认今天 / begndate where an item has none.",
)
@click.option(
    "--end",
    type=click.DateTime(["%Y-%m-%d"]),
    default="2099-12-31",
    show_default=True,
    help="没有结束日期的项目 / enddate.",
)
@_result
@_yes
@_institution
@_config
@_json
def upload(
    begin: dt.datetime | None, end: dt.datetime, result: Path | None, yes: bool, institution: str | None, config: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """上传审核通过的对照（3301） / upload accepted mappings."""
    from mi_core.mapping import send

    def work(client: Any, book: Book, path: Path, progress: Any) -> Awaitable[UploadReport]:
        return send(
            client, book, path, begin=begin.date() if begin else None, end=end.date(), progress=progress
        )

    async def ready(book: Book) -> None:
        if not as_json and not (await book.counts()).get("accepted"):
            click.echo(t("没有审核通过、待上传的对照", "no accepted mapping waits for its upload"))
            raise SystemExit(0)

    through("3301", work, ready, result, yes, institution, config, as_json)


@mapping.command()
@click.argument("items", nargs=-1, required=True)
@_result
@_yes
@_institution
@_config
@_json
def withdraw(
    items: tuple[str, ...], result: Path | None, yes: bool, institution: str | None, config: str | None, as_json: bool
) -> None:  # fmt: skip
    """撤销已上传的对照（3302） / take uploaded mappings back."""
    from mi_core.mapping import withdraw as take_back

    def work(client: Any, book: Book, path: Path, progress: Any) -> Awaitable[UploadReport]:
        return take_back(client, book, items, path, progress=progress)

    async def ready(book: Book) -> None:
        from mi_core.errors import UnknownName

        known = await book.get(items)
        if others := [i for i in items if i not in known or known[i].state != "uploaded"]:
            raise UnknownName(
                f"没有已上传的对照：{'、'.join(others)}；未发送", f"no uploaded mapping: {', '.join(others)}; nothing was sent",
                hint_zh="已上传的见 mi mapping status --state uploaded", hint_en="see mi mapping status --state uploaded",
            )  # fmt: skip

    through("3302", work, ready, result, yes, institution, config, as_json)


@mapping.command()
@click.option(
    "--state",
    type=click.Choice(["open", "proposed", "accepted", "rejected", "uploaded", "withdrawn"]),
    help="只列此状态 / list these.",
)
@_institution
@_config
@_json
def status(state: str | None, institution: str | None, config: str | None, as_json: bool) -> None:
    """各状态项数，并与中心（1317）核对 / counts, and what the bureau (1317) has."""
    from mi_core.catalogues import NotSynchronised
    from mi_core.mapping import compare
    from mi_core.mapping.book import STATES

    async def work(_: Config, book: Book, catalogue: Catalogue) -> dict[str, Any]:
        found: dict[str, Any] = {"counts": await book.counts()}
        if state is not None:
            names = ("code", "code_name", "score", "explained", "said")
            found["items"] = [
                {"item": e.item.id, "name": e.item.name} | {n: getattr(e, n) for n in names}
                async for e in book.entries(state)  # type: ignore[arg-type]  # click has checked it
            ]
        try:
            there = await compare(book, catalogue)
        except NotSynchronised as missing:
            return found | {"bureau": None, "note": missing.message()}
        differ = [{"item": i, "here": a, "there": b} for i, a, b in there.differ]
        return found | {"bureau": {"agree": there.agree, "differ": differ, "absent": list(there.absent)}}

    told = run(config, institution, work)
    if as_json:
        print_json(told)
        return
    click.echo(
        "，".join(f"{t(*STATES[s])} {n}" for s, n in told["counts"].items()) or t("没有项目", "no items")
    )
    if "items" in told:
        columns = (
            t("院内编码", "item"),
            t("名称", "name"),
            t("医疗目录编码", "code"),
            t("目录名称", "its name"),
            t("得分", "score"),
            t("说明", "why"),
        )
        print_table(
            "",
            columns,
            (
                [i["item"], i["name"], i["code"], i["code_name"], i["score"], i["said"] or i["explained"]]
                for i in told["items"]
            ),
        )
    there = told["bureau"]
    if there is None:
        click.echo(t(f"未与中心核对：{told['note']}", f"not compared: {told['note']}"))
        return
    click.echo(
        t(f"与中心（1317）核对：一致 {there['agree']}，不一致 {len(there['differ'])}，中心没有 {len(there['absent'])}",
          f"1317: {there['agree']} agree, {len(there['differ'])} differ, {len(there['absent'])} absent")
    )  # fmt: skip
    for one in there["differ"]:
        click.echo(
            t(
                f"  - {one['item']}：本地 {one['here']}，中心 {one['there']}",
                f"  - {one['item']}: {one['here']} here, {one['there']} there",
            )
        )
    if there["absent"]:
        click.echo(
            t(
                "  → 中心没有的：先 mi sync catalogs 1317 再核对",
                "  -> absent ones: mi sync catalogs 1317 first",
            )
        )
    if there["differ"]:
        raise SystemExit(1)
