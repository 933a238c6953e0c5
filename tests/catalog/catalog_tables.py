"""Small field tables to import."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mi_codegen.importer import read_tables, transcribe

JSON = dict[str, Any]


def field(code: str, label: str = "名", kind: str = "string", **more: Any) -> JSON:
    return {"code": code, "label": label, "type": kind, "required": False, **more}


def table(
    node: str | None, *fields: JSON, caption: str = "输入-明细信息（节点标识：x）", **more: Any
) -> JSON:
    return {"caption": caption, "node": node, "fields": list(fields), **more}


def interface(code: str = "8001", **more: Any) -> JSON:
    return {
        "code": code, "name": "试验接口", "title": "试验接口", "category": "2-医保服务", "group": "1-试验", "mode": "实时",
        "listed": True, "business": True, "withdrawn": False, "parties": ["交易发送方：医药机构", "交易接收方：地方医保局"],
        "notes": [], "input": [], "output": [], "files": [], **more,
    }  # fmt: skip


def write(folder: Path, *interfaces: JSON, codes: JSON | None = None) -> Path:
    (folder / "interfaces.json").write_text(
        json.dumps(list(interfaces), ensure_ascii=False), encoding="utf-8"
    )
    tables = codes or {"gend": {"code": "gend", "label": "性别", "values": {"1": "男", "2": "女"}}}
    (folder / "dictionaries.json").write_text(json.dumps(tables, ensure_ascii=False), encoding="utf-8")
    heads = {k: [field("infno", required=True)] for k in ("request", "response", "gateway_headers")}
    (folder / "envelope.json").write_text(json.dumps(heads), encoding="utf-8")
    return folder


def document(folder: Path, *interfaces: JSON) -> JSON:
    tables = read_tables(write(folder, *interfaces))
    return transcribe(tables.interfaces[0], [t.key for t in tables.code_tables], "T-1")


SOURCE: JSON = {
    "input": [table("data", field("a", "甲", max_length=3, coded=True), field("b", "乙"))],
    "output": [table("rows", field("x"), field("y"))],
}
