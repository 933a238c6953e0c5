"""The entries of single fields: new ones, other types, requirement, and what the table does not say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mi_codegen.importer.dialect.knowledge import Knowledge, field_shape, table_shape
from mi_codegen.importer.dialect.tables import DialectField, DialectNode
from mi_codegen.importer.dialect.writing import Writing
from mi_core.catalog.nodes import is_node, row_of, wrapped

__all__ = ["add_node", "leave_unsaid", "new_node", "retype", "set_required"]

REQUIRED = "Requirement as in the region's table."


def new_node(interface: str, part: str, table: DialectNode, known: Knowledge) -> dict[str, Any]:
    """A node that the base does not have, as a document holds it."""
    properties: dict[str, Any] = {}
    for member in table.members:
        if isinstance(member, DialectNode):
            properties[member.code] = new_node(interface, part, member, known)
        else:
            properties[member.code] = known.member(interface, part, member)
    node: dict[str, Any] = {"type": "object", "properties": properties}
    if table.code:
        node = {"title": known.label(table.code, table.label), **node}
    required = [f.code for f in table.fields if f.required]
    if required:
        node["required"] = required
    return wrapped(node) if table.repeated and table.code else node


def add_node(
    writing: Writing, pointer: str, part: str, table: DialectNode, known: Knowledge, place: Mapping[str, str],
    op: str = "add",
) -> None:  # fmt: skip
    """Write the entry of a whole node; with ``replace`` a plain field becomes one."""
    value = new_node(writing.code, part, table, known)
    reason = (
        "The region's table has this node." if op == "add" else "A node here, where the base has a field."
    )
    writing.do(op, pointer, reason, value=value, **place)


def retype(writing: Writing, pointer: str, part: str, field: DialectField) -> None:
    """The table's type and length, in requests: a reply is read by the base's type, which is the exact one."""
    if field.type is None or part == "output":
        return
    member = writing.at(pointer)
    old, new = field_shape(member), table_shape(field)
    if (old.get("type"), old.get("format")) == (new.get("type"), new.get("format")):
        _resize(writing, pointer, member, new)
    elif not (field.type == "date" and old.get("format") == "date-time"):  # a day would cut the time off
        kept = {k: v for k, v in member.get("x-mi", {}).items() if k in ("class", "open", "inferred")}
        mi = {**new.pop("x-mi", {}), **kept}
        value = {"title": member["title"], **new, **({"x-mi": mi} if mi else {})}
        writing.do("replace", pointer, f"The region's table says {field.type}.", value=value)


def _resize(writing: Writing, pointer: str, member: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    sizes = [("maxLength", new.get("maxLength"), member.get("maxLength"))]
    mi, old = new.get("x-mi", {}), member.get("x-mi", {})
    sizes += [(f"x-mi/{key}", mi.get(key), old.get(key)) for key in ("digits", "scale")]
    for key, value, before in sizes:
        if value is not None and value != before:
            op = "add" if before is None else "replace"
            writing.do(op, f"{pointer}/{key}", "Length as in the region's table.", value=value)


def _named(schema: Mapping[str, Any]) -> Iterator[str]:
    yield from schema.get("properties", {})
    yield from schema.get("required", ())
    for inner in ([schema["not"]] if "not" in schema else []) + list(schema.get("anyOf", ())):
        yield from _named(inner)


def leave_unsaid(writing: Writing, row: str, table: DialectNode) -> None:
    """What the base has and the table lacks: it stays, optional and inferred; no condition may demand it."""
    said = {m.code for m in table.members}
    node = writing.at(row)
    for code, member in list(node["properties"].items()):
        if code in said:
            continue
        here = writing.member(row, code)
        if not member.get("x-mi", {}).get("inferred"):
            reason = "The region's table lacks it: the base's stays, optional."
            writing.do("add", f"{here}/x-mi/inferred", reason, value=True)
        if is_node(member):
            _release(writing, here)
    for key in ("allOf", "anyOf"):
        rules = node.get(key)
        if not rules:
            continue
        kept = [r for r in rules if all(set(_named(s)) <= said for s in _schemas(r))]
        if key == "anyOf" and len(kept) < len(rules):
            kept = []  # one of the ways to satisfy it is gone, so the rest cannot be demanded
        if len(kept) < len(rules):
            op = {"op": "replace", "value": kept} if kept else {"op": "remove"}
            reason = "The region's table lacks a field that the condition is about."
            writing.do(str(op.pop("op")), f"{row}/{key}", reason, **op)


def _schemas(rule: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [rule["if"], rule["then"]] if "if" in rule else [rule]


def _release(writing: Writing, pointer: str) -> None:
    """Nothing inside a node that the table lacks is required."""
    row, node = writing.row(pointer)
    if "required" in node:
        writing.do(
            "remove", f"{row}/required", "The region's table lacks the node: nothing in it is required."
        )
    for code, member in row_of(writing.at(pointer))["properties"].items():
        if is_node(member):
            _release(writing, writing.member(row, code))


def set_required(writing: Writing, row: str, table: DialectNode) -> None:
    """Fields are required where the table says so, nodes of the table where the base does."""
    node = writing.at(row)
    before = node.get("required", [])
    fields = {f.code for f in table.fields if f.required}
    unmarked = {m.code for m in table.members if is_node(node["properties"][m.code])} - fields
    wanted = [c for c in node["properties"] if c in fields or (c in unmarked and c in before)]
    if set(wanted) == set(before):
        return
    pointer = f"{row}/required"
    if not wanted:
        writing.do("remove", pointer, REQUIRED)
    else:
        writing.do("replace" if before else "add", pointer, REQUIRED, value=wanted)
