"""The passes that decide about single members: attribute names, types, code tables, proof of success."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from mi_codegen.identifiers import attribute_name, module_name
from mi_codegen.ir import FieldIR, InlineIR, InterfaceModule, MemberIR, NodeIR, RecordIR, RootIR
from mi_codegen.load import Source
from mi_core.model.spec import FieldSpec

__all__ = ["bind_codes", "choose_types", "mark_proof", "name_attributes"]

Leaf = FieldIR | NodeIR
Change = Callable[[Leaf, RecordIR], Leaf]

_DEFAULT_NOTATION = {"date": "yyyy-MM-dd", "datetime": "yyyy-MM-dd HH:mm:ss"}
_PLAIN = {
    "date": ("Day", "dt.date"), "datetime": ("Moment", "dt.datetime"), "boolean": ("Flag", "bool"),
    "integer": ("Integer", "int"), "object": ("Anything", "Mapping[str, Any]"), "map": ("Anything", "Mapping[str, Any]"),
    "list": ("Many", "Any"), "strings": ("Strings", "str"),
}  # fmt: skip
SERIAL_DIGITS = 18
"""Whole numbers with more digits than this are kept as text: a serial number, not a quantity."""


def _member(member: MemberIR, record: RecordIR, change: Change) -> MemberIR:
    if isinstance(member, InlineIR):
        return attrs.evolve(member, members=tuple(change(m, record) for m in member.members))
    if isinstance(member, RootIR):
        return attrs.evolve(member, member=change(member.member, record))
    return change(member, record)


def _record(record: RecordIR, change: Change) -> RecordIR:
    return attrs.evolve(record, members=tuple(_member(m, record, change) for m in record.members))


def _everywhere(module: InterfaceModule, change: Change) -> InterfaceModule:
    assert module.request is not None and module.response is not None
    return attrs.evolve(
        module, rows=tuple(_record(r, change) for r in module.rows),
        request=_record(module.request, change), response=_record(module.response, change),
    )  # fmt: skip


def name_attributes(module: InterfaceModule, source: Source) -> InterfaceModule:
    """Wire names become attribute names; ``output`` itself is called by its root's name."""
    classes = {row.class_name for row in module.rows}

    def named(code: str) -> str:
        name = attribute_name(code)
        return f"{name}_" if name in classes else name  # a field must not shadow the class of another one

    def change(member: Leaf, record: RecordIR) -> Leaf:
        if isinstance(member, FieldIR):
            return attrs.evolve(member, name=named(member.spec.code) if member.spec.code else "value")
        return attrs.evolve(member, name="rows" if member.path == "output" else named(member.spec.code))

    return _everywhere(module, change)


def _kind(spec: FieldSpec) -> tuple[str, str]:
    if spec.type == "number":
        if spec.scale or (spec.money and spec.digits is None):
            return "Number", "Decimal"
        if (spec.digits or 0) > SERIAL_DIGITS or spec.code.lower().endswith("_sn"):
            return "Digits", "str"
        return "Integer", "int"
    if spec.type == "string" and spec.pattern:
        return "DateText", "str"
    return _PLAIN.get(spec.type, ("Text", "str"))


def choose_types(module: InterfaceModule, source: Source) -> InterfaceModule:
    """The field kind and the Python type of every field (architecture decision 3)."""

    def change(member: Leaf, record: RecordIR) -> Leaf:
        if isinstance(member, NodeIR):
            return member
        kind, python = _kind(member.spec)
        spec = member.spec
        if spec.pattern and spec.pattern == _DEFAULT_NOTATION.get(spec.type):
            spec = attrs.evolve(spec, pattern=None)
        return attrs.evolve(member, spec=spec, kind=kind, python=python)

    return _everywhere(module, change)


def bind_codes(module: InterfaceModule, source: Source) -> InterfaceModule:
    """Coded text fields know their class; only requests are checked against it."""

    def change(member: Leaf, record: RecordIR) -> Leaf:
        if isinstance(member, NodeIR) or member.kind not in ("Text", "Integer", "DateText"):
            return member
        if member.spec.enum and record.direction == "input" and member.kind == "Text":
            return attrs.evolve(member, kind="Coded")
        key = member.spec.code_table
        if key is None:
            return member
        table = source.catalog.code_tables[key]
        kind = "Coded" if record.direction == "input" and member.kind == "Text" else member.kind
        return attrs.evolve(
            member, kind=kind, code_class=table.class_name, code_module=module_name(table.class_name),
            code_package=source.codes_package(key),
        )  # fmt: skip

    return _everywhere(module, change)


def mark_proof(module: InterfaceModule, source: Source) -> InterfaceModule:
    """Fields that prove the success of a call, and the nodes above them, must be there in a reply."""
    proofs = [p for p in module.spec.behaviour.proof if p.startswith("output.")]

    def change(member: Leaf, record: RecordIR) -> Leaf:
        if record.direction == "input":
            return member
        if isinstance(member, NodeIR):
            return attrs.evolve(member, proof=any(p.startswith(f"{member.path}.") for p in proofs))
        return attrs.evolve(member, proof=f"{record.path}.{member.spec.code}" in proofs)

    return _everywhere(module, change)
