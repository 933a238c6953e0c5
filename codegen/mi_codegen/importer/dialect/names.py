"""Class names of what the base does not have; names that are there are never changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mi_codegen.importer.dialect.behaviour import Moves
from mi_codegen.importer.dialect.knowledge import Knowledge
from mi_core.catalog import Names
from mi_core.catalog.nodes import is_node, row_of

__all__ = ["region_names"]


_GENERAL = {
    "data": ("Data", "Row"),
    "list": ("Row", "Row"),
    "result": ("Result", "Result"),
    "output": ("Row", "Row"),
}
"""Keys that say nothing: the end of the class name in a request and in a reply."""


def _paths(document: Mapping[str, Any]) -> list[str]:
    out: list[str] = []

    def visit(path: str, node: Mapping[str, Any]) -> None:
        for code, member in row_of(node)["properties"].items():
            if is_node(member):
                out.append(f"{path}.{code}")
                visit(f"{path}.{code}", member)

    for part, node in document["properties"].items():
        if part == "output" and (
            node.get("type") == "array" or node.get("x-mi", {}).get("rootMay") == "array"
        ):
            out.append("output")
        visit(part, node)
    return out


def _before(path: str, moves: list[tuple[str, tuple[str, ...], tuple[str, ...]]]) -> str:
    """Where a node stood in the base."""
    part, *steps = path.split(".")
    here = tuple(steps)
    for where, before, after in reversed(moves):
        if where == part and here[: len(after)] == after:
            here = (*before, *here[len(after) :])
    return ".".join((part, *here))


def region_names(
    documents: Mapping[str, dict[str, Any]],
    moves: Moves,
    base: Names,
    frozen: dict[str, Any],
    known: Knowledge,
) -> dict[str, Any]:
    """The region's ``names.json``: ``frozen`` (what it says now) with everything that has no name yet."""
    out: dict[str, Any] = {code: dict(entry) for code, entry in frozen.items()}
    for code, document in documents.items():
        mi, own = document["x-mi"], dict(frozen.get(code, {}).get("nodes", {}))
        before = base.nodes.get(code, {})
        present = _paths(document)
        taken = {n for p, n in {**before, **own}.items() if p in present}
        taken |= {f"{mi['className']}Request", f"{mi['className']}Response"}
        for path in present:
            if path in before or path in own:
                continue
            name = before.get(_before(path, moves.get(code, [])), "")
            own[path] = name if name and name not in taken else _free(path, taken, known, mi["className"])
            taken.add(own[path])
        entry: dict[str, Any] = {}
        if code not in base.slugs:
            entry = {"slug": mi["slug"], "className": mi["className"]}
        if own:
            entry["nodes"] = own
        if entry:
            out[code] = entry
    return {"interfaces": dict(sorted(out.items()))}


def _free(path: str, taken: set[str], known: Knowledge, class_name: str) -> str:
    key = path.rpartition(".")[2]
    name = known.node_class(key)
    if key in _GENERAL:
        name = class_name + _GENERAL[key][path.startswith("output")]
    side = "In" if path.startswith("input") else "Out"
    for choice in (name, f"{side}{name}", f"{class_name}{name}", f"{class_name}{side}{name}"):
        if choice not in taken:
            return choice
    return next(f"{name}{n}" for n in range(2, 100) if f"{name}{n}" not in taken)
