"""Layers above a catalogue: order, conflicts and misfits that name both sides, added documents, frozen names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mi_core.catalog import Catalog, CatalogError, load_catalog
from mi_core.catalog.references import reference_problems
from mi_core.catalog.region_lock import build_region_lock, region_lock_problems, write_region_lock
from mi_core.catalog.regions import read_region, region_catalog, region_folder, shipped_regions
from mi_core.catalog.schema_check import schema_problems
from mi_core.errors import UnknownName

JSON = dict[str, Any]
DATA = "/properties/input/properties/data"


def entry(document: str = "2207", op: str = "replace", pointer: str = "/title", **more: Any) -> JSON:
    value = {} if op in ("remove", "move") else {"value": more.pop("value", "甲")}
    return {
        "document": document,
        "op": op,
        "pointer": pointer,
        **value,
        **more,
        "reason": "r",
        "evidence": "e",
    }


def overlay(folder: Path, name: str, *entries: JSON) -> Path:
    (folder / "overlay").mkdir(parents=True, exist_ok=True)
    path = folder / "overlay" / f"{name}.json"
    value = {"name": f"{folder.name}-{name}", "title": name, "entries": list(entries)}
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return path


def region(folder: Path, *entries: JSON, **facts: Any) -> Path:
    overlay(folder, "one", *entries)
    known = {
        "name": folder.name,
        "title": "北",
        "titleEn": "North",
        "described": "partial",
        "evidence": ["e"],
        **facts,
    }
    (folder / "region.json").write_text(json.dumps(known, ensure_ascii=False), encoding="utf-8")
    return folder


def names(folder: Path, **interfaces: JSON) -> None:
    text = json.dumps({"interfaces": {code.removeprefix("i"): item for code, item in interfaces.items()}})
    (folder / "names.json").write_text(text, encoding="utf-8")


def new_document(root: Path, code: str) -> JSON:
    document = Catalog(root).document("2208")
    mi = document["x-mi"] | {"code": code, "slug": "new_one", "className": "NewOne"}
    for key in ("cancels", "outcomeQueries"):
        mi.pop(key)
    return document | {"$id": f"urn:mi:interface:{code}", "x-mi": mi}


def problems(root: Path, *layers: Path) -> list[Any]:
    with pytest.raises(CatalogError) as caught:
        load_catalog(root, extra=layers)
    return list(caught.value.problems)


def test_layers_are_applied_in_order(root: Path, tmp_path: Path) -> None:
    first = region(
        tmp_path / "north", entry(op="replace", pointer=f"{DATA}/properties/psn_no/maxLength", value=20)
    )
    overlay(first, "two", entry(op="add", pointer=f"{DATA}/properties/psn_no/x-mi/inferred", value=True))
    alone = tmp_path / "alone.json"
    alone.write_text(
        json.dumps({"name": "alone", "title": "t", "entries": [entry(value="乙")]}), encoding="utf-8"
    )
    catalog = load_catalog(root, extra=(first, alone))
    field = catalog.document("2207")["properties"]["input"]["properties"]["data"]["properties"]["psn_no"]
    assert (catalog.interfaces["2207"].title, field["maxLength"]) == ("乙", 20)
    assert [o.file for o in catalog.overlays] == [
        "overlays/errata.json", "north/overlay/one.json", "north/overlay/two.json", "alone.json",
    ]  # fmt: skip
    assert catalog.changed() == ("2207",)


def test_two_layers_at_one_place_name_both_files_and_entries(root: Path, tmp_path: Path) -> None:
    north = region(tmp_path / "north", entry(op="remove", pointer=f"{DATA}/required/@psn_no"), entry())
    south = region(tmp_path / "south", entry(value="乙"))
    (found,) = problems(root, north, south)
    assert (found.file, found.entry, found.pointer) == ("south/overlay/one.json", 0, "/title")
    assert "north/overlay/one.json [1]" in found.en and "north/overlay/one.json [1]" in found.zh
    region(tmp_path / "south", entry(value="乙", over="north-one"))
    assert load_catalog(root, extra=(north, south)).interfaces["2207"].title == "乙"
    region(tmp_path / "south", entry(value="乙", over="errata"))
    assert len(problems(root, north, south)) == 1


def test_the_source_of_a_move_conflicts_too(root: Path, tmp_path: Path) -> None:
    move = entry(op="move", pointer="/properties/input/properties/x", **{"from": DATA})
    north = region(tmp_path / "north", move)
    south = region(tmp_path / "south", entry(op="remove", pointer=DATA))
    assert [(p.pointer, "north/overlay/one.json [0]" in p.en) for p in problems(root, north, south)] == [
        (DATA, True)
    ]


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (entry(op="remove", pointer=f"{DATA}/properties/none"), "none"),
        (entry(op="add", pointer="/title"), "use replace"),
        (entry("9999"), "9999"),
        (entry(op="add", pointer="", value={"x": 1}), "place by place"),
        (entry(op="unwrap", pointer=DATA), "many rows"),
    ],
)
def test_what_no_longer_fits_names_overlay_entry_and_document(
    root: Path, tmp_path: Path, bad: JSON, word: str
) -> None:
    north = region(tmp_path / "north", entry(), bad)
    (found,) = problems(root, north)
    assert (found.file, found.entry) == ("north/overlay/one.json", 1)
    assert bad["document"] in found.en and word in found.en


def test_a_layer_adds_an_interface_and_a_code_table(root: Path, tmp_path: Path) -> None:
    table = {
        "$id": "urn:mi:code:north_way", "title": "方式", "x-mi": {"code": "north_way", "className": "NorthWay"},
        "oneOf": [{"const": "1", "title": "甲"}],
    }  # fmt: skip
    north = region(
        tmp_path / "north",
        entry("8801", "add", "", value=new_document(root, "8801")),
        entry("8801", "replace", "/title"),
        entry("code_tables/north_way", "add", "", value=table),
        entry("code_tables/med_type", "add", "/oneOf/-", value={"const": "north", "title": "北"}),
    )
    nodes = Catalog(root).names.nodes["2208"]
    names(north, i8801={"slug": "new_one", "className": "NewOne", "nodes": dict(nodes)})
    catalog = load_catalog(root, extra=(north,))
    assert list(catalog.interfaces) == ["2207", "2208", "8801"] and catalog.added() == ("8801",)
    assert catalog.interfaces["8801"].title == "甲"
    assert catalog.path("8801") == "north/overlay/one.json" == catalog.interfaces["8801"].document_path
    assert (
        catalog.code_tables["north_way"].codes == {"1": "甲"}
        and "north" in catalog.code_tables["med_type"].codes
    )
    assert set(reference_problems(catalog)) == set(reference_problems(Catalog(root)))
    assert schema_problems(catalog) == []
    assert "8801" not in load_catalog(root).interfaces


def test_names_that_are_frozen_stay(root: Path, tmp_path: Path) -> None:
    north = region(tmp_path / "north", entry())
    names(north, i2207={"slug": "other", "className": "Other"})
    assert [p.pointer for p in problems(root, north)] == ["/interfaces/2207"]
    names(north, i2207={"nodes": {"output.setlinfo": "Other"}})
    (found,) = problems(root, north)
    assert found.file == "north/names.json" and "frozen" in found.en


def test_two_overlays_of_one_name(root: Path, tmp_path: Path) -> None:
    north = region(tmp_path / "north", entry())
    path = overlay(north, "two")
    path.write_text(json.dumps({"name": "north-one", "title": "t", "entries": []}), encoding="utf-8")
    assert [p.pointer for p in problems(root, north)] == ["/name"]


def test_the_lock_of_a_region_finds_every_change(root: Path, tmp_path: Path) -> None:
    north = region(tmp_path / "north", entry(), entry("code_tables/med_type", "remove", "/oneOf/@11"))
    assert [p.file for p in region_lock_problems(north, root)] == ["north/region.lock"]
    write_region_lock(north, root)
    assert region_lock_problems(north, root) == []
    lock = build_region_lock(north, root)
    assert [(o["name"], o["entries"]) for o in lock["overlays"]] == [("north-one", 2)]
    assert set(lock["effective"]) == {"2207", "code_tables/med_type"}
    region(tmp_path / "north", entry(value="丙"), title="北北")
    assert {p.pointer for p in region_lock_problems(north, root)} == {
        "/overlays/north-one", "/effective/2207", "/effective/code_tables/med_type", "/region",
    }  # fmt: skip


def test_facts_of_a_region_are_checked(tmp_path: Path) -> None:
    north = region(tmp_path / "north", unknown=[{"zh": "甲", "en": "a"}])
    data = read_region(north)
    assert (data.name, data.title_en, data.unknown[0].en, dict(data.defaults)) == ("north", "North", "a", {})
    region(tmp_path / "north", name="south", surprise=1)
    with pytest.raises(CatalogError) as caught:
        read_region(north)
    assert {p.pointer for p in caught.value.problems} == {"/surprise", "/name"}
    (north / "region.json").write_text('{"name": "north"}', encoding="utf-8")
    with pytest.raises(CatalogError) as caught:
        read_region(north)
    assert {p.pointer for p in caught.value.problems} == {"/title", "/titleEn", "/described", "/evidence"}


def test_unknown_regions_name_the_known_ones() -> None:
    assert shipped_regions()[0] == "hunan" and "guangzhou" in shipped_regions()
    with pytest.raises(UnknownName) as caught:
        region_folder("nowhere")
    assert "guangzhou" in caught.value.message("en")
    assert region_catalog("guangzhou") is region_catalog("guangzhou")


@pytest.mark.parametrize(
    ("wrong", "places"),
    [
        ({"described": "mostly"}, {"/described"}),
        ({"evidence": [1]}, {"/evidence"}),
        ({"defaults": [], "known": "x", "unknown": [{"zh": "甲"}]}, {"/defaults", "/known", "/unknown"}),
        ({"name": "guangzhou"}, {"/name"}),
    ],
)
def test_facts_of_the_wrong_kind_are_refused(tmp_path: Path, wrong: JSON, places: set[str]) -> None:
    with pytest.raises(CatalogError) as caught:
        read_region(region(tmp_path / "north", **wrong))
    assert {p.pointer for p in caught.value.problems} == places


def test_the_name_of_a_shipped_region_is_taken(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="同名"):
        read_region(region(tmp_path / "guangzhou"))
    assert read_region("guangzhou").name == "guangzhou"


NUMBER = "/properties/input/properties/data/properties/psn_no"


@pytest.mark.parametrize(
    ("document", "pointer", "value"),
    [
        ("2207", f"{NUMBER}/maxLength", "forty"),
        ("2207", f"{NUMBER}/maxLength", "print('INJECTED')"),
        ("2207", f"{NUMBER}/maxLength", True),
        ("2207", f"{NUMBER}/maxLength", -1),
        ("2207", f"{NUMBER}/maxLength", 4.5),
        ("2207", f"{NUMBER}/title", ["甲"]),
        ("2207", f"{NUMBER}/type", "text\nprint(1)"),
        ("2207", NUMBER, "print(1)"),
        ("2207", "/x-mi/effect", ["money"]),
        ("2207", "/x-mi/listed", "yes"),
        ("2207", "/x-mi/proof", "infcode"),
        ("2207", "/x-mi", "print(1)"),
        ("2207", "/x-mi/outcomeQueries", [{"interface": "5203", "ask": "x"}]),
        ("2207", f"{DATA}/required", "psn_no"),
        ("2207", f"{DATA}/properties", []),
        ("code_tables/med_type", "/oneOf/@11", {"const": 11, "title": "x"}),
        ("code_tables/med_type", "/x-mi/className", "X: print(1)"),
        ("envelope", "/request/properties/msgid/maxLength", "4"),
    ],
)
def test_a_value_of_the_wrong_kind_is_told_at_its_entry(
    tmp_path: Path, document: str, pointer: str, value: Any
) -> None:
    north = region(
        tmp_path / "north", entry("2208", value="乙"), entry(document, "replace", pointer, value=value)
    )
    with pytest.raises(CatalogError) as caught:
        load_catalog(extra=(north,))
    found = caught.value.problems
    assert found and {(p.file, p.entry, p.pointer) for p in found} == {("north/overlay/one.json", 1, pointer)}
    assert document in found[0].en


def test_the_entry_that_wrote_the_wrong_element_is_named(tmp_path: Path) -> None:
    table = "code_tables/med_type"
    north = region(
        tmp_path / "north",
        entry(table, "add", "/oneOf/-", value={"const": 91, "title": "x"}),
        entry(table, "add", "/oneOf/-", value={"const": "92", "title": "y"}),
        entry(table, "replace", "/oneOf/@11/title", value=["z"]),
        entry(table, "replace", "/oneOf/@12/title", value="w"),
    )
    with pytest.raises(CatalogError) as caught:
        load_catalog(extra=(north,))
    assert [(p.entry, p.file) for p in sorted(caught.value.problems, key=lambda p: p.entry or 0)] == [
        (0, "north/overlay/one.json"), (2, "north/overlay/one.json"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "pointer", "said"),
    [
        ([], "", "must be {"),
        ({}, "", "must be {"),
        ({"interfaces": []}, "", "must be {"),
        ({"interfaces": {}, "more": 1}, "/more", "unknown key"),
        ({"interfaces": {"2207": "x"}}, "/interfaces/2207", "must be an object"),
        ({"interfaces": {"2207": {"node": {}}}}, "/interfaces/2207/node", "unknown key"),
        ({"interfaces": {"2207": {"nodes": []}}}, "/interfaces/2207/nodes", "must be {path"),
        ({"interfaces": {"2207": {"nodes": {"output.x": "lower case"}}}}, "/interfaces/2207/nodes/output.x", "no name"),
        ({"interfaces": {"2207": {"nodes": {"output.x": 5}}}}, "/interfaces/2207/nodes/output.x", "no name"),
        ({"interfaces": {"8801": {"slug": "a"}}}, "/interfaces/8801", "come together"),
        ({"interfaces": {"8801": {"slug": "A b", "className": "A"}}}, "/interfaces/8801/slug", "no name"),
        ({"interfaces": {"8801": {"nodes": {"input.data": "Row"}}}}, "/interfaces/8801", "needs slug"),
    ],
    ids=["list", "empty", "interfaces", "key", "text", "item-key", "nodes", "node-name", "node-type", "pair", "slug", "added"],
)  # fmt: skip
def test_a_names_file_of_another_shape_is_told_with_its_place(
    root: Path, tmp_path: Path, content: Any, pointer: str, said: str
) -> None:
    north = region(tmp_path / "north", entry())
    (north / "names.json").write_text(json.dumps(content), encoding="utf-8")
    (found,) = problems(root, north)
    assert (found.file, found.pointer) == ("north/names.json", pointer) and said in found.en


def test_the_catalogues_own_names_have_that_shape_too(root: Path) -> None:
    (root / "names.json").write_text('{"interfaces": {"2207": 5}}', encoding="utf-8")
    assert ("names.json", "/interfaces/2207") in [(p.file, p.pointer) for p in problems(root)]
