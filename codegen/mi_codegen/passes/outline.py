"""First pass: an interface's nodes become classes, children before parents, the flat node becomes the request's own."""

from __future__ import annotations

from collections.abc import Mapping

from mi_codegen.ir import Direction, FieldIR, InlineIR, InterfaceModule, MemberIR, NodeIR, RecordIR, RootIR
from mi_codegen.load import Source
from mi_core.model.spec import FieldSpec, InterfaceSpec, NodeSpec

__all__ = ["outline"]


def outline(spec: InterfaceSpec, source: Source) -> InterfaceModule:
    """The classes of one interface, members still without names and types."""
    names = source.catalog.names.nodes.get(spec.code, {})
    rows: list[RecordIR] = []
    flat = spec.behaviour.flat
    members: list[MemberIR] = []
    for member in spec.input.members:
        if isinstance(member, NodeSpec) and member.code == flat:
            members.append(InlineIR(member, _members(member, f"input.{flat}", "input", names, rows)))
        else:
            members += _members_of((member,), "input", "input", names, rows)
    flat_node = spec.input.member(flat) if flat else None
    # the conditions of the flat node are checked with the request, which has its fields
    request = RecordIR(
        f"{spec.class_name}Request", spec.title, "input", "input", tuple(members),
        spec.input.conditions + (flat_node.conditions if isinstance(flat_node, NodeSpec) else ()),
        spec.input.any_of + (flat_node.any_of if isinstance(flat_node, NodeSpec) else ()),
    )  # fmt: skip
    response = RecordIR(
        f"{spec.class_name}Response", spec.title, "output", "output", _output(spec, names, rows)
    )
    return InterfaceModule(
        spec,
        source.interface_digests[spec.code],
        f"i{spec.code.lower()}_{spec.slug}",
        tuple(rows),
        request,
        response,
        source.region,
        source.interfaces_package,
    )


def _output(spec: InterfaceSpec, names: Mapping[str, str], rows: list[RecordIR]) -> tuple[MemberIR, ...]:
    if spec.output_kind == "scalar":
        return (RootIR("value", FieldIR(FieldSpec("", spec.output.label or spec.title))),)
    if spec.output_kind in ("array", "object-or-array"):
        members = _members(spec.output, "output", "output", names, rows)
        rows.append(RecordIR(names["output"], spec.output.label or spec.title, "output", "output", members))
        node = NodeIR(spec.output, "output", row=names["output"], many=True)
        return (RootIR("rows", node),)
    return tuple(_members_of(spec.output.members, "output", "output", names, rows))


def _members(
    node: NodeSpec, path: str, direction: Direction, names: Mapping[str, str], rows: list[RecordIR]
) -> tuple[FieldIR | NodeIR, ...]:
    return tuple(_members_of(node.members, path, direction, names, rows))


def _members_of(
    members: tuple[FieldSpec | NodeSpec, ...],
    path: str,
    direction: Direction,
    names: Mapping[str, str],
    rows: list[RecordIR],
) -> list[FieldIR | NodeIR]:
    out: list[FieldIR | NodeIR] = []
    for member in members:
        if isinstance(member, FieldSpec):
            out.append(FieldIR(member))
            continue
        here = f"{path}.{member.code}"
        inner = _members(member, here, direction, names, rows)
        rows.append(
            RecordIR(names[here], member.label, here, direction, inner, member.conditions, member.any_of)
        )
        out.append(NodeIR(member, here, row=names[here], many=member.repeated, required=member.required))
    return out
