"""Fields whose value is a date or a time (Beijing time)."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from mi_core.model.fields.base import Field, Unreadable
from mi_core.model.problem import Problem
from mi_core.scalars import parse_date, parse_moment

__all__ = ["EARLIEST", "Day", "Moment"]

EARLIEST = 1800
"""No date of this business lies before that year."""

_LOOKS = r"[0-9]{4}[-/.]?[0-9]{1,2}([-/.]?[0-9]{1,2})?([T ]?[0-9:.]*)?"


class Day(Field):
    """A date; ``pattern`` is its notation on the wire where it is not ``yyyy-MM-dd``."""

    __slots__ = ("pattern",)
    expects = ("日期 datetime.date", "a datetime.date")

    def __init__(
        self, wire: str, label: str, pattern: str | None = None, *,
        required: bool = False, name: str = "", sensitivity: str = "none",
    ) -> None:  # fmt: skip
        super().__init__(wire, label, required=required, name=name, sensitivity=sensitivity)
        self.pattern = pattern

    def examine(self, value: Any, at: str, out: list[Problem]) -> None:
        if isinstance(value, dt.datetime):
            self.wrong_type(value, at, out, "请用 .date() 取日期部分", "take the date part with .date()")
        elif isinstance(value, dt.date):
            self._plausible(value, at, out)
        else:
            self._no_date(value, at, out)

    def _no_date(self, value: Any, at: str, out: list[Problem]) -> None:
        if isinstance(value, str) and re.fullmatch(_LOOKS, value.strip()):
            self.report(
                out, at, "date", "日期不存在或写法不对", "no such date, or not written as documented", value
            )
        else:
            self.wrong_type(value, at, out)

    def _plausible(self, value: dt.date, at: str, out: list[Problem]) -> None:
        if value.year < EARLIEST:
            self.report(
                out,
                at,
                "date",
                f"日期不可能早于 {EARLIEST} 年",
                f"impossible: before the year {EARLIEST}",
                value,
            )

    def read(self, value: Any) -> dt.date:
        try:
            return parse_date(_text(value), self.pattern)
        except (ValueError, OverflowError):
            raise Unreadable("不是日期", "not a date") from None

    def parse(self, value: Any) -> Any:
        if isinstance(value, str):
            try:
                return parse_date(value, self.pattern)
            except (ValueError, OverflowError):
                return value
        return value


class Moment(Day):
    """A time in Beijing time; ``pattern`` is its notation where it is not ``yyyy-MM-dd HH:mm:ss``."""

    __slots__ = ()
    expects = ("时间 datetime.datetime", "a datetime.datetime")

    def examine(self, value: Any, at: str, out: list[Problem]) -> None:
        if isinstance(value, dt.datetime):
            self._plausible(value, at, out)
        else:
            self._no_date(value, at, out)

    def read(self, value: Any) -> dt.datetime:
        try:
            return parse_moment(_text(value), self.pattern)
        except (ValueError, OverflowError):
            raise Unreadable("不是时间", "not a time") from None

    def parse(self, value: Any) -> Any:
        if isinstance(value, str):
            try:
                return parse_moment(value, self.pattern)
            except (ValueError, OverflowError):
                return value
        return value


def _text(value: Any) -> str:
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    raise ValueError("not text")
