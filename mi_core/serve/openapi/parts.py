"""What all documents share: head, token, errors, parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mi_core.config import Institution
from mi_core.serve.idempotency import FORM, HEADER
from mi_core.serve.problems import FIELDS

__all__ = ["base", "components", "errors", "responses"]

_TEXT: Final = {"type": "string"}
_KEY: Final = {**_TEXT, "pattern": f"^({FORM})$"}
ERRORS: Final = {
    "400": "请求本身有误，如缺少 Idempotency-Key。未发送",
    "401": "缺少令牌或令牌无效",
    "403": "令牌无此权限，或主机名、网页来源不被允许",
    "404": "没有此内容；operation_unknown 为本服务没有记录，不说明是否已办理",
    "405": "不支持该方法",
    "408": "没有按时收完请求",
    "409": "同一业务正在办理或结果未定；或须按提示先处理。本次未发送",
    "413": "请求体过大",
    "415": "不支持的类型或字符集",
    "422": "字段有误（problems 列出全部）或编号已用于另一请求，未发送；或医保中心拒绝，未办理",
    "429": "请求过于频繁",
    "502": "网关拒绝或回应无法读取",
    "503": "暂时不能办理，未发送，可稍后重试",
    "504": "已发出，结果未知：不要换编号重做，查询该操作",
}
_NOTICED: Final = {"type": "array", "items": {"type": "object"}}
_REPLY: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["operation", "status", "interface", "msgid", "repeated", "output", "warnings", "discrepancies"],
    "properties": {
        "operation": {**_TEXT, "title": "操作号"}, "status": {"const": "done"}, "interface": {**_TEXT, "title": "交易编号"},
        "title": {**_TEXT, "title": "交易名称"}, "msgid": {**_TEXT, "title": "发送方报文ID"},
        "inf_refmsgid": {**_TEXT, "title": "接收方报文ID"},
        "repeated": {"type": "boolean", "title": "此前已办理，本次未发送", "description": "output 为保存的结果"},
        "source": {**_TEXT, "title": "结果来源", "description": "reply 回应；query 查询；recon 对账；late 迟到的回应；person 人工"},
        "missing": {"type": "array", "items": _TEXT, "title": "查询不能给出的字段"},
        "cancelled_by": {**_TEXT, "title": "此后撤销它的操作", "description": "空为未撤销；不为空时 output 是撤销前的结果"},
        "output": {"$ref": "#/components/schemas/Output"}, "extra": {"type": "object", "title": "规范之外的字段"},
        "warnings": {**_NOTICED, "title": "提醒"}, "problems": {**_NOTICED, "title": "回参中无法读取的值"},
        "discrepancies": {**_NOTICED, "title": "金额不平等须核对的情况"},
    },
}  # fmt: skip
_ERROR: Final[dict[str, Any]] = {
    "type": "object",
    "required": [*FIELDS, "problems"],
    "properties": {
        "code": {**_TEXT, "title": "错误代码"}, "message": {**_TEXT, "title": "发生了什么"}, "field": {**_TEXT, "title": "字段"},
        "hint": {**_TEXT, "title": "怎么办"}, "operation": {**_TEXT, "title": "操作号"},
        "problems": {"type": "array", "title": "全部问题", "items": {"type": "object", "properties": {
            "field": _TEXT, "label": _TEXT, "path": _TEXT, "rule": _TEXT, "severity": _TEXT, "message": _TEXT,
        }}},
    },
}  # fmt: skip
_RUNNING: Final[dict[str, Any]] = {
    "type": "object", "required": ["code", "status", "operation", "operation_url"],
    "properties": {"code": {"const": "running"}, "status": {"const": "running"}, "operation": _TEXT, "operation_url": _TEXT,
                   "message": _TEXT, "field": _TEXT, "hint": _TEXT},
}  # fmt: skip


def base(institution: Institution, title: str, version: str) -> dict[str, Any]:
    """Head of a document; paths are below the institution."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": version or "0",
            "description": f"{institution.code} {institution.name}",
        },
        "servers": [{"url": f"/v1/institutions/{institution.code}"}],
        "security": [{"token": []}],
    }


def components(schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Components of an interface's document."""
    operator = {
        "type": ["object", "null"], "title": "经办人", "required": ["id", "name"], "additionalProperties": False,
        "properties": {"id": {**_TEXT, "title": "编号"}, "name": {**_TEXT, "title": "姓名"},
                       "type": {**_TEXT, "title": "类别", "description": "1 经办人；2 自助终端；3 移动终端"}},
    }  # fmt: skip
    call = {
        "type": "object", "required": ["input"], "additionalProperties": False,
        "properties": {
            "input": {"$ref": "#/components/schemas/Input"},
            "insuplc_admdvs": {"type": ["string", "null"], "title": "参保地医保区划", "pattern": "^[0-9]{6}$",
                               "description": "取自 1101 所选参保行"},
            "operator": operator,
            "deadline": {"type": ["number", "null"], "title": "整个调用的时限（秒）"},
            "amounts_accepted": {"type": "boolean", "title": "收费员已确认新的金额"},
        },
    }  # fmt: skip
    return {
        "schemas": {**schemas, "Call": call, "Reply": _REPLY, "Error": _ERROR, "Running": _RUNNING},
        "parameters": _PARAMETERS,
        "securitySchemes": SECURITY,
    }


SECURITY: Final = {
    "token": {"type": "http", "scheme": "bearer", "description": "mi serve token new 生成的令牌"}
}
_PARAMETERS: Final[dict[str, Any]] = {
    "Prefer": {"name": "Prefer", "in": "header", "required": False, "schema": _TEXT,
               "description": "respond-async：立即返回 202；wait=秒：等待这些秒后返回 202"},
    "wait": {"name": "wait", "in": "query", "required": False, "schema": {"type": "number", "minimum": 0},
             "description": "等待的秒数，之后返回 202"},
    "IdempotencyKey": {"name": HEADER, "in": "header", "required": False, "schema": _KEY,
                       "description": "可不给；给出时，同一编号、同样内容再次提交返回原结果，不再发送"},
    "RequiredIdempotencyKey": {"name": HEADER, "in": "header", "required": True, "schema": _KEY,
                               "description": "必填：本单的唯一编号（如结算单号）。超时、断线后重试用同一个，返回原结果，不会重办；"
                                              "另一单、退费后重新办理用新的"},
}  # fmt: skip


def errors() -> dict[str, Any]:
    """Every failure, with its flat body."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {status: {"description": text, "content": content} for status, text in ERRORS.items()}


def responses(example: dict[str, Any]) -> dict[str, Any]:
    """Answers to a call."""
    return {
        "200": {"description": "已办理", "content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/Reply"}, "example": example}}},
        "202": {"description": "正在办理，结果请查询该操作", "content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/Running"}}}},
        **errors(),
    }  # fmt: skip
