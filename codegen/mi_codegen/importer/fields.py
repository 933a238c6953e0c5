"""One source field -> one member of a document, literally; and the reverse view used to compare the two."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mi_codegen.importer.source import SourceField

__all__ = ["TRANSCRIBED_KEYS", "TRANSCRIBED_MI", "column_json", "field_json", "own_code_table", "snake"]

_TYPES: Mapping[str, Mapping[str, Any]] = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "boolean": {"type": "boolean"},
    "text": {"type": "string", "x-mi": {"kind": "text"}},
    "base64": {"type": "string", "contentEncoding": "base64"},
    "bytes": {"type": "string", "x-mi": {"kind": "bytes"}},
    "object": {"type": "object"},
    "map": {"type": "object", "x-mi": {"kind": "map"}},
    "list": {"type": "array"},
    "string[]": {"type": "array", "items": {"type": "string"}},
    "": {},
}
TRANSCRIBED_KEYS = frozenset(
    {"title", "type", "format", "contentEncoding", "maxLength", "items", "column", "code"}
)
"""Keys of a member that come from the source table and are refreshed by every import."""
TRANSCRIBED_MI = frozenset({"digits", "scale", "kind"})
"""The same inside ``x-mi``."""


def snake(code: str) -> str:
    """``medType`` -> ``med_type``: how camelCase fields are spelled in code tables."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", code).lower()


def own_code_table(code: str, tables: Iterable[str]) -> str | None:
    """The table that carries the field's own code, in either spelling."""
    known = {key.lower(): key for key in tables}
    return known.get(code.lower()) or known.get(snake(code))


def field_json(field: SourceField, tables: Iterable[str] = ()) -> dict[str, Any]:
    """The member for one field. ``coded`` becomes its own code table, or ``open`` until somebody binds it."""
    shape = dict(_TYPES[field.type or ""])
    mi: dict[str, Any] = dict(shape.pop("x-mi", {}))
    out: dict[str, Any] = {"title": field.label, **shape}
    if field.max_length is not None:
        out["maxLength"] = field.max_length
    if field.digits is not None:
        mi["digits"] = field.digits
    if field.scale is not None:
        mi["scale"] = field.scale
    if field.coded:
        table = own_code_table(field.code or "", tables)
        mi.update({"codeTable": table} if table else {"open": True})
    if mi:
        out["x-mi"] = mi
    return out


def column_json(field: SourceField, index: int, tables: Iterable[str] = ()) -> dict[str, Any]:
    """One column of a file layout; a column without a code has its number and label only."""
    number = field.column or index + 1
    if field.code is None:
        return {"column": number, "title": field.label}
    out: dict[str, Any] = {"column": number, "code": field.code, **field_json(field, tables)}
    if field.required:
        out["required"] = True
    return out
