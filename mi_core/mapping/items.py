"""The hospital's own items, as a table has them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import attrs

from mi_core.codes import ListType
from mi_core.files import BadInputFile
from mi_core.mapping.matching import Wanted
from mi_core.scalars import parse_date, parse_decimal
from mi_core.uploads.tables import Line, LineFault, Table

__all__ = ["COLUMNS", "Item", "ItemFaults", "read_items"]

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "fixmedins_hilist_id": ("定点医药机构目录编号", "院内编码", "项目编码", "药品编码", "编码"),
    "fixmedins_hilist_name": ("定点医药机构目录名称", "院内名称", "项目名称", "药品名称", "名称"),
    "list_type": ("目录类别",),
    "med_list_codg": ("医疗目录编码", "国家编码", "国家医保编码", "医保编码"),
    "spec": ("规格",),
    "pacspec": ("包装规格",),
    "dosform": ("剂型",),
    "prcunt": ("计价单位", "单位"),
    "aprvno": ("批准文号", "注册证号"),
    "prodentp_name": ("生产企业名称", "生产厂家", "厂家"),
    "pric": ("单价", "价格"),
    "selfpay_prop": ("自付比例", "先自付比例"),
    "begndate": ("开始日期",),
    "enddate": ("结束日期",),
    "exct_cont": ("除外内容",),
    "item_cont": ("项目内涵",),
    "memo": ("备注",),
}
"""Field -> headings that mean it, beside its own name. The names are those of 3301 and of the fee and stock interfaces."""
_REQUIRED: Final = ("fixmedins_hilist_id", "fixmedins_hilist_name")
_LENGTHS: Final = {
    "fixmedins_hilist_id": 30, "fixmedins_hilist_name": 200, "med_list_codg": 30, "spec": 200, "pacspec": 100, "dosform": 200,
    "prcunt": 100, "aprvno": 30, "prodentp_name": 200, "exct_cont": 2000, "item_cont": 2000, "memo": 500,
}  # fmt: skip
"""As 3301 has them; ``prodentp_name`` as the catalogues."""


@attrs.frozen(kw_only=True)
class Item:
    """One item of the hospital's own list."""

    id: str
    name: str
    list_type: str = ""
    code: str = ""
    """The national code that the hospital has for it already."""
    price: Decimal | None = None
    selfpay: Decimal | None = None
    begin: dt.date | None = None
    end: dt.date | None = None
    fields: Mapping[str, str] = attrs.field(factory=dict)
    """Everything else by field: ``spec dosform aprvno prodentp_name`` …"""

    def wanted(self) -> Wanted:
        """What is compared."""
        f = self.fields
        spec = " ".join(filter(None, (f.get("spec"), f.get("pacspec"))))
        return Wanted(
            name=self.name, list_type=self.list_type, code=self.code, spec=spec, maker=f.get("prodentp_name", ""),
            approval=f.get("aprvno", ""), dosform=f.get("dosform", ""),
        )  # fmt: skip


class ItemFaults(BadInputFile):
    """A list of items with mistakes; nothing of it was taken. ``faults``: (line, Chinese, English)."""

    code = "item_faults"

    def __init__(self, name: str, faults: list[tuple[int, str, str]]) -> None:
        self.faults = tuple(faults)
        zh = "".join(f"\n  - 第 {n} 行：{text}" for n, text, _ in faults[:100])
        en = "".join(f"\n  - line {n}: {text}" for n, _, text in faults[:100])
        more = f"\n  … {len(faults) - 100}" if len(faults) > 100 else ""
        super().__init__(
            f"{name} 有 {len(faults)} 处错误，未导入{zh}{more}", f"{name} has {len(faults)} mistakes, nothing was taken{en}{more}",
            hint_zh="修改后重新导入", hint_en="correct them and import it again",
        )  # fmt: skip


def read_items(table: Table) -> Iterator[Item]:
    """The items of a table. Raises :class:`BadInputFile` for its heading and, at the end, :class:`ItemFaults` with every mistake."""
    places = _places(table)
    faults: list[tuple[int, str, str]] = []
    seen: dict[str, int] = {}
    for line in table.lines():
        if isinstance(line, LineFault):
            faults.append(
                (line.number, f"{line.column} {line.zh}".strip(), f"{line.column} {line.en}".strip())
            )
            continue
        item = _item(line, places, faults)
        if item is None:
            continue
        if item.id in seen:
            faults.append(
                (
                    line.number,
                    f"编号 {item.id} 与第 {seen[item.id]} 行重复",
                    f"id {item.id} repeats line {seen[item.id]}",
                )
            )
        seen[item.id] = line.number
        yield item
    if faults:
        raise ItemFaults(table.name, faults)


