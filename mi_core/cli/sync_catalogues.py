"""``mi sync``: catalogues and dictionaries of the bureau into the local database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mi_core.cli.bars import bar
from mi_core.cli.call import error_report
from mi_core.cli.exits import EPILOG, exit_code
from mi_core.cli.text import print_error, print_json, print_table, t
from mi_core.errors import ConfigError, MiError

if TYPE_CHECKING:
    from mi_core.catalogues import Differences, Progress, SourceState, SyncResult
    from mi_core.catalogues.dictionaries import DictionaryResult
    from mi_core.client import AsyncClient
    from mi_core.config import Config

__all__ = ["sync"]

_config = click.option(
    "--config", type=click.Path(dir_okay=False), help="配置文件，默认 mi.toml / configuration file."
)
_institution = click.option("--institution", help="机构编号（配置了多个时） / institution code.")
_json = click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")
_STEPS = {
    "asking": ("查询版本", "asking"), "fetching": ("下载", "fetching"), "loading": ("入库", "loading"),
    "page": ("分页查询", "pages"), "done": ("完成", "done"),
}  # fmt: skip


def _filters(_ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in given:
        name, mark, values = one.partition("=")
        if not mark or not name.strip() or not values.strip():
            raise click.BadParameter(t(f"应为 字段=值：{one}", f"must be FIELD=VALUE: {one}"))
        found.setdefault(name.strip(), []).extend(v.strip() for v in values.replace("，", ",").split(","))
    return found


@click.group(short_help="同步医保目录与字典到本地 / bring catalogues and dictionaries here")
def sync() -> None:
    """把药品、诊疗、耗材、病种等目录和字典同步到本地数据库，用 mi lookup 查找。

    Bring the bureau's catalogues and dictionaries into the local database; look into it with mi lookup.
    """


@sync.command(epilog=EPILOG)
@_config
@_institution
@_json
@click.option(
    "--full",
    is_flag=True,
    help="全部重新取，中心已不列的随之删除 / everything anew; what is not listed any more goes.",
)
@click.option("--first", help="本地没有时所报的版本号，默认 0 / version to ask with when nothing is here.")
@click.option("--page-size", type=click.IntRange(1, 9999), default=100, show_default=True,
              help="分页查询每页行数（地区可能有上限） / rows of a page.")  # fmt: skip
@click.option("--filter", "filters", multiple=True, metavar="字段=值", callback=_filters,
              help="分页查询的分类条件：多个取值用逗号，* 为代码表的全部；换条件后重新取全部 / what a query is narrowed by.")  # fmt: skip
@click.argument("kinds", nargs=-1)
def catalogs(
    config: str | None, institution: str | None, as_json: bool, full: bool, first: str | None, page_size: int,
    filters: dict[str, list[str]], kinds: tuple[str, ...],
) -> None:  # fmt: skip
    """同步目录：不给参数为全部，可给交易编号（1301）或种类（drug） / all of them, or the given codes or kinds.

    第一次取全部，之后只取新版本；中断后再运行即从中断处继续。一个目录失败不影响其他目录。

    The first time everything, afterwards what is newer; after an interruption it goes on where it was.
    """
    from mi_core.catalogues import sync_catalogues
    from mi_core.catalogues.syncing import FIRST_VERSION

    async def work(mi: AsyncClient, tell: Callable[[Progress], None]) -> list[SyncResult]:
        return await sync_catalogues(
            mi,
            kinds,
            institution=institution,
            full=full,
            tell=tell,
            page_size=page_size,
            first=first or FIRST_VERSION,
            filters=filters,
        )

    results = _run(config, work)
    if as_json:
        print_json([_plain(r) for r in results])
    else:
        _show(results)
    _leave([r.error for r in results if r.error is not None])


@sync.command(epilog=EPILOG)
@_config
@_institution
@_json
@click.option("--parent", help="父字典键值，默认 0 / parent_value to ask with.")
@click.option("--overlay", type=click.Path(dir_okay=False, path_type=Path),
              help="把新增和改名的代码写成 overlay 文件 / write new codes and changed labels as an overlay.")  # fmt: skip
@click.option("--force", is_flag=True, help="覆盖已有文件 / overwrite.")
@click.argument("types", nargs=-1)
def dictionaries(
    config: str | None, institution: str | None, as_json: bool, parent: str | None, overlay: Path | None, force: bool,
    types: tuple[str, ...],
) -> None:  # fmt: skip
    """同步字典（1901），并与本程序的代码表比较：新增、改名、缺少 / dictionaries, compared with the code tables.

    缺少的代码不会从代码表删除：以往的业务仍在使用。

    Codes that the bureau does not have any more stay: earlier business carries them.
    """
    from mi_core.catalogues import sync_dictionaries

    if overlay is not None and overlay.exists() and not force:
        raise ConfigError(
            f"{overlay} 已存在", f"{overlay} exists already", hint_zh="换一个文件名，或加 --force 覆盖",
            hint_en="choose another name or add --force",
        )  # fmt: skip

    async def work(
        mi: AsyncClient, tell: Callable[[Progress], None]
    ) -> tuple[list[DictionaryResult], Differences]:
        from mi_core.catalogues import differences, open_catalogue

        more = {} if parent is None else {"parent": parent}
        results = await sync_dictionaries(mi, types, institution=institution, tell=tell, **more)
        async with open_catalogue(mi.config, institution) as catalogue:
            return results, await differences(catalogue)

    results, found = _run(config, work)
    if overlay is not None:
        _write(overlay, found)
    if as_json:
        print_json(_report(results, found, overlay))
    else:
        _show_differences(results, found, overlay, everything=not types)
    _leave([r.error for r in results if r.error is not None])
    if types and any(not r.codes for r in results):
        raise SystemExit(1)


@sync.command()
@_config
@_institution
@_json
def status(config: str | None, institution: str | None, as_json: bool) -> None:
    """本地有哪些目录、到哪个版本 / what is here, and how new."""
    from mi_core.catalogues import open_catalogue
    from mi_core.config import load_config

    settings = load_config(config)

    async def ask() -> Any:
        async with open_catalogue(settings, institution) as catalogue:
            return catalogue.database.shown, await catalogue.sources(), await catalogue.dictionary_types()

    shown, states, types = asyncio.run(ask())
    if as_json:
        rows = [
            {
                n: getattr(s, n)
                for n in ("source", "title", "kind", "rows", "cursor", "synced_at", "unfinished")
            }
            for s in states
        ]
        print_json({"database": shown, "catalogues": rows, "dictionaries": types})
        return
    print_table(
        t(f"目录库 {shown}", f"catalogues in {shown}"),
        [t("交易", "interface"), t("目录", "catalogue"), t("种类", "kind"), (t("行数", "rows"), {"justify": "right"}),
         t("版本或更新时间", "version or change"), t("同步时间", "synchronised")],
        [(s.source, s.title, s.kind, s.rows, s.cursor, _when(s)) for s in states],
        caption=t(f"字典 {len(types)} 个", f"{len(types)} dictionaries"),
    )  # fmt: skip


def _when(state: SourceState) -> str:
    return str(state.synced_at or "") + t("（未完成）", " (unfinished)") * state.unfinished


def _way(result: SyncResult) -> str:
    if not result.ok:
        return "✗"
    return t("全量", "full") if result.full else t("增量", "newer")


def _run(
    config: str | None, work: Callable[[AsyncClient, Callable[[Progress], None]], Awaitable[Any]]
) -> Any:
    from mi_core.client import AsyncClient
    from mi_core.config import load_config

    settings: Config = load_config(config, journal__recover=False)

    async def run() -> Any:
        with bar() as advance:

            def tell(p: Progress) -> None:
                advance(f"{p.source} {p.title} {t(*_STEPS[p.step])}", p.done, p.total)

            async with AsyncClient(settings) as mi:
                return await work(mi, tell)

    return asyncio.run(run())


def _plain(result: SyncResult) -> dict[str, Any]:
    names = (
        "source",
        "title",
        "kind",
        "ok",
        "full",
        "rows",
        "changed",
        "cursor",
        "files",
        "pages",
        "sha256",
        "note",
    )
    plain = {name: getattr(result, name) for name in names}
    return plain | ({"error": error_report(result.error)} if result.error else {})


def _show(results: list[SyncResult]) -> None:
    number = {"justify": "right"}
    print_table(
        t("目录同步", "catalogues"),
        [t("交易", "interface"), t("目录", "catalogue"), t("种类", "kind"), t("方式", "way"), (t("变更", "changed"), number),
         (t("本地", "here"), number), t("版本或更新时间", "version or change")],
        [
            (r.source, r.title, r.kind, _way(r), r.changed, r.rows, r.cursor)
            for r in results
        ],
    )  # fmt: skip
    for result in results:
        if result.error is not None:
            print_error(f"{result.source} {result.title}: {result.error.message()}")
        elif result.note:
            click.echo(f"{result.source}: {result.note}", err=True)


def _report(results: list[DictionaryResult], found: Differences, overlay: Path | None) -> dict[str, Any]:
    return {
        "asked": len(results), "codes": sum(r.codes for r in results),
        "failed": {r.type: error_report(r.error) for r in results if r.error is not None},
        "compared": found.compared, "unknown": list(found.unknown), "foreign": list(found.foreign),
        "tables": [
            {"type": d.type, "title": d.title, "new": dict(d.new), "changed": {k: list(v) for k, v in d.changed.items()},
             "missing": dict(d.missing)} for d in found.tables
        ],
        "overlay": None if overlay is None else str(overlay),
    }  # fmt: skip


def _show_differences(
    results: list[DictionaryResult], found: Differences, overlay: Path | None, *, everything: bool
) -> None:
    rows = []
    for d in found.tables:
        rows += [(d.type, d.title, t("新增", "new"), v, label) for v, label in d.new.items()]
        rows += [(d.type, d.title, t("改名", "changed"), v, f"{a} → {b}") for v, (a, b) in d.changed.items()]
        rows += [(d.type, d.title, t("缺少", "missing"), v, label) for v, label in d.missing.items()]
    heads = [
        t("字典", "dictionary"),
        t("名称", "title"),
        t("差异", "difference"),
        t("代码", "code"),
        t("标签", "label"),
    ]
    codes = sum(r.codes for r in results)
    rest = ("中心没有", "missing") if everything else ("未同步", "not synchronised")
    compared, differ, others = found.compared, len(found.tables), len(found.unknown)
    if rows:
        print_table(t("字典与代码表", "dictionaries and code tables"), heads, rows)
    click.echo(t(
        f"字典 {len(results)} 个，代码 {codes} 个；比较 {compared} 个，不同 {differ} 个，{rest[0]} {others} 个",
        f"{len(results)} dictionaries, {codes} codes; {compared} compared, {differ} differ, {others} {rest[1]}",
    ))  # fmt: skip
    for result in results:
        if not everything and result.error is None and not result.codes:
            print_error(t(f"中心没有字典 {result.type}", f"the bureau has no dictionary {result.type}"))
        if result.error is not None:
            print_error(f"{result.type}: {result.error.message()}")
    if overlay is not None:
        click.echo(t(f"已写入 {overlay}", f"written: {overlay}"))


def _write(path: Path, found: Differences) -> None:
    from mi_core.catalogues import overlay_of
    from mi_core.catalogues.keeping import now

    content = overlay_of(found, day=now().date().isoformat())
    try:
        path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"无法写入 {path}：{error.strerror}", f"cannot write {path}: {error.strerror}"
        ) from None


def _leave(errors: list[MiError]) -> None:
    """What failed was told; the code tells which kind of error the first one was."""
    if errors:
        raise SystemExit(exit_code(errors[0]))
