"""Files that travel beside messages: TAB-separated text, one row a line, without a heading, in a ZIP.

An empty value is the word ``null``. Bytes are the same for the same rows. Reading is strict: it is what a client made.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from typing import Final

from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["EMPTY", "pack", "unpack"]

EMPTY: Final = "null"
MAX_TEXT: Final = 64 * 1024 * 1024
_TIME: Final = (2025, 1, 1, 8, 0, 0)


def pack(name: str, rows: Iterable[Sequence[str | None]]) -> bytes:
    """A ZIP with one text file ``name``; what would break a line within a value becomes a blank."""
    text = "".join("\t".join(_cell(value) for value in row) + "\n" for row in rows)
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, _TIME), text.encode(), zipfile.ZIP_DEFLATED)
    return result.getvalue()


def _cell(value: str | None) -> str:
    if value is None or value == "":
        return EMPTY
    return value.translate({9: " ", 10: " ", 13: " "})


def unpack(content: bytes, columns: int) -> list[list[str | None]]:
    """The rows of the only text file of a ZIP; refuses anything else, naming the line."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) != 1 or not entries[0].filename.lower().endswith(".txt"):
                raise BureauRefusal("压缩包内须恰有一个TXT文件")
            if entries[0].file_size > MAX_TEXT:
                raise BureauRefusal("压缩包内的文件过大")
            text = archive.read(entries[0]).decode("utf-8")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BureauRefusal("上传的文件不是可读的ZIP压缩包") from error
    except UnicodeDecodeError as error:
        raise BureauRefusal("压缩包内的TXT文件不是UTF-8编码") from error
    lines = text.removesuffix("\n").split("\n") if text else []
    return [_row(line.removesuffix("\r"), number, columns) for number, line in enumerate(lines, 1)]


def _row(line: str, number: int, columns: int) -> list[str | None]:
    cells = line.split("\t")
    if len(cells) != columns:
        raise BureauRefusal(f"TXT文件第{number}行有{len(cells)}列，应为{columns}列")
    return [None if cell in ("", EMPTY) else cell for cell in cells]
