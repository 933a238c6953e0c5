"""A digest of a dialect's tables, so that the classes can be compared with them in a clone that does not have them.

``python -m mi_codegen.importer.dialect.digest NAME=TABLES.json … OUTPUT`` writes it. Per node one text of short hashes,
six characters for each thing the table says of a member: its code and requirement, its type and length where given, and
in requests whether a node repeats. What a region's ``import.skip`` names is left out.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mi_codegen.importer.dialect.tables import DialectNode, Tables, read_dialect
from mi_codegen.importer.layout import dumps
from mi_core.catalog.regions import read_region

__all__ = ["WIDTH", "chunk", "digest_dialect", "said"]

WIDTH = 6


def chunk(*facts: Any) -> str:
    """The short hash of one fact."""
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:WIDTH]


def said(part: str, node: DialectNode) -> Iterator[tuple[Any, ...]]:
    """The facts of one node's members: ``(code, required)``, ``(code, type, length)``, ``(code, "rows", repeated)``."""
    for field in node.fields:
        yield (field.code, field.required)
        if field.type is not None and part == "input":
            yield (field.code, field.type, field.length)
    for inner in node.nodes:
        yield (inner.code, "node")
        if part == "input":
            yield (inner.code, "rows", inner.repeated)


def digest_dialect(tables: Tables) -> dict[str, dict[str, str]]:
    """Interface -> path of a node -> its hashes, sorted so that the order of a table does not matter."""
    out: dict[str, dict[str, str]] = {}
    for code, parts in sorted(tables.items()):
        out[code] = {
            path: "".join(sorted(chunk(*fact) for fact in said(part, node)))
            for part, table in parts.items()
            if table is not None
            for path, node in table.walk(part)
        }
    return out


def main(argv: list[str]) -> int:
    """``NAME=TABLES.json … OUTPUT``."""
    if len(argv) < 2 or not all("=" in word for word in argv[:-1]):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    out = {}
    for word in argv[:-1]:
        name, _, path = word.partition("=")
        out[name] = digest_dialect(read_dialect(Path(path), read_region(name).decisions.get("skip")))
    Path(argv[-1]).write_text(dumps(out), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
