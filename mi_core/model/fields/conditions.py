"""What generated checks call for the conditions of a document (``if``/``then``, "at least one of")."""

from __future__ import annotations

from typing import Any

from mi_core.model.fields.base import Field
from mi_core.model.problem import Problem
from mi_core.types import UNSET

__all__ = ["forbid", "need", "need_any", "present", "restrict"]


def present(value: Any) -> bool:
    """Whether a field is filled in: neither left out nor ``None``, blank text or an empty list."""
    if value is UNSET or value is None:
        return False
    if isinstance(value, str):
        return bool(value.strip())
    return not (isinstance(value, (list, tuple, dict)) and not value)


def need(field: Field, value: Any, at: str, out: list[Problem], zh: str, en: str) -> None:
    """The field must be filled in."""
    if not present(value):
        field.report(out, at, "condition", zh, en)


def forbid(field: Field, value: Any, at: str, out: list[Problem], zh: str, en: str) -> None:
    """The field must be left out."""
    if present(value):
        field.report(out, at, "condition", zh, en, value)


def restrict(
    field: Field, value: Any, allowed: tuple[Any, ...], at: str, out: list[Problem], zh: str, en: str
) -> None:
    """The field, when filled in, must have one of these values."""
    if present(value) and value not in allowed:
        field.report(out, at, "condition", zh, en, value)


def need_any(groups: tuple[tuple[Field, ...], ...], row: Any, at: str, out: list[Problem]) -> None:
    """At least one group of fields must be filled in completely."""
    if any(all(present(getattr(row, f.name)) for f in group) for group in groups):
        return
    zh = "、".join("和".join(f"{f.wire}（{f.label}）" for f in group) for group in groups)
    en = ", ".join(" and ".join(f.wire for f in group) for group in groups)
    groups[0][0].report(out, at, "any_of", f"至少填写一项：{zh}", f"at least one of these is required: {en}")
