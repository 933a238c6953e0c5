"""What kind of value may stand at each key of an effective document: numbers, texts, flags, choices, lists.

Overlays write any value anywhere, and readers and the generator rely on the kinds; so this is looked at after the
overlays and before anything is read. ``schema/catalog`` says the same and more, but needs a tool to be checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

__all__ = ["code_table_shape", "interface_shape", "node_shape"]

Add: TypeAlias = Callable[[str, str, str], None]
"""``add(pointer, zh, en)`` reports one value."""
Kind: TypeAlias = tuple[Callable[[Any], bool], str, str]
"""A test with its wording in Chinese and English."""


def _whole(value: Any, least: int = 0) -> bool:
    return type(value) is int and value >= least


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _like(pattern: str) -> Kind:
    test = re.compile(pattern)
    return (
        lambda v: isinstance(v, str) and test.fullmatch(v) is not None,
        f"应符合 {pattern}",
        f"must fit {pattern}",
    )


def _one_of(*choices: str | int) -> Kind:
    named = ", ".join(repr(c) for c in choices)
    return (
        lambda v: not isinstance(v, bool) and isinstance(v, (str, int)) and v in choices,
        f"应为 {named} 之一", f"must be one of {named}",
    )  # fmt: skip


_TEXT: Kind = (lambda v: isinstance(v, str), "应为文本", "must be a text")
_MAYBE: Kind = (lambda v: v is None or isinstance(v, str), "应为文本或 null", "must be a text or null")
_COUNT: Kind = (_whole, "应为不小于 0 的整数", "must be a whole number, 0 or more")
_POSITIVE: Kind = (lambda v: _whole(v, 1), "应为大于 0 的整数", "must be a whole number, 1 or more")
_FLAG: Kind = (lambda v: isinstance(v, bool), "应为 true 或 false", "must be true or false")
_TEXTS: Kind = (_texts, "应为文本列表", "must be a list of texts")
_OBJECT: Kind = (lambda v: isinstance(v, dict), "应为对象", "must be an object")
_LIST: Kind = (lambda v: isinstance(v, list), "应为列表", "must be a list")
_OBJECTS: Kind = (
    lambda v: isinstance(v, list) and all(isinstance(i, dict) for i in v), "应为对象列表", "must be a list of objects",
)  # fmt: skip
_CONSTANT: Kind = (lambda v: isinstance(v, str) or type(v) is int, "应为文本或整数", "must be a text or a whole number")  # fmt: skip
_CONSTANTS: Kind = (
    lambda v: isinstance(v, list) and all(isinstance(i, str) or type(i) is int for i in v),
    "应为文本或整数的列表", "must be a list of texts or whole numbers",
)  # fmt: skip
_UNDONE: Kind = (
    lambda v: v is None or isinstance(v, str) or _texts(v), "应为编号或编号列表", "must be a code or a list of codes",
)  # fmt: skip
_CLASS = _like("[A-Z][A-Za-z0-9]*")

_FIELD: Mapping[str, Kind] = {
    "title": _TEXT, "type": _one_of("string", "number", "integer", "boolean", "object", "array"),
    "format": _one_of("date", "date-time"), "contentEncoding": _one_of("base64"), "maxLength": _COUNT,
    "items": _OBJECT, "enum": _CONSTANTS, "x-mi": _OBJECT,
}  # fmt: skip
_FIELD_MI: Mapping[str, Kind] = {
    "digits": _COUNT, "scale": _COUNT, "codeTable": _TEXT, "open": _FLAG, "kind": _one_of("text", "bytes", "map"),
    "pattern": _like("[yMdHmsS:/ -]+"), "empty": _one_of("", 0, "null"),
    "class": _one_of(
        "person-name", "id-number", "phone", "address", "card", "credential", "health", "money", "none"
    ),
    "money": _FLAG, "enumTitles": _TEXTS, "inferred": _FLAG,
}  # fmt: skip
_NODE: Mapping[str, Kind] = {
    "title": _TEXT, "type": _one_of("object", "array"), "items": _OBJECT, "maxItems": _POSITIVE, "x-mi": _OBJECT,
}  # fmt: skip
_ROW: Mapping[str, Kind] = {"properties": _OBJECT, "required": _TEXTS, "allOf": _OBJECTS, "anyOf": _OBJECTS}
_NODE_MI: Mapping[str, Kind] = {"sourceTable": _TEXT, "inferred": _FLAG, "rootMay": _one_of("array"), "kind": _one_of("map")}  # fmt: skip
_FACTS: Mapping[str, Kind] = {
    "code": _like("[0-9]{4,6}[A-Z]?"), "slug": _like("[a-z][a-z0-9_]*"), "className": _CLASS,
    **dict.fromkeys(("chapterTitle", "category", "group", "mode", "sender", "receiver", "effect", "repeat", "action",
                     "direction", "envelope", "timeout", "nobodyTells", "quotedBy", "logCategory", "logType", "output"), _TEXT),
    **dict.fromkeys(("flat", "cancelledBy", "logTable"), _MAYBE),
    **dict.fromkeys(("listed", "business", "withdrawn", "reversible"), _FLAG),
    **dict.fromkeys(("proof", "businessKey", "lockKey", "amounts", "inferred"), _TEXTS),
    **dict.fromkeys(("proofValues", "person", "projection", "catalogue", "source", "xmlDocument"), _OBJECT),
    **dict.fromkeys(("identities", "outcomeQueries", "files"), _OBJECTS),
    "inputLimit": _POSITIVE, "cancels": _UNDONE,
}  # fmt: skip


def _look(value: Any, kinds: Mapping[str, Kind], at: str, add: Add) -> bool:
    """Report each known key whose value is of another kind; unknown keys are the readers' matter."""
    if not isinstance(value, dict):
        add(at, "应为对象", "must be an object")
        return False
    sound = True
    for key, given in value.items():
        kind = kinds.get(key)
        if kind is not None and not kind[0](given):
            shown = repr(given) if len(repr(given)) < 60 else f"{repr(given)[:57]}…"
            add(f"{at}/{key}", f"{kind[1]}，而不是 {shown}", f"{kind[2]}, not {shown}")
            sound = False
    return sound


