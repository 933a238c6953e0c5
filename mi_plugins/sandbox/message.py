"""Bytes of a request to a message: strict JSON, numbers exact. Independent of the project's wire layer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

import attrs

from mi_plugins.sandbox.refusal import BureauRefusal

__all__ = ["Message", "read_business", "read_message"]

MAX_NUMBER: Final = 60


@attrs.frozen
class Message:
    """A request. ``head`` is ``None`` for a body without the national head (then ``input`` is the whole body)."""

    infno: str
    head: Mapping[str, Any] | None
    input: Mapping[str, Any]
    api_name: str | None
    """The interface named by the gateway header; ``None`` for the front-end machine's path."""
    size: int
    """Bytes of the body, without the file."""
    file: bytes | None = None
    """What came beside the message (9101, ``multipart/form-data``)."""
    enveloped: bool = False
    """It came as a bare business object in an envelope of its own (``envelope-sm``), so it has no national head."""

    @property
    def content(self) -> Mapping[str, Any]:
        """``input`` with a word in place of the file's data, for the check of the fields."""
        if self.file is None:
            return self.input
        return {
            name: {**value, "in": "file"} if isinstance(value, dict) else value
            for name, value in self.input.items()
        }


def read_message(body: bytes, api_name: str | None, file: bytes | None = None) -> Message:
    """Raise :class:`BureauRefusal` when the body is no JSON object, repeats a key or has numbers that are none."""
    content = _object(body)
    if "infno" not in content and "input" not in content and api_name is not None:
        return Message(api_name, None, content, api_name, len(body))
    inner = content.get("input")
    if not isinstance(inner, dict):
        raise BureauRefusal("交易输入[input]缺失或不是对象")
    infno = content.get("infno")
    if not isinstance(infno, str) or not infno:
        raise BureauRefusal("报文头交易编号[infno]缺失或不是字符型")
    if file is not None and infno != "9101":
        raise BureauRefusal(f"交易{infno}不接收文件")
    return Message(infno, content, inner, api_name, len(body), file)


def read_business(body: bytes, infno: str) -> Message:
    """A business object without head, for the interface that its address names. Raises as :func:`read_message`.

    It is the node ``data``, except where it brings its own (6101 ``InData``).
    """
    content = _object(body)
    return Message(
        infno, None, content if "InData" in content else {"data": content}, infno, len(body), enveloped=True
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(
            body.decode("utf-8"),
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique,
        )
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BureauRefusal("报文不是合法的UTF-8编码JSON") from error
    if not isinstance(content, dict):
        raise BureauRefusal("报文须为JSON对象")
    return content


def _decimal(text: str) -> Decimal:
    if len(text) > MAX_NUMBER:
        raise BureauRefusal("报文中的数值过长")
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise BureauRefusal("报文中的数值无效") from error
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > MAX_NUMBER:
        raise BureauRefusal("报文中的数值超出范围")
    return number


def _integer(text: str) -> int:
    if len(text) > MAX_NUMBER:
        raise BureauRefusal("报文中的数值过长")
    return int(text)


def _refuse_constant(text: str) -> NoReturn:
    raise BureauRefusal(f"报文含非法数值{text}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise BureauRefusal("报文中有重复的字段名")
    return result
