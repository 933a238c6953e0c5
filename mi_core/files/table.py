"""TAB-separated text within a ZIP: one row a line, no heading, the number of columns fixed by the interface.

An empty value is an empty cell or the word ``null``. The specification names no encoding: UTF-8 is expected, and a file
that is not UTF-8 is read as GB18030 (a superset of GBK), which hospital systems are known to send; never half and half.
"""

from __future__ import annotations

import codecs
import io
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

from mi_core.files.archive import USUAL, Entry, Limits, open_archive, shown_name
from mi_core.files.errors import BadFile

__all__ = ["EMPTY", "Cells", "encoding_of", "make_table", "read_table", "rows_of"]

EMPTY: Final = "null"
Cells = tuple[str | None, ...]
Encoding = Literal["utf-8", "gb18030"]
_LONGEST_LINE: Final = 1024 * 1024
_TIME: Final = (2025, 1, 1, 0, 0, 0)
"""Of every entry, so that the same rows make the same bytes."""
_BREAKS: Final = str.maketrans(dict.fromkeys("\t\n\r", " "))


def make_table(name: str, rows: Iterable[Sequence[str | None]]) -> bytes:
    """A ZIP with one text file ``name``; what would break a cell becomes a blank. The same rows give the same bytes."""
    text = "".join("\t".join(_cell(value) for value in row) + "\n" for row in rows)
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name, _TIME), text.encode(), zipfile.ZIP_DEFLATED)
    return result.getvalue()


def _cell(value: str | None) -> str:
    return EMPTY if value is None or value == "" else value.translate(_BREAKS)


def read_table(source: bytes | Path, columns: int, limits: Limits = USUAL) -> list[Cells]:
    """All rows of the only text file in a ZIP. Raises :class:`BadFile` with the line that is wrong."""
    with open_archive(source, limits) as archive:
        if len(archive.entries) != 1:
            n = len(archive.entries)
            raise BadFile(
                f"压缩包内应恰有一个文件，现有 {n} 个", f"the ZIP should have one file, it has {n}",
                hint_zh="重新下载；仍然如此时向医保中心反映", hint_en="fetch it again; if it stays so, tell the bureau",
            )  # fmt: skip
        return list(rows_of(archive.entries[0], columns))


def encoding_of(entry: Entry) -> Encoding:
    """UTF-8 if all of it is, else GB18030; raises :class:`BadFile` when it is neither. Unpacks it once."""
    for name in ("utf-8", "gb18030"):
        decoder = codecs.getincrementaldecoder(name)()
        try:
            for piece in entry.pieces():
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return "utf-8" if name == "utf-8" else "gb18030"
    raise _bad_text(entry.name, "既不是 UTF-8 也不是 GB18030 编码", "it is neither UTF-8 nor GB18030")


def rows_of(entry: Entry, columns: int) -> Iterator[Cells]:
    """The rows of one text file; empty cells are ``None``, texts are in NFC. Raises :class:`BadFile`."""
    for number, line in enumerate(_lines(entry, encoding_of(entry)), 1):
        cells = _whole(entry.name, number, line).split("\t")
        if len(cells) != columns:
            raise _bad_text(
                entry.name, f"第 {number} 行有 {len(cells)} 列，应为 {columns} 列",
                f"line {number} has {len(cells)} columns, {columns} expected",
            )  # fmt: skip
        yield tuple([None if cell in ("", EMPTY) else cell for cell in cells])


def _lines(entry: Entry, encoding: Encoding) -> Iterator[str]:
    """Lines end with LF or CRLF only; other characters that Python would break at stay in their cell."""
    decoder = codecs.getincrementaldecoder(encoding)()
    rest, first = "", True
    for piece in _closed(entry):
        text = rest + decoder.decode(piece, final=not piece)
        if first and text:
            text, first = text.removeprefix("\ufeff"), False
        *lines, rest = text.split("\n")
        yield from (line.removesuffix("\r") for line in lines)
        if len(rest) > _LONGEST_LINE:
            raise _bad_text(
                entry.name,
                f"有超过 {_LONGEST_LINE} 个字符的行",
                f"a line has more than {_LONGEST_LINE} characters",
            )
    if rest.removesuffix("\r"):
        yield rest.removesuffix("\r")


def _closed(entry: Entry) -> Iterator[bytes]:
    yield from entry.pieces()
    yield b""


def _whole(name: str, number: int, line: str) -> str:
    """The line in NFC, which never joins what TABs separate; without NUL, which databases refuse."""
    if "\0" in line:
        raise _bad_text(name, f"第 {number} 行有空字符", f"line {number} has a NUL character")
    return line if line.isascii() else unicodedata.normalize("NFC", line)


def _bad_text(name: str, zh: str, en: str) -> BadFile:
    shown = shown_name(name)
    return BadFile(
        f"文件 {shown} 不可用：{zh}", f"the file {shown} cannot be used: {en}",
        hint_zh="重新下载；仍然如此时向医保中心反映", hint_en="fetch it again; if it stays so, tell the bureau",
    )  # fmt: skip
