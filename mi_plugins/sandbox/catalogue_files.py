"""The replies of the catalogue downloads (13xx): the file's number says which entries, and 9102 makes the file of it."""

from __future__ import annotations

from typing import Any

from mi_core.model import FieldSpec
from mi_plugins.sandbox.bureau.catalogues import version_now
from mi_plugins.sandbox.bureau.context import Call
from mi_plugins.sandbox.bureau.files import CATALOGUE_OWNER, KEPT
from mi_plugins.sandbox.catalogue_data import number_of, version_text
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.head import AREA
from mi_plugins.sandbox.scalars import strptime_format

__all__ = ["hand_out"]


def hand_out(books: Books, call: Call, output: dict[str, Any]) -> dict[str, Any]:
    """The reply to 13xx: entries after the version that is named, a file number, and how long it can be fetched."""
    upto = version_now(books)
    since = min(number_of(str(call.data["ver"])), upto)
    number = f"{AREA}CATALOGUE{call.infno:0>5}{since:06d}{upto:06d}"
    name, last = f"{call.infno}_{version_text(since)}_{version_text(upto)}.zip", call.now + KEPT
    rows = call.shelves[call.infno].count(since, upto)
    books.run("DELETE FROM file WHERE file_qury_no = ?", number)
    books.enter("file", {
        "file_qury_no": number, "filename": name, "owner": CATALOGUE_OWNER, "source": call.infno, "row_count": rows,
        "content": None,
    })  # fmt: skip
    told: dict[str, Any] = {"file_qury_no": number, "filename": name, "data_cnt": rows}
    for field in ("dld_end_time", "dld_endtime"):
        member = call.spec.output.member(field)
        if isinstance(member, FieldSpec):
            pattern = member.pattern or ("yyyy-MM-dd" if member.type == "date" else "yyyy-MM-dd HH:mm:ss")
            told[field] = last.strftime(strptime_format(pattern))
    return output | {key: value for key, value in told.items() if key in output}
