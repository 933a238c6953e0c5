"""The catalogue in numbers."""

from __future__ import annotations

from typing import Any

from mi_core.catalog.catalog import Catalog
from mi_core.catalog.nodes import is_node, row_of
from mi_core.model.spec import FieldSpec, NodeSpec

__all__ = ["catalog_stats", "field_count", "source_tables"]


def source_tables(document: dict[str, Any]) -> set[str]:
    """Names of the source tables a base document was transcribed from, coded file layouts included."""
    found: set[str] = set()

    def visit(node: dict[str, Any]) -> None:
        name = node.get("x-mi", {}).get("sourceTable")
        if name is not None:
            found.add(name)
        for member in row_of(node)["properties"].values():
            if is_node(member):
                visit(member)

    for part in document["properties"].values():
        visit(part)
    for n, layout in enumerate(document["x-mi"].get("files", ())):
        if any("code" in column for column in layout["columns"]):
            found.add(f"layout.{n}")
    return found


def field_count(document: dict[str, Any]) -> int:
    """Fields of an effective document: scalars, and nodes that are a field of another node (not the root ones)."""

    def visit(node: dict[str, Any], root: bool) -> int:
        total = 0
        for member in row_of(node)["properties"].values():
            if is_node(member):
                total += visit(member, False) + (0 if root else 1)
            else:
                total += 1
        return total

    mi = document["x-mi"]
    # A part that is itself a table (a source table without node) has fields only, no root nodes.
    parts = document["properties"].values()
    total = sum(visit(part, "sourceTable" not in part.get("x-mi", {})) for part in parts)
    if "xmlDocument" in mi:
        total += visit(mi["xmlDocument"], False)
    return total + sum("code" in c for layout in mi.get("files", ()) for c in layout["columns"])


def _conditions(node: NodeSpec) -> int:
    inner = sum(_conditions(m) for m in node.members if not isinstance(m, FieldSpec))
    return inner + len(node.conditions) + bool(node.any_of)


def catalog_stats(catalog: Catalog) -> dict[str, int]:
    """Counts after the overlays; ``tables`` counts the source's field tables, ``file_columns`` columns without code."""
    specs = list(catalog.interfaces.values())
    return {
        "interfaces": len(specs),
        "listed": sum(s.listed for s in specs),
        "business": sum(s.business for s in specs),
        "withdrawn": sum(s.withdrawn for s in specs),
        "tables": sum(len(source_tables(catalog.base_document(s.code))) for s in specs),
        "fields": sum(field_count(catalog.document(s.code)) for s in specs),
        "file_columns": sum(c.code is None for s in specs for f in s.files for c in f.columns),
        "code_tables": len(catalog.code_tables),
        "codes": sum(len(t.codes) for t in catalog.code_tables.values()),
        "conditions": sum(_conditions(s.input) + _conditions(s.output) for s in specs),
        "errata": sum(len(o.entries) for o in catalog.overlays if o.name == "errata"),
    }