def _places(table: Table) -> dict[str, int]:
    """Field -> column."""
    names = {alias: field for field, aliases in COLUMNS.items() for alias in (field, *aliases)}
    places: dict[str, int] = {}
    for place, heading in enumerate(table.heading()):
        field = names.get(heading.strip().strip("*"))
        if field is not None and field in places:
            raise BadInputFile(
                f"{table.name}：两列都是 {COLUMNS[field][0]}（{field}）", f"{table.name}: two columns are {field}",
                hint_zh="删除其中一列", hint_en="remove one of them",
            )  # fmt: skip
        if field is not None:
            places[field] = place
    missing = [f for f in _REQUIRED if f not in places]
    if missing:
        zh = "、".join(f"{COLUMNS[f][0]}（{f}）" for f in missing)
        raise BadInputFile(
            f"{table.name} 缺少列：{zh}", f"{table.name} has no column {', '.join(missing)}",
            hint_zh="可用列名：" + "、".join(aliases[0] for aliases in COLUMNS.values()), hint_en="columns: " + ", ".join(COLUMNS),
        )  # fmt: skip
    return places


def _item(line: Line, places: Mapping[str, int], faults: list[tuple[int, str, str]]) -> Item | None:
    before = len(faults)
    values = {field: _text(line.cells[place]) for field, place in places.items()}
    raw = {field: line.cells[place] for field, place in places.items()}

    def wrong(field: str, zh: str, en: str) -> None:
        faults.append((line.number, f"{COLUMNS[field][0]}（{field}）{zh}", f"{field} {en}"))

    for field in _REQUIRED:
        if not values.get(field):
            wrong(field, "必填", "is required")
    for field, most in _LENGTHS.items():
        if len(values.get(field, "")) > most:
            wrong(field, f"最多 {most} 个字符", f"has more than {most} characters")
    kind = values.get("list_type", "")
    kind = next((code for code, label in ListType.labels().items() if label == kind), kind)
    if kind and kind not in ListType.labels():
        known = "、".join(f"{c} {label}" for c, label in ListType.labels().items())
        wrong("list_type", f"不在代码表中：{known}", "is not in the code table")
    price, selfpay = _amount(raw, "pric", wrong), _amount(raw, "selfpay_prop", wrong)
    if selfpay is not None and not 0 <= selfpay <= 1:
        wrong("selfpay_prop", "应在 0 到 1 之间", "is not between 0 and 1")
    begin, end = _date(raw, "begndate", wrong), _date(raw, "enddate", wrong)
    if begin and end and end < begin:
        wrong("enddate", "早于开始日期", "is before begndate")
    if len(faults) > before:
        return None
    own = (
        "fixmedins_hilist_id",
        "fixmedins_hilist_name",
        "list_type",
        "med_list_codg",
        "pric",
        "selfpay_prop",
        "begndate",
        "enddate",
    )
    return Item(
        id=values["fixmedins_hilist_id"], name=values["fixmedins_hilist_name"], list_type=kind, code=values.get("med_list_codg", ""),
        price=price, selfpay=selfpay, begin=begin, end=end,
        fields={f: v for f, v in values.items() if v and f not in own},
    )  # fmt: skip


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _amount(raw: Mapping[str, Any], field: str, wrong: Any) -> Decimal | None:
    cell = raw.get(field)
    if cell is None or cell == "":
        return None
    try:
        number = parse_decimal(str(cell).rstrip("%"))
    except ValueError:
        wrong(field, "不是数字", "is no number")
        return None
    if number < 0:
        wrong(field, "不能为负", "is negative")
    return number / 100 if str(cell).endswith("%") else number


def _date(raw: Mapping[str, Any], field: str, wrong: Any) -> dt.date | None:
    cell = raw.get(field)
    if cell is None or cell == "":
        return None
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    try:
        return parse_date(str(cell))
    except ValueError:
        wrong(field, "不是日期", "is no date")
        return None
