"""``catalog.lock``: what the catalogue was when it was released: a digest per document and the overlays applied.

Digests are taken over the parsed content in document order, so that line endings and layout do not matter but every
value and every change of order does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mi_core.catalog.files import code_table_files, digest, document_files, read_json
from mi_core.catalog.problems import CatalogProblem

__all__ = ["LOCK", "build_lock", "lock_problems", "read_lock", "write_lock"]

LOCK = "catalog.lock"


def _members(root: Path) -> dict[str, Path]:
    paths = [*document_files(root).values(), *code_table_files(root)]
    paths += [root / name for name in ("envelope.json", "names.json") if (root / name).exists()]
    return {p.relative_to(root).as_posix(): p for p in paths}


def build_lock(
    root: Path, version: str, overlays: Iterable[str], effective: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The lock for the files as they are. ``effective``: interface code -> digest after the overlays."""
    applied = []
    for name in overlays:
        raw = read_json(root / "overlays" / f"{name}.json", root)
        applied.append({"name": name, "entries": len(raw["entries"]), "sha256": digest(raw)})
    return {
        "version": version,
        "overlays": applied,
        "documents": {name: digest(read_json(path, root)) for name, path in sorted(_members(root).items())},
        "effective": dict(effective or {}),
    }


def read_lock(root: Path) -> dict[str, Any]:
    """The lock as it stands; raises :class:`~mi_core.catalog.problems.CatalogError` when it cannot be read."""
    raw: dict[str, Any] = read_json(root / LOCK, root)
    return raw


def lock_problems(root: Path, effective: Mapping[str, str] | None = None) -> list[CatalogProblem]:
    """Every difference between the lock and the files: changed, missing, not locked, other overlays."""
    lock = read_lock(root)
    names = [str(o.get("name")) for o in lock.get("overlays", [])]
    now = build_lock(
        root, str(lock.get("version", "")), [n for n in names if (root / "overlays" / f"{n}.json").exists()]
    )
    out: list[CatalogProblem] = []

    def differ(kind: str, name: str, before: str | None, after: str | None) -> None:
        pointer = f"/{kind}/{name}"
        if before is None:
            out.append(CatalogProblem(LOCK, pointer, f"{name} 未登记", f"{name} is not in the lock"))
        elif after is None:
            out.append(
                CatalogProblem(
                    LOCK, pointer, f"{name} 已登记但不存在", f"{name} is in the lock and does not exist"
                )
            )
        elif before != after:
            out.append(
                CatalogProblem(
                    LOCK, pointer, f"{name} 与登记的摘要不符", f"{name} differs from its locked digest"
                )
            )

    locked: dict[str, str] = lock.get("documents", {})
    current: dict[str, str] = now["documents"]
    for name in sorted(locked.keys() | current.keys()):
        differ("documents", name, locked.get(name), current.get(name))
    before = {str(o["name"]): str(o["sha256"]) for o in lock.get("overlays", [])}
    after = {str(o["name"]): str(o["sha256"]) for o in now["overlays"]}
    for name in sorted(before.keys() | after.keys()):
        differ("overlays", name, before.get(name), after.get(name))
    if effective is not None:
        kept: dict[str, str] = lock.get("effective", {})
        for name in sorted(kept.keys() | effective.keys()):
            differ("effective", name, kept.get(name), effective.get(name))
    return out


def write_lock(root: Path, version: str, overlays: Iterable[str], effective: Mapping[str, str]) -> None:
    """Write the lock for the files as they are now: what a release does after the catalogue changed."""
    text = json.dumps(build_lock(root, version, overlays, effective), ensure_ascii=False, indent=1)
    (root / LOCK).write_text(text + "\n", encoding="utf-8", newline="\n")
