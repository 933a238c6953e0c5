"""A step's arguments over HTTP: what JSON may say for each parameter, as a schema and as a value."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import attrs

from mi_core.errors import InvalidInput
from mi_core.flows import Flow, Patient, Payer
from mi_core.model import Problem
from mi_core.scalars import parse_moment
from mi_core.serve.steps import parameters

__all__ = ["arguments", "body_schema", "wrong_argument"]

_TEXT: Final = {"type": "string"}
_ROW: Final = {"type": "object", "description": "字段代码: 值"}


def arguments(flow: type[Flow], step: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The body as the step's arguments. Raises ``InvalidInput`` with everything that does not fit."""
    expected = parameters(flow, step)
    open_ = any(p.kind is p.VAR_KEYWORD for p in expected.values())
    named = {name: p for name, p in expected.items() if p.kind is not p.VAR_KEYWORD}
    problems = [
        wrong_argument(name, "没有此项", "unknown") for name in body if name not in named and not open_
    ]
    problems += [
        wrong_argument(name, "必填", "required")
        for name, p in named.items()
        if p.default is p.empty and name not in body
    ]
    given = {}
    for name, value in body.items():
        try:
            given[name] = _value(str(named[name].annotation) if name in named else "", value)
        except (TypeError, ValueError) as error:
            problems.append(wrong_argument(name, f"值不对：{error}", f"not right: {error}"))
    if problems:
        raise InvalidInput(problems)
    return given


def wrong_argument(field: str, zh: str, en: str) -> Problem:
    """What is wrong with one member of the body."""
    return Problem(path=f"/{field}", field=field[:60], label="", rule="argument", zh=zh, en=en)


def body_schema(flow: type[Flow], step: str) -> dict[str, Any]:
    """The body of a step as JSON Schema."""
    expected = parameters(flow, step)
    properties: dict[str, Any] = {}
    for name, p in expected.items():
        if p.kind is not p.VAR_KEYWORD:
            properties[name] = _schema(str(p.annotation))
    open_ = len(properties) < len(expected)
    required = [name for name, p in expected.items() if p.kind is not p.VAR_KEYWORD and p.default is p.empty]
    return {
        "type": "object", "properties": properties, **({"required": required} if required else {}),
        **({"description": "其余成员为报文字段（字段代码: 值）"} if open_ else {}), "additionalProperties": open_,
    }  # fmt: skip


def _value(annotation: str, value: Any) -> Any:
    if value is None and annotation.endswith("| None"):
        return None
    kind = next((read for start, _, read in _KINDS if annotation.startswith(start)), None)
    return value if kind is None else kind(value)


def _schema(annotation: str) -> dict[str, Any]:
    schema = dict(next((schema for start, schema, _ in _KINDS if annotation.startswith(start)), {}))
    if annotation.endswith("| None") and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    return schema


def _texts_of(kind: type[Any]) -> Callable[[Any], Any]:
    """Reads an attrs class whose fields are texts."""
    known = attrs.fields_dict(kind)

    def read(value: Any) -> Any:
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise ValueError("object of texts expected")
        if wrong := sorted(set(value) - set(known)):
            raise ValueError(f"unknown: {', '.join(wrong)}"[:200])
        if lacking := sorted(n for n, f in known.items() if f.default is attrs.NOTHING and n not in value):
            raise ValueError(f"required: {', '.join(lacking)}")
        return kind(**value)

    return read


def _texts_schema(kind: type[Any]) -> dict[str, Any]:
    known = attrs.fields_dict(kind)
    return {
        "type": "object", "properties": dict.fromkeys(known, _TEXT), "additionalProperties": False,
        "required": [name for name, field in known.items() if field.default is attrs.NOTHING],
    }  # fmt: skip


def _moment(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("yyyy-MM-dd HH:mm:ss")
    return parse_moment(value)


def _rows(value: Any) -> Any:
    if not (isinstance(value, list) and all(isinstance(row, dict) for row in value)):
        raise ValueError("list of objects expected")
    return value


def _is(kind: type[Any], words: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if not isinstance(value, kind):
            raise ValueError(f"{words} expected")
        return value

    return read


def _file(value: Any) -> bytes:
    try:
        return base64.b64decode(_is(str, "base64")(value), validate=True)
    except binascii.Error:
        raise ValueError("base64 expected") from None


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("number expected")
    return Decimal(value)


def _seconds(value: Any) -> float:
    seconds = _number(value)
    if not 0 <= seconds <= 600:
        raise ValueError("0 to 600 seconds expected")
    return float(seconds)  # a time, not an amount


_KINDS: Final[tuple[tuple[str, dict[str, Any], Callable[[Any], Any]], ...]] = (
    ("Patient", _texts_schema(Patient), _texts_of(Patient)),
    ("Payer", _texts_schema(Payer), _texts_of(Payer)),
    ("dt.datetime", {**_TEXT, "description": "yyyy-MM-dd HH:mm:ss，北京时间"}, _moment),
    ("Sequence[Fields]", {"type": "array", "items": _ROW}, _rows),
    ("Fields", _ROW, _is(dict, "object")),
    ("Mapping", {"type": "object"}, _is(dict, "object")),
    ("Choice", {**_TEXT, "description": "险种 insutype"}, _is(str, "insutype")),
    ("bytes", {**_TEXT, "contentEncoding": "base64"}, _file),
    ("bool", {"type": "boolean"}, _is(bool, "true or false")),
    ("str", _TEXT, _is(str, "text")),
    ("float", {"type": "number", "minimum": 0, "maximum": 600}, _seconds),
    ("Decimal", {"type": "number"}, _number),
)  # fmt: skip
"""How an annotation begins -> its schema and how it is read."""
