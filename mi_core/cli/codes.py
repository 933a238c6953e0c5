"""``mi codes``: look into a code table, or find the table and code of a word."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from mi_core.catalog import Catalog, load_catalog
from mi_core.cli.catalog_regions import catalog_of, region_option
from mi_core.cli.text import print_json, print_table, t
from mi_core.errors import UnknownName
from mi_core.model import CodeTable, FieldSpec

__all__ = ["codes"]


@click.command(
    short_help=t("查看代码表", "look into a code table"),
    help=t(
        "查看代码表：mi codes med_type；mi codes med_type 11 只看一个代码；不带参数列出全部代码表；--search 按中文查找。",
        "Show a code table: mi codes med_type; with a code only that one; without arguments all tables; --search finds a word.",
    ),
)
@click.argument("table", required=False)
@click.argument("code", required=False)
@click.option("--search", "word", help=t("按名称或标签查找", "find codes by a word"))
@click.option(
    "--used-by", is_flag=True, help=t("列出使用该代码表的字段", "list the fields that use the table")
)
@region_option
@click.option("--json", "as_json", is_flag=True, help=t("输出 JSON", "print JSON"))
def codes(
    table: str | None, code: str | None, word: str | None, used_by: bool, region: str | None, as_json: bool
) -> None:  # fmt: skip
    """Exits 2 when the table or code is unknown, naming the closest ones."""
    catalog = catalog_of(region, None)
    chosen = list(catalog.code_tables.values()) if table is None else [_table(catalog, table)]
    if word is not None:
        _show_found(chosen, word, as_json)
    elif table is None:
        rows = [(x.key, x.title, x.class_name, len(x.codes)) for x in chosen]
        heads = [t("代码表", "table"), t("名称", "title"), t("类", "class"), t("代码数", "codes")]
        _show(
            t(f"{len(rows)} 张代码表", f"{len(rows)} code tables"),
            ("key", "title", "class", "codes"),
            heads,
            rows,
            as_json,
        )
    elif used_by:
        _show_users(catalog, chosen[0], as_json)
    else:
        _show_codes(chosen[0], code, as_json, _package(chosen[0], region))


def _package(table: CodeTable, region: str | None) -> str:
    """Where its class is: a region has its own where its codes differ."""
    base = load_catalog().code_tables.get(table.key)
    if region is None or (base is not None and base.codes == table.codes):
        return "mi_core.codes"
    from mi_core.config.regions import known_regions

    known = known_regions()
    package = known[region]().interfaces if region in known else Path(region).name
    return f"{package.removesuffix('.interfaces')}.codes"


def _show(
    title: str, names: Sequence[str], heads: Sequence[str], rows: Iterable[Sequence[object]], as_json: bool
) -> None:
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        print_table(title, list(heads), rows)


def _table(catalog: Catalog, name: str) -> CodeTable:
    """By key (``med_type``), class name (``MedType``) or wire name in camel case (``medType``)."""
    if name in catalog.code_tables:
        return catalog.code_tables[name]
    folded = name.replace("_", "").casefold()
    for table in catalog.code_tables.values():
        if folded in (table.key.replace("_", "").casefold(), table.class_name.casefold()):
            return table
    near = difflib.get_close_matches(name, list(catalog.code_tables), n=5, cutoff=0.5)
    raise UnknownName(
        f"没有代码表 {name}", f"there is no code table {name}",
        hint_zh=f"相近的有：{'、'.join(near)}" if near else "用 mi codes --search 按中文查找",
        hint_en=f"close to it: {', '.join(near)}" if near else "find it with: mi codes --search",
    )  # fmt: skip


def _show_codes(table: CodeTable, code: str | None, as_json: bool, package: str) -> None:
    if code is not None and code not in table.codes:
        near = difflib.get_close_matches(code, list(table.codes), n=5, cutoff=0.4) or list(table.codes)[:5]
        raise UnknownName(
            f"{table.key}（{table.title}）没有代码 {code}", f"{table.key} ({table.title}) has no code {code}",
            hint_zh="例如：" + "、".join(f"{c} {table.codes[c]}" for c in near),
            hint_en="for example: " + ", ".join(f"{c} {table.codes[c]}" for c in near),
        )  # fmt: skip
    shown = {c: label for c, label in table.codes.items() if code is None or c == code}
    if as_json:
        print_json({"key": table.key, "title": table.title, "class": table.class_name, "codes": shown})
        return
    title = f"{table.key} {table.title} · {package}.{table.class_name}"
    print_table(title, [t("代码", "code"), t("含义", "meaning")], shown.items())


def _show_users(catalog: Catalog, table: CodeTable, as_json: bool) -> None:
    rows = [
        (spec.code, spec.title, f"{part.code}.{path}", member.label)
        for spec in catalog.interfaces.values()
        for part in (spec.input, spec.output)
        for path, member in part.walk()
        if isinstance(member, FieldSpec) and member.code_table == table.key
    ]
    heads = [t("接口", "interface"), t("名称", "title"), t("字段", "field"), t("字段名称", "label")]
    _show(f"{table.key} {table.title}", ("interface", "title", "field", "label"), heads, rows, as_json)


def _show_found(tables: Sequence[CodeTable], word: str, as_json: bool) -> None:
    needle = word.casefold()
    rows = [
        (table.key, table.title, code, label)
        for table in tables
        for code, label in table.codes.items()
        if any(needle in text.casefold() for text in (label, table.title, table.key, code))
    ]
    heads = [t("代码表", "table"), t("名称", "title"), t("代码", "code"), t("含义", "meaning")]
    _show(
        t(f"“{word}”：{len(rows)} 条", f"{word!r}: {len(rows)}"),
        ("key", "title", "code", "label"),
        heads,
        rows,
        as_json,
    )
