"""Writing rows to CSV and Excel so that nothing is changed by the program that opens them, and nothing is executed."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

from mi_core.errors import ConfigError, StoreError

__all__ = ["FORMATS", "cell", "export"]

FORMATS = ("csv", "xlsx")
EXACT_DIGITS = 15
"""Excel keeps numbers as doubles: more digits than these are not exact."""
_SHEET_ROWS = 1_000_000
_FORMULA = re.compile(r"^\s*[=+\-@\t\r]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")

Rows = AsyncIterator[Sequence[dict[str, Any]]]


async def export(pages: Rows, columns: Sequence[tuple[str, str]], path: Path, kind: str) -> int:
    """Write all pages to a new file; ``columns``: name and heading. Returns the number of rows; raises ``StoreError``."""
    draft = path.with_name(path.name + ".part")
    try:
        count = await (_csv if kind == "csv" else _xlsx)(pages, columns, draft)
        draft.replace(path)
    except OSError as error:
        raise StoreError(
            f"无法写入 {path}：{error.strerror or error}", f"{path} cannot be written: {error.strerror or error}",
            hint_zh="检查文件夹、磁盘空间，文件是否正被 Excel 打开",
            hint_en="check the folder, disk space, and whether Excel has the file open",
        ) from None  # fmt: skip
    finally:
        draft.unlink(missing_ok=True)
    return count


def cell(value: Any) -> str:
    """A text for a CSV cell. One that a spreadsheet would take for a formula gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text if digits(value) <= EXACT_DIGITS else f"'{text}"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="milliseconds")
    text = _CONTROL.sub("", str(value))
    return f"'{text}" if _FORMULA.match(text) else text


def digits(value: Decimal) -> int:
    """Digits that count, places after the point included."""
    return len(value.as_tuple().digits)


async def _csv(pages: Rows, columns: Sequence[tuple[str, str]], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # a command's own file
        writer = csv.writer(file)
        writer.writerow([heading for _, heading in columns])
        async for rows in pages:
            writer.writerows([cell(row.get(name)) for name, _ in columns] for row in rows)
            count += len(rows)
    return count


async def _xlsx(pages: Rows, columns: Sequence[tuple[str, str]], path: Path) -> int:
    try:
        xlsxwriter: Any = import_module("xlsxwriter")
    except ImportError as error:
        raise ConfigError(
            "缺少 Excel 组件 xlsxwriter", "xlsxwriter is missing",
            hint_zh="pip install 'mi-core[excel]'，或导出 csv", hint_en="pip install 'mi-core[excel]', or export csv",
        ) from error  # fmt: skip
    count = 0
    book = xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    try:
        bold, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet = None
        async for rows in pages:
            for row in rows:
                line = count % _SHEET_ROWS
                if line == 0:
                    sheet = book.add_worksheet()
                    sheet.freeze_panes(1, 0)
                    for i, (_, heading) in enumerate(columns):
                        sheet.write_string(0, i, heading, bold)
                for i, (name, _) in enumerate(columns):
                    _write(sheet, line + 1, i, row.get(name), money, moment)
                count += 1
        if sheet is None:
            sheet = book.add_worksheet()
            for i, (_, heading) in enumerate(columns):
                sheet.write_string(0, i, heading, bold)
    finally:
        book.close()
    return count


def _write(sheet: Any, line: int, column: int, value: Any, money: Any, moment: Any) -> None:
    if value is None:
        return
    if isinstance(value, Decimal) and digits(value) <= EXACT_DIGITS:
        sheet.write_number(line, column, float(value), money)
    elif isinstance(value, dt.datetime):
        sheet.write_datetime(line, column, value, moment)
    elif isinstance(value, int) and len(str(abs(value))) <= EXACT_DIGITS:
        sheet.write_number(line, column, value)
    else:
        text = format(value, "f") if isinstance(value, Decimal) else _CONTROL.sub("", str(value))
        sheet.write_string(line, column, text[:32_767])
