"""Result files as workbooks. A workbook cannot grow line by line, so the rows of an upload stand in a CSV beside it until its end."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from mi_core.errors import ConfigError
from mi_core.uploads.excel_structure import ROWS
from mi_core.uploads.tables import Line

__all__ = ["growing", "is_workbook", "rows_of_workbook", "write_workbook"]

_LONGEST: Final = 32_000
"""Characters of a cell; Excel takes 32,767."""
_WIDTHS: Final = (8, 10, 60, 32, 20, 8, 16, 18, 40)


def is_workbook(path: Path) -> bool:
    """By its name."""
    return path.suffix.lower() == ".xlsx"


def growing(path: Path) -> Path:
    """The CSV that grows while rows are sent: the result file itself, or the one beside a workbook."""
    return path.with_name(f"{path.name}.csv") if is_workbook(path) else path


def library() -> Any:
    """What writes workbooks; asked for before the first row is sent."""
    try:
        return import_module("xlsxwriter")
    except ImportError:
        raise ConfigError(
            "写 Excel 结果文件需要 xlsxwriter", "an Excel result file needs xlsxwriter",
            hint_zh="pip install 'mi-core[excel]'，或用 .csv", hint_en="pip install 'mi-core[excel]', or use .csv",
        ) from None  # fmt: skip


def write_workbook(path: Path, heading: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write row by row; on the disk under its name when this returns. Raises ``OverflowError`` for more rows than a sheet has."""
    draft = path.with_name(f".{path.name}.part")
    draft.touch(0o600)
    draft.chmod(0o600)
    try:
        with library().Workbook(str(draft), {"constant_memory": True}) as book:
            sheet = book.add_worksheet("结果")
            sheet.freeze_panes(1, 0)
            for place, (name, width) in enumerate(zip(heading, _WIDTHS, strict=True)):
                sheet.set_column(place, place, width)
                sheet.write_string(0, place, name)
            for number, row in enumerate(rows, 1):
                if number >= ROWS:
                    raise OverflowError
                sheet.write_number(number, 0, int(row[0]))
                for place, cell in enumerate(row[1:], 1):
                    sheet.write_string(number, place, cell[:_LONGEST])
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def rows_of_workbook(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) from the heading on; as Excel may have saved it again. Raises :class:`mi_core.files.BadInputFile`."""
    from mi_core.uploads.excel import ExcelTable

    table = ExcelTable(path)
    yield 1, list(table.heading())
    for line in table.lines():
        yield line.number, [_text(cell) for cell in line.cells] if isinstance(line, Line) else []


def _text(cell: Any) -> str:
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return "" if cell is None else str(cell)
