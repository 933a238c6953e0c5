"""Nodes and fields of the catalogue as JSON Schema 2020-12, with Chinese titles and code tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mi_core.model import CodeTable, FieldSpec, NodeSpec
from mi_core.testing.values import is_decimal, is_whole

__all__ = ["input_schema", "output_schema"]

_LISTED: Final = 80
"""Codes of a table that are written out in a description; longer tables are named only."""
_OPEN: Final[Mapping[str, dict[str, Any]]] = {
    "object": {"type": "object"}, "map": {"type": "object"}, "list": {"type": "array"}, "boolean": {"type": "boolean"},
    "strings": {"type": "array", "items": {"type": "string"}},
}  # fmt: skip
_TIMES: Final = {"date": "yyyy-MM-dd", "datetime": "yyyy-MM-dd HH:mm:ss"}
Tables = Mapping[str, CodeTable]


def input_schema(node: NodeSpec, tables: Tables) -> dict[str, Any]:
    """What a request must look like; conditions and limits as the document has them."""
    return _node(node, tables, asked=True)


def output_schema(node: NodeSpec, tables: Tables) -> dict[str, Any]:
    """What a reply may look like: every field may be missing, empty or of a code nobody knows."""
    return _node(node, tables, asked=False)


def _node(node: NodeSpec, tables: Tables, *, asked: bool) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object"}
    if node.label:
        schema["title"] = node.label
    schema["properties"] = {member.code: _member(member, tables, asked=asked) for member in node.members}
    if asked:
        required = [member.code for member in node.members if member.required]
        if required:
            schema["required"] = required
        if not node.open:
            schema["additionalProperties"] = False
        rules: list[dict[str, Any]] = [{"if": dict(c.when), "then": dict(c.then)} for c in node.conditions]
        if node.any_of:
            rules.append({"anyOf": [{"required": list(group)} for group in node.any_of]})
        if rules:
            schema["allOf"] = rules
    return schema


def _member(member: FieldSpec | NodeSpec, tables: Tables, *, asked: bool) -> dict[str, Any]:
    if isinstance(member, FieldSpec):
        return _field(member, tables, asked=asked)
    schema = _node(member, tables, asked=asked)
    if not member.repeated:
        return schema
    many: dict[str, Any] = {"type": "array", "title": member.label, "items": schema}
    if asked and member.required:
        many["minItems"] = 1
    if asked and member.max_items is not None:
        many["maxItems"] = member.max_items
    return many


def _field(field: FieldSpec, tables: Tables, *, asked: bool) -> dict[str, Any]:
    schema: dict[str, Any] = {"title": field.label, **_kind(field)}
    notes = [_limits(field)]
    table = tables.get(field.code_table) if field.code_table else None
    if table is not None:
        codes = list(table.codes.items())
        notes.append(
            f"码表 {table.key} {table.title}：" + "；".join(f"{code} {label}" for code, label in codes[:_LISTED])
            + ("……" if len(codes) > _LISTED else "")
        )  # fmt: skip
        if asked and not field.open:
            schema["enum"] = [code for code, _ in codes]
    elif field.enum:
        titles = field.enum_titles or ("",) * len(field.enum)
        notes.append(
            "；".join(f"{code} {label}".strip() for code, label in zip(field.enum, titles, strict=False))
        )
        if asked:
            schema["enum"] = list(field.enum)
    if asked and field.max_length is not None and schema["type"] == "string":
        schema["maxLength"] = field.max_length
    if asked and field.required and schema["type"] == "string" and "enum" not in schema:
        schema["pattern"] = r"\S"
    description = "。".join(note for note in notes if note)
    if description:
        schema["description"] = description
    if not asked or not field.required:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return schema


def _kind(field: FieldSpec) -> dict[str, Any]:
    if is_decimal(field):
        return {"type": "number"}
    if is_whole(field):
        return {"type": "integer"}
    return dict(_OPEN.get(field.type, {"type": "string"}))


def _limits(field: FieldSpec) -> str:
    """What JSON Schema cannot say exactly: digits, and how times are written."""
    if is_decimal(field):
        digits = f"最多 {field.digits} 位数字，" if field.digits else ""
        return f"{digits}小数 {field.scale or 2} 位，普通十进制"
    if field.pattern:
        return f"格式 {field.pattern}"
    if field.type in _TIMES:
        return f"格式 {_TIMES[field.type]}，北京时间"
    if field.type == "number" and not is_whole(field):
        return "由数字组成的文本"
    return ""
