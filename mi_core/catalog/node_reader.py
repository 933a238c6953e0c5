"""Members of a document -> :class:`NodeSpec` and :class:`FieldSpec`; unknown keys are problems, nothing is ignored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mi_core.catalog.nodes import is_node, row_of
from mi_core.catalog.problems import CatalogProblem
from mi_core.model.spec import Condition, FieldSpec, FieldType, NodeSpec

__all__ = ["Findings", "field_type", "read_field", "read_node"]

_NODE_KEYS = frozenset(
    {"title", "type", "properties", "items", "required", "allOf", "anyOf", "maxItems", "x-mi"}
)
_NODE_MI = frozenset({"sourceTable", "inferred", "rootMay", "kind"})
_FIELD_KEYS = frozenset({"title", "type", "format", "contentEncoding", "maxLength", "items", "enum", "x-mi"})
_FIELD_MI = frozenset(
    {
        "digits",
        "scale",
        "codeTable",
        "open",
        "kind",
        "pattern",
        "empty",
        "class",
        "money",
        "enumTitles",
        "inferred",
    }
)
_SCALARS: Mapping[str, FieldType] = {
    "string": "string", "number": "number", "integer": "integer", "boolean": "boolean", "object": "object", "array": "list",
}  # fmt: skip
_FORMATS: Mapping[str, FieldType] = {"date": "date", "date-time": "datetime"}
_KINDS: Mapping[str, FieldType] = {"text": "text", "bytes": "bytes", "map": "map"}


class Findings:
    """Problems of one file, gathered while it is read."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[CatalogProblem] = []

    def add(self, pointer: str, zh: str, en: str) -> None:
        self.problems.append(CatalogProblem(self.file, pointer, zh, en))

    def keys(self, pointer: str, value: Mapping[str, Any], allowed: Iterable[str]) -> None:
        """Unknown keys are errors: a mistyped key would otherwise silently mean nothing."""
        for key in value.keys() - set(allowed):
            self.add(f"{pointer}/{key}", f"未知键“{key}”", f"unknown key {key!r}")


def field_type(raw: Mapping[str, Any]) -> FieldType | None:
    """The type of a field; ``None`` when the document says something that is no type."""
    kind = raw.get("x-mi", {}).get("kind")
    if kind is not None:
        return _KINDS.get(kind)
    if "format" in raw:
        return _FORMATS.get(raw["format"])
    if "contentEncoding" in raw:
        return "base64" if raw["contentEncoding"] == "base64" else None
    if raw.get("type") == "array" and raw.get("items", {}).get("type") == "string":
        return "strings"
    return _SCALARS.get(raw.get("type", "string"))


def read_field(code: str, raw: Mapping[str, Any], required: bool, pointer: str, found: Findings) -> FieldSpec:
    """One scalar (or open) member. A number's ``maxLength`` is its digits, a list of strings' that of each string."""
    if raw.keys() - _FIELD_KEYS:
        found.keys(pointer, raw, _FIELD_KEYS)
    mi = raw.get("x-mi", {})
    if mi.keys() - _FIELD_MI:
        found.keys(f"{pointer}/x-mi", mi, _FIELD_MI)
    kind = field_type(raw)
    if kind is None:
        found.add(pointer, "类型无法识别", "this is no known type")
        kind = "string"
    length, digits = raw.get("maxLength"), mi.get("digits")
    if kind == "strings" and length is None:
        length = raw["items"].get("maxLength")
    if kind in ("number", "integer") and length is not None:
        length, digits = None, digits if digits is not None else length
    table, enum = mi.get("codeTable"), raw.get("enum", ())
    if table is not None and mi.get("open"):
        found.add(
            f"{pointer}/x-mi/open", "codeTable 与 open 不能同时存在", "codeTable and open exclude each other"
        )
    titles = mi.get("enumTitles", ())
    if len(titles) not in (0, len(enum)):
        found.add(f"{pointer}/x-mi/enumTitles", "与 enum 个数不符", "must have as many entries as enum")
    sensitivity = mi.get("class", "none")
    return FieldSpec(
        code, raw.get("title", ""), kind, required, length, digits, mi.get("scale"), table, bool(mi.get("open", False)),
        tuple(map(str, enum)), tuple(titles), mi.get("pattern"), mi.get("empty"), sensitivity,
        bool(mi.get("money", False)), bool(mi.get("inferred", False)),
    )  # fmt: skip


def read_node(
    code: str, raw: Mapping[str, Any], pointer: str, found: Findings, required: bool = False
) -> NodeSpec:
    """An object or a list of objects with members; reports what does not fit and goes on."""
    if raw.keys() - _NODE_KEYS:
        found.keys(pointer, raw, _NODE_KEYS)
    mi = raw.get("x-mi", {})
    if mi.keys() - _NODE_MI:
        found.keys(f"{pointer}/x-mi", mi, _NODE_MI)
    repeated = raw.get("type") == "array"
    row = row_of(raw) if not repeated or isinstance(raw.get("items"), dict) else {}
    inner = f"{pointer}/items" if repeated else pointer
    members = row.get("properties")
    if not isinstance(members, dict):
        found.add(f"{inner}/properties", "节点没有字段", "the node has no members")
        members = {}
    needed = set(row.get("required", ()))
    for name in needed - members.keys():
        found.add(
            f"{inner}/required/@{name}", f"必填字段 {name} 不存在", f"required field {name} does not exist"
        )
    specs: list[FieldSpec | NodeSpec] = []
    for name, member in members.items():
        here = f"{inner}/properties/{name}"
        if not isinstance(member, dict):
            found.add(here, "字段不是对象", "a member must be an object")
        elif is_node(member):
            specs.append(read_node(name, member, here, found, name in needed))
        else:
            specs.append(read_field(name, member, name in needed, here, found))
    return NodeSpec(
        code, raw.get("title", ""), repeated, required, tuple(specs), _conditions(row, inner, found),
        _any_of(row, inner, found), bool(mi.get("inferred", False)), raw.get("maxItems"), mi.get("kind") == "map",
    )  # fmt: skip


def _conditions(row: Mapping[str, Any], pointer: str, found: Findings) -> tuple[Condition, ...]:
    out: list[Condition] = []
    for i, item in enumerate(row.get("allOf", ())):
        if not isinstance(item, dict) or set(item) != {"if", "then"}:
            found.add(f"{pointer}/allOf/{i}", "条件应为 if 与 then", "a condition needs if and then")
            continue
        out.append(Condition(item["if"], item["then"]))
    return tuple(out)


def _any_of(row: Mapping[str, Any], pointer: str, found: Findings) -> tuple[tuple[str, ...], ...]:
    out: list[tuple[str, ...]] = []
    for i, item in enumerate(row.get("anyOf", ())):
        if not isinstance(item, dict) or set(item) != {"required"}:
            found.add(
                f"{pointer}/anyOf/{i}", "应为 required 列表", "a list of required fields must stand here"
            )
            continue
        out.append(tuple(item["required"]))
    return tuple(out)
