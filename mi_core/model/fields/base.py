"""What every kind of field has in common: its names, and how absence is reported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from mi_core.masking import mask
from mi_core.model.problem import Problem, Severity
from mi_core.types import UNSET

__all__ = ["Field", "Unreadable"]


class Unreadable(ValueError):
    """A value of a reply that cannot be read as documented; the text says why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


class Field:
    """One field of a row at run time: wire name, Chinese label, attribute name and limits.

    ``check`` explains exactly what is wrong with a value of a request (the generated code calls it only when its own
    quick test fails); ``read`` takes a value of a reply as it came; ``parse`` takes a value of a plain dict.
    """

    __slots__ = ("label", "name", "required", "sensitivity", "wire")

    def __init__(
        self, wire: str, label: str, *, required: bool = False, name: str = "", sensitivity: str = "none"
    ) -> None:
        self.wire, self.label, self.name = wire, label, name or wire
        self.required, self.sensitivity = required, sensitivity

    expects = ("值", "a value")
    """What the field takes, in Chinese and English, for messages."""
    absent: Any = None
    """What a reply's attribute is when the field did not come."""

    def check(self, value: Any, at: str, out: list[Problem]) -> None:
        """Append every problem of ``value``; ``at`` is the JSON pointer of the row."""
        if value is UNSET or value is None or self.blank(value):
            if self.required:
                self.report(out, at, "required", "必填，不能为空", "required, must not be empty")
            return
        self.examine(value, at, out)

    def check_rows(
        self, value: Any, at: str, out: list[Problem], check: Callable[[Any, str, list[Problem]], None]
    ) -> None:
        """Check a node and the rows below it; a scalar has none."""
        self.check(value, at, out)

    def blank(self, value: Any) -> bool:
        """Whether a value counts as not filled in."""
        return isinstance(value, str) and not value.strip()

    def examine(self, value: Any, at: str, out: list[Problem]) -> None:
        """The rules of the kind, for a value that is present."""

    def read(self, value: Any) -> Any:
        """A present value of a reply (not ``None``, not ``""``); raises :class:`Unreadable`."""
        return value

    def parse(self, value: Any) -> Any:
        """A value of a plain dict, converted where that is exact; anything else is left for ``check`` to explain."""
        return value

    def wrong_type(self, value: Any, at: str, out: list[Problem], zh: str = "", en: str = "") -> None:
        """Report a value of another type than documented."""
        kind = type(value).__name__
        self.report(
            out, at, "type",
            f"类型不正确（{kind}），应为{self.expects[0]}" + (f"；{zh}" if zh else ""),
            f"wrong type {kind}, {self.expects[1]} expected" + (f"; {en}" if en else ""), value,
        )  # fmt: skip

    def unreadable(self, value: Any) -> NoReturn:
        """Refuse a value of a reply."""
        kind = type(value).__name__
        raise Unreadable(
            f"应为{self.expects[0]}，收到 {kind}", f"{self.expects[1]} expected, {kind} received"
        )

    def report(
        self,
        out: list[Problem],
        at: str,
        rule: str,
        zh: str,
        en: str,
        value: Any = None,
        severity: Severity = "error",
    ) -> None:
        """Append a problem of this field; the value is masked by the field's sensitivity."""
        shown = (
            mask(value, self.sensitivity)
            if isinstance(value, (str, int, float)) or value is not None
            else None
        )
        out.append(Problem(f"{at}/{self.wire}", self.wire, self.label, rule, zh, en, shown, severity))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.wire!r}, {self.label!r})"
