"""Members that are rows themselves: nested objects and lists, and the node whose fields are the request's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from mi_core.model.fields.base import Field
from mi_core.model.problem import Problem
from mi_core.types import UNSET

if TYPE_CHECKING:
    from mi_core.model.record import Record

__all__ = ["Inline", "MemberSpec", "Node", "Root"]


class Node(Field):
    """A nested row (``many=False``) or a list of rows of the class ``row``."""

    __slots__ = ("many", "most", "row")

    def __init__(
        self, wire: str, label: str, row: type[Record], *,
        many: bool = False, most: int | None = None, required: bool = False, name: str = "",
    ) -> None:  # fmt: skip
        super().__init__(wire, label, required=required, name=name)
        self.row, self.many, self.most = row, many, most

    def check(self, value: Any, at: str, out: list[Problem]) -> None:
        """Report a missing, empty or wrong node; its rows are checked by the generated code of their class."""
        if value is UNSET or value is None or (self.many and isinstance(value, Sequence) and not value):
            if self.required:
                zh = "至少需要一行" if self.many else "必填节点"
                self.report(
                    out, at, "required", zh, "at least one row is required" if self.many else "required node"
                )
        elif not self.many:
            self.check_row(value, f"{at}/{self.wire}", out)
        elif isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
            name = self.row.__name__
            self.report(out, at, "type", f"应为 {name} 的列表", f"a list of {name} expected")
        elif self.most is not None and len(value) > self.most:
            self.report(
                out, at, "rows", f"最多 {self.most} 行，现有 {len(value)} 行", f"at most {self.most} rows"
            )

    def check_row(self, value: Any, at: str, out: list[Problem]) -> None:
        """Report a row of another class."""
        if not isinstance(value, self.row):
            name, kind = self.row.__name__, type(value).__name__
            out.append(
                Problem(
                    at,
                    self.wire,
                    self.label,
                    "type",
                    f"应为 {name}，收到 {kind}",
                    f"{name} expected, not {kind}",
                )
            )

    def check_rows(
        self, value: Any, at: str, out: list[Problem], check: Callable[[Any, str, list[Problem]], None]
    ) -> None:
        """Check the node itself, then each good row by the generated ``check``."""
        if (
            (value.__class__ is not list and value.__class__ is not tuple)
            or not value
            or not self.many
            or self.most
        ):
            self.check(value, at, out)
            if value is UNSET or value is None:
                return
        here = f"{at}/{self.wire}"
        if not self.many:
            if isinstance(value, self.row):
                check(value, here, out)
        elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
            row, before = self.row, len(out)
            for i, item in enumerate(value):
                if item.__class__ is row:
                    check(item, here, out)
                    if len(out) > before:  # the pointer of a row is made only for a row that has problems
                        del out[before:]
                        check(item, f"{here}/{i}", out)
                        before = len(out)
                else:
                    self.check_row(item, f"{here}/{i}", out)
                    before = len(out)


class Inline:
    """A single-row root node whose fields are the attributes of the request itself."""

    __slots__ = ("label", "members", "wire")

    def __init__(self, wire: str, label: str, *members: Field) -> None:
        self.wire, self.label, self.members = wire, label, members

    def __repr__(self) -> str:
        return f"Inline({self.wire!r}, {len(self.members)} members)"


class Root:
    """``output`` itself, where it is a list of rows (or one row) or a scalar instead of an object with nodes."""

    __slots__ = ("field", "name")

    def __init__(self, name: str, field: Field) -> None:
        self.name, self.field = name, field


MemberSpec: TypeAlias = Field | Inline | Root
