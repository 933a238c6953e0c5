"""A small catalogue to spoil: two interfaces, the code tables they use, the heads."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mi_core.catalog import Catalog, data_root
from mi_core.catalog.lock import write_lock

JSON = dict[str, Any]
D2207 = "interfaces/2_service/2207_outpatient_settlement.json"
D2208 = "interfaces/2_service/2208_outpatient_settlement_cancellation.json"


def build(target: Path) -> Path:
    """Write the small catalogue, sound and locked, to ``target``."""
    source = data_root()
    tables = ["opter_type", "infcode"]
    for name in (D2207, D2208, "envelope.json"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / name, target / name)
        tables += re.findall(r'"codeTable": "(\w+)"', (source / name).read_text(encoding="utf-8"))
    (target / "code_tables").mkdir()
    for table in {t for t in tables if (source / f"code_tables/{t}.json").exists()}:
        shutil.copy(source / f"code_tables/{table}.json", target / f"code_tables/{table}.json")
    keep = {"2207", "2208", "envelope", *(f"code_tables/{t}" for t in tables)}
    names = json.loads((source / "names.json").read_text(encoding="utf-8"))
    names["interfaces"] = {k: v for k, v in names["interfaces"].items() if k in keep}
    (target / "names.json").write_text(json.dumps(names), encoding="utf-8")
    errata = json.loads((source / "overlays/errata.json").read_text(encoding="utf-8"))
    errata["entries"] = [e for e in errata["entries"] if e["document"] in keep]
    (target / "overlays").mkdir()
    (target / "overlays/errata.json").write_text(json.dumps(errata), encoding="utf-8")
    write_lock(target, "1", ["errata"], Catalog(target).digests())
    return target


def edit(path: Path, change: Callable[[JSON], object]) -> None:
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def field(document: JSON, name: str) -> JSON:
    found: JSON = document["properties"]["input"]["properties"]["data"]["properties"][name]
    return found
