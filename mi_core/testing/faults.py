"""Every way in which a valid request can be spoilt, each with the rule that must find it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any

import attrs

from mi_core.model import Condition, FieldSpec, InterfaceSpec, NodeSpec
from mi_core.testing.values import (
    DAY,
    MOMENT,
    Tables,
    holds,
    is_decimal,
    is_whole,
    node_values,
    value_of,
)

__all__ = ["Fault", "Invalid", "field_faults", "invalid_inputs"]

DEEPER = 40
"""Levels of an open object: more than any message may have."""
ORDINARY = 100_000
"""Messages with a larger limit carry files; millions of rows prove nothing more about them."""


@attrs.frozen
class Fault:
    """A value that one field must not have, and the rule that says so."""

    rule: str
    value: Any
    typed: bool = False
    """Only a typed request can hold it: in plain data it is read as what it means (``"1.5"`` as a number)."""


@attrs.frozen
class Invalid:
    """A spoilt ``input``: the ``rule`` that must be broken at ``path`` (a JSON pointer below ``input``)."""

    rule: str
    payload: dict[str, Any] = attrs.field(repr=False)
    path: str

    def __iter__(self) -> Iterator[Any]:
        """``for rule, payload in examples.invalid(…)``."""
        return iter((self.rule, self.payload))


def field_faults(field: FieldSpec) -> Iterator[Fault]:
    """Every way to spoil a field of a request."""
    kind = field.type
    if field.required and kind not in ("object", "map", "list", "strings"):
        yield Fault("required", None)
    if is_decimal(field):
        yield from _decimal_faults(field)
    elif is_whole(field):
        yield Fault("type", True)
        yield Fault("type", 1.0)
        yield Fault("type", "1", typed=True)
        if field.digits:
            yield Fault("digits", 10**field.digits)
    elif kind == "number":
        digits = min(field.digits or 3, 3)
        yield Fault("digits", "12a"[-digits:])
        yield Fault("digits", "012"[:digits] if digits > 1 else "a")
        yield Fault("type", 12, typed=True)
    elif kind in ("date", "datetime"):
        yield Fault("date", "2024-02-30")
        yield Fault("date", dt.datetime(1500, 1, 1) if kind == "datetime" else dt.date(1500, 1, 1))
        yield Fault("type", 20240101)
        yield Fault("type", DAY if kind == "datetime" else MOMENT)
    elif kind == "boolean":
        yield Fault("type", "true", typed=True)
        yield Fault("type", 1)
    elif kind in ("object", "map", "list", "strings"):
        yield from _open_faults(kind)
    else:
        yield from _text_faults(field)


def _decimal_faults(field: FieldSpec) -> Iterator[Fault]:
    yield Fault("type", 1.5)
    yield Fault("type", True)
    yield Fault("type", "1.5", typed=True)
    yield Fault("type", "one")
    yield Fault("finite", Decimal("NaN"))
    yield Fault("finite", Decimal("-Infinity"))
    if field.scale and field.digits:
        yield Fault("scale", Decimal(1).scaleb(-field.scale - 1))
        yield Fault("digits", Decimal(1).scaleb(field.digits - field.scale))


def _open_faults(kind: str) -> Iterator[Fault]:
    yield Fault("type", 5)
    if kind == "strings":
        yield Fault("type", [5])
        yield Fault("character", ["a\x07"])
        return
    bad: tuple[tuple[str, Any], ...] = (
        ("type", 1.5), ("finite", Decimal("NaN")), ("digits", 10**400), ("character", "a\x07"), ("depth", _nested()),
    )  # fmt: skip
    for rule, value in bad:
        yield Fault(rule, [value] if kind == "list" else {"a": value})


def _nested() -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for _ in range(DEEPER):
        tree = {"a": tree}
    return tree


def _text_faults(field: FieldSpec) -> Iterator[Fault]:
    yield Fault("type", 5, typed=True)
    yield Fault("type", b"x")
    if field.code_table or field.enum:
        yield Fault("code", "no such code")
        return
    if field.pattern:
        yield Fault("date", "20241399"[: len(field.pattern)])
        return
    if field.required:
        yield Fault("required", "   ")
    if field.max_length is not None:
        yield Fault("max_length", "x" * (field.max_length + 1))
    if field.max_length is None or field.max_length >= 2:
        yield Fault("character", "a\x07")
        yield Fault("character", "\ud800")


Steps = tuple[str | int, ...]


def invalid_inputs(spec: InterfaceSpec, tables: Tables) -> Iterator[Invalid]:
    """Every spoilt ``input`` of an interface, one fault each, as plain data by wire name."""
    whole = node_values(spec.input, tables)
    flat = spec.behaviour.flat
    for steps, node in _nodes(spec.input, ()):
        try:
            row = _at(whole, steps)
        except KeyError:
            continue  # a condition of the valid input forbids this node
        yield from _row_faults(whole, steps, node, row, tables, flat if not steps else None)
    yield from _too_long(spec, whole)


def _nodes(node: NodeSpec, steps: Steps) -> Iterator[tuple[Steps, NodeSpec]]:
    """Every node with the way to its first row, parents first."""
    yield steps, node
    for inner in node.nodes:
        yield from _nodes(inner, (*steps, inner.code, 0) if inner.repeated else (*steps, inner.code))


def _at(tree: Any, steps: Steps) -> Any:
    for step in steps:
        tree = tree[step]
    return tree


def _pointer(steps: Steps) -> str:
    return "".join(f"/{step}" for step in steps)


def _changed(whole: dict[str, Any], steps: Steps, row: dict[str, Any]) -> dict[str, Any]:
    """The whole with another row at a place."""
    if not steps:
        return row
    copy = deepcopy(whole)
    _at(copy, steps[:-1])[steps[-1]] = row
    return copy


def _row_faults(
    whole: dict[str, Any], steps: Steps, node: NodeSpec, row: dict[str, Any], tables: Tables, flat: str | None
) -> Iterator[Invalid]:
    """``flat``: the node whose fields are the request's own, so that nobody can leave out the node itself."""
    here = _pointer(steps)

    def spoilt(rule: str, at: str, change: dict[str, Any]) -> Invalid:
        return Invalid(rule, _changed(whole, steps, deepcopy(change)), f"{here}/{at}")

    for member in node.members:
        if isinstance(member, FieldSpec):
            for fault in field_faults(member):
                if not fault.typed:
                    yield spoilt(fault.rule, member.code, {**row, member.code: fault.value})
        elif member.code == flat:
            continue
        else:
            for rule, value in _node_faults(member, row.get(member.code)):
                yield spoilt(rule, member.code, {**row, member.code: value})
        if member.required:
            yield spoilt("required", member.code, {k: v for k, v in row.items() if k != member.code})
    if not node.open:
        yield spoilt("unknown_field", "no_such_field", {**row, "no_such_field": "x"})
    for condition in node.conditions:
        for code, broken in _broken(condition, row, node, tables):
            yield spoilt("condition", code, broken)
    if node.any_of:
        codes = {code for group in node.any_of for code in group}
        yield spoilt("any_of", node.any_of[0][0], {k: v for k, v in row.items() if k not in codes})


