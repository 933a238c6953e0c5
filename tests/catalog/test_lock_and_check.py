"""What ``mi catalog check`` finds: another content than locked, dangling references, violated schemas."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from small_catalogue import D2207, D2208, JSON, edit, field

from mi_core.catalog import Catalog, CatalogError, data_root, load_catalog
from mi_core.catalog.lock import lock_problems
from mi_core.catalog.references import reference_problems
from mi_core.catalog.schema_check import duplicate_keys, schema_problems


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda r: edit(r / D2207, lambda d: d.update(title="改")), D2207),
        (lambda r: edit(r / "code_tables/gend.json", lambda d: d["oneOf"].reverse()), "gend.json"),
        (lambda r: edit(r / "names.json", lambda d: d["interfaces"]["2207"].update(slug="x")), "names.json"),
        (lambda r: edit(r / "overlays/errata.json", lambda d: d["entries"].pop()), "errata"),
        (lambda r: (r / D2208).unlink(), D2208),
        (lambda r: shutil.copy(r / "code_tables/gend.json", r / "code_tables/gend9.json"), "gend9.json"),
        (lambda r: (r / "overlays/errata.json").unlink(), "errata"),
    ],
)
def test_the_lock_finds_every_change(root: Path, change: Callable[[Path], object], word: str) -> None:
    change(root)
    assert any(word in p.pointer for p in lock_problems(root))


def test_the_lock_finds_another_effective_document(root: Path) -> None:
    digests = Catalog(root).digests()
    assert lock_problems(root, digests) == []
    found = lock_problems(root, {**digests, "2207": "0" * 64})
    assert [p.pointer for p in found] == ["/effective/2207"]
    assert [p.pointer for p in lock_problems(root, {"2207": digests["2207"]})] == ["/effective/2208"]


def test_the_lock_ignores_layout(root: Path) -> None:
    text = (root / D2207).read_text(encoding="utf-8")
    (root / D2207).write_text(json.dumps(json.loads(text), indent=4).replace("\n", "\r\n"), encoding="utf-8")
    assert lock_problems(root) == []


def test_the_shipped_catalogue_fits_its_lock_schemas_and_references() -> None:
    catalog = load_catalog()
    assert lock_problems(data_root(), catalog.digests()) == []
    assert reference_problems(catalog) == []
    assert schema_problems(catalog) == []
    assert catalog.version


REFERENCES: list[tuple[str, str, Callable[[JSON], object]]] = [
    ("proof", D2207, lambda d: d["x-mi"].update(proof=["output.setlinfo.none"])),
    ("businessKey", D2207, lambda d: d["x-mi"].update(businessKey=["data.none"])),
    ("person", D2207, lambda d: d["x-mi"]["person"].update(reply="nobody.psn_no")),
    ("flat", D2207, lambda d: d["x-mi"].update(flat="output")),
    ("identities", D2207, lambda d: d["x-mi"]["identities"][0].update(total="none")),
    ("outcomeQueries", D2207, lambda d: d["x-mi"]["outcomeQueries"].append({"interface": "0001"})),
    ("cancelledBy", D2207, lambda d: d["x-mi"].update(cancelledBy="2207")),
    ("cancels", D2208, lambda d: d["x-mi"].update(cancels="2208")),
    ("codeTable", D2207, lambda d: field(d, "med_type")["x-mi"].update(codeTable="none")),
    ("allOf", D2207, lambda d: d["properties"]["input"]["properties"]["data"]["allOf"][0]["then"].update(required=["none"])),
    ("allOf", D2207, lambda d: d["properties"]["input"]["properties"]["data"]["allOf"][0]["if"]["properties"].update(
        mdtrt_cert_type={"const": "no such code"})),
    ("allOf", D2207, lambda d: (
        field(d, "invono").update(enum=["1", "2"]),
        d["properties"]["input"]["properties"]["data"]["allOf"].append(
            {"if": {"properties": {"invono": {"enum": ["1", "3"]}}}, "then": {"required": ["card_sn"]}}))),
    ("anyOf", D2207, lambda d: d["properties"]["input"]["properties"]["data"].update(anyOf=[{"required": ["none"]}])),
    ("slug", "names.json", lambda d: d["interfaces"]["2208"].update(slug="outpatient_settlement")),
    ("nodes", "names.json", lambda d: d["interfaces"]["2207"]["nodes"].pop("output.setlinfo")),
]  # fmt: skip


@pytest.mark.parametrize(("word", "file", "change"), REFERENCES)
def test_dangling_references_are_told(
    root: Path, word: str, file: str, change: Callable[[JSON], object]
) -> None:
    before = {str(p) for p in reference_problems(Catalog(root))}
    edit(root / file, change)
    if word == "slug":  # the file must follow, or the loader finds the fault first
        edit(root / D2208, lambda d: d["x-mi"].update(slug="outpatient_settlement"))
        (root / D2208).rename(root / "interfaces/2_service/2208_outpatient_settlement.json")
    new = [p for p in reference_problems(Catalog(root)) if str(p) not in before]
    assert any(word in p.message("en") or word in p.pointer for p in new), new


SCHEMA: list[tuple[str, Callable[[JSON], object]]] = [
    (D2207, lambda d: d["x-mi"].update(hint="x")),
    (D2207, lambda d: d["x-mi"].update(slug="Not A Slug")),
    (D2207, lambda d: d.update(description="")),
    (D2207, lambda d: d["x-mi"].pop("proof")),
    (D2207, lambda d: d["x-mi"].update(repeat="safe")),
    (D2207, lambda d: field(d, "psn_no").update(maxLength="30")),
    (D2207, lambda d: field(d, "psn_no").update({"x-mi": {"class": "secret"}})),
    (D2207, lambda d: field(d, "invono").update({"x-mi": {"codeTable": "gend", "open": True}})),
    (D2207, lambda d: d["properties"]["input"]["properties"]["data"]["allOf"][0]["if"].update(contains=1)),
    (D2207, lambda d: d["x-mi"]["identities"][0].update(relation="<")),
    ("code_tables/gend.json", lambda d: d.update(oneOf=[])),
    ("overlays/errata.json", lambda d: d["entries"].append(
        {"document": "2207", "op": "replace", "pointer": "/title", "from": "/x", "value": "甲", "reason": "r", "evidence": "e"})),
]  # fmt: skip


@pytest.mark.parametrize(("file", "change"), SCHEMA)
def test_the_schemas_refuse(root: Path, file: str, change: Callable[[JSON], object]) -> None:
    assert schema_problems(Catalog(root)) == []
    edit(root / file, change)
    catalog = Catalog(root)
    try:
        found = schema_problems(catalog)
    except CatalogError as error:
        found = list(error.problems)
    assert any(p.file == file for p in found)


def test_duplicate_keys_are_found(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"a": {"b": 1, "b": 2}, "c": 3}', encoding="utf-8")
    assert duplicate_keys(path) == ["b"]
