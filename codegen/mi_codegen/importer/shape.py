"""The outer shape of source tables, checked before they are read: a wrong file is a list of problems, not a crash.

Codes and keys become file names, therefore they must be plain words.
"""

from __future__ import annotations

from typing import Any

from mi_core.catalog.schema_check import validator_class

__all__ = ["shape_problems"]

_FIELD = {"type": "object", "properties": {"code": {"type": "string", "minLength": 1}}}
_TABLE = {
    "type": "object",
    "properties": {"node": {"type": ["string", "null"]}, "fields": {"type": "array", "items": _FIELD}},
}
_TABLES = {"type": ["array", "null"], "items": _TABLE}
_SHAPES = {
    "interfaces.json": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["code"],
            "properties": {
                "code": {"type": "string", "pattern": r"^[A-Za-z0-9]{2,12}\Z"},
                "parties": {"type": "array", "items": {"type": "string"}},
                "input": _TABLES,
                "output": _TABLES,
                "files": _TABLES,
            },
        },
    },
    "dictionaries.json": {
        "type": "object",
        "propertyNames": {"pattern": r"^[A-Za-z][A-Za-z0-9_-]*(#[0-9]+)?\Z"},
        "additionalProperties": {
            "type": "object",
            "required": ["code", "label", "values"],
            "properties": {"values": {"type": "object"}},
        },
    },
    "envelope.json": {
        "type": "object",
        "additionalProperties": {"type": "array", "items": {**_FIELD, "required": ["code"]}},
    },
}


def shape_problems(file: str, value: Any) -> list[str]:
    """What is wrong with the shape of one source file, each with its place (``interfaces.json 0/code``)."""
    found = sorted(validator_class()(_SHAPES[file]).iter_errors(value), key=lambda e: list(map(str, e.path)))
    return [f"{file} {'/'.join(map(str, error.path))}: {error.message[:200]}" for error in found]
