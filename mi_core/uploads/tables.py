"""A table that somebody made: CSV (UTF-8, UTF-16 with mark, or GB18030) or Excel (.xlsx), read row by row with distrust.

A table can be read again and again and never stands in memory as a whole. What is wrong with one line is a
:class:`LineFault` in its place, so that all of them are told at once; what makes the whole file useless is a
:class:`mi_core.files.BadInputFile`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import attrs

from mi_core.files import BadInputFile

__all__ = ["LARGEST_CELL", "Dicts", "Line", "LineFault", "Table", "open_table", "unquoted"]

LARGEST_CELL: Final = 1024 * 1024
"""Characters of one cell."""
MOST_COLUMNS: Final = 2_000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@attrs.frozen
class Line:
    """One row below the heading. ``number`` is what the program that shows the file calls it (the heading is 1)."""

    number: int
    cells: tuple[Any, ...]
    """Texts (CSV), or texts, numbers as ``Decimal``/``int``, dates and truth values (Excel); ``None`` where empty."""


@attrs.frozen
class LineFault:
    """A row that cannot be read, or one cell of it."""

    number: int
    column: str
    zh: str
    en: str


class Table(Protocol):
    """A heading and its rows; may be read several times."""

    @property
    def name(self) -> str:
        """What the table is called in messages."""
        ...

    def heading(self) -> tuple[str, ...]:
        """The cells of the first row."""
        ...

    def lines(self) -> Iterator[Line | LineFault]:
        """The rows below it; those without any content are left out."""
        ...


@attrs.frozen
class Dicts:
    """Rows that the program has itself: mappings with wire names (or labels) as keys; numbered from 1, no heading row."""

    rows: Sequence[Mapping[str, Any]]
    name: str = "rows"

    def heading(self) -> tuple[str, ...]:
        """Every key, in the order of their first appearance."""
        return tuple(dict.fromkeys(str(key) for row in self.rows for key in row))

    def lines(self) -> Iterator[Line | LineFault]:
        """Each mapping as a row."""
        heading = self.heading()
        for number, row in enumerate(self.rows, 1):
            yield Line(number, tuple(row.get(key) for key in heading))


def open_table(path: str | Path, *, encoding: str | None = None, sheet: str | None = None) -> Table:
    """The table in a file, by its ending. Raises :class:`BadInputFile`, and ``ConfigError`` where a library is missing."""
    path = Path(path)
    if not path.is_file():
        raise BadInputFile(
            f"没有文件 {path}", f"there is no file {path}", hint_zh="检查路径", hint_en="check the path"
        )
    ending = path.suffix.lower()
    if ending in (".xlsx", ".xlsm"):
        from mi_core.uploads.excel import ExcelTable

        return ExcelTable(path, sheet)
    if ending in (".csv", ".txt", ".tsv"):
        from mi_core.uploads.csv_files import CsvTable

        return CsvTable(path, encoding)
    raise BadInputFile(
        f"不认识的文件类型 {ending or path.name}", f"unknown kind of file {ending or path.name}",
        hint_zh="请另存为 .xlsx 或 .csv（旧的 .xls 请用 Excel 另存）", hint_en="save it as .xlsx or .csv (an old .xls with Excel)",
    )  # fmt: skip


def checked_heading(cells: Sequence[str], name: str) -> tuple[str, ...]:
    """The names of the columns: not all empty, not too many, none twice, trailing empty ones dropped."""
    heading = [cell.strip() for cell in cells]
    while heading and not heading[-1]:
        heading.pop()
    twice = sorted({cell for cell in heading if cell and heading.count(cell) > 1})
    if not heading or not any(heading):
        raise BadInputFile(
            f"{name} 没有表头", f"{name} has no heading",
            hint_zh="第一行应为列名；--template 可生成", hint_en="the first row names the columns: mi upload CODE --template",
        )  # fmt: skip
    if twice or len(heading) > MOST_COLUMNS:
        what = "、".join(twice) if twice else str(len(heading))
        raise BadInputFile(
            f"{name} 的表头有重复或过多的列：{what}", f"columns of {name} are repeated or too many: {what}",
            hint_zh="每个列名只能出现一次", hint_en="each column once",
        )  # fmt: skip
    return tuple(heading)


def unquoted(text: str) -> str:
    """A cell as it was before this program put an apostrophe before what a spreadsheet would take for a formula."""
    if text[:1] == "'" and (
        text[1:].lstrip()[:1] in _FORMULA or text[1:2] in ("\t", "\r") or text[1:].isdigit()
    ):
        return text[1:]
    return text
