"""The generated classes of whole dialects against their tables: everything a table has is there, equally required.

The committed digest stands for the tables; with ``MI_SPEC_DIR`` the tables themselves are compared, with names in the
message. What is left out is listed in ``EXCLUDED`` and must be what ``region.json`` says.
"""

from __future__ import annotations

import json
import os
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from class_view import classes, said_by_class

from mi_codegen.importer.dialect.digest import WIDTH, chunk, digest_dialect, said
from mi_codegen.importer.dialect.tables import read_dialect
from mi_core.catalog.regions import read_region, region_catalog
from mi_core.model.spec import NodeSpec

DIGEST: dict[str, dict[str, dict[str, str]]] = json.loads(
    (Path(__file__).parent / "dialect_digest.json").read_text(encoding="utf-8")
)
REGIONS = {"guangzhou": 93, "foshan": 81, "chongqing": 77}
EXCLUDED = {
    "guangzhou": {
        "9101.request", "3301.response.CODE_SUCCESS", "3301.response.CODE_ERROR", "3302.response.CODE_SUCCESS",
        "3302.response.CODE_ERROR",
    },
    "foshan": set(),
    "chongqing": set(),
}  # fmt: skip
SPEC = os.environ.get("MI_SPEC_DIR")
needs_source = pytest.mark.skipif(not SPEC, reason="MI_SPEC_DIR names no folder with the source tables")
ALL = [(region, code) for region in REGIONS for code in DIGEST[region]]


@cache
def package(region: str) -> Any:
    return import_module(f"mi_plugins.regions.{region}.interfaces")


def node(region: str, code: str, path: str) -> NodeSpec:
    """A node of the region's effective document."""
    spec = region_catalog(region).interfaces[code]
    part, *steps = path.split(".")
    here = spec.input if part == "input" else spec.output
    for step in steps:
        inner = here.member(step)
        assert isinstance(inner, NodeSpec)
        here = inner
    return here


def lacking(region: str, code: str, wanted: dict[str, str], found: dict[str, list[Any]]) -> list[str]:
    """Nodes of the digest that the classes do not have, or where a fact of the table is not the class's."""
    out = []
    for path, text in wanted.items():
        if path not in found:
            out.append(path)
            continue
        facts = said_by_class(path, found[path], node(region, code, path))
        have = {chunk(*fact) for fact in facts}
        if not {text[i : i + WIDTH] for i in range(0, len(text), WIDTH)} <= have:
            out.append(path)
    return out


def test_every_interface_of_the_tables_is_there() -> None:
    assert {region: len(DIGEST[region]) for region in REGIONS} == REGIONS
    for region in REGIONS:
        assert set(DIGEST[region]) <= set(package(region).ALL_CODES)


@pytest.mark.parametrize(("region", "code"), ALL)
def test_the_classes_have_what_the_tables_have(region: str, code: str) -> None:
    found = classes(package(region).by_code(code))
    assert lacking(region, code, DIGEST[region][code], found) == []


@pytest.mark.parametrize("spoil", ["field", "requirement", "node", "rows", "type", "length"])
def test_the_comparison_notices_every_kind_of_difference(spoil: str) -> None:
    region, code = ("chongqing", "2301")
    found = classes(package(region).by_code(code))
    wanted = dict(DIGEST[region][code])
    other = {
        "field": ("no_such_field", True), "requirement": ("psn_no", False), "node": ("nowhere", "node"),
        "rows": ("feedetail", "rows", False), "type": ("psn_no", "number", None), "length": ("psn_no", "string", "31"),
    }  # fmt: skip
    path = "input" if spoil in ("node", "rows") else "input.feedetail"
    wanted[path] += chunk(*other[spoil])
    assert lacking(region, code, wanted, found) == [path]
    del found["input.feedetail"]
    assert "input.feedetail" in lacking(region, code, DIGEST[region][code], found)


def test_the_exclusions_are_the_ones_of_the_regions() -> None:
    assert {r: set(read_region(r).decisions.get("skip", {})) for r in REGIONS} == EXCLUDED
    # the skipped request of 9101 holds the reply's fields, and the reply has them
    reply = region_catalog("guangzhou").interfaces["9101"].output
    assert {"file_qury_no", "filename", "dld_endtime"} <= {m.code for _, m in reply.walk()}


@pytest.mark.parametrize("region", REGIONS)
def test_what_a_table_lacks_stays_optional_and_inferred(region: str) -> None:
    base, own = region_catalog("hunan"), region_catalog(region)
    wrong, seen = [], 0
    for code in DIGEST[region]:
        if code not in base.interfaces:
            continue
        for path, text in DIGEST[region][code].items():
            here = node(region, code, path)
            table = {text[i : i + WIDTH] for i in range(0, len(text), WIDTH)}
            for member in here.members:
                facts = [(member.code, True), (member.code, False), (member.code, "node")]
                if table.isdisjoint(chunk(*f) for f in facts):
                    seen += 1
                    if member.required or not member.inferred:
                        wrong.append(f"{code} {path}.{member.code}")
    curated = {
        f"{e.document} {'.'.join(t for t in e.pointer.split('/') if t not in ('', 'properties', 'items'))}"
        for o in own.overlays
        for e in o.entries
        if e.curated
    }
    assert seen > 50
    assert [w for w in wrong if w not in curated] == []


@needs_source
@pytest.mark.parametrize("region", REGIONS)
def test_the_digest_is_the_tables(region: str) -> None:
    assert digest_dialect(_tables(region)) == DIGEST[region]


@needs_source
@pytest.mark.parametrize("region", REGIONS)
def test_field_by_field_against_the_tables(region: str) -> None:
    for code, parts in _tables(region).items():
        found = classes(package(region).by_code(code))
        for part, table in parts.items():
            for path, inner in table.walk(part) if table is not None else ():
                have = set(said_by_class(path, found[path], node(region, code, path)))
                assert [fact for fact in said(part, inner) if fact not in have] == [], (code, path)


def _tables(region: str) -> Any:
    path = Path(str(SPEC)) / "regions" / f"{region}.json"
    return read_dialect(path, read_region(region).decisions.get("skip"))
