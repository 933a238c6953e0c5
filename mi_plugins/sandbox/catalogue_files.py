"""Files of the catalogue downloads (13xx): their replies name a file, so the file exists, with invented rows of its layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, get_args

from mi_core.model import FieldSpec, FileColumn, InterfaceSpec, NodeSpec
from mi_core.model.spec import FieldType
from mi_plugins.sandbox.bureau.context import Call
from mi_plugins.sandbox.bureau.files import CATALOGUE_OWNER, KEPT
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.invent import Inventor
from mi_plugins.sandbox.scalars import strptime_format
from mi_plugins.sandbox.zipped_text import pack

__all__ = ["hand_out"]

_TYPES: Final[Mapping[str, FieldType]] = {one: one for one in get_args(FieldType)}


def hand_out(books: Books, call: Call, inventor: Inventor, output: dict[str, Any]) -> dict[str, Any]:
    """The reply with a file name and a last day of its own, and the file kept under the number the reply gives."""
    rows = int(output.get("data_cnt") or 2)
    stem = f"{call.infno}_{call.data['ver']}"[:90]
    content = pack(f"{stem}.txt", _rows(call.spec, inventor, output["file_qury_no"], rows))
    books.run("DELETE FROM file WHERE file_qury_no = ?", output["file_qury_no"])
    books.enter("file", {
        "file_qury_no": output["file_qury_no"], "filename": f"{stem}.zip", "owner": CATALOGUE_OWNER, "source": call.infno,
        "row_count": rows, "content": content,
    })  # fmt: skip
    changed = {"filename": f"{stem}.zip"}
    for name in ("dld_end_time", "dld_endtime"):
        field = call.spec.output.member(name)
        if isinstance(field, FieldSpec):
            pattern = field.pattern or ("yyyy-MM-dd" if field.type == "date" else "yyyy-MM-dd HH:mm:ss")
            changed[name] = (call.now + KEPT).strftime(strptime_format(pattern))
    return output | changed


def _rows(spec: InterfaceSpec, inventor: Inventor, key: str, count: int) -> Iterator[list[str | None]]:
    columns = next((one.columns for one in spec.files if one.direction == "output"), ())
    fields = tuple(_field(one) for one in columns)
    node = NodeSpec(code="row", label="行", members=fields)
    for number in range(count):
        row = inventor.row(node, f"{key}|{number}", {})
        yield [_text(row[one.code]) for one in fields]


def _field(column: FileColumn) -> FieldSpec:
    """A column as a field; most columns of the layouts have a label only."""
    kind = _TYPES.get(column.type or "", "string")
    return FieldSpec(
        code=column.code or f"column{column.column}", label=column.label, type=kind, max_length=column.max_length or 200,
        digits=column.digits, scale=column.scale,
    )  # fmt: skip


def _text(value: object) -> str | None:
    if value is None:
        return None
    return format(value, "f") if isinstance(value, Decimal) else str(value)
