"""The source tables: what a province publishes, read as plain values and refused when they say something unknown.

A folder of source tables holds ``interfaces.json`` (a list of interfaces with field tables), ``dictionaries.json`` (code
tables by key) and ``envelope.json`` (request head, response head, gateway headers). Everything that cannot be
understood is a problem that names file and place; nothing is guessed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from mi_codegen.importer.shape import shape_problems

__all__ = [
    "PARTS",
    "SourceCodeTable",
    "SourceError",
    "SourceField",
    "SourceInterface",
    "SourceTable",
    "SourceTables",
    "read_tables",
]

PARTS = ("input", "output")
"""The two halves of a message."""

_TYPES = frozenset(
    (
        "string",
        "number",
        "integer",
        "date",
        "datetime",
        "boolean",
        "text",
        "base64",
        "bytes",
        "object",
        "list",
        "map",
    )
) | {"string[]", ""}


class SourceError(Exception):
    """The source tables cannot be read; ``problems`` lists every place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@attrs.frozen
class SourceField:
    """One row of a field table, or one column of a file layout (then ``column`` is its number, from 1)."""

    code: str | None
    label: str
    type: str | None = None
    max_length: int | None = None
    digits: int | None = None
    scale: int | None = None
    required: bool = False
    coded: bool = False
    column: int | None = None


@attrs.frozen
class SourceTable:
    """One field table. ``node`` is its key inside its part, ``None`` = directly in it, ``"?"`` = not said."""

    part: str
    """``input``, ``output``, or ``files`` for a file layout."""
    index: int
    """Position in the source list, from 0."""
    node: str | None
    caption: str
    fields: tuple[SourceField, ...]
    repeated: bool = False
    file_direction: str | None = None
    """``input`` or ``output`` for a file layout."""

    @property
    def name(self) -> str:
        """How documents refer to this table, e.g. ``input.0``."""
        return f"{self.part}.{self.index}"


@attrs.frozen
class SourceInterface:
    """One interface with its tables. ``listed_name`` is its name in the specification's list, ``title`` its chapter's."""

    code: str
    listed_name: str
    title: str
    category: str
    group: str
    mode: str
    sender: str
    receiver: str
    listed: bool
    business: bool
    withdrawn: bool
    input: tuple[SourceTable, ...]
    output: tuple[SourceTable, ...]
    files: tuple[SourceTable, ...]

    @property
    def tables(self) -> tuple[SourceTable, ...]:
        """All field tables and file layouts, in source order."""
        return self.input + self.output + self.files


@attrs.frozen
class SourceCodeTable:
    """One code table: ``key`` is unique, ``code`` may not be (``clr_type#2`` is a second table ``clr_type``)."""

    key: str
    code: str
    label: str
    values: Mapping[str, str]


@attrs.frozen
class SourceTables:
    """Everything a folder of source tables holds."""

    interfaces: tuple[SourceInterface, ...]
    code_tables: tuple[SourceCodeTable, ...]
    envelope: Mapping[str, tuple[SourceField, ...]]


