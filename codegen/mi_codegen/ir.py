"""The intermediate representation: what is to be written, frozen, with every decision already taken by a pass."""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

from mi_core.model.spec import Condition, FieldSpec, InterfaceSpec, NodeSpec

__all__ = [
    "CodeMember",
    "CodeModule",
    "Direction",
    "FieldIR",
    "InlineIR",
    "InterfaceModule",
    "MemberIR",
    "NodeIR",
    "Output",
    "RecordIR",
    "RootIR",
]

Direction = Literal["input", "output"]


@attrs.frozen
class FieldIR:
    """One scalar (or open) attribute."""

    spec: FieldSpec
    name: str = ""
    """Attribute name in Python."""
    kind: str = ""
    """Name of the runtime class in ``mi_core.model.fields``."""
    python: str = ""
    """The value's type as written in an annotation."""
    code_class: str | None = None
    code_module: str | None = None
    code_package: str = "mi_core.codes"
    proof: bool = False


@attrs.frozen
class NodeIR:
    """An attribute that is a row or a list of rows."""

    spec: NodeSpec
    path: str
    name: str = ""
    row: str = ""
    """Class name of the rows."""
    many: bool = False
    required: bool = False
    proof: bool = False
    """Holds a proof field, so a reply without it is no success."""


@attrs.frozen
class InlineIR:
    """The flat node: its members are the request's own attributes."""

    spec: NodeSpec
    members: tuple[FieldIR | NodeIR, ...]


@attrs.frozen
class RootIR:
    """``output`` itself: a list of rows, or a scalar."""

    name: str
    member: FieldIR | NodeIR


MemberIR: TypeAlias = FieldIR | NodeIR | InlineIR | RootIR


@attrs.frozen
class RecordIR:
    """A class to be written: a row, a request or a response."""

    class_name: str
    title: str
    path: str
    direction: Direction
    members: tuple[MemberIR, ...] = ()
    conditions: tuple[Condition, ...] = ()
    any_of: tuple[tuple[str, ...], ...] = ()


@attrs.frozen
class InterfaceModule:
    """One module of ``mi_core.interfaces`` or of a region's package."""

    spec: InterfaceSpec
    digest: str
    module: str
    rows: tuple[RecordIR, ...] = ()
    """Children before parents."""
    request: RecordIR | None = None
    response: RecordIR | None = None
    region: str = ""
    """The region whose document this is; empty for the base."""
    package: str = "mi_core.interfaces"


@attrs.frozen
class CodeMember:
    """One code: identifier, value and the label where it differs from the identifier."""

    name: str
    value: str
    label: str


@attrs.frozen
class CodeModule:
    """One module of ``mi_core.codes``."""

    key: str
    title: str
    module: str
    class_name: str
    document: str
    digest: str
    members: tuple[CodeMember, ...] = ()
    package: str = "mi_core.codes"


@attrs.frozen
class Output:
    """A file to be written, relative to the output folder."""

    path: str
    text: str
