"""Fields that hold data without a table: open objects and lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from mi_core.model.fields.base import Field
from mi_core.model.problem import Problem

__all__ = ["Anything", "Many", "Strings"]


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

    def _plain(self, value: Any, at: str, out: list[Problem]) -> None:
        for item in value.values() if isinstance(value, Mapping) else value:
            if isinstance(item, Mapping) or (
                isinstance(item, Sequence) and not isinstance(item, (str, bytes))
            ):
                self._plain(item, at, out)
            elif isinstance(item, float):
                self.wrong_type(item, at, out, "请用 Decimal", "use Decimal")
            elif isinstance(item, Decimal) and not item.is_finite():
                self.report(out, at, "finite", "不能是 NaN 或无穷大", "must not be NaN or Infinity")
            elif item is not None and not isinstance(item, (str, int, Decimal)):
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

    def read(self, value: Any) -> Any:
        return tuple(
            v if isinstance(v, str) else str(v)
            for v in (value if isinstance(value, (list, tuple)) else (value,))
        )
