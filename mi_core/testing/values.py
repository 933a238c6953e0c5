"""Valid values for the fields and nodes of a request, read off the catalogue's documents alone.

Nothing here looks at the generated classes, so that what is made can be held against them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from mi_core.model import CodeTable, FieldSpec, NodeSpec

__all__ = [
    "DAY", "MOMENT", "Tables", "fill", "holds", "is_decimal", "is_whole", "meet", "node_values", "notation", "value_of",
]  # fmt: skip

MOMENT = dt.datetime(2024, 5, 6, 7, 8, 9)
DAY = dt.date(1990, 1, 2)
Tables = Mapping[str, CodeTable]
"""Code tables by key, as :attr:`mi_core.catalog.Catalog.code_tables`."""

_NOTATION = (("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S"))
_WORDS = re.compile("名称|姓名|说明|备注|描述|地址|原因|诊断")


def is_decimal(field: FieldSpec) -> bool:
    """Whether the field is a ``Decimal`` in Python: it has decimals, or it is money without stated digits."""
    return field.type == "number" and bool(field.scale or (field.money and field.digits is None))


def is_whole(field: FieldSpec) -> bool:
    """Whether the field is an ``int`` in Python: up to 18 digits and no serial number (those are texts of digits)."""
    if field.type == "integer":
        return True
    serial = (field.digits or 0) > 18 or field.code.lower().endswith("_sn")
    return field.type == "number" and not field.scale and not serial and not is_decimal(field)


def value_of(field: FieldSpec, tables: Tables) -> Any:
    """A valid value of one field: ``Decimal``, ``int``, ``date``, text …; the same one each time."""
    if is_decimal(field):
        return Decimal("1.5") if (field.digits or 16) > (field.scale or 2) else Decimal("0.5")
    if is_whole(field):
        return 7
    if field.type == "number":
        return "12345"[: field.digits or 5]
    fixed = _FIXED.get(field.type)
    return _text(field, tables) if fixed is None else fixed()


_FIXED: Mapping[str, Callable[[], Any]] = {
    "date": lambda: DAY, "datetime": lambda: MOMENT, "boolean": lambda: True, "object": lambda: {"a": "1"},
    "map": lambda: {"a": "1"}, "list": lambda: ["x"], "strings": lambda: ["x"],
}  # fmt: skip


def _text(field: FieldSpec, tables: Tables) -> str:
    if field.code_table:
        return next(iter(tables[field.code_table].codes))
    if field.enum:
        return field.enum[0]
    if field.pattern:
        return MOMENT.strftime(notation(field.pattern))
    shown = "示例文本" if _WORDS.search(field.label) else f"{field.code}-1"
    return shown[: field.max_length]


def notation(pattern: str) -> str:
    """``yyyyMM`` as :meth:`datetime.strftime` writes it."""
    for mark, directive in _NOTATION:
        pattern = pattern.replace(mark, directive)
    return pattern


def node_values(node: NodeSpec, tables: Tables, *, required_only: bool = False) -> dict[str, Any]:
    """One valid row of a node as a plain dict by wire name, its conditions met; repeated nodes have one row each."""
    row: dict[str, Any] = {}
    for member in node.members:
        if required_only and not member.required:
            continue
        if isinstance(member, FieldSpec):
            row[member.code] = value_of(member, tables)
        else:
            inner = node_values(member, tables, required_only=required_only)
            row[member.code] = [inner] if member.repeated else inner
    for condition in node.conditions:
        meet(condition.when, condition.then, row, node, tables)
    if node.any_of and not any(all(code in row for code in group) for group in node.any_of):
        fill(node.any_of[0], row, node, tables)
    return row


def meet(
    when: Mapping[str, Any], then: Mapping[str, Any], row: dict[str, Any], node: NodeSpec, tables: Tables
) -> None:
    """Make the row obey the ``then`` of a condition whose ``if`` it fulfils."""
    if not holds(when, row):
        return
    for code, rule in then.get("properties", {}).items():
        row[code] = rule["const"] if "const" in rule else rule["enum"][0]
    fill(then.get("required", ()), row, node, tables)
    negated = then.get("not", {})
    for group in negated.get("anyOf", [negated] if negated else []):
        for code in group.get("required", ()):
            row.pop(code, None)


def fill(codes: Iterable[str], row: dict[str, Any], node: NodeSpec, tables: Tables) -> None:
    """Give the row these members, where it lacks them."""
    for code in codes:
        member = node.member(code)
        if code in row or member is None:
            continue
        if isinstance(member, FieldSpec):
            row[code] = value_of(member, tables)
        else:
            inner = node_values(member, tables)
            row[code] = [inner] if member.repeated else inner


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
