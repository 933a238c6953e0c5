"""One source interface -> one catalogue document: a literal transcription, nested where the source nests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from mi_codegen.importer.fields import column_json, field_json
from mi_codegen.importer.source import PARTS, SourceInterface, SourceTable
from mi_core.catalog.nodes import wrapped

__all__ = ["CATEGORIES", "category_folder", "clean_caption", "table_keys", "transcribe"]

CATEGORIES: Mapping[str, str] = {
    "1": "1_basic", "2": "2_service", "3": "3_institution", "4": "4_collection", "5": "5_query", "6": "6_payment",
    "7": "7_prescription", "9": "9_other", "10": "10_voucher", "场景监控": "8_supervision", "政策项": "policy",
}  # fmt: skip
"""Category of the source (its number, or its text where it has none) -> folder of the catalogue."""


def category_folder(category: str) -> str | None:
    """``2-医保服务`` -> ``2_service``; ``None`` when the source gives no category that is known."""
    return CATEGORIES.get(category) or CATEGORIES.get(category.partition("-")[0])


def clean_caption(table: SourceTable) -> str:
    """The name inside a table's caption: ``输出-结算信息（节点标识：setlinfo）`` -> ``结算信息``."""
    text = re.sub(r"[（(].*$", "", table.caption)
    text = re.sub(r"节点(标识|表示)?[:：]?\s*[A-Za-z_]\w*", "", text)
    text = re.sub(r"(^|\s)[A-Za-z_][A-Za-z_0-9]*(?=\s|$)", " ", text)
    text = re.sub(r"^\s*表?\s*(输入|输出)(节点)?\s*[-－—:：]?\s*", "", text).strip(" -:：,，")
    if not text or text.startswith("注") or "参数说明" in text:
        return "输入" if table.part == "input" else "输出"
    return text


def table_keys(tables: Iterable[SourceTable]) -> list[str | None]:
    """The key of each table of one part: its node, ``?N`` where the source does not say, ``None`` = the part itself."""
    return [f"?{n}" if t.node == "?" else t.node for n, t in enumerate(tables, 1)]


def _row(table: SourceTable, code_tables: Iterable[str]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    seen: dict[str, int] = {}
    for field in table.fields:
        code = field.code or ""
        seen[code] = seen.get(code, 0) + 1
        key = code if seen[code] == 1 else f"{code}#{seen[code]}"
        properties[key] = field_json(field, code_tables)
        if field.required:
            required.append(key)
    node: dict[str, Any] = {"title": clean_caption(table), "type": "object", "properties": properties}
    if required:
        node["required"] = required
    node["x-mi"] = {"sourceTable": table.name}
    return node


def _part(tables: tuple[SourceTable, ...], code_tables: Iterable[str]) -> dict[str, Any]:
    """One half of the message: root tables beside each other, the others under the field of their name."""
    keys = table_keys(tables)
    rows = [_row(t, code_tables) for t in tables]
    nested: set[int] = set()
    for child, key in enumerate(keys):
        for parent, row in enumerate(rows):
            if key is None or parent == child or key not in row["properties"]:
                continue
            row["properties"][key] = _nested(row["properties"][key], rows[child], tables[child].repeated)
            nested.add(child)
            break
    out: dict[str, Any] = {"type": "object", "properties": {}}
    for n, (key, row) in enumerate(zip(keys, rows, strict=True)):
        if n in nested:
            continue
        if key is None:
            out["properties"].update(row["properties"])
            out["required"] = out.get("required", []) + row.get("required", [])
            out = {"title": row["title"], **out, "x-mi": row["x-mi"]}
            continue
        out["properties"][key] = wrapped(row) if tables[n].repeated else row
    if not out.get("required", True):
        del out["required"]
    return out


def _nested(field: dict[str, Any], row: dict[str, Any], repeated: bool) -> dict[str, Any]:
    node = {**row, "title": field["title"]}
    return wrapped(node) if repeated or field.get("type") == "array" else node


def transcribe(source: SourceInterface, code_tables: Iterable[str], document: str) -> dict[str, Any]:
    """The document of one interface with defaults for everything a person decides; ``document`` names the source."""
    folder = category_folder(source.category)
    mi: dict[str, Any] = {"code": source.code, "slug": f"interface_{source.code.lower()}"}
    mi["className"] = f"Interface{source.code}"
    title = source.listed_name or source.title
    if source.title and source.title != title:
        mi["chapterTitle"] = source.title
    mi.update(
        category=folder or "9_other", group=source.group, mode=source.mode, sender=source.sender,
        receiver=source.receiver, listed=source.listed, business=source.business, withdrawn=source.withdrawn,
        effect="query", direction="call", envelope="national", inputLimit=40000, timeout="query", flat=None,
        reversible=False, logTable=None, source={"document": document, "chapter": source.code},
    )  # fmt: skip
    tables = tuple(code_tables)
    if source.files:
        mi["files"] = [
            {
                "direction": t.file_direction or "output",
                "caption": t.caption if re.search(r"[一-鿿]", t.caption) else "文件列",
                "columns": [column_json(f, i, tables) for i, f in enumerate(t.fields)],
            }
            for t in source.files
        ]
    properties = {part: _part(getattr(source, part), tables) for part in PARTS}
    return {
        "$id": f"urn:mi:interface:{source.code}", "title": title, "description": "", "x-mi": mi,
        "type": "object", "properties": properties,
    }  # fmt: skip
