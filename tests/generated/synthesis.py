"""Valid and invalid instances of every generated class, made from the catalogue alone (not from the classes' tables)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import attrs

from mi_core.catalog import Catalog, load_catalog
from mi_core.model import FieldSpec, InterfaceSpec, NodeSpec

__all__ = ["Fault", "catalog", "faults", "request_values", "whole_number"]

IDENTITY = "430101199001010000"  # fictitious, wrong on purpose where a checksum is tested
MOMENT = dt.datetime(2024, 5, 6, 7, 8, 9)
DAY = dt.date(1990, 1, 2)


def catalog() -> Catalog:
    """The shipped catalogue."""
    return load_catalog()


def whole_number(field: FieldSpec) -> bool:
    """Whether the field is an ``int`` in Python (architecture decision 3)."""
    if field.type == "integer":
        return True
    serial = (field.digits or 0) > 18 or field.code.lower().endswith("_sn")
    return (
        field.type == "number"
        and not field.scale
        and not serial
        and not (field.money and field.digits is None)
    )


def value(field: FieldSpec) -> Any:
    """A valid value of a request's field."""
    if field.type == "number" and (field.scale or (field.money and field.digits is None)):
        scale = field.scale or 2
        whole = (field.digits or 16) - scale
        return Decimal("1.5") if whole > 0 else Decimal("0.5")
    if whole_number(field):
        return 7
    if field.type == "number":
        return "12345"[: field.digits or 5]
    if field.type == "date":
        return DAY
    if field.type == "datetime":
        return MOMENT
    if field.type == "boolean":
        return True
    if field.type in ("object", "map"):
        return {"a": "1"}
    if field.type == "list":
        return ["x"]
    if field.type == "strings":
        return ["x"]
    return _text(field)


def _text(field: FieldSpec) -> str:
    if field.code_table:
        return next(iter(catalog().code_tables[field.code_table].codes))
    if field.enum:
        return field.enum[0]
    if field.pattern:
        return MOMENT.strftime(_strftime(field.pattern))
    return "甲乙丙丁"[: field.max_length or 4]


def _strftime(pattern: str) -> str:
    for mark, directive in (
        ("yyyy", "%Y"),
        ("MM", "%m"),
        ("dd", "%d"),
        ("HH", "%H"),
        ("mm", "%M"),
        ("ss", "%S"),
    ):
        pattern = pattern.replace(mark, directive)
    return pattern


def request_values(spec: InterfaceSpec) -> dict[str, Any]:
    """``input`` as a plain dict by wire name with every field filled, its conditions met."""
    return node_values(spec.input)


def node_values(node: NodeSpec) -> dict[str, Any]:
    """One row of a node."""
    row: dict[str, Any] = {}
    for member in node.members:
        if isinstance(member, FieldSpec):
            row[member.code] = value(member)
        else:
            inner = node_values(member)
            row[member.code] = [inner] if member.repeated else inner
    for condition in node.conditions:
        _meet(condition.when, condition.then, row)
    return row


def _meet(when: Mapping[str, Any], then: Mapping[str, Any], row: dict[str, Any]) -> None:
    """Make the row obey the ``then`` of a condition whose ``if`` it fulfils."""
    if not holds(when, row):
        return
    for code, rule in then.get("properties", {}).items():
        row[code] = rule["const"] if "const" in rule else rule["enum"][0]
    negated = then.get("not", {})
    for group in negated.get("anyOf", [negated] if negated else []):
        for code in group.get("required", ()):
            row.pop(code, None)


def holds(when: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether a row fulfils the ``if`` of a condition."""
    negated = when.get("not", {}).get("required", ())
    if negated and all(code in row for code in negated):
        return False
    if any(code not in row for code in when.get("required", ())):
        return False
    return all(
        code not in row
        or (row[code] == rule.get("const", row[code]) and row[code] in rule.get("enum", [row[code]]))
        for code, rule in when.get("properties", {}).items()
    )


@attrs.frozen
class Fault:
    """A way to spoil one field, and the rule that must find it."""

    rule: str
    value: Any


def faults(field: FieldSpec) -> Iterator[Fault]:
    """Every way to spoil a field of a request."""
    kind = field.type
    if field.required and kind not in ("object", "map", "list", "strings"):
        yield Fault("required", None)
    if kind == "number" and (field.scale or (field.money and field.digits is None)):
        yield Fault("type", 1.5)
        yield Fault("type", True)
        yield Fault("type", "1.5")
        yield Fault("finite", Decimal("NaN"))
        yield Fault("finite", Decimal("-Infinity"))
        if field.scale and field.digits:
            yield Fault("scale", Decimal(1).scaleb(-field.scale - 1))
            yield Fault("digits", Decimal(1).scaleb(field.digits - field.scale))
    elif whole_number(field):
        yield Fault("type", True)
        yield Fault("type", 1.0)
        yield Fault("type", "1")
        if field.digits:
            yield Fault("digits", 10**field.digits)
    elif kind == "number":
        digits = min(field.digits or 3, 3)
        yield Fault("digits", "12a"[-digits:])
        yield Fault("digits", "012"[:digits] if digits > 1 else "a")
        yield Fault("type", 12)
    elif kind in ("date", "datetime"):
        yield Fault("date", "2024-02-30")
        yield Fault("date", dt.datetime(1500, 1, 1) if kind == "datetime" else dt.date(1500, 1, 1))
        yield Fault("type", 20240101)
        yield Fault("type", DAY if kind == "datetime" else MOMENT)
    elif kind == "boolean":
        yield Fault("type", "true")
    elif kind in ("object", "map", "list", "strings"):
        yield Fault("type", 5)
    else:
        yield from _text_faults(field)


def _text_faults(field: FieldSpec) -> Iterator[Fault]:
    yield Fault("type", 5)
    yield Fault("type", b"x")
    if field.code_table or field.enum:
        yield Fault("code", "no such code")
        return
    if field.pattern:
        yield Fault("date", "20241399"[: len(field.pattern)])
        return
    if field.required:
        yield Fault("required", "   ")
    if field.max_length is not None:
        yield Fault("max_length", "x" * (field.max_length + 1))
    if field.max_length is None or field.max_length >= 2:
        yield Fault("character", "a\x07")
        yield Fault("character", "\ud800")
