"""CSV as Excel, WPS and hospital systems write it: the encoding is found out, never guessed half and half."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from mi_core.files import BadInputFile
from mi_core.uploads.tables import LARGEST_CELL, Line, LineFault, checked_heading, unquoted

__all__ = ["CsvTable"]

_PIECE: Final = 256 * 1024
_DELIMITERS: Final = (",", "\t", ";")


class CsvTable:
    """A CSV file. Without ``encoding``: UTF-16 by its mark, UTF-8 where the whole file is UTF-8, else GB18030."""

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self.path, self.name = path, path.name
        self.encoding = _named(encoding, path) if encoding else _encoding(path)
        self._delimiter = self._find_delimiter()

    def heading(self) -> tuple[str, ...]:
        """The first row."""
        with self._open() as file:
            try:
                first: list[str] = next(self._reader(file), [])
            except csv.Error as error:
                raise _broken(self.name, 1, error) from None
        return checked_heading([unquoted(cell) for cell in first], self.name)

    def lines(self) -> Iterator[Line | LineFault]:
        """The rows below the heading, numbered as an editor numbers lines (a row with line breaks by its last)."""
        width = len(self.heading())
        with self._open() as file:
            reader = self._reader(file)
            next(reader)
            while True:
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    # the reader has lost its place: a quotation mark is missing somewhere above
                    raise _broken(self.name, reader.line_num, error) from None
                if any(cells):
                    yield _line(reader.line_num, cells, width)

    def _open(self) -> io.TextIOWrapper:
        return self.path.open(encoding=self.encoding, newline="")

    def _reader(self, file: io.TextIOWrapper) -> Any:  # csv has no public type for it
        csv.field_size_limit(LARGEST_CELL)
        return csv.reader(file, delimiter=self._delimiter, strict=True)

    def _find_delimiter(self) -> str:
        with self._open() as file:
            first = file.readline(LARGEST_CELL)
        return max(_DELIMITERS, key=first.count)


def _line(number: int, cells: list[str], width: int) -> Line | LineFault:
    if len(cells) > width and any(cells[width:]):
        return LineFault(
            number, "", f"有 {len(cells)} 列，表头只有 {width} 列", f"{len(cells)} columns, the heading has {width}"
        )  # fmt: skip
    if any("\0" in cell for cell in cells):
        return LineFault(number, "", "含有空字符", "it has a NUL character")
    values = [unquoted(cell.strip()) or None for cell in cells[:width]]
    return Line(number, tuple(values + [None] * (width - len(values))))


def _named(encoding: str, path: Path) -> str:
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise BadInputFile(
            f"没有编码 {encoding}", f"there is no encoding {encoding}",
            hint_zh="常用：utf-8、gb18030", hint_en="usual ones: utf-8, gb18030",
        ) from None  # fmt: skip
    name = "utf-8-sig" if name == "utf-8" else "gb18030" if name in ("gbk", "gb2312") else name
    _decode(path, name)
    return name


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        mark = file.read(4)
    if mark[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        _decode(path, "utf-16")
        return "utf-16"
    if mark.startswith(b"PK\x03\x04"):
        raise BadInputFile(
            f"{path.name} 是 Excel 文件，不是 CSV", f"{path.name} is an Excel file, not CSV",
            hint_zh="把扩展名改回 .xlsx", hint_en="rename it to .xlsx",
        )  # fmt: skip
    try:
        _decode(path, "utf-8-sig")
    except BadInputFile:
        _decode(path, "gb18030")
        return "gb18030"
    return "utf-8-sig"


def _decode(path: Path, encoding: str) -> None:
    """Read all of it once; raises :class:`BadInputFile` where it is not in that encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise BadInputFile(
            f"{path.name} 不是 {encoding.upper()} 编码", f"{path.name} is not {encoding.upper()}",
            hint_zh="用 Excel 另存为“CSV UTF-8”，或用 --encoding 指明编码", hint_en='save it as "CSV UTF-8", or name its encoding',
        ) from None  # fmt: skip


def _broken(name: str, number: int, error: csv.Error) -> BadInputFile:
    large = "field larger" in str(error)
    zh = f"单元格超过 {LARGEST_CELL} 个字符" if large else "引号不配对"
    en = (
        f"a cell has more than {LARGEST_CELL} characters"
        if large
        else f"quotation marks do not match ({error})"
    )
    return BadInputFile(
        f"{name} 第 {number} 行附近无法读取：{zh}", f"{name} cannot be read near line {number}: {en}",
        hint_zh="用 Excel 打开并重新另存为 CSV", hint_en="open it in a spreadsheet and save it as CSV again",
    )  # fmt: skip
