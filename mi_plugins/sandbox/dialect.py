"""From a region's dialect to the documents that the desks know, and back: by field code, whatever the interface.

A member is found under its own code, under another code that means the same, or under its label. A node that the other
side does not have under its name is the one whose fields are most alike; where the other side is flat, its row itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import attrs

from mi_core.model import CodeTable, FieldSpec, NodeSpec
from mi_plugins.sandbox.refusal import BureauRefusal
from mi_plugins.sandbox.scalars import compile_scalar

__all__ = ["Fill", "Missing", "Plan", "compile_plan", "translate"]

SAME: Final[tuple[frozenset[str], ...]] = (
    frozenset({"ipt_no", "ipt_otp_no"}),
    frozenset({"main_cond_dscr", "main_cond_desc"}),
    frozenset({"pdn_cash_pay", "psn_cash_pay"}),
    frozenset({"dscg_dept_codg", "dscg_dept_code"}),
)
"""Codes of one and the same thing."""

Fill = Callable[[FieldSpec], Any]
"""Gives a required field that the other side does not have; ``None``: nobody knows it."""
Path = tuple[str, ...]


class Missing(dict[str, Any]):
    """A row for a desk, which may ask for something that this region does not send."""

    def __missing__(self, key: str) -> Any:
        raise BureauRefusal(f"沙箱办理此交易还需要[{key}]，请一并上传")


@attrs.frozen
class Plan:
    """How a node of the target is made: for each of its members where the value stands in the source."""

    target: NodeSpec
    fields: tuple[tuple[FieldSpec, Path | None], ...]
    nodes: tuple[tuple[NodeSpec, Path | None, Plan | None], ...]


def compile_plan(source: NodeSpec, target: NodeSpec) -> Plan:
    """Where every member of ``target`` stands in ``source``."""
    own = {node.code for node in target.nodes}
    strange = [node for node in source.nodes if node.code not in own]
    fields = tuple((field, _place(field, source, strange)) for field in target.fields)
    taken = {path[0] for _, path in fields if path is not None and len(path) == 1}
    return Plan(target, fields, tuple(_node(node, source, strange, taken) for node in target.nodes))


def _place(field: FieldSpec, source: NodeSpec, strange: list[NodeSpec]) -> Path | None:
    code = _alike(field, source)
    if code is not None:
        return (code,)
    found = [(node.code, code) for node in strange if not node.repeated and (code := _alike(field, node))]
    return found[0] if found else None


def _alike(field: FieldSpec, source: NodeSpec) -> str | None:
    codes = {one.code for one in source.fields}
    if field.code in codes:
        return field.code
    for group in SAME:
        if field.code in group and (others := group & codes):
            return min(others)
    labels = [one.code for one in source.fields if one.label and one.label == field.label]
    return labels[0] if len(labels) == 1 else None


def _node(
    node: NodeSpec, source: NodeSpec, strange: list[NodeSpec], taken: set[str]
) -> tuple[NodeSpec, Path | None, Plan | None]:
    same = next((one for one in source.nodes if one.code == node.code), None)
    if same is None and strange:
        best = max(strange, key=lambda one: len(_codes(one) & _codes(node)))
        same = best if _codes(best) & _codes(node) else None
    if same is not None:
        return node, (same.code,), compile_plan(same, node)
    if (_codes(source) - taken) & _codes(node):
        return node, (), compile_plan(source, node)
    return node, None, None


def _codes(node: NodeSpec) -> set[str]:
    return {field.code for field in node.fields}


def translate(plan: Plan, content: Any, fill: Fill, tables: Mapping[str, CodeTable]) -> Any:
    """``content`` as the plan's target; a list where that repeats. ``None`` where there is nothing."""
    rows = content if isinstance(content, list) else [content]
    made = [_row(plan, row, fill, tables) for row in rows if isinstance(row, Mapping)]
    if plan.target.repeated:
        return made
    return made[0] if made else None


def _row(plan: Plan, row: Mapping[str, Any], fill: Fill, tables: Mapping[str, CodeTable]) -> Missing:
    result = Missing()
    for field, path in plan.fields:
        value = None if path is None else _dig(row, path)
        if value in (None, "") and field.required:
            value = fill(field)
        if value is not None or (path is not None and len(path) == 1 and path[0] in row):
            result[field.code] = _fitting(field, value, tables)
    for node, path, inner in plan.nodes:
        if path is None or inner is None:
            continue
        made = translate(inner, row if path == () else row.get(path[0]), fill, tables)
        if made or node.required:
            result[node.code] = made if made is not None else _row(inner, {}, fill, tables)
    return result


def _dig(row: Any, path: Path) -> Any:
    for key in path:
        row = row.get(key) if isinstance(row, Mapping) else None
    return row


def _fitting(field: FieldSpec, value: Any, tables: Mapping[str, CodeTable]) -> Any:
    """The value as the field wants it: a number as text, or the reverse."""
    if value in (None, "") or compile_scalar(field, tables)(value) is None:
        return value
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    try:
        other: Any = Decimal(text) if field.type in ("number", "integer") else text
    except InvalidOperation:
        return value
    return other if compile_scalar(field, tables)(other) is None else value
