"""``region.lock``: which overlays were applied to which catalogue, and what came out of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mi_core.catalog.catalog import Catalog
from mi_core.catalog.files import digest, read_json
from mi_core.catalog.layers import layer_files
from mi_core.catalog.problems import CatalogError, CatalogProblem
from mi_core.catalog.regions import region_catalog

__all__ = ["REGION_LOCK", "build_region_lock", "region_lock_problems", "write_region_lock"]

REGION_LOCK = "region.lock"


def build_region_lock(folder: Path, root: Path | None = None) -> dict[str, Any]:
    """The lock for the region's files as they are; raises :class:`CatalogError` when an overlay does not fit."""
    catalog = region_catalog(folder, root)
    overlays = []
    for path in layer_files(folder):
        raw = read_json(path, folder)
        overlays.append({"name": raw["name"], "entries": len(raw["entries"]), "sha256": digest(raw)})
    names = folder / "names.json"
    return {
        "catalogue": catalog.version,
        "overlays": overlays,
        "names": digest(read_json(names, folder)) if names.exists() else "",
        "region": digest(read_json(folder / "region.json", folder)),
        "effective": _effective(catalog),
    }


def _effective(catalog: Catalog) -> dict[str, str]:
    """Digest of every document that the region changes or adds."""
    below = Catalog(catalog.root, catalog.overlay_names)
    out = {code: catalog.digest(code) for code in catalog.changed()}
    for name in sorted(n for n in catalog.touched() if n.startswith("code_tables/")):
        out[name] = digest(catalog.code_table_document(name.removeprefix("code_tables/")))
    head = digest(catalog.envelope_document)
    return out if digest(below.envelope_document) == head else {**out, "envelope": head}


def region_lock_problems(folder: Path, root: Path | None = None) -> list[CatalogProblem]:
    """Every difference between the lock and what the files give now; the lock must exist."""
    file = f"{folder.name}/{REGION_LOCK}"
    if not (folder / REGION_LOCK).is_file():
        hint = f"mi catalog verify --write --region {folder}"
        return [CatalogProblem(file, "", f"没有此文件，请运行 {hint}", f"is missing: run {hint}")]
    try:
        lock: dict[str, Any] = read_json(folder / REGION_LOCK, folder)
        now = build_region_lock(folder, root)
    except CatalogError as error:
        return list(error.problems)
    out: list[CatalogProblem] = []

    def differ(pointer: str, name: str, before: Any, after: Any) -> None:
        if before == after:
            return
        if before is None:
            zh, en = f"{name} 未登记", f"{name} is not in the lock"
        elif after is None:
            zh, en = f"{name} 已登记但不存在", f"{name} is in the lock and does not exist"
        else:
            zh, en = f"{name} 与登记的摘要不符", f"{name} differs from its locked digest"
        out.append(CatalogProblem(file, pointer, zh, en))

    kept = {o["name"]: o["sha256"] for o in lock.get("overlays", ())}
    current = {o["name"]: o["sha256"] for o in now["overlays"]}
    for name in sorted(kept.keys() | current.keys()):
        differ(f"/overlays/{name}", name, kept.get(name), current.get(name))
    for name, key in (("names.json", "names"), ("region.json", "region")):
        differ(f"/{key}", name, lock.get(key), now[key])
    before, after = lock.get("effective", {}), now["effective"]
    for name in sorted(before.keys() | after.keys()):
        differ(f"/effective/{name}", name, before.get(name), after.get(name))
    return out


def write_region_lock(folder: Path, root: Path | None = None) -> None:
    """Write the lock for the files as they are now."""
    text = json.dumps(build_region_lock(folder, root), ensure_ascii=False, indent=1)
    (folder / REGION_LOCK).write_text(text + "\n", encoding="utf-8", newline="\n")
