"""``mi catalog``: look at the interface catalogue and check it. ``mi catalog import`` comes with the generator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import click

from mi_core.catalog import Catalog, CatalogProblem, data_root, load_catalog
from mi_core.catalog.compare import compare
from mi_core.catalog.lock import lock_problems
from mi_core.catalog.overlay import describe
from mi_core.catalog.references import reference_problems
from mi_core.catalog.schema_check import schema_problems
from mi_core.catalog.search import search as find
from mi_core.catalog.stats import catalog_stats
from mi_core.cli.catalog_regions import (
    catalog_of,
    chosen_regions,
    is_region,
    need_two_regions,
    problems_of,
    region_option,
    show_difference,
    verify_regions,
)
from mi_core.cli.catalog_view import EFFECTS, FOLD, effect_name, print_interface
from mi_core.cli.text import print_error, print_json, print_table, t, working
from mi_core.errors import UnknownName
from mi_core.model.spec import InterfaceSpec

__all__ = ["catalog"]

_json = click.option("as_json", "--json", is_flag=True, help=t("输出 JSON", "print JSON"))
_root = click.option(
    "root", "--catalog", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help=t("目录所在文件夹（默认为自带目录）", "folder of the catalogue (default: the one that is shipped)"),
)  # fmt: skip


@click.group(help=t("查看和检查接口目录", "look at the interface catalogue and check it"))
def catalog() -> None:
    """Group of commands."""


def _spec(loaded: Catalog, code: str) -> InterfaceSpec:
    known = {c.upper(): c for c in loaded.interfaces}
    if code.upper() not in known:
        raise UnknownName(
            f"目录中没有接口 {code}", f"the catalogue has no interface {code}",
            hint_zh="用 mi catalog search 查找", hint_en="look for it with: mi catalog search",
        )  # fmt: skip
    return loaded.interfaces[known[code.upper()]]


@catalog.command("list", help=t("列出全部接口", "list all interfaces"))
@click.option("--category", help=t("只列某一分类，如 2_service", "one category only, e.g. 2_service"))
@click.option("--effect", type=click.Choice(list(EFFECTS)), help=t("只列某一性质", "one effect only"))
@region_option
@_json
@_root
def list_interfaces(
    category: str | None, effect: str | None, region: str | None, as_json: bool, root: Path | None
) -> None:
    """All interfaces in specification order."""
    specs = [
        s
        for s in catalog_of(region, root).interfaces.values()
        if (category is None or s.category == category) and (effect is None or s.behaviour.effect == effect)
    ]
    if as_json:
        print_json([_summary(s) for s in specs])
        return
    print_table(
        t(f"接口目录（{len(specs)} 个）", f"interface catalogue ({len(specs)})"),
        [
            t("编号", "code"),
            t("名称", "title"),
            t("英文类名", "class"),
            t("性质", "effect"),
            t("分组", "group"),
        ],
        [
            (
                s.code,
                s.title + t("（已停用）", " (withdrawn)") * s.withdrawn,
                s.class_name,
                effect_name(s),
                s.group,
            )
            for s in specs
        ],
    )


def _summary(spec: InterfaceSpec) -> dict[str, Any]:
    keys = (
        "code",
        "title",
        "description",
        "slug",
        "class_name",
        "category",
        "group",
        "listed",
        "business",
        "withdrawn",
    )
    return {k: getattr(spec, k) for k in keys} | {"effect": spec.behaviour.effect}


@catalog.command(
    help=t("显示一个接口：字段、条件、性质", "show one interface: fields, conditions, behaviour")
)
@click.argument("code")
@region_option
@_json
@_root
def show(code: str, region: str | None, as_json: bool, root: Path | None) -> None:
    """One interface with every field, as the base or a region has it."""
    loaded = catalog_of(region, root)
    spec = _spec(loaded, code)
    if as_json:
        print_json(loaded.document(spec.code))
        return
    print_interface(spec)


@catalog.command(help=t("按编号、字段名、中文名或代码查找", "find by code, field name, label or code value"))
@click.argument("word")
@click.option("--limit", default=50, show_default=True, help=t("最多显示多少条", "how many hits to show"))
@region_option
@_json
@_root
def search(word: str, limit: int, region: str | None, as_json: bool, root: Path | None) -> None:
    """Interfaces, fields, code tables and codes that contain the word."""
    hits = find(catalog_of(region, root), word)
    if as_json:
        print_json([attrs.asdict(h) for h in hits])
        return
    kinds = {"interface": "接口", "field": "字段", "code_table": "代码表", "code": "代码"}
    more = len(hits) - limit
    print_table(
        t(f"“{word}”：{len(hits)} 条", f"{word!r}: {len(hits)} hits"),
        [t("种类", "kind"), t("接口", "interface"), (t("名称", "name"), FOLD), t("中文", "label")],
        [(t(kinds[h.kind], h.kind), h.interface, h.name, h.label) for h in hits[:limit]],
        caption=t(f"另有 {more} 条，用 --limit 显示更多", f"{more} more: use --limit") if more > 0 else None,
    )


@catalog.command(
    help=t(
        "比较两个接口或两个地区（如 hunan guangzhou）；只给一个编号时列出对它的修订",
        "compare two interfaces or two regions (hunan guangzhou); with one code: its corrections",
    )
)
@click.argument("a")
@click.argument("b", required=False)
@click.option("only", "--interface", help=t("比较地区时只看此接口", "of two regions: this interface only"))
@click.option("--brief", is_flag=True, help=t("比较地区时只列数量", "of two regions: numbers only"))
@region_option
@_json
@_root
def diff(
    a: str, b: str | None, only: str | None, brief: bool, region: str | None, as_json: bool, root: Path | None
) -> None:
    """Fields that differ, or the overlay entries of one interface with their reasons."""
    if b is not None and is_region(a) and is_region(b):
        show_difference(a, b, only, brief, as_json, root)
        return
    if b is not None:
        need_two_regions(a, b)
    loaded = catalog_of(region, root)
    before = _spec(loaded, a)
    if b is None:
        _corrections(loaded, before, as_json)
        return
    found = compare(before, _spec(loaded, b))
    if as_json:
        print_json([attrs.asdict(d) for d in found])
        return
    names = {"added": t("新增", "added"), "removed": t("没有", "removed"), "changed": t("不同", "changed")}
    print_table(
        f"{before.code} ↔ {b}: {len(found)}",
        [t("差异", "kind"), (t("字段", "field"), FOLD), t("名称", "label"), before.code, b],
        [
            (names[d.kind], d.path, d.label, _short(d.before, d.after), _short(d.after, d.before))
            for d in found
        ],
    )


def _corrections(loaded: Catalog, spec: InterfaceSpec, as_json: bool) -> None:
    entries = [(o.name, e) for o in loaded.overlays for e in o.of(spec.code)]
    if as_json:
        print_json([{"overlay": name, **attrs.asdict(e)} for name, e in entries])
        return
    print_table(
        t(
            f"{spec.code} {spec.title}：{len(entries)} 处修订",
            f"{spec.code} {spec.title}: {len(entries)} corrections",
        ),
        [t("操作与位置", "operation"), t("理由", "reason"), t("依据", "evidence")],
        [(describe(e), e.reason, e.evidence) for _, e in entries],
    )


def _short(side: dict[str, str] | None, other: dict[str, str] | None) -> str:
    if side is None:
        return "—"
    return " ".join(v for k, v in side.items() if v and (other is None or other.get(k) != v)) or "·"


@catalog.command(help=t("目录的数量", "the catalogue in numbers"))
@_json
@_root
def stats(as_json: bool, root: Path | None) -> None:
    """Counts after the errata."""
    numbers = catalog_stats(load_catalog(root))
    if as_json:
        print_json(numbers)
        return
    labels = {
        "interfaces": "接口", "listed": "列入目录", "business": "业务接口", "withdrawn": "已停用", "tables": "字段表",
        "fields": "字段", "file_columns": "文件列", "code_tables": "代码表", "codes": "代码", "conditions": "条件", "errata": "勘误",
    }  # fmt: skip
    print_table(
        t("接口目录", "interface catalogue"),
        [t("项目", "what"), (t("数量", "count"), {"justify": "right"})],
        [(t(labels[k], k), v) for k, v in numbers.items()],
    )


def _report(problems: list[CatalogProblem], fine: str, as_json: bool) -> None:
    if as_json:
        print_json([attrs.asdict(p) for p in problems])
    elif not problems:
        click.echo(fine)
    for problem in () if as_json else problems:
        print_error(problem.message())
    if problems:
        raise SystemExit(1)


@catalog.command(
    help=t("检查全部文件：结构、引用、名称、摘要", "check all files: structure, references, names, lock")
)
@region_option
@_json
@_root
def check(region: str | None, as_json: bool, root: Path | None) -> None:
    """Everything that is wrong with the catalogue and the regions; exit code 1 when something is. Needs ``codegen``."""
    with working(t("检查目录", "checking the catalogue")):
        problems = _base_problems(Catalog(root or data_root())) if region is None else []
        for folder in chosen_regions(region, root) if not problems else ():
            problems += problems_of(folder, root)
    _report(problems, t("目录没有错误", "the catalogue is correct"), as_json)


def _base_problems(loaded: Catalog) -> list[CatalogProblem]:
    return loaded.problems() or [
        *reference_problems(loaded),
        *schema_problems(loaded),
        *lock_problems(loaded.root, loaded.digests()),
    ]


@catalog.command(
    help=t(
        "核对摘要文件 catalog.lock 与各地区的 region.lock",
        "compare the files with catalog.lock and region.lock",
    )
)
@click.option("--write", is_flag=True, help=t("改写摘要文件", "write the locks anew"))
@click.option(
    "--version", "version", help=t("与 --write 合用：新的目录版本", "with --write: the new version")
)
@region_option
@_json
@_root
def verify(write: bool, version: str | None, region: str | None, as_json: bool, root: Path | None) -> None:
    """Exit code 1 when a document differs from what was released; with ``--region`` only that region's lock."""
    loaded = Catalog(root or data_root())
    if write and region is None:
        from mi_core.catalog.lock import write_lock

        load_catalog(loaded.root)
        write_lock(loaded.root, version or loaded.version, loaded.overlay_names, loaded.digests())
    with working(t("核对摘要", "comparing")):
        problems = lock_problems(loaded.root, loaded.digests()) if region is None else []
        problems += verify_regions(chosen_regions(region, root), root, write=write)
    _report(problems, t("与摘要文件一致", "the same as in the locks"), as_json)
