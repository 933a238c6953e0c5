"""Checks of single values, compiled from a field of the catalogue. Each returns what is wrong, or ``None``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from mi_core.model import CodeTable, FieldSpec

__all__ = ["ScalarCheck", "compile_scalar", "strptime_format"]

ScalarCheck = Callable[[object], str | None]

MAX_DIGITS: Final = 40
_MARKS: Final = (
    ("yyyy", "%Y"),
    ("MM", "%m"),
    ("dd", "%d"),
    ("HH", "%H"),
    ("mm", "%M"),
    ("ss", "%S"),
    ("SSS", "%f"),
)


def compile_scalar(field: FieldSpec, tables: Mapping[str, CodeTable]) -> ScalarCheck:
    """The check for one field's values (present ones; presence is the row's matter)."""
    if field.type in ("number", "integer"):
        return _number(field)
    if field.type in ("date", "datetime"):
        return _moment(field)
    if field.type == "boolean":
        return lambda value: None if isinstance(value, bool) or value in ("true", "false") else "须为布尔值"
    if field.type in ("list", "strings"):
        return (
            _strings
            if field.type == "strings"
            else lambda value: None if isinstance(value, list) else "须为数组"
        )
    if field.type in ("object", "map"):
        return lambda value: None if isinstance(value, dict) else "须为对象"
    if field.type == "bytes":
        return lambda value: None if isinstance(value, (str, list)) else "须为文件数据"
    return _text(field, tables)


def strptime_format(pattern: str) -> str:
    """``yyyy-MM-dd HH:mm`` as a format of ``strptime``."""
    result = pattern
    for mark, directive in _MARKS:
        result = result.replace(mark, directive, 1)
    return result


def _strings(value: object) -> str | None:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return None
    return "须为字符串数组"


def _text(field: FieldSpec, tables: Mapping[str, CodeTable]) -> ScalarCheck:
    limit = field.max_length if field.max_length is not None else 10**9
    codes: frozenset[str] | None = None
    if field.enum:
        codes = frozenset(field.enum)
    elif field.code_table is not None and field.code_table in tables:
        codes = frozenset(tables[field.code_table].codes)
    if codes is None:

        def check(value: object) -> str | None:
            if not isinstance(value, str):
                return "须为字符型"
            return None if len(value) <= limit else f"超过{limit}个字符"

        return check

    allowed = codes

    def check_code(value: object) -> str | None:
        if not isinstance(value, str):
            return "须为字符型"
        return None if value in allowed else f"的值{value[:20]}不是有效字典值"

    return check_code


def _number(field: FieldSpec) -> ScalarCheck:
    scale = field.scale or 0
    free = field.digits is None or (field.money and field.scale is None)
    whole_digits = MAX_DIGITS if field.digits is None else field.digits - scale
    limit = 10**whole_digits
    only_whole = field.type == "integer"

    def check(value: object) -> str | None:
        if type(value) is int:
            return None if -limit < value < limit else f"整数部分超过{whole_digits}位"
        if not isinstance(value, Decimal):
            return "须为数值型"
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int):
            return "须为有限数值"
        if exponent < 0 and (only_whole or (not free and -exponent > scale)):
            return f"小数超过{scale}位" if scale else "须为整数"
        return None if -limit < value < limit else f"整数部分超过{whole_digits}位"

    return check


def _moment(field: FieldSpec) -> ScalarCheck:
    default = "yyyy-MM-dd" if field.type == "date" else "yyyy-MM-dd HH:mm:ss"
    pattern = field.pattern or default
    wrong = f"须为有效时间（{pattern}）"
    length = len(pattern)
    layout = strptime_format(pattern)
    plain_date, plain_time = pattern == "yyyy-MM-dd", pattern == "yyyy-MM-dd HH:mm:ss"

    def check(value: object) -> str | None:
        if not isinstance(value, str) or len(value) != length or not value.isascii():
            return wrong
        try:
            if plain_date:
                dt.date.fromisoformat(value)
            elif plain_time:
                if value[10] != " ":
                    return wrong
                dt.datetime.fromisoformat(value)
            else:
                dt.datetime.strptime(value, layout)
        except ValueError:
            return wrong
        return None

    return check