def interface_shape(document: Mapping[str, Any], add: Add) -> None:
    """Everything of an interface that is of the wrong kind."""
    _look(document, {"title": _TEXT, "description": _TEXT, "properties": _OBJECT}, "", add)
    mi = document["x-mi"]
    if _look(mi, _FACTS, "/x-mi", add):
        _facts(mi, add)
    parts = document.get("properties")
    for part, node in parts.items() if isinstance(parts, dict) else ():
        node_shape(node, f"/properties/{part}", add)


def _facts(mi: Mapping[str, Any], add: Add) -> None:
    _look(mi.get("person", {}), {"request": _TEXT, "reply": _TEXT}, "/x-mi/person", add)
    _look(mi.get("source", {}), {"document": _TEXT, "chapter": _TEXT}, "/x-mi/source", add)
    _look(
        mi.get("proofValues", {}), dict.fromkeys(mi.get("proofValues", {}), _TEXTS), "/x-mi/proofValues", add
    )
    for i, one in enumerate(mi.get("identities", ())):
        kinds = {"node": _TEXT, "total": _TEXT, "parts": _TEXTS, "relation": _one_of("=", "<=")}
        _need(one, ("node", "total", "parts"), f"/x-mi/identities/{i}", add)
        _look(one, kinds, f"/x-mi/identities/{i}", add)
    for i, layout in enumerate(mi.get("files", ())):
        at = f"/x-mi/files/{i}"
        _need(layout, ("direction",), at, add)
        if not _look(
            layout, {"direction": _one_of("input", "output"), "caption": _TEXT, "columns": _OBJECTS}, at, add
        ):
            continue
        for n, column in enumerate(layout.get("columns", ())):
            here = f"{at}/columns/{n}"
            _need(column, ("column", "title"), here, add)
            _look(column, {"column": _POSITIVE, "code": _TEXT, "required": _FLAG}, here, add)
            _field(column, here, add)


def _need(value: Mapping[str, Any], keys: tuple[str, ...], at: str, add: Add) -> None:
    for key in keys:
        if key not in value:
            add(f"{at}/{key}", f"缺少 {key}", f"{key} is missing")


def node_shape(node: Any, at: str, add: Add) -> None:
    """Everything of a node and its members, or of a single field, that is of the wrong kind."""
    if not isinstance(node, dict):
        return  # the reader says so
    items = node.get("items")
    repeated = node.get("type") == "array" and isinstance(items, dict)
    row, inner = (items, f"{at}/items") if repeated and isinstance(items, dict) else (node, at)
    if "properties" not in row:
        _field(node, at, add)
        return
    sound = _look(node, _NODE, at, add)
    if sound and "x-mi" in node:
        _look(node["x-mi"], _NODE_MI, f"{at}/x-mi", add)
    if not _look(row, _ROW, inner, add):
        return
    for name, member in row["properties"].items():
        node_shape(member, f"{inner}/properties/{name}", add)
    for i, item in enumerate(row.get("allOf", ())):
        for key in item.keys() & {"if", "then"}:
            _condition(item[key], f"{inner}/allOf/{i}/{key}", add)
    for i, item in enumerate(row.get("anyOf", ())):
        _look(item, {"required": _TEXTS}, f"{inner}/anyOf/{i}", add)


def _field(field: Mapping[str, Any], at: str, add: Add) -> None:
    if not _look(field, _FIELD, at, add):
        return
    if "items" in field:
        _look(field["items"], {"type": _TEXT, "maxLength": _COUNT}, f"{at}/items", add)
    if "x-mi" in field:
        _look(field["x-mi"], _FIELD_MI, f"{at}/x-mi", add)


def _condition(schema: Any, at: str, add: Add) -> None:
    if not _look(schema, {"properties": _OBJECT, "required": _TEXTS, "not": _OBJECT}, at, add):
        return
    for name, test in schema.get("properties", {}).items():
        _look(test, {"const": _CONSTANT, "enum": _CONSTANTS}, f"{at}/properties/{name}", add)
    absent = schema.get("not", {})
    if _look(absent, {"required": _TEXTS, "anyOf": _OBJECTS}, f"{at}/not", add):
        for i, group in enumerate(absent.get("anyOf", ())):
            _look(group, {"required": _TEXTS}, f"{at}/not/anyOf/{i}", add)


def code_table_shape(document: Mapping[str, Any], add: Add) -> None:
    """Everything of a code table that is of the wrong kind."""
    _look(document, {"$id": _TEXT, "title": _TEXT, "oneOf": _LIST}, "", add)
    _look(document["x-mi"], {"code": _TEXT, "className": _CLASS, "sameAs": _TEXT}, "/x-mi", add)
    codes = document.get("oneOf")
    for i, item in enumerate(codes if isinstance(codes, list) else ()):
        if isinstance(item, dict):
            _look(item, {"const": _TEXT, "title": _TEXT}, f"/oneOf/{i}", add)
