"""Which column of a hospital's list means what: its own names for things, in the widths and with the units people write."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from mi_core.files import BadInputFile
from mi_core.uploads.tables import Table

__all__ = ["COLUMNS", "REQUIRED", "places_of", "unused_columns"]

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "fixmedins_hilist_id": (
        "定点医药机构目录编号",
        "院内编码",
        "院内代码",
        "项目编码",
        "药品编码",
        "药品代码",
        "编码",
        "代码",
    ),
    "fixmedins_hilist_name": ("定点医药机构目录名称", "院内名称", "项目名称", "药品名称", "通用名", "名称"),
    "list_type": ("目录类别",),
    "med_list_codg": (
        "医疗目录编码",
        "国家编码",
        "国家代码",
        "国家医保编码",
        "国家医保代码",
        "医保编码",
        "医保代码",
    ),
    "spec": ("规格", "药品规格", "规格型号"),
    "pacspec": ("包装规格",),
    "dosform": ("剂型",),
    "prcunt": ("计价单位", "单位"),
    "aprvno": ("批准文号", "注册证号"),
    "prodentp_name": ("生产企业名称", "生产企业", "生产厂家", "生产厂商", "厂家", "厂商"),
    "pric": ("单价", "价格", "零售价", "售价"),
    "selfpay_prop": ("自付比例", "先自付比例"),
    "begndate": ("开始日期",),
    "enddate": ("结束日期",),
    "exct_cont": ("除外内容",),
    "item_cont": ("项目内涵",),
    "memo": ("备注",),
}
"""Field -> headings that mean it, beside its own name. The names are those of 3301 and of the fee and
stock interfaces. Where several columns could be meant, the first of these names counts."""
REQUIRED: Final = ("fixmedins_hilist_id", "fixmedins_hilist_name")
_OWN: Final = re.compile(r".*\(([a-z_]+)\)")
_RANKS: Final = {
    alias: (field, rank) for field, aliases in COLUMNS.items() for rank, alias in enumerate((field, *aliases))
}


def places_of(table: Table) -> dict[str, int]:
    """Field -> column. Raises :class:`BadInputFile` where a required one is missing."""
    found: dict[str, tuple[int, int]] = {}
    for place, heading in enumerate(table.heading()):
        for penalty, name in enumerate(_names(heading)):
            if name in _RANKS:
                field, rank = _RANKS[name]
                found[field] = min(found.get(field, (1_000, 0)), (rank + 100 * penalty, place))
                break
    missing = [f for f in REQUIRED if f not in found]
    if missing:
        zh = "、".join(f"{COLUMNS[f][0]}（{f}）" for f in missing)
        raise BadInputFile(
            f"{table.name} 缺少列：{zh}", f"{table.name} has no column {', '.join(missing)}",
            hint_zh="可用列名：" + "、".join(aliases[0] for aliases in COLUMNS.values()) + f"；此表的列：{'、'.join(table.heading())}",
            hint_en="columns: " + ", ".join(COLUMNS),
        )  # fmt: skip
    return {field: place for field, (_, place) in found.items()}


def unused_columns(table: Table) -> list[str]:
    """Headings whose cells are not taken: unknown ones, and those of a field that another column stands for."""
    used = set(places_of(table).values())
    return [
        heading
        for place, heading in enumerate(table.heading())
        if heading and place not in used and heading[0] != "#"
    ]


def _names(heading: str) -> list[str]:
    """A heading without widths, blanks and stars; and without its brackets: 单价(元), 名称(fixmedins_hilist_name)."""
    text = "".join(unicodedata.normalize("NFKC", heading).split()).strip("*")
    own = _OWN.fullmatch(text)
    return [own[1]] if own else [text, re.sub(r"\(.*?\)", "", text)]
