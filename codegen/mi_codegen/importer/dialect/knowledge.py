"""What the base knows of a field's code: its type, its label, how sensitive it is; and of a node's: its class name."""

from __future__ import annotations

import copy
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from mi_codegen.importer.dialect.tables import DialectField
from mi_core.catalog import Catalog
from mi_core.catalog.nodes import is_node, row_of

__all__ = ["Knowledge", "field_shape", "table_shape"]

_SHAPES = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
}
_SENSITIVE = (
    ("id-number", ("证件号", "身份证")), ("phone", ("电话", "手机", "联系方式")), ("address", ("地址", "住址")),
    ("credential", ("密码", "令牌", "登录账号", "password", "token", "qrcode")), ("person-name", ("姓名",)),
    ("card", ("卡号", "卡识别码", "凭证编号", "持卡", "账号")),
    ("health", ("诊断", "病情", "病种", "主诉", "手术")),
)  # fmt: skip
"""Words of a label or code that tell what masking must hide, where the base does not know the code."""


def table_shape(field: DialectField) -> dict[str, Any]:
    """Type and length as the table gives them."""
    out: dict[str, Any] = dict(_SHAPES[field.type or "string"])
    if field.length and field.type in (None, "string"):
        out["maxLength"] = int(field.length)
    elif field.length and field.type == "number":
        digits, _, scale = field.length.partition(",")
        out["x-mi"] = {"digits": int(digits), **({"scale": int(scale)} if scale else {})}
    return out


def field_shape(member: dict[str, Any]) -> dict[str, Any]:
    """What a document's member says of type and size, without label, codes and the rest."""
    out = {
        k: v for k, v in member.items() if k in ("type", "format", "contentEncoding", "maxLength", "items")
    }
    mi = {
        k: v
        for k, v in member.get("x-mi", {}).items()
        if k in ("digits", "scale", "kind", "money", "pattern")
    }
    return {**out, "x-mi": mi} if mi else out


def _leaves(node: dict[str, Any], part: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for code, member in row_of(node)["properties"].items():
        yield part, code, member
        if is_node(member):
            yield from _leaves(member, part)


def _agreed(shapes: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The type that all shapes have, with the sizes only where they agree too; ``None`` when the types differ."""
    kinds = {json.dumps([s.get("type"), s.get("format"), s.get("x-mi", {}).get("kind")]) for s in shapes}
    if len(kinds) != 1:
        return None
    if len(shapes) == 1:
        return shapes[0]
    first = shapes[0]
    out: dict[str, Any] = {k: first[k] for k in ("type", "format", "contentEncoding", "items") if k in first}
    mi = {k: v for k, v in first.get("x-mi", {}).items() if k == "kind"}
    if first.get("type") == "number":
        for key in ("digits", "scale"):
            found = [s["x-mi"][key] for s in shapes if key in s.get("x-mi", {})]
            mi |= {key: max(found)} if found else {}
    return {**out, "x-mi": mi} if mi else out


class Knowledge:
    """Read once from the base catalogue."""

    def __init__(self, catalog: Catalog) -> None:
        self._shapes: dict[str, Counter[str]] = defaultdict(Counter)
        self._labels: dict[str, Counter[str]] = defaultdict(Counter)
        self._classes: dict[str, Counter[str]] = defaultdict(Counter)
        self._coded: Counter[str] = Counter()
        self._tables: dict[str, Counter[str]] = defaultdict(Counter)
        self._own: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._nodes: dict[str, Counter[str]] = defaultdict(Counter)
        for code in catalog.interfaces:
            self._learn(code, catalog.document(code))
            for path, name in catalog.names.nodes.get(code, {}).items():
                self._nodes[path.rpartition(".")[2]][name] += 1

    def _learn(self, interface: str, document: dict[str, Any]) -> None:
        for part, node in document["properties"].items():
            for _, code, member in _leaves(node, part):
                if member.get("title"):
                    self._labels[code][member["title"]] += 1
                if is_node(member):
                    continue
                shape = json.dumps(field_shape(member), sort_keys=True)
                self._shapes[code][shape] += 1
                self._own[interface, code][shape] += 1
                mi = member.get("x-mi", {})
                self._classes[code][mi.get("class", "none")] += 1
                self._coded[code] += "codeTable" in mi or "open" in mi
                if "codeTable" in mi:
                    self._tables[code][mi["codeTable"]] += 1

    def member(self, interface: str, part: str, field: DialectField) -> dict[str, Any]:
        """The document's member for a field that the base's table does not have at this place."""
        shape, inferred = self._shape(interface, field)
        mi = dict(shape.pop("x-mi", {}))
        if self._coded[field.code] and field.type in (None, "string"):
            table = self._tables[field.code]
            # In a request another region's codes must pass; in a reply the table only gives names to them.
            known = part == "output" and len(table) == 1
            mi.update({"codeTable": next(iter(table))} if known else {"open": True})
        sensitive = self.sensitivity(field)
        if sensitive != "none":
            mi["class"] = sensitive
        if inferred:
            mi["inferred"] = True
        out = {"title": self.label(field.code, field.label), **copy.deepcopy(shape)}
        return {**out, "x-mi": mi} if mi else out

    def _shape(self, interface: str, field: DialectField) -> tuple[dict[str, Any], bool]:
        if field.type is not None:
            return table_shape(field), False
        for known in (self._own.get((interface, field.code)), self._shapes.get(field.code)):
            agreed = _agreed([json.loads(text) for text in known or ()])
            if agreed is not None:
                return agreed, False
        return {"type": "string"}, True

    def label(self, code: str, own: str) -> str:
        """The model's label, else the one the base most often gives to the code, else the code."""
        if own:
            return own
        return self._labels[code].most_common(1)[0][0] if code in self._labels else code

    def sensitivity(self, field: DialectField) -> str:
        """The strictest-known class of a code; for a code the base does not know, what its label says."""
        seen = self._classes.get(field.code)
        if seen is not None:
            return next((name for name, _ in seen.most_common() if name != "none"), "none")
        said = f"{field.label} {field.code.lower()}"
        return next((name for name, words in _SENSITIVE if any(w in said for w in words)), "none")

    def node_class(self, code: str) -> str:
        """The class name that the base most often gives to rows of a node, else one made of the node's key."""
        if code in self._nodes:
            return self._nodes[code].most_common(1)[0][0]
        return "".join(word[:1].upper() + word[1:] for word in code.replace("-", "_").split("_") if word)
