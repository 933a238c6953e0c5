"""How a sheet is laid out in its file, looked at before any cell is read: what the library would drop or change is told.

The library reads rows and cells by the numbers that the file claims. A row that claims a number below the last one (or a negative
one) is left out without a word, and so is a cell beyond the last column. Excel never writes such files; who does is refused.
Merged cells have one value where people see many. Hidden rows and sheets are read or not read without anybody seeing it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import IO, Any, Final
from xml.parsers import expat

import attrs

from mi_core.uploads.tables import MOST_COLUMNS

__all__ = ["BadLayout", "Layout", "layout_of"]

ROWS: Final = 1_048_576
"""Excel's own limit."""
_MOST_MERGED: Final = 100
_PIECE: Final = 256 * 1024
_CELL: Final = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_WHOLE: Final = re.compile(r"[0-9]{1,7}")


class BadLayout(Exception):
    """The sheet cannot be read without losing something; both texts say what."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


@attrs.frozen
class Layout:
    """What a sheet claims beside its cells."""

    merged: Sequence[str] = ()
    """Ranges, e.g. ``A1:C1``; the first of them."""
    hidden_rows: int = 0
    """Rows with cells that people do not see (filtered or hidden)."""


def layout_of(sheet: IO[bytes]) -> Layout:
    """Read the XML of a sheet once, without its values. Raises :class:`BadLayout`, and ``expat.ExpatError`` for what is no XML."""
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.StartDoctypeDeclHandler = reader.doctype
    while piece := sheet.read(_PIECE):
        parser.Parse(piece, False)
    parser.Parse(b"", True)
    return Layout(tuple(reader.merged), reader.hidden)


class _Reader:
    """Follows rows and cells as the library counts them."""

    def __init__(self) -> None:
        self.merged: list[str] = []
        self.hidden = 0
        self._row = self._column = 0
        self._covered = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        kind = name.rpartition(" ")[2]
        if kind == "row":
            self._row = self._number(attributes)
            self._column = 0
            self._covered = attributes.get("hidden") in ("1", "true") or attributes.get("zeroHeight") in (
                "1",
                "true",
            )
        elif kind == "c":
            self._column = self._place(attributes)
            if self._covered:
                self.hidden, self._covered = self.hidden + 1, False
        elif kind == "mergeCell" and len(self.merged) < _MOST_MERGED:
            self.merged.append(attributes.get("ref", "?"))

    def doctype(self, *_declared: Any) -> None:
        raise BadLayout("含有 DOCTYPE 声明", "it has a DOCTYPE")

    def _number(self, attributes: dict[str, str]) -> int:
        given = attributes.get("r")
        if given is None:
            number = self._row + 1
        elif _WHOLE.fullmatch(given):
            number = int(given)
        else:
            raise BadLayout(
                f"行号“{given[:20]}”不是正整数", f"the row number {given[:20]!r} is no positive whole number"
            )
        if number <= self._row:
            raise BadLayout(
                f"第 {number} 行出现在第 {self._row} 行之后", f"row {number} stands behind row {self._row}"
            )
        if number > ROWS:
            raise BadLayout(
                f"行号 {number} 超过 Excel 的上限 {ROWS}", f"row {number} is beyond Excel's {ROWS}"
            )
        return number

    def _place(self, attributes: dict[str, str]) -> int:
        given = attributes.get("r")
        if given is None:
            column = self._column + 1
        else:
            match = _CELL.fullmatch(given)
            if match is None or int(match[2]) != self._row:
                raise BadLayout(
                    f"第 {self._row} 行中有编号为“{given[:20]}”的单元格",
                    f"row {self._row} has a cell called {given[:20]!r}",
                )
            column = _column(match[1])
        if column <= self._column:
            raise BadLayout(
                f"第 {self._row} 行的单元格顺序错乱或重复",
                f"the cells of row {self._row} are out of order or repeated",
            )
        if column > MOST_COLUMNS:
            raise BadLayout(
                f"第 {self._row} 行超过 {MOST_COLUMNS} 列",
                f"row {self._row} has more than {MOST_COLUMNS} columns",
            )
        return column


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
