"""A dialect's tables: ``{code: {"request": [...], "response": [...]}}``, an entry with ``fields`` being a node."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import attrs

from mi_codegen.importer.source import SourceError

__all__ = ["PARTS", "DialectField", "DialectNode", "Tables", "clean_label", "read_dialect"]

Part: TypeAlias = Literal["input", "output"]
PARTS: Final[Mapping[str, Part]] = {"request": "input", "response": "output"}
_ENVELOPE = frozenset({
    "infcode", "inf_refmsgid", "refmsg_time", "respond_time", "enctype", "signtype", "err_msg", "cainfo", "warn_msg",
    "warn_info",
})  # fmt: skip
"""Keys of the reply's head, with which a model of a reply may begin."""
_TYPES = ("string", "number", "date", "datetime", "boolean", "integer")


@attrs.frozen
class DialectField:
    """One field as the model has it; ``type`` and ``length`` only where it says so."""

    code: str
    label: str
    required: bool
    type: str | None = None
    length: str | None = None


@attrs.frozen
class DialectNode:
    """One node; a part of the message is the node with the empty code."""

    code: str
    label: str
    repeated: bool
    members: tuple[DialectField | DialectNode, ...]

    @property
    def fields(self) -> tuple[DialectField, ...]:
        """The members that are no nodes."""
        return tuple(m for m in self.members if isinstance(m, DialectField))

    @property
    def nodes(self) -> tuple[DialectNode, ...]:
        """The members with members of their own."""
        return tuple(m for m in self.members if isinstance(m, DialectNode))

    def walk(self, path: str) -> Iterator[tuple[str, DialectNode]]:
        """This node and those below it, with their paths."""
        yield path, self
        for node in self.nodes:
            yield from node.walk(f"{path}.{node.code}")


Tables: TypeAlias = dict[str, dict[Part, DialectNode | None]]
"""Interface -> part -> its table; ``None`` where the model has none, so that the base's stays."""


def clean_label(text: str) -> str:
    """The Chinese name in a label; a column mark such as ``1|med_list_codg|`` has none."""
    parts = [p.strip(" :：,，*") for p in re.split(r"[|（(。；;，,]", text)]
    named = [p for p in parts if re.search("[\u4e00-\u9fff]", p)]
    return named[0][:40] if named else ""


def read_dialect(path: Path, skip: Mapping[str, str] | None = None) -> Tables:
    """Read a dialect's tables (``skip``: what in them is no field); raises :class:`SourceError` with every problem."""
    problems: list[str] = []
    try:
        raw: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError([f"{path.name}: {error}"]) from error
    if not isinstance(raw, dict) or not raw:
        raise SourceError([f"{path.name}: interface code -> request and response expected"])
    left_out = frozenset(skip or ())
    out: Tables = {}
    for code, entry in raw.items():
        if not re.fullmatch(r"[0-9]{4,6}[A-Z]?", code) or not isinstance(entry, dict):
            problems.append(f"{path.name} {code}: no interface")
            continue
        out[code] = {}
        for name, part in PARTS.items():
            here = f"{code}.{name}"
            rows = [] if code in left_out or here in left_out else entry.get(name) or []
            out[code][part] = _part(rows, here, left_out, problems)
    if problems:
        raise SourceError(problems)
    return out


def _part(rows: Any, here: str, skip: frozenset[str], problems: list[str]) -> DialectNode | None:
    members = _members(rows, here, skip, problems)
    root = "input" if here.endswith("request") else "output"
    members = tuple(m for m in members if m.code not in _ENVELOPE or root == "input")
    repeated = False
    only = members[0] if len(members) == 1 else None
    if isinstance(only, DialectNode) and only.code == root:
        members, repeated = only.members, only.repeated
    elif isinstance(only, DialectField) and only.code == root:
        members = ()  # a reply that the model leaves open
    return DialectNode("", "", repeated, members) if members else None


def _members(
    rows: Any, here: str, skip: frozenset[str], problems: list[str]
) -> tuple[DialectField | DialectNode, ...]:
    if not isinstance(rows, list):
        problems.append(f"{here}: a list of fields expected")
        return ()
    out: dict[str, DialectField | DialectNode] = {}
    for row in rows:
        code = row.get("code") if isinstance(row, dict) else None
        if not isinstance(code, str) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", code):
            problems.append(f"{here}: {code!r} is no field")
            continue
        place = f"{here}.{code}"
        if place in skip:
            continue
        member = _member(row, place, skip, problems)
        out[code] = _richer(out.get(code), member)
    return tuple(out.values())


def _richer(
    old: DialectField | DialectNode | None, new: DialectField | DialectNode
) -> DialectField | DialectNode:
    """Of two entries of one code the first, required when either is."""
    if isinstance(old, DialectField) and isinstance(new, DialectField):
        return attrs.evolve(old, required=old.required or new.required)
    return new if old is None or isinstance(old, DialectField) else old


def _member(
    row: Mapping[str, Any], here: str, skip: Iterable[str], problems: list[str]
) -> DialectField | DialectNode:
    label = clean_label(str(row.get("label") or ""))
    if row.get("fields"):
        members = _members(row["fields"], here, frozenset(skip), problems)
        return DialectNode(row["code"], label, bool(row.get("repeated")), members)
    kind, length = row.get("type"), row.get("length")
    if kind not in (None, *_TYPES):
        problems.append(f"{here}: unknown type {kind!r}")
        kind = None
    if length is not None and not re.fullmatch(r"[0-9]+(,[0-9]+)?", str(length)):
        problems.append(f"{here}: {length!r} is no length")
        length = None
    return DialectField(
        row["code"], label, bool(row.get("required")), kind, None if length is None else str(length)
    )
