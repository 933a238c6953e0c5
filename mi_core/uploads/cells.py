"""One cell in the type of its field, and what a spreadsheet is known to have done to it on the way."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any, Final

from mi_core.model import Problem
from mi_core.model.fields import Coded, DateText, Field, Flag, Many, Strings, Text
from mi_core.regions.tree import fitted

__all__ = ["PARTS", "damaged", "looks_like_code", "number_for_code", "scientific", "value_of"]

PARTS: Final = re.compile(r"[;；\n]+")
_YES: Final = {"是": True, "true": True, "1": True, "否": False, "false": False, "0": False}
_SCIENTIFIC: Final = re.compile(r"[0-9](\.[0-9]+)?E\+[0-9]{1,3}", re.IGNORECASE)
_CODE: Final = re.compile(r"编码|代码|编号|号码|流水号|批号|文号|证号|条码|追溯码|ID", re.IGNORECASE)
_DATED: Final = re.compile(r"日期|时间|年月")


def value_of(field: Field, cell: Any) -> Any:
    """A cell in the type of its field, where that is certain; else as it is, and the check says what is wrong."""
    if isinstance(cell, str):
        if isinstance(field, Coded) and cell not in field.labels:
            codes = [code for code, label in field.labels.items() if label == cell]
            return codes[0] if len(codes) == 1 else cell
        if isinstance(field, Flag):
            return _YES.get(cell.lower(), cell)
        if isinstance(field, Strings):
            return [p.strip() for p in PARTS.split(cell) if p.strip()]
        return cell
    if isinstance(field, Many) and not isinstance(cell, list | tuple):
        return [cell]
    return fitted(field, cell)


def looks_like_code(label: str) -> bool:
    """Whether a column of that name has numbers of things, which must keep every digit."""
    return _CODE.search(label) is not None


def scientific(cell: Any) -> bool:
    """4.30101E+17: what a spreadsheet makes of a long number when it saves a CSV."""
    return isinstance(cell, str) and _SCIENTIFIC.fullmatch(cell) is not None


def damaged(field: Field, cell: Any) -> Problem | None:
    """What a text or code became that was typed into a spreadsheet: a date (3-1), or a long number without its last digits."""
    if not isinstance(field, Text | Coded) or isinstance(field, DateText):
        return None
    if isinstance(cell, dt.date) and not _DATED.search(field.label):
        return _told(
            field, "单元格是日期，而此列是文本：Excel 会把 3-1 之类改成日期；请把列设为文本后重新填写",
            "the cell is a date and the field a text: spreadsheets make dates of 3-1; make the column text and type it again",
        )  # fmt: skip
    if scientific(cell) and looks_like_code(field.label):
        return _told(
            field, f"“{cell}”是科学计数法，末位已丢失；请把列设为文本后重新填写",
            f"{cell} has lost its last digits; make the column text and type it again",
        )  # fmt: skip
    return None


def number_for_code(field: Field, cell: Any) -> bool:
    """A number where a code is meant: zeros that it began with are gone, and nobody can tell."""
    number = isinstance(cell, int | Decimal) and not isinstance(cell, bool)
    return number and isinstance(field, Text) and looks_like_code(field.label)


def _told(field: Field, zh: str, en: str) -> Problem:
    return Problem("", field.wire, field.label, "cell", zh, en)
