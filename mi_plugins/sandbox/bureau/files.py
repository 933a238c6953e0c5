"""Files: 9101 upload and 9102 download, and what other interfaces hand out to be downloaded.

9101 comes as ``multipart/form-data`` (part ``jsonStr``, the message, and part ``file``), or as a plain message with the
data in ``in`` (Base64 text or a list of bytes). 9102 answers with the file itself; refusals are ordinary replies.
``fixmedins_code`` is the institution's own, for catalogue files (13xx) the word ``plc``.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from mi_plugins.sandbox.bureau.context import Call, Output, clock_text
from mi_plugins.sandbox.catalogue_data import number_of
from mi_plugins.sandbox.catalogue_file import CatalogueFile
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["CATALOGUE_OWNER", "KEPT", "download", "keep_file", "upload", "uploaded"]

CATALOGUE_OWNER: Final = "plc"
KEPT: Final = dt.timedelta(days=7)
"""How long a file can be fetched."""


def keep_file(
    books: Books, call: Call, filename: str, content: bytes, source: str, rows: int = 0
) -> dict[str, Any]:
    """Keep a file of this institution; returns the three fields by which it is fetched."""
    number = f"{AREA}F{books.next_number('file'):016d}"
    end = clock_text(call.now + KEPT)
    books.enter("file", {
        "file_qury_no": number, "filename": filename, "owner": call.institution.code, "source": source, "row_count": rows,
        "content": content, "dld_endtime": end,
    })  # fmt: skip
    return {"file_qury_no": number, "filename": filename, "dld_endtime": end}


def upload(books: Books, call: Call) -> Output:
    """9101: keep a file; the number goes into the interface that is to read it (3202)."""
    asked: Mapping[str, Any] = call.input["fsUploadIn"]
    if asked["fixmedins_code"] != call.institution.code:
        raise BureauRefusal("医药机构编号[fixmedins_code]与发送机构不同")
    content = call.file if call.file is not None else _bytes_of(asked["in"])
    if not content:
        raise BureauRefusal("上传的文件为空")
    kept = keep_file(books, call, asked["filename"], content, "9101")
    return {**kept, "fixmedins_code": call.institution.code}


def _bytes_of(value: object) -> bytes:
    try:
        if isinstance(value, str):
            return base64.b64decode(value, validate=True)
        if isinstance(value, list):
            return bytes(one % 256 for one in value)
    except (binascii.Error, ValueError, TypeError) as error:
        raise BureauRefusal("文件数据[in]须为Base64文本或字节数组") from error
    raise BureauRefusal("文件数据[in]须为Base64文本或字节数组")


def uploaded(books: Books, call: Call, number: str) -> bytes:
    """A file that this institution uploaded."""
    row = books.one("SELECT * FROM file WHERE file_qury_no = ? AND source = '9101'", number)
    if row is None or row["owner"] != call.institution.code:
        raise BureauRefusal(f"未找到本机构上传的文件{number}")
    content: bytes = row["content"]
    return content


def download(books: Books, call: Call) -> Output:
    """9102: the file itself."""
    asked: Mapping[str, Any] = call.input["fsDownloadIn"]
    row = books.one("SELECT * FROM file WHERE file_qury_no = ?", asked["file_qury_no"])
    if row is None or row["owner"] not in (call.institution.code, CATALOGUE_OWNER):
        raise BureauRefusal(f"文件{asked['file_qury_no']}不存在")
    if asked["fixmedins_code"] != row["owner"]:
        raise BureauRefusal(f"下载该文件时医药机构编号[fixmedins_code]须为{row['owner']}")
    if asked["filename"] != row["filename"]:
        raise BureauRefusal("文件名[filename]与文件查询号不对应")
    if row["dld_endtime"] and call.time > row["dld_endtime"]:
        raise BureauRefusal(f"文件已于{row['dld_endtime']}停止下载")
    if row["content"] is None:  # a catalogue's: made while it is sent
        stem = str(row["filename"]).removesuffix(".zip")
        since, upto = map(number_of, stem.split("_")[1:])
        return CatalogueFile(f"{stem}.txt", call.shelves[row["source"]], since, upto)
    content: bytes = row["content"]
    return content
