"""One flow as an OpenAPI 3.1 document: a path per step, with what its body takes and whether it needs a key."""

from __future__ import annotations

from typing import Any, Final

from mi_core.config import Institution
from mi_core.flows.outpatient import OutpatientBill
from mi_core.serve.arguments import body_schema
from mi_core.serve.openapi.parts import base, components, errors
from mi_core.serve.steps import interfaces_of, kinds, needs_key, only_asks, step_title, steps
from mi_core.testing.examples import catalog_of

__all__ = ["flow_document", "flow_rows"]

_GROUP: Final = "业务流程"
_TEXT: Final = {"type": "string"}
_STANDING: Final[dict[str, Any]] = {
    "type": "object", "title": "医保端现状",
    "properties": {"stage": _TEXT, "message": _TEXT, "next_step": _TEXT, "undo_step": _TEXT, "unfinished": _TEXT,
                   "asked": {"type": "boolean", "title": "刚刚向医保端核实过"},
                   "pay_back": {"type": ["object", "null"], "title": "部分退费中途：应退患者的金额"}},
}  # fmt: skip
_DONE: Final[dict[str, Any]] = {
    "type": "object", "required": ["operation", "status", "flow", "key", "step", "repeated", "standing", "result"],
    "properties": {
        "operation": {**_TEXT, "title": "操作号"}, "status": {"const": "done"}, "flow": _TEXT, "key": _TEXT, "step": _TEXT,
        "repeated": {"type": "boolean", "title": "此编号此前已办理，本次未执行"}, "standing": _STANDING, "result": {"title": "结果"},
    },
}  # fmt: skip
_KEY: Final = {
    "name": "key", "in": "path", "required": True, "description": "院内单号（就诊号、收据号）",
    "schema": {**_TEXT, "minLength": 1, "maxLength": 64},
}  # fmt: skip
_OWN: Final[dict[str, Any]] = {
    "operator": {"type": ["object", "null"], "title": "经办人", "required": ["id", "name"], "additionalProperties": False,
                 "properties": {"id": _TEXT, "name": _TEXT, "type": _TEXT}},
    "patience": {"type": "number", "minimum": 0, "maximum": 600, "title": "结果不明时等待查证的秒数"},
}  # fmt: skip
_BILL: Final = {
    **_TEXT,
    "minLength": 1,
    "maxLength": 30,
    "title": "本次就诊的另一账单（收费批次号），不给则为就诊自身的账单",
}


def _own(kind: str, step: str) -> dict[str, Any]:
    """What a body takes beside the step's arguments."""
    return {**_OWN, "bill": _BILL} if kind == "outpatient" and hasattr(OutpatientBill, step) else _OWN


def flow_document(institution: Institution, kind: str) -> dict[str, Any]:
    """The document of one flow; ``KeyError`` for one that does not exist."""
    flow = kinds()[kind]
    document = base(institution, flow.title[0], catalog_of(institution.interface("1101")).version)
    shown = {
        "operationId": f"{kind}_standing", "summary": "流程现状，不发送任何请求", "tags": [_GROUP], "parameters": [_KEY],
        "responses": {"200": {"description": "现状", "content": {"application/json": {"schema": {"type": "object"}}}}, **errors()},
    }  # fmt: skip
    paths: dict[str, Any] = {f"/flows/{kind}/{{key}}": {"get": shown}}
    for step in steps(flow):
        paths[f"/flows/{kind}/{{key}}/{step}"] = {"post": _step(institution, kind, step)}
    return document | {
        "tags": [{"name": _GROUP}], "paths": paths,
        "components": components({"Input": {"type": "object"}, "Output": {"type": "object"}, "Done": _DONE}),
    }  # fmt: skip


def flow_rows(institution: Institution) -> list[dict[str, str]]:
    """Every flow, and where its document is."""
    here = f"/v1/institutions/{institution.code}/openapi"
    return [
        {
            "code": kind,
            "title": flow.title[0],
            "group": _GROUP,
            "effect": "flow",
            "url": f"{here}/{kind}.json",
        }
        for kind, flow in kinds().items()
    ]


def _step(institution: Institution, kind: str, step: str) -> dict[str, Any]:
    keyed = needs_key(institution, kind, step)
    schema = body_schema(kinds()[kind], step)
    names = ["RequiredIdempotencyKey" if keyed else "IdempotencyKey", "Prefer", "wait"]
    if only_asks(institution, kind, step):
        del names[0]
    sent = [code for code in interfaces_of(kind, step) if _there(institution, code)]
    lines = [
        f"交易：{'、'.join(sent)}" if sent else "", "须给出 Idempotency-Key（每单、每步唯一，重试时用同一个）" if keyed else "",
        "可重复调用：已办理的返回原结果，中断的接着办理",
    ]  # fmt: skip
    done = {"application/json": {"schema": {"$ref": "#/components/schemas/Done"}}}
    running = {"application/json": {"schema": {"$ref": "#/components/schemas/Running"}}}
    return {
        "operationId": f"{kind}_{step}", "summary": step_title(kind, step), "tags": [_GROUP],
        "description": "\n\n".join(line for line in lines if line),
        "parameters": [_KEY, *({"$ref": f"#/components/parameters/{name}"} for name in names)],
        "requestBody": {"required": True, "content": {"application/json": {
            "schema": {**schema, "properties": {**schema["properties"], **_own(kind, step)}}}}},
        "responses": {"200": {"description": "已办理", "content": done},
                      "202": {"description": "正在办理，结果请查询该操作", "content": running}, **errors()},
    }  # fmt: skip


def _there(institution: Institution, code: str) -> bool:
    try:
        institution.interface(code)
    except KeyError:
        return False
    return True