def _node_faults(node: NodeSpec, value: Any) -> Iterator[tuple[str, Any]]:
    yield "type", "text instead of a row"
    if node.repeated and node.required:
        yield "required", []
    if node.repeated and node.max_items and value:
        yield "rows", [value[0]] * (node.max_items + 1)


def _broken(
    condition: Condition, row: dict[str, Any], node: NodeSpec, tables: Tables
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows that fulfil the ``if`` and break one part of the ``then``: the field to be told, and the row."""
    start = _fulfilled(condition, row, node, tables)
    if not holds(condition.when, start):
        return
    then = condition.then
    for code in then.get("required", ()):
        yield code, {k: v for k, v in start.items() if k != code}
    for code, rule in then.get("properties", {}).items():
        allowed = [rule["const"]] if "const" in rule else list(rule["enum"])
        yield code, {**start, code: _another(node, code, allowed, tables)}
    negated = then.get("not", {})
    for group in negated.get("anyOf", [negated] if negated else []):
        for code in group.get("required", ()):
            member = node.member(code)
            if isinstance(member, FieldSpec):
                yield code, {**start, code: value_of(member, tables)}


def _fulfilled(condition: Condition, row: dict[str, Any], node: NodeSpec, tables: Tables) -> dict[str, Any]:
    start = dict(row)
    for code in (*condition.when.get("required", ()), *condition.then.get("required", ())):
        member = node.member(code)
        if code not in start and isinstance(member, FieldSpec):
            start[code] = value_of(member, tables)
    for code, rule in condition.when.get("properties", {}).items():
        start[code] = rule["const"] if "const" in rule else rule["enum"][0]
    for code in condition.when.get("not", {}).get("required", ())[:1]:
        start.pop(code, None)
    return start


def _another(node: NodeSpec, code: str, allowed: list[Any], tables: Tables) -> Any:
    member = node.member(code)
    if isinstance(member, FieldSpec):
        known = tables[member.code_table].codes if member.code_table else member.enum
        for value in known:
            if value not in allowed:
                return value
    return "x"


def _too_long(spec: InterfaceSpec, whole: dict[str, Any]) -> Iterator[Invalid]:
    """More characters than the message may have, where a text or a list without a limit allows that."""
    limit = spec.behaviour.input_limit
    for steps, node in _nodes(spec.input, ()):
        for field in node.fields:
            if field.type in ("string", "text", "base64", "bytes") and not _bounded(field):
                row = {**_at(whole, steps), field.code: "x" * (limit + 1)}
                yield Invalid("input_limit", _changed(whole, steps, row), "")
                return
    for node in spec.input.nodes:
        if node.repeated and not node.max_items and limit <= ORDINARY:
            one = len(json.dumps(whole[node.code], default=str, separators=(",", ":")))
            yield Invalid("input_limit", {**whole, node.code: whole[node.code] * (2 * limit // one + 1)}, "")
            return


def _bounded(field: FieldSpec) -> bool:
    return bool(field.max_length is not None or field.code_table or field.enum or field.pattern)
