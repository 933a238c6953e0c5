"""Code tables and the envelope of the source -> their documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mi_codegen.importer.fields import field_json
from mi_codegen.importer.source import SourceCodeTable, SourceField

__all__ = ["class_name", "code_table_json", "envelope_json", "file_stem"]

_HEADS = {"request": "请求报文头", "response": "响应报文头", "gateway_headers": "网关请求头"}


def file_stem(key: str) -> str:
    """File name of a code table: ``clr_type#2`` -> ``clr_type_2``."""
    return key.replace("#", "_")


def class_name(key: str) -> str:
    """Default class name: ``med_type`` -> ``MedType``, ``hcv-ab`` -> ``HcvAb``."""
    words = [w for w in re.split(r"[^A-Za-z0-9]+", key) if w]
    return "".join(w[:1].upper() + (w[1:].lower() if w.isupper() else w[1:]) for w in words)


def code_table_json(table: SourceCodeTable, name: str | None = None) -> dict[str, Any]:
    """One code table, codes in source order."""
    return {
        "$id": f"urn:mi:code:{table.key}", "title": table.label,
        "x-mi": {"code": table.code, "className": name or class_name(table.key)},
        "oneOf": [{"const": code, "title": label} for code, label in table.values.items()],
    }  # fmt: skip


def envelope_json(heads: Mapping[str, Iterable[SourceField]], code_tables: Iterable[str]) -> dict[str, Any]:
    """The three heads as nodes ``request``, ``response``, ``gatewayHeaders``."""
    tables = tuple(code_tables)
    out: dict[str, Any] = {"$id": "urn:mi:envelope", "title": "报文头"}
    for key, rows in heads.items():
        fields = tuple(rows)
        node: dict[str, Any] = {
            "title": _HEADS.get(key, key), "type": "object",
            "properties": {f.code or "": field_json(f, tables) for f in fields},
            "required": [f.code or "" for f in fields if f.required],
            "x-mi": {"sourceTable": f"envelope.{key}"},
        }  # fmt: skip
        out["gatewayHeaders" if key == "gateway_headers" else key] = node
    return out
