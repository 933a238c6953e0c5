"""The reply of a desk that tells only what it knows: shaped as its document says.

A value goes to the field of the same plain name when it fits there. An optional field that the desk does not tell is
``null``; a required one is invented, as in replies without a desk.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from mi_core.model import CodeTable, FieldSpec, InterfaceSpec, NodeSpec
from mi_plugins.sandbox.invent import Inventor
from mi_plugins.sandbox.scalars import compile_scalar
from mi_plugins.sandbox.sums import plain_name

__all__ = ["complete"]


def complete(spec: InterfaceSpec, inventor: Inventor, output: Any) -> Any:
    """``output`` with every member of the document. A list at the root is a list of such rows."""
    if isinstance(output, list):
        return [
            _row(spec.output, inventor, one, f"{spec.code}|{_named(one, n)}") for n, one in enumerate(output)
        ]
    if isinstance(output, Mapping) and spec.output.members:
        return _row(spec.output, inventor, output, spec.code)
    return output


def _named(row: Mapping[str, Any], number: int) -> str:
    """A record is completed alike on whatever page it stands."""
    return str(row.get("rid") or number)


def _row(node: NodeSpec, inventor: Inventor, said: Mapping[str, Any], key: str) -> dict[str, Any]:
    plain = {plain_name(name): value for name, value in said.items()}
    row: dict[str, Any] = {}
    for member in node.members:
        value = said[member.code] if member.code in said else plain.get(plain_name(member.code))
        inner = f"{key}|{member.code}"
        if isinstance(member, FieldSpec):
            row[member.code] = _value(member, inventor, value, f"{key}|{plain.get('rid', '')}", plain)
        elif member.repeated:
            rows = value if isinstance(value, list) else [value] if isinstance(value, Mapping) else []
            row[member.code] = [
                _row(member, inventor, one, f"{inner}|{_named(one, n)}") for n, one in enumerate(rows)
            ]
        elif isinstance(value, Mapping):
            row[member.code] = _row(member, inventor, value, inner)
        else:
            row[member.code] = inventor.row(member, inner, {}) if member.required else None
    return row


def _value(field: FieldSpec, inventor: Inventor, value: Any, key: str, given: Mapping[str, Any]) -> Any:
    if value not in (None, ""):
        fits = compile_scalar(field, inventor.tables)
        for candidate in _candidates(field, value, inventor.tables):
            if fits(candidate) is None:
                return candidate
    return inventor.value(field, key, {}) if field.required else None


def _candidates(field: FieldSpec, value: Any, tables: Mapping[str, CodeTable]) -> list[Any]:
    """The value, and other ways to write it: as text, as a number, a time as its day, shortened."""
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    found = [value, text]
    if field.type in ("number", "integer"):
        try:
            found.append(Decimal(text))
        except InvalidOperation:
            return []
        return [Decimal(one) if field.scale and not isinstance(one, str) else one for one in found]
    if isinstance(value, str):
        found += [value[:10], value.replace("-", "")[:8], value.replace("-", "")[:6]]
        if len(value) == 10:
            found.append(f"{value} 00:00:00")
        if field.max_length is not None and not field.code_table:
            found.append(value[: field.max_length])
    return found
