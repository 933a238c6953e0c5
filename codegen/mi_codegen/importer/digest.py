"""A digest of the source tables, so that fidelity can be tested in a clone that does not have them.

``python -m mi_codegen.importer.digest TABLES_DIR [OUTPUT]`` writes it. Per table: a hash over its place and, row by
row, code, label, type, length, digits, scale and requirement; beside it the codes of its coded fields. A table that is
nested stands in its field's place, so the type of such a field is ``table`` whatever the source wrote there.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from mi_codegen.importer.layout import dumps
from mi_codegen.importer.source import SourceCodeTable, SourceField, SourceInterface, SourceTable, read_tables

__all__ = ["code_rows", "digest_tables", "interface_row", "table_rows"]


def _hash(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _row(field: SourceField, nested: bool) -> list[Any]:
    kind = "table" if nested else field.type
    return [field.code, field.label, kind, field.max_length, field.digits, field.scale, field.required]


def table_rows(table: SourceTable, siblings: tuple[SourceTable, ...]) -> list[list[Any]]:
    """The facts of a table: its place, then its rows."""
    if table.part == "files" and table.file_direction and not any(t is table for t in siblings):
        return [
            ["file", table.file_direction],
            *([f.column or n, *_row(f, False)] for n, f in enumerate(table.fields, 1)),
        ]
    nodes = {t.node for t in siblings if t is not table}
    return [[table.node], *(_row(f, f.code in nodes) for f in table.fields)]


def interface_row(source: SourceInterface) -> list[Any]:
    """The facts of an interface beside its tables."""
    return [
        source.code, source.listed_name or source.title, source.title, source.mode, source.sender, source.receiver,
        source.listed, source.business, source.withdrawn,
    ]  # fmt: skip


def code_rows(table: SourceCodeTable) -> list[Any]:
    """The facts of a code table."""
    return [table.code, table.label, *([k, v] for k, v in table.values.items())]


def digest_tables(folder: Path) -> dict[str, Any]:
    """The digest of a folder of source tables."""
    source = read_tables(folder)
    tables: dict[str, Any] = {}
    for interface in source.interfaces:
        for side in (interface.input, interface.output, interface.files):
            for table in side:
                entry: dict[str, Any] = {
                    "sha256": _hash(table_rows(table, side if side is not interface.files else ()))
                }
                coded = [f.code for f in table.fields if f.coded]
                if coded:
                    entry["coded"] = coded
                tables[f"{interface.code} {table.name}"] = entry
    heads = {key: [_row(f, False) for f in rows] for key, rows in source.envelope.items()}
    return {
        "interfaces": {i.code: _hash(interface_row(i)) for i in source.interfaces},
        "tables": tables,
        "code_tables": {t.key: _hash(code_rows(t)) for t in source.code_tables},
        "envelope": {key: _hash(rows) for key, rows in heads.items()},
    }


def main(argv: list[str]) -> int:
    """``TABLES_DIR [OUTPUT]``; without ``OUTPUT`` the digest goes to standard output."""
    if len(argv) not in (1, 2):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    text = dumps(digest_tables(Path(argv[0])))
    if len(argv) == 2:
        Path(argv[1]).write_text(text, encoding="utf-8", newline="\n")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
