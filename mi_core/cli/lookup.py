"""``mi lookup``: search the synchronised catalogues and dictionaries; nothing is sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from mi_core.cli.exits import EPILOG
from mi_core.cli.text import print_json, print_table, t
from mi_core.errors import UnknownName

if TYPE_CHECKING:
    from mi_core.catalogues import Catalogue, DictionaryCode, Entry

__all__ = ["lookup"]

_DICTIONARY = "dict"


@click.command(
    epilog=EPILOG,
    short_help="在已同步的目录、字典中查找 / search the synchronised catalogues and dictionaries",
)
@click.option(
    "--config", type=click.Path(dir_okay=False), help="配置文件，默认 mi.toml / configuration file."
)
@click.option("--institution", help="机构编号（配置了多个时） / institution code.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="最多行数 / at most."
)
@click.option("--withdrawn", is_flag=True, help="包括已停用的 / those that are not valid, too.")
@click.option("--fields", is_flag=True, help="列出每条的全部内容 / show everything of each.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON.")
@click.argument("kind")
@click.argument("words", nargs=-1)
def lookup(
    config: str | None, institution: str | None, limit: int, withdrawn: bool, fields: bool, as_json: bool, kind: str,
    words: tuple[str, ...],
) -> None:  # fmt: skip
    """KIND 为 drug service material disease operation 等种类、交易编号（1302），或 dict（后接字典类型）。

    WORDS 为编码、名称的任意部分、拼音码、规格、企业或批准文号，须全部出现。例：mi lookup drug 阿莫西林 胶囊；mi lookup dict med_type 住院

    KIND is a kind (drug …), an interface (1302) or dict; WORDS are parts of code, name, initials, specification, maker.
    """
    from mi_core.config import load_config

    if not words:
        raise click.UsageError(
            t(
                f"给出种类和要查找的内容，如 mi lookup drug {kind}",
                f"say which kind and what to look for: mi lookup drug {kind}",
            )
        )
    settings = load_config(config)

    async def find() -> Any:
        from mi_core.catalogues import open_catalogue

        async with open_catalogue(settings, institution) as catalogue:
            if kind == _DICTIONARY:
                return await _codes(catalogue, words, withdrawn)
            return await catalogue.find(kind, " ".join(words), limit=limit, withdrawn=withdrawn)

    found = asyncio.run(find())
    if kind == _DICTIONARY:
        _show_codes(words[0], found[:limit], as_json)
    elif as_json:
        print_json([_plain(entry) for entry in found])
    else:
        _show(found, fields)
    if not found:
        if not as_json:
            click.echo(_nothing(kind, withdrawn), err=True)
        raise SystemExit(1)


def _nothing(kind: str, withdrawn: bool) -> str:
    """What to try next."""
    more = "" if withdrawn else t("；已停用的加 --withdrawn", "; --withdrawn for those that are not valid")
    if kind == _DICTIONARY:
        return t(f"没有符合的代码{more}", f"no such code{more}")
    return t(f"没有找到：减少词语，或只写编码、名称的一部分{more}；目录是否最新见 mi sync status",
             f"nothing found: use fewer words or a part of the code or name{more}; mi sync status tells how new they are")  # fmt: skip


async def _codes(catalogue: Catalogue, words: tuple[str, ...], withdrawn: bool) -> list[DictionaryCode]:
    type_, *parts = words
    known = await catalogue.dictionary_types()
    if known and type_ not in known:
        raise UnknownName(
            f"没有字典 {type_}", f"there is no dictionary {type_}", hint_zh="已同步的见 mi sync status --json",
            hint_en="those that are here: mi sync status --json",
        )  # fmt: skip
    codes = await catalogue.dictionary(type_, withdrawn=withdrawn)
    return [c for c in codes if all(part in c.label or c.value == part for part in parts)]


def _show_codes(type_: str, codes: list[DictionaryCode], as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {"type": c.type, "value": c.value, "label": c.label, "parent": c.parent, "valid": c.valid}
                for c in codes
            ]
        )
        return
    print_table(type_, [t("代码", "code"), t("标签", "label")], [(c.value, c.label) for c in codes],
                caption=t(f"{len(codes)} 个", f"{len(codes)} codes"))  # fmt: skip


def _plain(entry: Entry) -> dict[str, Any]:
    names = ("source", "kind", "code", "name", "spec", "maker", "pinyin", "valid", "version", "record")
    return {name: getattr(entry, name) for name in names} | {"fields": dict(entry.fields)}


def _show(found: list[Entry], fields: bool) -> None:
    print_table(
        "",
        [t("交易", "interface"), t("编码", "code"), t("名称", "name"), t("规格", "specification"), t("企业", "maker"),
         t("版本", "version")],
        [(e.source, e.code, e.name + t("（停用）", " (withdrawn)") * (not e.valid), e.spec, e.maker, e.version) for e in found],
        caption=t(f"{len(found)} 条", f"{len(found)} entries"),
    )  # fmt: skip
    for entry in found if fields else ():
        click.echo(f"\n{entry.source} {entry.code} {entry.name}")
        for name, value in entry.fields.items():
            click.echo(f"  {name} = {value}")
