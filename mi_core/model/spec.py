"""What a catalogue document says, as frozen values: fields, nodes, conditions, interfaces.

These are read by the tools (catalogue commands, generator, sandbox). Generated modules carry their own, smaller
:class:`mi_core.model.Interface`, so that a program that only calls does not read JSON documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import attrs

from mi_core.model.behaviour import Behaviour, Identity, OutcomeQuery

__all__ = [
    "Behaviour",
    "CodeTable",
    "Condition",
    "EntryColumns",
    "FieldSpec",
    "FieldType",
    "FileColumn",
    "FileLayout",
    "Identity",
    "InterfaceSpec",
    "NodeSpec",
    "OutcomeQuery",
    "Sensitivity",
]

FieldType = Literal[
    "string", "number", "integer", "date", "datetime", "boolean",
    "text", "base64", "bytes", "object", "map", "list", "strings",
]  # fmt: skip
"""``list`` = an open list without a table, ``strings`` = a list of strings, ``object``/``map`` = open objects."""

Sensitivity = Literal[
    "none", "person-name", "id-number", "phone", "address", "card", "credential", "health", "money"
]


@attrs.frozen
class FieldSpec:
    """One field: wire name, Chinese label and limits, all from the specification's table (after errata)."""

    code: str
    label: str
    type: FieldType = "string"
    required: bool = False
    max_length: int | None = None
    """Characters (a region may say bytes)."""
    digits: int | None = None
    """All digits, decimals included."""
    scale: int | None = None
    code_table: str | None = None
    """Key of the code table the value comes from."""
    open: bool = False
    """Coded, but the specification has no table: any value passes."""
    enum: tuple[str, ...] = ()
    enum_titles: tuple[str, ...] = ()
    pattern: str | None = None
    """Date notation when it is not the default, e.g. ``yyyyMM``."""
    empty: str | int | None = None
    """How ``None`` is sent when not by the default rule."""
    sensitivity: Sensitivity = "none"
    money: bool = False
    """An amount without stated digits: read and sent as a decimal all the same."""
    inferred: bool = False


@attrs.frozen
class Condition:
    """``if``/``then`` (JSON Schema) of the object it stands at; ``anyOf`` lists become ``any_of`` of the node."""

    when: Mapping[str, Any]
    then: Mapping[str, Any]


@attrs.frozen
class NodeSpec:
    """An object of the message: ``repeated`` means a list of such rows. ``members`` keep specification order."""

    code: str
    label: str
    repeated: bool = False
    required: bool = False
    members: tuple[FieldSpec | NodeSpec, ...] = ()
    conditions: tuple[Condition, ...] = ()
    any_of: tuple[tuple[str, ...], ...] = ()
    """At least one of these groups of fields must be present."""
    inferred: bool = False
    max_items: int | None = None
    """How many rows a repeated node may have at most."""
    open: bool = False
    """A map: further keys than its members may come."""

    @property
    def fields(self) -> tuple[FieldSpec, ...]:
        """The scalar members."""
        return tuple(m for m in self.members if isinstance(m, FieldSpec))

    @property
    def nodes(self) -> tuple[NodeSpec, ...]:
        """The nested objects and lists."""
        return tuple(m for m in self.members if isinstance(m, NodeSpec))

    def member(self, code: str) -> FieldSpec | NodeSpec | None:
        """The member of that wire name."""
        return next((m for m in self.members if m.code == code), None)

    def walk(self, path: str = "") -> Iterator[tuple[str, FieldSpec | NodeSpec]]:
        """Every member below this node with its dotted path (``setlinfo.setl_id``), parents first."""
        for m in self.members:
            here = f"{path}.{m.code}" if path else m.code
            yield here, m
            if isinstance(m, NodeSpec):
                yield from m.walk(here)


@attrs.frozen
class FileColumn:
    """One column of a file layout (TAB-separated text in a ZIP)."""

    column: int
    label: str
    code: str | None = None
    type: str | None = None
    max_length: int | None = None
    digits: int | None = None
    scale: int | None = None
    required: bool = False


@attrs.frozen
class FileLayout:
    """A file that travels beside the message; ``direction`` is ``input`` (9101) or ``output`` (9102)."""

    direction: Literal["input", "output"]
    caption: str
    columns: tuple[FileColumn, ...]


@attrs.frozen(kw_only=True)
class EntryColumns:
    """Where an entry of one of the bureau's catalogues (13xx) says what: titles of the file's columns, or codes of a row's
    fields. Of several the first that is not empty counts."""

    kind: str
    """What is listed: ``drug service material disease operation …``; several interfaces may list the same."""
    code: str
    names: tuple[str, ...] = ()
    spec: tuple[str, ...] = ()
    maker: str | None = None
    approval: str | None = None
    pinyin: str | None = None
    wubi: str | None = None
    record: str
    """The bureau's number of the record; a later one of the same number takes its place."""
    valid: str
    version: str | None = None
    """Versioned files: the largest one here goes into the next request."""
    updated: str | None = None
    """Queried pages: when the record last changed."""

    def columns(self) -> tuple[str, ...]:
        """All that are named."""
        single = (
            self.code,
            self.maker,
            self.approval,
            self.pinyin,
            self.wubi,
            self.record,
            self.valid,
            self.version,
        )
        return tuple(c for c in (*self.names, *self.spec, *single, self.updated) if c)


@attrs.frozen
class InterfaceSpec:
    """One interface of the catalogue with everything its document says."""

    code: str
    title: str
    description: str
    slug: str
    class_name: str
    category: str
    group: str
    listed: bool
    business: bool
    withdrawn: bool
    input: NodeSpec
    output: NodeSpec
    behaviour: Behaviour
    files: tuple[FileLayout, ...] = ()
    sender: str = ""
    receiver: str = ""
    mode: str = ""
    chapter_title: str = ""
    source_document: str = ""
    source_chapter: str = ""
    output_kind: Literal["object", "array", "object-or-array", "scalar"] = "object"
    document_path: str = ""
    """Relative to the catalogue's folder."""
    entries: EntryColumns | None = None
    """The reply lists entries of a catalogue."""


@attrs.frozen
class CodeTable:
    """A code table: ``codes`` maps the wire value to its Chinese label."""

    key: str
    code: str
    title: str
    class_name: str
    codes: Mapping[str, str]
    document_path: str = ""
    same_as: str | None = None
    """Key of another table with the same codes, which fields are bound to instead."""
