"""``mi codes``: look up a code table, or find the tables in which a word occurs."""

from __future__ import annotations

from difflib import get_close_matches

import click

from mi_core.cli.text import print_json, print_table, t
from mi_core.codes import ALL_KEYS, by_key
from mi_core.errors import UnknownName
from mi_core.model.code import Code

__all__ = ["codes"]


@click.command(help=t("查看代码表，如 mi codes med_type", "look at a code table, e.g. mi codes med_type"))
@click.argument("table", required=False)
@click.option("--search", "word", help=t("只列含此文字的代码", "only codes that contain this text"))
@click.option("as_json", "--json", is_flag=True, help=t("输出 JSON", "print JSON"))
def codes(table: str | None, word: str | None, as_json: bool) -> None:
    """One table with its codes; without a name all tables, or with ``--search`` every code that matches."""
    if table is not None:
        _one(_find(table), word, as_json)
    elif word:
        _search(word, as_json)
    else:
        _all(as_json)


def _find(name: str) -> type[Code]:
    """By key or class name, upper or lower case."""
    known = {key.lower(): key for key in ALL_KEYS} | {by_key(key).__name__.lower(): key for key in ALL_KEYS}
    key = known.get(name.lower())
    if key is None:
        near = "、".join(get_close_matches(name, list(known), n=3))
        raise UnknownName(
            f"没有代码表 {name}", f"there is no code table {name}",
            hint_zh=f"是否为 {near}？" if near else "用 mi codes 列出全部，或 mi codes --search 查找",
            hint_en=f"did you mean {near}?" if near else "list all with: mi codes, or look for one with: mi codes --search",
        )  # fmt: skip
    return by_key(key)


def _one(table: type[Code], word: str | None, as_json: bool) -> None:
    rows = [
        (code, label) for code, label in table.labels().items() if not word or word in code or word in label
    ]
    if as_json:
        codes_found = dict(rows)
        print_json(
            {"key": table.__key__, "title": table.__title__, "class": table.__name__, "codes": codes_found}
        )
        return
    print_table(
        f"{table.__title__} · {table.__key__} · mi_core.codes.{table.__name__}",
        [t("代码", "code"), t("名称", "label")], rows,
    )  # fmt: skip


def _all(as_json: bool) -> None:
    tables = [by_key(key) for key in ALL_KEYS]
    if as_json:
        print_json(
            [
                {"key": c.__key__, "title": c.__title__, "class": c.__name__, "codes": len(c.labels())}
                for c in tables
            ]
        )
        return
    print_table(
        t(f"{len(tables)} 个代码表", f"{len(tables)} code tables"),
        [t("键", "key"), t("名称", "title"), t("类", "class"), (t("代码数", "codes"), {"justify": "right"})],
        [(c.__key__, c.__title__, c.__name__, len(c.labels())) for c in tables],
    )


def _search(word: str, as_json: bool) -> None:
    found = [
        (key, table.__title__, code, label)
        for key in ALL_KEYS
        for table in (by_key(key),)
        for code, label in table.labels().items()
        if word in label or word in table.__title__ or word.lower() in key.lower() or word == code
    ]
    if as_json:
        print_json([{"key": k, "title": n, "code": c, "label": label} for k, n, c, label in found])
        return
    columns = [t("代码表", "table"), t("名称", "title"), t("代码", "code"), t("含义", "label")]
    print_table(t(f"{len(found)} 个代码", f"{len(found)} codes"), columns, found)
