"""The way back: what a base document says about its source tables, read without any code of the importer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2] / "interface_catalog"
JSON = dict[str, Any]


def documents() -> dict[str, JSON]:
    """All base documents by code, straight from the files."""
    out: dict[str, JSON] = {}
    for path in sorted((ROOT / "interfaces").glob("*/*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        out[document["x-mi"]["code"]] = document
    return out


def code_tables() -> dict[str, JSON]:
    """All base code tables by key."""
    found = [json.loads(p.read_text(encoding="utf-8")) for p in (ROOT / "code_tables").glob("*.json")]
    return {d["$id"].removeprefix("urn:mi:code:"): d for d in found}


def sha(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def row_object(node: JSON) -> JSON:
    """The object with the members, of a node with one row or many."""
    return node["items"] if node.get("type") == "array" else node


def is_table(member: JSON) -> bool:
    return "properties" in member or "properties" in member.get("items", {})


def type_word(field: JSON) -> str:
    """The type as the source spells it."""
    kind = field.get("x-mi", {}).get("kind")
    if kind:
        return kind
    if "format" in field:
        return {"date": "date", "date-time": "datetime"}[field["format"]]
    if "contentEncoding" in field:
        return field["contentEncoding"]
    if field.get("type") == "array":
        return "string[]" if field.get("items") else "list"
    return field.get("type", "")


def field_row(key: str, member: JSON, required: bool) -> list[Any]:
    mi = {} if is_table(member) else member.get("x-mi", {})
    kind = "table" if is_table(member) else type_word(member)
    length = None if is_table(member) else member.get("maxLength")
    return [key.partition("#")[0], member["title"], kind, length, mi.get("digits"), mi.get("scale"), required]


def member_rows(node: JSON) -> list[list[Any]]:
    row = row_object(node)
    needed = row.get("required", [])
    return [field_row(k, m, k in needed) for k, m in row["properties"].items()]


def tables(document: JSON) -> Iterator[tuple[str, str | None, JSON]]:
    """(``input.0``, key or None, node) of every source table in a base document, outer ones first."""

    def visit(key: str | None, node: JSON) -> Iterator[tuple[str, str | None, JSON]]:
        name = node.get("x-mi", {}).get("sourceTable")
        if name:
            yield name, key, node
        for k, member in row_object(node)["properties"].items():
            if is_table(member):
                yield from visit(k, member)

    for part in ("input", "output"):
        yield from visit(None, document["properties"][part])


def place(key: str | None) -> str | None:
    """The node as the source has it: ``?3`` was only ``?`` there."""
    return "?" if key is not None and key.startswith("?") else key


def file_rows(layout: JSON) -> list[list[Any]]:
    rows: list[list[Any]] = [["file", layout["direction"]]]
    for column in layout["columns"]:
        if "code" in column:
            rows.append([column["column"], *field_row(column["code"], column, column.get("required", False))])
        else:
            rows.append([column["column"], None, column["title"], None, None, None, None, False])
    return rows


def source_view(document: JSON) -> dict[str, list[Any]]:
    """Table name -> its rows, for everything one document holds."""
    code = document["x-mi"]["code"]
    out = {f"{code} {name}": [[place(key)], *member_rows(node)] for name, key, node in tables(document)}
    for n, layout in enumerate(document["x-mi"].get("files", ())):
        out[f"{code} files.{n}"] = file_rows(layout)
    return out


def interface_view(document: JSON) -> list[Any]:
    mi = document["x-mi"]
    title = document["title"]
    return [
        mi["code"], title, mi.get("chapterTitle", title), mi["mode"], mi["sender"], mi["receiver"],
        mi["listed"], mi["business"], mi["withdrawn"],
    ]  # fmt: skip


def code_view(document: JSON) -> list[Any]:
    return [
        document["x-mi"]["code"],
        document["title"],
        *([c["const"], c["title"]] for c in document["oneOf"]),
    ]
