"""Fields whose value is text: free text, digits that travel as a number, codes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from mi_core.model.code import Code
from mi_core.model.fields.base import Field
from mi_core.model.problem import Problem
from mi_core.scalars import id_number_fault, is_dated, plain

__all__ = ["Coded", "DateText", "Digits", "Text"]

_compact = msgspec.json.Encoder(decimal_format="number")
LINES_FROM = 100
"""Fields longer than this may hold several lines; in shorter ones a line break or TAB is a mistake."""
MANY = 12
"""Tables up to this size are listed in the message."""


def bad_character(text: str, lines: bool) -> str | None:
    """The first character that cannot travel: controls (line breaks and TAB only where lines are allowed), half characters."""
    for c in text:
        n = ord(c)
        if (n < 32 and not (lines and c in "\n\r\t")) or 127 <= n < 160 or 0xD800 <= n < 0xE000:
            return c
    return None


class Text(Field):
    """Free text of at most ``limit`` characters. ``codes`` names the code table of a reply's field, for display."""

    __slots__ = ("codes", "identity", "limit")
    expects = ("文本", "text")

    def __init__(
        self, wire: str, label: str, limit: int | None = None, *, codes: str = "", identity: bool = False,
        required: bool = False, name: str = "", sensitivity: str = "none",
    ) -> None:  # fmt: skip
        super().__init__(wire, label, required=required, name=name, sensitivity=sensitivity)
        self.limit, self.codes, self.identity = limit, codes, identity

    def examine(self, value: Any, at: str, out: list[Problem]) -> None:
        if not isinstance(value, str):
            self.wrong_type(value, at, out)
            return
        value = str.__str__(value)  # a subclass may lie about its length
        if self.limit is not None and len(value) > self.limit:
            self.report(
                out, at, "max_length", f"最多 {self.limit} 个字符，现有 {len(value)} 个，请缩短",
                f"at most {self.limit} characters, it has {len(value)}", value,
            )  # fmt: skip
        bad = bad_character(value, self.limit is None or self.limit > LINES_FROM)
        if bad is not None:
            self.report(
                out, at, "character", f"含有不能发送的字符 U+{ord(bad):04X}，请删除",
                f"contains the character U+{ord(bad):04X}, which cannot be sent; remove it", value,
            )  # fmt: skip
        if self.identity and (fault := id_number_fault(value)):
            self.report(out, at, "id_number", *fault, value, "warning")

    def read(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return str(value)
        if isinstance(value, Decimal):
            return plain(value)
        return _compact.encode(value).decode()

    def parse(self, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return value


class Digits(Text):
    """A serial number of up to ``limit`` digits: ``str`` here, a JSON number on the wire."""

    __slots__ = ()
    expects = ("由数字组成的文本", "a text of digits")

    def examine(self, value: Any, at: str, out: list[Problem]) -> None:
        before = len(out)
        super().examine(value, at, out)
        if len(out) > before:
            return
        if not (value.isascii() and value.isdigit()):
            self.report(out, at, "digits", "只能由数字 0–9 组成", "only the digits 0-9 are allowed", value)
        elif len(value) > 1 and value[0] == "0":
            self.report(
                out,
                at,
                "digits",
                "以数字形式发送，不能以 0 开头",
                "it is sent as a number, so it must not begin with 0",
                value,
            )


class DateText(Text):
    """A date or time kept as text in the notation ``pattern`` (``yyyyMM`` …)."""

    __slots__ = ("pattern",)
    expects = ("日期文本", "a dated text")

    def __init__(
        self,
        wire: str,
        label: str,
        pattern: str,
        *,
        required: bool = False,
        name: str = "",
        sensitivity: str = "none",
    ) -> None:
        super().__init__(wire, label, None, required=required, name=name, sensitivity=sensitivity)
        self.pattern = pattern

    def examine(self, value: Any, at: str, out: list[Problem]) -> None:
        if not isinstance(value, str):
            self.wrong_type(value, at, out)
        elif not is_dated(value, self.pattern):
            self.report(
                out,
                at,
                "date",
                f"应写成 {self.pattern}，且日期存在",
                f"must be an existing date written as {self.pattern}",
                value,
            )


class Coded(Field):
    """A code of a table; checked in requests only, because bureaus answer with codes of their own."""

    __slots__ = ("labels", "table")
    expects = ("代码", "a code")

    def __init__(
        self, wire: str, label: str, table: type[Code] | Mapping[str, str], *,
        required: bool = False, name: str = "", sensitivity: str = "none",
    ) -> None:  # fmt: skip
        super().__init__(wire, label, required=required, name=name, sensitivity=sensitivity)
        self.labels = table if isinstance(table, Mapping) else table.labels()
        self.table = "" if isinstance(table, Mapping) else table.__key__

    def examine(self, value: Any, at: str, out: list[Problem]) -> None:
        if not isinstance(value, str):
            self.wrong_type(value, at, out, "代码是文本，请加引号", "codes are texts, quote them")
            return
        if value in self.labels:
            return
        zh, en = self._members(value)
        table = f" {self.table}" if self.table else ""
        self.report(
            out, at, "code", f"不在代码表{table}中；{zh}", f"not in the code table{table}; {en}", value
        )

    def _members(self, value: str) -> tuple[str, str]:
        by_label = {label: code for code, label in self.labels.items()}
        if value in by_label:
            return f"“{value}”的代码是 {by_label[value]}", f"the code of {value!r} is {by_label[value]}"
        if len(self.labels) <= MANY:
            some = list(self.labels)
        else:
            from difflib import get_close_matches  # only when something is wrong: it costs an import

            near = get_close_matches(value, [*self.labels, *by_label], n=5, cutoff=0.4)
            some = list(dict.fromkeys(by_label.get(n, n) for n in near))
        listed = "、".join(f"{code} {self.labels[code]}" for code in some)
        if len(self.labels) <= MANY:
            return f"可用：{listed}", f"allowed: {listed}"
        hint = f"mi codes {self.table}"
        if not listed:
            return f"请用 {hint} 查看代码表", f"see the table with: {hint}"
        return f"相近的有：{listed}；全部见 {hint}", f"similar: {listed}; all with: {hint}"

    def parse(self, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return value
