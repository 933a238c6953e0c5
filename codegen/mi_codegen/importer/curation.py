"""What people decided in a document survives a new import: only the transcription is refreshed.

Kept: behaviour, names, description, conditions, ``anyOf``, nodes made repeated by hand, required nodes, and in a field
everything the source table cannot say (code table, open, pattern, empty form, sensitivity, enum). Refreshed: codes,
labels, types, lengths, digits, requirement, order, captions, file layouts.
"""

from __future__ import annotations

from typing import Any

from mi_codegen.importer.fields import TRANSCRIBED_KEYS, TRANSCRIBED_MI
from mi_core.catalog.nodes import is_node, row_of, wrapped

__all__ = ["merge", "merge_head"]

_TRANSCRIBED_TOP = frozenset(
    {"code", "mode", "sender", "receiver", "listed", "business", "withdrawn", "source"}
)
_BINDING = ("codeTable", "open")


def merge(fresh: dict[str, Any], old: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The document to write, and what in ``old`` found no place any more (one line each)."""
    notes: list[str] = []
    out = dict(fresh)
    out["description"] = old.get("description", "")
    old_mi, new_mi = old.get("x-mi", {}), fresh["x-mi"]
    mi = {k: v for k, v in new_mi.items() if k in _TRANSCRIBED_TOP or k not in old_mi}
    mi.update(
        {k: v for k, v in old_mi.items() if k not in _TRANSCRIBED_TOP and k not in ("chapterTitle", "files")}
    )
    if "chapterTitle" in new_mi:
        mi["chapterTitle"] = new_mi["chapterTitle"]
    if new_mi.get("group"):
        mi["group"] = new_mi["group"]
    if "files" in new_mi:
        mi["files"] = _files(new_mi["files"], old_mi.get("files", []))
    order = [*new_mi, *(k for k in old_mi if k not in new_mi)]
    # An import must not reorder what it did not change: keep the old document's order where it has one.
    order = [*(k for k in old_mi if k in mi), *(k for k in order if k in mi and k not in old_mi)]
    out["x-mi"] = {k: mi[k] for k in order}
    parts = old.get("properties", {})
    out["properties"] = {
        part: _member(node, parts[part], part, notes) if part in parts else node
        for part, node in fresh["properties"].items()
    }
    return out, notes


def merge_head(fresh: dict[str, Any], old: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The same for the envelope, whose members are the heads."""
    notes: list[str] = []
    out = {
        key: _member(value, old[key], key, notes) if isinstance(value, dict) and key in old else value
        for key, value in fresh.items()
    }
    return out, notes


def _files(fresh: list[dict[str, Any]], old: list[dict[str, Any]]) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    for n, layout in enumerate(fresh):
        before = {c.get("code", c["column"]): c for c in old[n]["columns"]} if n < len(old) else {}
        columns = [
            _field(c, before[k]) if (k := c.get("code", c["column"])) in before else c
            for c in layout["columns"]
        ]
        out.append({**layout, "columns": columns})
    return out


def _member(fresh: dict[str, Any], old: dict[str, Any], path: str, notes: list[str]) -> dict[str, Any]:
    if is_node(fresh) and is_node(old):
        return _node(fresh, old, path, notes)
    if is_node(fresh) or is_node(old):
        notes.append(
            f"{path}: was {'a node' if is_node(old) else 'a field'} and is no longer; its decisions are dropped"
        )
        return fresh
    return _field(fresh, old)


def _node(fresh: dict[str, Any], old: dict[str, Any], path: str, notes: list[str]) -> dict[str, Any]:
    row, before = dict(row_of(fresh)), row_of(old)
    members: dict[str, Any] = row["properties"]
    known: dict[str, Any] = before["properties"]
    row["properties"] = {
        key: _member(value, known[key], f"{path}.{key}", notes) if key in known else value
        for key, value in members.items()
    }
    notes.extend(f"{path}.{key}: no longer in the source" for key in known if key not in members)
    needed = set(row.get("required", ()))
    nodes = {k for k, v in members.items() if is_node(v)}
    needed |= {k for k in before.get("required", ()) if k in nodes}
    required = [k for k in members if k in needed]
    row.pop("required", None)
    if required:
        row["required"] = required
    for key in ("allOf", "anyOf"):
        if key in before:
            row[key] = before[key]
    shell = dict(fresh)
    outside = {**old.get("x-mi", {}), **fresh.get("x-mi", {})}
    if fresh.get("type") == "array":
        shell["items"] = _ordered(row)
    else:
        shell = row
    if outside:
        shell.pop("x-mi", None)
        shell["x-mi"] = outside
    if old.get("type") == "array" and shell.get("type") == "object":
        return wrapped(_ordered(shell))
    return _ordered(shell)


def _ordered(node: dict[str, Any]) -> dict[str, Any]:
    keys = ("title", "type", "properties", "items", "required", "allOf", "anyOf", "x-mi")
    return {k: node[k] for k in keys if k in node} | {k: v for k, v in node.items() if k not in keys}


def _field(fresh: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    out = {k: v for k, v in fresh.items() if k != "x-mi"}
    out.update({k: v for k, v in old.items() if k not in TRANSCRIBED_KEYS and k not in ("x-mi", "required")})
    new_mi, old_mi = dict(fresh.get("x-mi", {})), old.get("x-mi", {})
    if "enum" in old or any(k in old_mi for k in _BINDING):
        # Somebody decided where the value comes from, also for fields that the source does not mark as coded.
        new_mi = {k: v for k, v in new_mi.items() if k not in _BINDING}
    keep = {k: v for k, v in old_mi.items() if k not in TRANSCRIBED_MI}
    mi = {**new_mi, **keep}
    if mi:
        out["x-mi"] = mi
    return out
