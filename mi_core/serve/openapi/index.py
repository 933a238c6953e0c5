"""The index: everything but the calls, and where each interface's document is."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any, Final

from mi_core.catalog import Catalog
from mi_core.config import Institution
from mi_core.model.spec import InterfaceSpec
from mi_core.plugin.region import BASE_CLASSES
from mi_core.serve.openapi.flow import flow_rows
from mi_core.serve.openapi.parts import SECURITY, base, components, errors
from mi_core.testing.examples import catalog_of

__all__ = ["index_document", "interfaces"]

_OBJECT: Final = {"application/json": {"schema": {"type": "object"}}}
_OPERATION: Final = {
    "name": "operation",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "description": "操作号、报文号，或提交时的 Idempotency-Key",
}
_DECISION: Final = {
    "type": "object", "required": ["outcome", "reason"], "additionalProperties": False,
    "properties": {
        "outcome": {"enum": ["executed", "not_executed"], "title": "结果"},
        "identifier": {"type": ["string", "null"], "title": "结算ID 等", "description": "executed 时必填"},
        "reason": {"type": "string", "title": "依据", "minLength": 2, "maxLength": 500},
        "against_evidence": {"type": "boolean", "title": "与证据相反仍坚持"},
    },
}  # fmt: skip


def index_document(institution: Institution) -> dict[str, Any]:
    """Operations and doubts as OpenAPI; ``x-interfaces`` lists the documents of the flows and the calls."""
    rows = interfaces(institution)
    catalog = _catalog(institution)
    document = base(institution, f"医保接口服务 {institution.name}", catalog.version)
    wait = {"$ref": "#/components/parameters/wait"}
    return document | {
        "paths": {
            "/flows/{kind}/{key}": {"get": _get("flow", "流程现状", [_place("kind", "流程，如 outpatient"), _place("key", "院内单号")])},
            "/lookup/{kind}": {"get": _get("lookup", "查找已同步的目录、字典", [
                _place("kind", "drug、service、交易编号或 dict"), _query("q", "名称、编码等的任意部分", "string"),
                _query("code", "编码", "string"), _query("type", "字典类型", "string"), _query("limit", "最多行数", "integer")])},
            "/notifications/{infno}/{subject}": {"get": _get("notifications", "一单的平台通知", [
                _place("infno", "交易编号，如 6302"), _place("subject", "订单号或处方号")])},
            "/operations": {"get": _get("operations", "一日的变更类操作", [
                _query("date", "日期，如 2026-01-02", "string"), _query("status", "状态", "string"),
                _query("interface", "交易编号", "string"), _query("limit", "最多行数", "integer")])},
            "/operations/{operation}": {"get": _get("operation", "一项操作及其结果", [_OPERATION, wait])},
            "/doubts": {"get": _get("doubts", "结果未定的业务", [])},
            "/doubts/{operation}": {"get": _get("doubt", "一笔未定业务的经过与证据", [_OPERATION])},
            "/doubts/{operation}/resolve": {"post": _get("resolve", "确定结果（须两人时由第二个令牌确认）", [_OPERATION]) | {
                "requestBody": {"required": True, "content": {"application/json": {"schema": _DECISION}}}}},
        },
        "components": {**components({"Input": {"type": "object"}, "Output": {"type": "object"}}), "securitySchemes": SECURITY},
        "x-interfaces": [*flow_rows(institution), *rows],
    }  # fmt: skip


def interfaces(institution: Institution) -> list[dict[str, str]]:
    """Every interface that the institution can call, in the specification's order."""
    region = "" if institution.dialect is None else institution.dialect.interfaces
    here = f"/v1/institutions/{institution.code}/openapi"
    return [{**row, "url": f"{here}/{row['code']}.json"} for row in _rows(region)]


@lru_cache(maxsize=16)
def _rows(package: str) -> tuple[dict[str, str], ...]:
    catalog = catalog_of(import_module(package or BASE_CLASSES).by_code("1101"))
    return tuple(_row(spec) for spec in catalog.interfaces.values() if spec.behaviour.direction == "call")


def _row(spec: InterfaceSpec) -> dict[str, str]:
    return {"code": spec.code, "title": spec.title, "group": spec.group, "effect": spec.behaviour.effect}


def _catalog(institution: Institution) -> Catalog:
    return catalog_of(institution.interface("1101"))


def _get(name: str, summary: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "operationId": name, "summary": summary, "parameters": parameters,
        "responses": {"200": {"description": "结果", "content": _OBJECT}, "202": {"description": "待第二人确认", "content": _OBJECT},
                      **errors()},
    }  # fmt: skip


def _place(name: str, text: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": text, "schema": {"type": "string"}}


def _query(name: str, text: str, kind: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": text, "schema": {"type": kind}}
