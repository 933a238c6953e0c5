"""One interface as an OpenAPI 3.1 document."""

from __future__ import annotations

from typing import Any, Final

from mi_core.config import Institution
from mi_core.model import Behaviour, InterfaceSpec
from mi_core.serve.openapi.parts import base, components, responses
from mi_core.serve.openapi.schema import input_schema, output_schema
from mi_core.testing.answers import output_of
from mi_core.testing.examples import catalog_of
from mi_core.testing.values import node_values

__all__ = ["interface_document"]

EFFECTS: Final = {
    "query": "查询：可重复调用", "upload": "上传", "state": "变更（登记、撤销、备案）：记入交易日志，不会重复发送",
    "money": "资金：记入交易日志，不会重复发送", "reversal": "冲正：记入交易日志",
}  # fmt: skip
_MSGID: Final = "H43000000001202601020304050001"


def interface_document(institution: Institution, infno: str) -> dict[str, Any]:
    """The document of one interface as the institution's region speaks it; ``KeyError`` for one that it does not have."""
    interface = institution.interface(infno)
    catalog = catalog_of(interface)
    spec, tables = catalog.interfaces[interface.code], catalog.code_tables
    asked = node_values(spec.input, tables)
    output = interface.structure_output(output_of(spec, tables, asked=asked, msgid=_MSGID), []).to_dict()
    call = {
        "operationId": f"call{interface.code}", "summary": f"{spec.code} {spec.title}", "description": _description(spec),
        "tags": [spec.group], "parameters": _parameters(spec.behaviour),
        "requestBody": {"required": True, "content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/Call"}, "example": {"input": asked},
        }}},
        "responses": responses(_reply_example(spec, output)),
    }  # fmt: skip
    document = base(institution, f"{spec.code} {spec.title}", catalog.version)
    schemas = {
        "Input": {"title": "交易输入", **input_schema(spec.input, tables)},
        "Output": _output(spec, output_schema(spec.output, tables)),
    }
    return document | {
        "tags": [{"name": spec.group}], "paths": {f"/calls/{spec.code}": {"post": call}}, "components": components(schemas),
    }  # fmt: skip


def _output(spec: InterfaceSpec, schema: dict[str, Any]) -> dict[str, Any]:
    if spec.output_kind == "object":
        return {"title": "交易输出", **schema}
    return {"title": "交易输出", "type": "object"}  # a list or a text stands below a name of its own


def _reply_example(spec: InterfaceSpec, output: Any) -> dict[str, Any]:
    return {
        "operation": "0199a0b1c2d3e4f5a6b7c8d9e0f1a2b3", "status": "done", "interface": spec.code, "title": spec.title,
        "msgid": _MSGID, "inf_refmsgid": "439900202601020304050000000001", "repeated": False, "source": "reply", "missing": [],
        "output": output, "extra": {}, "cancelled_by": "", "warnings": [], "problems": [], "discrepancies": [],
    }  # fmt: skip


def _parameters(behaviour: Behaviour) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"$ref": "#/components/parameters/Prefer"},
        {"$ref": "#/components/parameters/wait"},
    ]
    if behaviour.effect == "query":
        return found
    name = "RequiredIdempotencyKey" if behaviour.exact else "IdempotencyKey"
    return [{"$ref": f"#/components/parameters/{name}"}, *found]


def _description(spec: InterfaceSpec) -> str:
    behaviour = spec.behaviour
    lines = [
        EFFECTS[behaviour.effect],
        f"{spec.sender} → {spec.receiver}" if spec.sender else "",
        f"业务分类：{spec.group}",
    ]
    if behaviour.exact:
        lines.append("须给出 Idempotency-Key（每单唯一，重试时用同一个）")
        named = behaviour.business_key != ("operation_key",) and behaviour.business_key
        if named:
            lines.append(
                f"同一业务另由 {'、'.join(behaviour.business_key)} 识别：撤销之前换编号再交也不会重办"
            )
    if behaviour.cancelled_by:
        lines.append(f"撤销接口：{behaviour.cancelled_by}")
    if behaviour.quoted_by:
        lines.append(f"金额取自 {behaviour.quoted_by} 的结果")
    lines.append(f"input 紧凑 JSON 不超过 {behaviour.input_limit} 个字符")
    lines.append(f"依据：{spec.source_document} {spec.source_chapter}" if spec.source_document else "")
    return "\n\n".join(line for line in lines if line)
