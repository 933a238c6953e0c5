"""What a generated class says of its members, in the words of the digest of the tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mi_core.model import Interface
from mi_core.model.fields import Inline, Node, Root
from mi_core.model.spec import FieldSpec, NodeSpec

KINDS = {
    "Text": "string", "Coded": "string", "DateText": "string", "Number": "number", "Integer": "number", "Digits": "number",
    "Day": "date", "Moment": "datetime", "Flag": "boolean",
}  # fmt: skip
"""Field kind of a class -> type of a table."""


def nodes_of(record: Any, path: str) -> Iterator[tuple[str, list[Any]]]:
    """Every node of a request or reply class: its path and its members as the runtime knows them."""
    members: list[Any] = []
    for member in record.__members__:
        if isinstance(member, Inline):
            members.append(member)
            yield f"{path}.{member.wire}", list(member.members)
            yield from _below(member.members, f"{path}.{member.wire}")
        elif isinstance(member, Root):
            rows = member.field
            assert isinstance(rows, Node)
            yield from nodes_of(rows.row, path)
            return
        else:
            members.append(member)
    yield path, members
    yield from _below(members, path)


def _below(members: Any, path: str) -> Iterator[tuple[str, list[Any]]]:
    for member in members:
        if isinstance(member, Node):
            yield from nodes_of(member.row, f"{path}.{member.wire}")


def classes(interface: Interface[Any]) -> dict[str, list[Any]]:
    """Path of each node of both classes -> its members."""
    return dict([*nodes_of(interface.request, "input"), *nodes_of(interface.response, "output")])


def said_by_class(path: str, members: list[Any], spec: NodeSpec) -> Iterator[tuple[Any, ...]]:
    """Every fact that the class admits; ``spec`` is the same node of the region's document.

    Requirement is the class's in a request and the document's in a reply, whose classes require nothing but proofs.
    """
    request = path.startswith("input")
    for member in members:
        if isinstance(member, (Node, Inline)):
            yield (member.wire, "node")
            yield (member.wire, "rows", isinstance(member, Node) and member.many)
            yield (member.wire, False)  # a model that names a node without its fields requires nothing
            continue
        field = spec.member(member.wire)
        assert isinstance(field, FieldSpec), f"{path}.{member.wire}: the class has it, the document does not"
        yield (member.wire, member.required if request else field.required)
        kind = KINDS.get(type(member).__name__)
        for length in (None, *_sizes(field)):
            yield (member.wire, kind, length)
            if kind == "datetime":
                yield (member.wire, "date", length)  # a day fits a moment; the reverse would cut the time off


def _sizes(field: FieldSpec) -> list[str]:
    if field.max_length is not None:
        return [str(field.max_length)]
    if field.digits is None:
        return []
    return [f"{field.digits},{field.scale}", str(field.digits)]
