"""Fields that hold data without a table: open objects and lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from mi_core.model.fields.base import Field
from mi_core.model.fields.text import bad_character
from mi_core.model.problem import Problem
from mi_core.scalars import MAX_DIGITS

__all__ = ["Anything", "Many", "Strings"]

DEEPEST = 32
"""Levels of an open object; a cyclic one has no end."""


class Anything(Field):
    """An open object (``Mapping``) of plain JSON values; floats are refused in requests."""

    __slots__ = ()
    expects = ("对象（字典）", "an object (mapping)")

    def blank(self, value: Any) -> bool:
        return isinstance(value, (Mapping, list, tuple)) and not value

    def examine(self, value: Any, at: str, out: list[Problem]) -> None:
        if not isinstance(value, Mapping):
            self.wrong_type(value, at, out)
        else:
            self._plain(value, at, out)

    def _plain(self, value: Any, at: str, out: list[Problem], depth: int = 1) -> None:
        if depth > DEEPEST:
            self.report(out, at, "depth", f"嵌套超过 {DEEPEST} 层", f"nested deeper than {DEEPEST}")
            return
        if isinstance(value, Mapping):
            for name in value:
                if not isinstance(name, str):
                    self.wrong_type(name, at, out, "名称必须是文本", "names are texts")
                else:
                    self._item(name, at, out)
        for item in value.values() if isinstance(value, Mapping) else value:
            if isinstance(item, Mapping) or (
                isinstance(item, Sequence) and not isinstance(item, (str, bytes))
            ):
                self._plain(item, at, out, depth + 1)
            else:
                self._item(item, at, out)

    def _item(self, item: Any, at: str, out: list[Problem]) -> None:
        if isinstance(item, str):
            if (bad := bad_character(str.__str__(item), lines=True)) is not None:
                zh, en = (
                    f"含有不能发送的字符 U+{ord(bad):04X}",
                    f"contains U+{ord(bad):04X}, which cannot be sent",
                )
                self.report(out, at, "character", zh, en)
        elif isinstance(item, float):
            self.wrong_type(item, at, out, "请用 Decimal", "use Decimal")
        elif isinstance(item, Decimal) and not item.is_finite():
            self.report(out, at, "finite", "不能是 NaN 或无穷大", "must not be NaN or Infinity")
        elif isinstance(item, (int, Decimal)):
            if item and abs(Decimal(item).adjusted()) >= MAX_DIGITS:
                self.report(out, at, "digits", f"最多 {MAX_DIGITS} 位", f"at most {MAX_DIGITS} digits")
        elif item is not None:
            self.wrong_type(item, at, out)

    def read(self, value: Any) -> Any:
        return value if isinstance(value, Mapping) else self.unreadable(value)


class Many(Anything):
    """An open list of plain JSON values."""

    __slots__ = ()
    expects = ("列表", "a list")
    absent = ()

    def examine(self, value: Any, at: str, out: list[Problem]) -> None:
        if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Sequence):
            self.wrong_type(value, at, out)
        else:
            self._plain(value, at, out)

    def read(self, value: Any) -> Any:
        return tuple(value) if isinstance(value, (list, tuple)) else (value,)


class Strings(Many):
    """A list of strings."""

    __slots__ = ()
    expects = ("文本列表", "a list of strings")

    def examine(self, value: Any, at: str, out: list[Problem]) -> None:
        if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
            self.wrong_type(value, at, out)
            return
        for item in value:
            if not isinstance(item, str):
                self.wrong_type(item, at, out)
            else:
                self._item(item, at, out)

    def read(self, value: Any) -> Any:
        return tuple(
            v if isinstance(v, str) else str(v)
            for v in (value if isinstance(value, (list, tuple)) else (value,))
        )
