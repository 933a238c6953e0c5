"""Replies and requests for the measurements, made from the catalogue: clean bytes and bytes as seen in the field.

As seen: amounts as strings, ``infcode`` as a string, every second optional field as an empty string.
"""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import attrs

from mi_core.catalog import load_interface
from mi_core.interfaces import by_code
from mi_core.model import FieldSpec, NodeSpec, Request
from mi_core.model.fields import (
    Anything,
    Coded,
    DateText,
    Day,
    Digits,
    Flag,
    Integer,
    Moment,
    Node,
    Number,
    Strings,
)
from mi_core.model.record import Record, fields_of

__all__ = ["reply", "request", "request_row"]

DETAIL_ROWS = 5


@attrs.define
class _Numbered:
    """Numbers the fields, so that values differ."""

    count: int = 0

    def next(self) -> int:
        self.count += 1
        return self.count


def reply(code: str, *, clean: bool) -> bytes:
    """A whole reply of an interface."""
    body = {
        "infcode": 0 if clean else "0", "inf_refmsgid": "430000202405060708090001234567",
        "refmsg_time": "20240506070809123", "respond_time": "20240506070810456", "err_msg": "" if not clean else "成功",
        "output": _node(load_interface(code).output, clean, _Numbered()),
    }  # fmt: skip
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return text.replace('"#', "").replace('#"', "").encode()


def _node(node: NodeSpec, clean: bool, number: _Numbered) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for member in node.members:
        if isinstance(member, NodeSpec):
            rows = [_node(member, clean, number) for _ in range(DETAIL_ROWS if member.repeated else 1)]
            row[member.code] = rows if member.repeated else rows[0]
            continue
        n = number.next()
        text = _text(member, n)
        if not clean and not member.required and n % 2:
            row[member.code] = ""
        elif clean and member.type in ("number", "integer"):
            row[member.code] = f"#{text}#"  # written without quotes below
        else:
            row[member.code] = text
    return row


def _text(field: FieldSpec, n: int) -> str:
    if field.type in ("number", "integer"):
        if not field.scale:
            return str(n % 9 + 1)
        whole = (field.digits or 16) - field.scale
        return f"{n * 37 % 9000 + 100 if whole > 3 else 0}.{'25'[: min(field.scale, 2)]}"
    if field.type == "date":
        return "1980-02-03"
    if field.type == "datetime":
        return "2024-05-06 07:08:09"
    if field.code_table:
        return "11"
    return "测试一医院" if "名" in field.label else f"43990000{n:012d}"[: min(field.max_length or 10, 20)]


def request(code: str, rows: int) -> Request[Any]:
    """A request whose repeated nodes have ``rows`` rows and every field is filled."""
    cls = by_code(code).request
    return cls(**_values(cls, rows))


def request_row(cls: type[Record]) -> Any:
    """One row of a class with every field filled."""
    return cls(**_values(cls, 1))


def _values(cls: type[Record], rows: int) -> dict[str, Any]:
    return {f.name: _typed(f, rows) for f in fields_of(cls)}


def _typed(f: Any, rows: int) -> Any:
    if isinstance(f, Node):
        return [request_row(f.row) for _ in range(rows)] if f.many else request_row(f.row)
    if isinstance(f, Number):
        return (
            Decimal("12.25")
            if (f.scale or 0) > 1 and (f.digits or 9) - (f.scale or 0) > 1
            else Decimal("0.5")
        )
    if isinstance(f, Integer):
        return 3
    if isinstance(f, Moment):
        return dt.datetime(2024, 5, 6, 7, 8, 9)
    if isinstance(f, Day):
        return dt.date(1980, 2, 3)
    if isinstance(f, Coded):
        return next(iter(f.labels))
    if isinstance(f, Flag):
        return True
    if isinstance(f, Digits):
        return "12345678901234567890"[: f.limit or 20]
    if isinstance(f, DateText):
        return dt.datetime(2024, 5, 6).strftime("%Y%m%d%H%M%S")[: len(f.pattern)]
    if isinstance(f, Strings):
        return ["a"]
    return {} if isinstance(f, Anything) else _words(f.wire.lower())[: getattr(f, "limit", None) or 12]


def _words(wire: str) -> str:
    """Text as long as it usually is: names and codes are short, ids are not."""
    if "name" in wire:
        return "内科一病区"
    if "dscr" in wire or "memo" in wire:
        return "每日三次，饭后服用"
    return "D43000122" if "cod" in wire or "type" in wire or "flag" in wire else "43990000123456789012"
