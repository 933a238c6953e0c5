"""Importing a folder of source tables into a catalogue folder: what changes, and what a person must decide."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs

from mi_codegen.importer.codes import code_table_json, envelope_json, file_stem
from mi_codegen.importer.curation import merge, merge_head
from mi_codegen.importer.document import category_folder, transcribe
from mi_codegen.importer.fields import own_code_table
from mi_codegen.importer.layout import dumps, write_if_changed
from mi_codegen.importer.source import SourceInterface, SourceTables
from mi_core.catalog.files import document_files

__all__ = ["Report", "import_catalog"]


@attrs.define
class Report:
    """What an import did or, with ``dry_run``, would do. ``curate`` lists decisions that no table contains."""

    added: list[str] = attrs.field(factory=list)
    changed: list[str] = attrs.field(factory=list)
    unchanged: int = 0
    missing: list[str] = attrs.field(factory=list)
    """Documents of the catalogue that the source no longer has; they are never deleted by an import."""
    dropped: list[str] = attrs.field(factory=list)
    """Decisions whose field or node is gone."""
    curate: list[str] = attrs.field(factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return attrs.asdict(self)


def _read(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value


def _to_curate(source: SourceInterface, tables: set[str]) -> list[str]:
    """What a new interface still needs from a person."""
    code = source.code
    lines = [f"{code} {source.title}: slug, className, description, effect and relations"]
    if category_folder(source.category) is None:
        lines.append(f"{code}: the source gives no category")
    for table in source.tables:
        where = f"{code} {table.name}"
        if table.node == "?":
            lines.append(f"{where}: the source does not name the node ({table.caption})")
        elif table.node is not None and not table.node.isidentifier():
            lines.append(f"{where}: {table.node!r} is no key")
        seen: set[str | None] = set()
        for field in table.fields:
            if field.code is not None and field.code in seen:
                lines.append(f"{where}.{field.code}: stands there twice")
            seen.add(field.code)
            if field.coded and own_code_table(field.code or "", tables) is None:
                lines.append(f"{where}.{field.code}: coded without a table of its own")
            if field.type == "" and not any(t.node == field.code for t in source.tables):
                lines.append(f"{where}.{field.code}: no type")
    return lines


def import_catalog(tables: SourceTables, root: Path, document: str, *, dry_run: bool = False) -> Report:
    """Bring the catalogue folder ``root`` up to date with ``tables``; ``document`` names the source (``HN-1.1.27``)."""
    report = Report()

    def put(path: Path, value: dict[str, Any], name: str) -> None:
        old = _read(path)
        if old is not None and dumps(old) == dumps(value):
            report.unchanged += 1
            return
        (report.changed if old is not None else report.added).append(name)
        if not dry_run:
            write_if_changed(path, value)

    keys = [t.key for t in tables.code_tables]
    existing = document_files(root)
    for source in tables.interfaces:
        fresh = transcribe(source, keys, document)
        path = existing.get(source.code)
        old = _read(path) if path else None
        if old is not None and path is not None:
            value, lost = merge(fresh, old)
            report.dropped.extend(f"{source.code} {line}" for line in lost)
        else:
            value = fresh
            path = (
                root
                / "interfaces"
                / fresh["x-mi"]["category"]
                / f"{source.code}_{fresh['x-mi']['slug']}.json"
            )
            report.curate.extend(_to_curate(source, set(keys)))
        put(path, value, source.code)
    report.missing.extend(sorted(existing.keys() - {s.code for s in tables.interfaces}))
    for table in tables.code_tables:
        path = root / "code_tables" / f"{file_stem(table.key)}.json"
        old = _read(path)
        put(
            path,
            code_table_json(table, old["x-mi"]["className"] if old else None),
            f"code_tables/{table.key}",
        )
    if tables.envelope:
        path = root / "envelope.json"
        fresh = envelope_json(tables.envelope, keys)
        old = _read(path)
        if old is not None:
            fresh, lost = merge_head(fresh, old)
            report.dropped.extend(f"envelope {line}" for line in lost)
        put(path, fresh, "envelope")
    return report
