"""The hospital's own items, as a table has them."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import attrs

from mi_core.codes import ListType
from mi_core.files import BadInputFile
from mi_core.mapping.headings import COLUMNS, REQUIRED, places_of
from mi_core.mapping.matching import Wanted
from mi_core.scalars import parse_date, parse_decimal
from mi_core.uploads.cells import scientific
from mi_core.uploads.tables import Line, LineFault, Table

__all__ = ["Item", "ItemFaults", "read_items"]

_TOLD: Final = 100
_RANGES: Final = 12
_DATES: Final = ("begndate", "enddate")
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
        together: dict[tuple[str, str], list[int]] = {}
        for (
            number,
            zh_,
            en_,
        ) in faults:  # a mistake that a column makes in every line is told once, with its lines
            together.setdefault((zh_, en_), []).append(number)
        some = list(together.items())
        zh = "".join(f"\n  - 第 {_lines(n, '、', '–')} 行：{text}" for (text, _), n in some[:_TOLD])
        en = "".join(f"\n  - line {_lines(n, ', ', '-')}: {text}" for (_, text), n in some[:_TOLD])
        more = f"\n  … {len(some) - _TOLD}" if len(some) > _TOLD else ""
        super().__init__(
            f"{name} 有 {len(faults)} 处错误，未导入{zh}{more}", f"{name} has {len(faults)} mistakes, nothing was taken{en}{more}",
            hint_zh="修改后重新导入", hint_en="correct them and import it again",
        )  # fmt: skip


def _lines(numbers: list[int], comma: str, dash: str) -> str:
    """2–5、9: ranges, shortened where there are many."""
    ranges: list[list[int]] = []
    for number in sorted(set(numbers)):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    shown = comma.join(str(a) if a == b else f"{a}{dash}{b}" for a, b in ranges[:_RANGES])
    return shown + (" …" if len(ranges) > _RANGES else "")


def read_items(table: Table) -> Iterator[Item]:
    """The items of a table. Raises :class:`BadInputFile` for its heading and, at the end, :class:`ItemFaults` with every mistake."""
    places = places_of(table)
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
            continue
        seen[item.id] = line.number
        yield item
    if faults:
        raise ItemFaults(table.name, faults)


def _item(line: Line, places: Mapping[str, int], faults: list[tuple[int, str, str]]) -> Item | None:
    before = len(faults)
    values = {field: _text(line.cells[place]) for field, place in places.items()}
    raw = {field: line.cells[place] for field, place in places.items()}

    def wrong(field: str, zh: str, en: str) -> None:
        faults.append((line.number, f"{COLUMNS[field][0]}（{field}）{zh}", f"{field} {en}"))

    for field in values:
        _undamaged(field, raw[field], values[field], wrong)
    for field in REQUIRED:
        if not values.get(field):
            wrong(field, "必填", "is required")
    for field, most in _LENGTHS.items():
        if len(values.get(field, "")) > most:
            wrong(field, f"最多 {most} 个字符", f"has more than {most} characters")
    kind = _kind(values.get("list_type", ""))
    if kind and kind not in ListType.labels():
        known = "、".join(f"{c} {label}" for c, label in ListType.labels().items())
        wrong("list_type", f"不在代码表中：{known}", "is not in the code table")
    price, selfpay = _amount(raw, "pric", wrong), _amount(raw, "selfpay_prop", wrong)
    if selfpay is not None and not 0 <= selfpay <= 1:
        wrong("selfpay_prop", "应在 0 到 1 之间，或写成 10%", "is not between 0 and 1; or write 10%")
    begin, end = _date(raw, "begndate", wrong), _date(raw, "enddate", wrong)
    if begin and end and end < begin:
        wrong("enddate", "早于开始日期", "is before begndate")
    if len(faults) > before:
        return None
    code = unicodedata.normalize("NFKC", values.get("med_list_codg", ""))
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
        id=values["fixmedins_hilist_id"], name=values["fixmedins_hilist_name"], list_type=kind, code=code,
        price=price, selfpay=selfpay, begin=begin, end=end,
        fields={f: v for f, v in values.items() if v and f not in own},
    )  # fmt: skip


def _kind(text: str) -> str:
    """The code of a kind: itself, its label, or a part of one label only (西药 of 西药中成药)."""
    labels = ListType.labels()
    if not text or text in labels:
        return text
    found = [code for code, label in labels.items() if label == text] or [
        code for code, label in labels.items() if len(text) > 1 and text in label
    ]
    return found[0] if len(found) == 1 else text


def _undamaged(field: str, cell: Any, text: str, wrong: Any) -> None:
    """Report what a spreadsheet did to a text."""
    code = field in ("fixmedins_hilist_id", "med_list_codg", "aprvno")
    if isinstance(cell, dt.date) and field not in _DATES:
        wrong(
            field,
            "是日期：Excel 会把 3-1 之类改成日期，请把列设为文本后重新填写",
            "is a date; make the column text and type it again",
        )
    elif code and scientific(cell):
        wrong(
            field,
            f"“{cell}”是科学计数法，末位已丢失，请把列设为文本后重新填写",
            f"{cell} has lost its last digits; make the column text",
        )
    elif (
        field == "fixmedins_hilist_id"
        and text
        and (unicodedata.normalize("NFKC", text) != text or " " in text)
    ):
        wrong(
            field,
            f"“{text}”含有全角字符或空格：收费明细须用相同的编号",
            f"{text!r} has wide characters or blanks; fees carry the same id",
        )


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _amount(raw: Mapping[str, Any], field: str, wrong: Any) -> Decimal | None:
    cell = raw.get(field)
    if cell is None or cell == "":
        return None
    text = unicodedata.normalize("NFKC", str(cell)).strip().removesuffix("元").lstrip("¥￥").strip()
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    try:
        number = parse_decimal(text.rstrip("%"))
    except ValueError:
        wrong(field, "不是数字", "is no number")
        return None
    if number < 0:
        wrong(field, "不能为负", "is negative")
    return number / 100 if text.endswith("%") else number


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