class _Reader:
    """Collects problems while values are read."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def keys(self, where: str, value: Mapping[str, Any], allowed: set[str]) -> None:
        for key in value.keys() - allowed:
            self.problems.append(f"{where}: unknown key {key!r}")

    def field(self, where: str, value: Mapping[str, Any]) -> SourceField:
        here = f"{where} field {value.get('code') or value.get('column')}"
        self.keys(
            here,
            value,
            {"code", "label", "type", "max_length", "digits", "scale", "required", "coded", "note", "column"},
        )
        kind = value.get("type")
        if kind is not None and kind not in _TYPES:
            self.problems.append(f"{here}: unknown type {kind!r}")
        for key in ("max_length", "digits", "scale"):
            number = value.get(key)
            if number is not None and (not isinstance(number, int) or isinstance(number, bool) or number < 0):
                self.problems.append(f"{here}: {key} is not a count: {number!r}")
        return SourceField(
            code=value.get("code"),
            label=str(value.get("label", "")),
            type=kind,
            max_length=value.get("max_length"),
            digits=value.get("digits"),
            scale=value.get("scale"),
            required=bool(value.get("required", False)),
            coded=bool(value.get("coded", False)),
            column=value.get("column"),
        )

    def table(self, where: str, part: str, index: int, value: Mapping[str, Any]) -> SourceTable:
        here = f"{where} {part}.{index}"
        self.keys(here, value, {"caption", "node", "fields", "repeated", "direction"})
        direction = value.get("direction")
        if direction is not None and direction not in ("file_in", "file_out", "input", "output"):
            self.problems.append(f"{here}: unknown direction {direction!r}")
        return SourceTable(
            part=part,
            index=index,
            node=value.get("node"),
            caption=str(value.get("caption", "")),
            fields=tuple(self.field(here, f) for f in value.get("fields", ())),
            repeated=bool(value.get("repeated", False)),
            file_direction=None
            if direction is None
            else str(direction).replace("file_in", "input").replace("file_out", "output"),
        )

    def interface(self, where: str, value: Mapping[str, Any]) -> SourceInterface:
        here = f"{where} interface {value.get('code')}"
        self.keys(
            here,
            value,
            {
                "code",
                "name",
                "title",
                "category",
                "group",
                "mode",
                "parties",
                "notes",
                "listed",
                "business",
                "withdrawn",
            }
            | {"input", "output", "files"},
        )
        parties = [str(p).partition("：")[2] or str(p) for p in value.get("parties", ())] + ["", ""]
        files = [self.table(here, "files", i, t) for i, t in enumerate(value.get("files") or ())]
        # A layout whose direction is input/output (not file_in/file_out) describes the message itself (5204's reply).
        whole = [
            t for t, raw in zip(files, value.get("files") or (), strict=True) if raw.get("direction") in PARTS
        ]
        sides: dict[str, tuple[SourceTable, ...]] = {}
        for part in PARTS:
            own = [self.table(here, part, i, t) for i, t in enumerate(value.get(part) or ())]
            sides[part] = tuple(own + [t for t in whole if t.file_direction == part])
        return SourceInterface(
            code=str(value["code"]),
            listed_name=str(value.get("name") or ""),
            title=str(value.get("title") or value.get("name") or ""),
            category=str(value.get("category", "")),
            group=str(value.get("group", "")),
            mode=str(value.get("mode", "")),
            sender=parties[0],
            receiver=parties[1],
            listed=bool(value.get("listed", True)),
            business=bool(value.get("business", True)),
            withdrawn=bool(value.get("withdrawn", False)),
            input=sides["input"],
            output=sides["output"],
            files=tuple(t for t in files if t not in whole),
        )


def _load(path: Path, problems: list[str]) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        problems.append(f"{path.name}: {error}")
        return None


def read_tables(folder: Path) -> SourceTables:
    """Read a folder of source tables; ``interfaces.json`` is needed, the other two may be missing.

    Raises :class:`SourceError` with every problem found.
    """
    reader = _Reader()
    raw = _load(folder / "interfaces.json", reader.problems)
    codes = _load(folder / "dictionaries.json", reader.problems) or {}
    heads = _load(folder / "envelope.json", reader.problems) or {}
    if not isinstance(raw, list):
        raise SourceError([*reader.problems, f"{folder}: no interfaces.json with a list of interfaces"])
    for file, value in (("interfaces.json", raw), ("dictionaries.json", codes), ("envelope.json", heads)):
        reader.problems += shape_problems(file, value)
    if reader.problems:
        raise SourceError(reader.problems)
    interfaces = tuple(reader.interface("interfaces.json", item) for item in raw)
    seen: set[str] = set()
    for interface in interfaces:
        if interface.code in seen:
            reader.problems.append(f"interfaces.json: interface {interface.code} stands there twice")
        seen.add(interface.code)
    tables = tuple(
        SourceCodeTable(
            key, str(t["code"]), str(t["label"]), {str(k): str(v) for k, v in t["values"].items()}
        )
        for key, t in codes.items()
    )
    envelope = {
        key: tuple(reader.field(f"envelope.json {key}", f) for f in rows) for key, rows in heads.items()
    }
    if reader.problems:
        raise SourceError(reader.problems)
    return SourceTables(interfaces, tables, envelope)
