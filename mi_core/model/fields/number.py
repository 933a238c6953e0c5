"""Fields whose value is a number: exact decimals and whole numbers, and truth values."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Any

from mi_core.model.fields.base import Field, Unreadable
from mi_core.model.problem import Problem
from mi_core.scalars import MAX_DIGITS, parse_decimal, parse_integer

__all__ = ["Flag", "Integer", "Number", "remainder"]

_EXACT = Context(prec=MAX_DIGITS * 3, traps=[])
remainder = _EXACT.remainder
"""``remainder(value, unit)``: falsy when ``value`` is a whole multiple of ``unit``; NaN (truthy) for NaN and Infinity."""


class Number(Field):
    """An exact decimal of at most ``digits`` digits in all, ``scale`` of them behind the point."""

    __slots__ = ("digits", "scale")
    expects = ("Decimal 数值", "a Decimal")

    def __init__(
        self, wire: str, label: str, digits: int | None = None, scale: int | None = None, *,
        required: bool = False, name: str = "", sensitivity: str = "none",
    ) -> None:  # fmt: skip
        super().__init__(wire, label, required=required, name=name, sensitivity=sensitivity)
        self.digits, self.scale = digits, scale

    def examine(self, value: Any, at: str, out: list[Problem]) -> None:
        if isinstance(value, bool):
            self.wrong_type(value, at, out)
        elif isinstance(value, float):
            self.wrong_type(
                value,
                at,
                out,
                f'float 不精确，请写 Decimal("{value}")',
                f'float is not exact, write Decimal("{value}")',
            )
        elif isinstance(value, str):
            self.wrong_type(value, at, out, 'Decimal("…") 可由文本得到', 'make one with Decimal("...")')
        elif not isinstance(value, (Decimal, int)):
            self.wrong_type(value, at, out)
        else:
            self._limits(Decimal(value), at, out)

    def _limits(self, value: Decimal, at: str, out: list[Problem]) -> None:
        if not value.is_finite():
            self.report(out, at, "finite", "不能是 NaN 或无穷大", "must not be NaN or Infinity", value)
            return
        scale, digits = self.scale or 0, self.digits or MAX_DIGITS
        if self.scale is not None and remainder(value, Decimal(1).scaleb(-scale)):
            self.report(out, at, "scale", f"最多 {scale} 位小数", f"at most {scale} decimals", value)
        whole = max(value.adjusted() + 1, 0) if value else 0
        if whole > digits - scale:
            self.report(
                out, at, "digits", f"整数部分最多 {digits - scale} 位（共 {digits} 位，其中小数 {scale} 位）",
                f"at most {digits - scale} digits before the point ({digits} in all, {scale} of them decimals)", value,
            )  # fmt: skip

    def read(self, value: Any) -> Decimal:
        if isinstance(value, Decimal):
            if value.is_finite() and abs(value.adjusted()) <= MAX_DIGITS:
                return value
        elif isinstance(value, int) and not isinstance(value, bool):
            if abs(value) < 10**MAX_DIGITS:
                return Decimal(value)
        elif isinstance(value, str):
            try:
                return parse_decimal(value)
            except ValueError:
                raise Unreadable("不是数值", "not a number") from None
        return self.unreadable(value)

    def parse(self, value: Any) -> Any:
        if isinstance(value, str):
            try:
                return parse_decimal(value)
            except ValueError:
                return value
        if isinstance(value, int) and not isinstance(value, bool):
            return Decimal(value)
        return value


class Integer(Field):
    """A whole number of at most ``digits`` digits."""

    __slots__ = ("digits",)
    expects = ("整数", "a whole number")

    def __init__(
        self, wire: str, label: str, digits: int | None = None, *,
        required: bool = False, name: str = "", sensitivity: str = "none",
    ) -> None:  # fmt: skip
        super().__init__(wire, label, required=required, name=name, sensitivity=sensitivity)
        self.digits = digits

    def examine(self, value: Any, at: str, out: list[Problem]) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong_type(value, at, out)
        elif abs(value) >= 10 ** (self.digits or MAX_DIGITS):
            n = self.digits or MAX_DIGITS
            shown = value if abs(value) < 10**MAX_DIGITS else None
            self.report(out, at, "digits", f"最多 {n} 位", f"at most {n} digits", shown)

    def read(self, value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, (str, Decimal)):
            try:
                return parse_integer(str(value))
            except ValueError:
                raise Unreadable("不是整数", "not a whole number") from None
        return self.unreadable(value)

    def parse(self, value: Any) -> Any:
        if isinstance(value, (str, Decimal)):
            try:
                return parse_integer(str(value))
            except ValueError:
                return value
        return value


class Flag(Field):
    """A JSON truth value."""

    __slots__ = ()
    expects = ("true 或 false", "true or false")

    def examine(self, value: Any, at: str, out: list[Problem]) -> None:
        if not isinstance(value, bool):
            self.wrong_type(value, at, out)

    def read(self, value: Any) -> bool:
        text = str(value).strip().lower()
        if text in ("true", "1"):
            return True
        if text in ("false", "0"):
            return False
        return self.unreadable(value)

    def parse(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip().lower() in ("true", "false"):
            return value.strip().lower() == "true"
        return value
