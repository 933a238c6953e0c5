"""The catalogue against its source: every field of every table, with the errata as the only admitted differences.

The committed digest stands for the source tables; with ``MI_SPEC_DIR`` they are compared themselves, row by row.
"""

from __future__ import annotations

import copy
import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from catalog_reverse import (
    ROOT,
    code_tables,
    code_view,
    documents,
    field_row,
    interface_view,
    is_table,
    member_rows,
    row_object,
    sha,
    source_view,
    tables,
)

from mi_codegen.importer.digest import code_rows, digest_tables, interface_row, table_rows
from mi_codegen.importer.source import read_tables
from mi_core.catalog import load_catalog

DIGEST: dict[str, Any] = json.loads(
    (Path(__file__).parent / "source_digest.json").read_text(encoding="utf-8")
)
DOCUMENTS = documents()
SPEC = os.environ.get("MI_SPEC_DIR")
needs_source = pytest.mark.skipif(not SPEC, reason="MI_SPEC_DIR names no folder with the source tables")


def test_every_interface_is_there() -> None:
    assert set(DOCUMENTS) == set(DIGEST["interfaces"])
    assert {c: sha(interface_view(d)) for c, d in DOCUMENTS.items()} == DIGEST["interfaces"]


def test_the_order_is_the_specification_s() -> None:
    assert list(load_catalog().interfaces) == list(DIGEST["interfaces"])


@pytest.mark.parametrize("code", DIGEST["interfaces"])
def test_every_field_of_every_table(code: str) -> None:
    expected = {k: v["sha256"] for k, v in DIGEST["tables"].items() if k.split()[0] == code}
    found = source_view(DOCUMENTS[code])
    assert set(found) == set(expected)
    wrong = {name: rows for name, rows in found.items() if sha(rows) != expected[name]}
    assert wrong == {}


def _swap(properties: dict[str, Any]) -> None:
    first = next(iter(properties))
    properties[first] = properties.pop(first)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda n: n["properties"]["psn_no"].update(maxLength=31),
        lambda n: n["properties"]["psn_no"].update(title="人员号"),
        lambda n: n["properties"]["psn_no"].update(type="integer"),
        lambda n: n["properties"]["psn_no"].update(format="date"),
        lambda n: n["properties"]["medfee_sumamt"]["x-mi"].update(scale=3),
        lambda n: n["properties"]["medfee_sumamt"]["x-mi"].pop("digits"),
        lambda n: n["required"].remove("psn_no"),
        lambda n: n["required"].append("card_sn"),
        lambda n: n["properties"].pop("invono"),
        lambda n: n["properties"].update(more={"title": "多", "type": "string"}),
        lambda n: _swap(n["properties"]),
    ],
)
def test_fidelity_notices_every_kind_of_change(spoil: Callable[[dict[str, Any]], object]) -> None:
    document = copy.deepcopy(DOCUMENTS["2207"])
    spoil(document["properties"]["input"]["properties"]["data"])
    assert sha(source_view(document)["2207 input.0"]) != DIGEST["tables"]["2207 input.0"]["sha256"]


def test_every_code_of_every_table() -> None:
    assert {k: sha(code_view(d)) for k, d in code_tables().items()} == DIGEST["code_tables"]


def test_the_heads() -> None:
    document = json.loads((ROOT / "envelope.json").read_text(encoding="utf-8"))
    names = {"request": "request", "response": "response", "gateway_headers": "gatewayHeaders"}
    assert {k: sha(member_rows(document[v])) for k, v in names.items()} == DIGEST["envelope"]


def _bound(field: dict[str, Any]) -> bool:
    mi = field.get("x-mi", {})
    return "codeTable" in mi or "open" in mi or "enum" in field


@pytest.mark.parametrize("code", DIGEST["interfaces"])
def test_coded_fields_are_bound_or_open(code: str) -> None:
    nodes: dict[str, dict[str, Any]] = {}
    for name, _, node in tables(DOCUMENTS[code]):
        nodes[f"{code} {name}"] = row_object(node)["properties"]
    for n, layout in enumerate(DOCUMENTS[code]["x-mi"].get("files", ())):
        nodes[f"{code} files.{n}"] = {c.get("code"): c for c in layout["columns"]}
    loose = []
    for name, entry in DIGEST["tables"].items():
        if name.split()[0] != code:
            continue
        seen: Counter[str] = Counter()
        for field in entry.get("coded", ()):
            seen[field] += 1
            same = [m for k, m in nodes[name].items() if k is not None and k.partition("#")[0] == field]
            if not any(_bound(m) or is_table(m) for m in same):
                loose.append(f"{name}.{field}")
    assert loose == []


def _errata(code: str) -> list[dict[str, Any]]:
    raw = json.loads((ROOT / "overlays" / "errata.json").read_text(encoding="utf-8"))
    return [e for e in raw["entries"] if e["document"] == code]


def _leaves(document: dict[str, Any]) -> Counter[str]:
    """Every field with all it says, wherever it stands."""
    out: Counter[str] = Counter()

    def visit(node: dict[str, Any]) -> None:
        needed = row_object(node).get("required", [])
        for key, member in row_object(node)["properties"].items():
            if is_table(member):
                visit(member)
            else:
                facts = [field_row(key, member, key in needed), member.get("x-mi"), member.get("enum")]
                out[json.dumps(facts, ensure_ascii=False)] += 1

    for part in document["properties"].values():
        visit(part)
    visit(document["x-mi"].get("xmlDocument", {"properties": {}}))
    return out


def _dropped(document: dict[str, Any], entries: list[dict[str, Any]]) -> set[str]:
    """Names of the fields inside nodes that an entry takes away as a whole."""
    out: set[str] = set()
    for entry in entries:
        here: Any = document
        for token in entry["pointer"].split("/")[1:] if entry["op"] in ("remove", "replace") else ():
            here = here.get(token, {}) if isinstance(here, dict) else {}
        if isinstance(here, dict) and is_table(here):
            out |= {json.loads(f)[0][0] for f in _leaves({"properties": {"x": here}, "x-mi": {}})}
    return out


@pytest.mark.parametrize("code", DIGEST["interfaces"])
def test_errata_are_the_only_differences(code: str) -> None:
    base, effective = DOCUMENTS[code], load_catalog().document(code)
    entries = _errata(code)
    if not entries:
        assert json.dumps(effective) == json.dumps(base)
        return
    before, after = _leaves(base), _leaves(effective)
    texts = [json.dumps(e, ensure_ascii=False) for e in entries]
    dropped = _dropped(base, entries)
    for facts in (before - after) + (after - before):
        name = json.loads(facts)[0][0]
        assert name in dropped or any(
            f"/{name}" in t or f'"{name}"' in t or f"@{name}" in t for t in texts
        ), facts


@needs_source
def test_the_digest_is_the_source_s() -> None:
    assert digest_tables(Path(str(SPEC))) == DIGEST


@needs_source
def test_field_by_field_against_the_source() -> None:
    source = read_tables(Path(str(SPEC)))
    for interface in source.interfaces:
        document = DOCUMENTS[interface.code]
        assert interface_view(document) == interface_row(interface)
        expected = {
            f"{interface.code} {t.name}": table_rows(t, side if side is not interface.files else ())
            for side in (interface.input, interface.output, interface.files)
            for t in side
        }
        assert source_view(document) == expected
    found = code_tables()
    assert {t.key: code_rows(t) for t in source.code_tables} == {k: code_view(d) for k, d in found.items()}
