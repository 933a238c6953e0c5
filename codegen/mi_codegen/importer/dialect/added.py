"""Documents of interfaces that the base does not have: the tables, and the most cautious behaviour."""

from __future__ import annotations

from typing import Any

from mi_codegen.importer.curation import merge
from mi_codegen.importer.dialect.fields import new_node
from mi_codegen.importer.dialect.knowledge import Knowledge
from mi_codegen.importer.dialect.tables import DialectNode, Part
from mi_core.catalog.nodes import is_node

__all__ = ["FOLDERS", "new_document"]

FOLDERS = {
    "1": "1_basic", "2": "2_service", "3": "3_institution", "4": "4_collection", "5": "5_query", "6": "6_payment",
    "7": "7_prescription",
}  # fmt: skip
"""First digit of a code -> folder of the catalogue; everything else is ``9_other``."""


def new_document(
    code: str,
    tables: dict[Part, DialectNode | None],
    known: Knowledge,
    document: str,
    old: dict[str, Any] | None,
) -> dict[str, Any]:
    """The document; with ``old`` everything that people decided in it is kept and only the tables are refreshed."""
    parts: dict[str, Any] = {}
    for part in ("input", "output"):
        table = tables.get(part)
        node = {"type": "object", "properties": {}}
        parts[part] = node if table is None else new_node(code, part, table, known)
        if table is not None and table.repeated:
            parts[part]["x-mi"] = {"rootMay": "array"}
    single = [k for k, m in parts["input"]["properties"].items() if is_node(m) and m["type"] == "object"]
    alone = len(single) == 1 and len(parts["input"]["properties"]) == 1
    if alone and not parts["input"].get("required"):
        parts["input"]["required"] = single
    mi: dict[str, Any] = {
        "code": code, "slug": f"interface_{code.lower()}", "className": f"Interface{code}",
        "category": FOLDERS.get(code[0], "9_other") if len(code.rstrip("AB")) == 4 else "9_other",
        "group": "", "mode": "", "sender": "医药机构", "receiver": "地方医保局", "listed": False, "business": True,
        "withdrawn": False, "effect": "state", "direction": "call", "envelope": "national", "inputLimit": 40000,
        "timeout": "query", "flat": single[0] if alone else None, "proof": ["infcode"],
        "businessKey": ["operation_key"], "logTable": None, "source": {"document": document, "chapter": code},
        "inferred": ["effect", "proof", "businessKey"],
    }  # fmt: skip
    fresh = {
        "$id": f"urn:mi:interface:{code}", "title": f"接口 {code}", "description": f"Interface {code}: not described.",
        "x-mi": mi, "type": "object", "properties": parts,
    }  # fmt: skip
    if old is None:
        return fresh
    # What a person removed from x-mi (the proof of what turned out to be a query) must not come back.
    fresh["x-mi"] = {k: v for k, v in mi.items() if k in old["x-mi"]}
    merged, _ = merge(fresh, old)
    return {**merged, "title": old["title"]}
