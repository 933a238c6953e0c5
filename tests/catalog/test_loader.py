"""The loader: what it reads, what it refuses, and that nothing is read before it is asked for."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from small_catalogue import D2207, D2208, JSON, edit, field

from mi_core.catalog import CatalogError, data_root, load_catalog, load_interface, schema_root
from mi_core.catalog import files as catalog_files
from mi_core.catalog.lock import lock_problems
from mi_core.catalog.node_reader import Findings, read_field
from mi_core.catalog.spec_reader import read_interface
from mi_core.model.spec import FieldSpec, NodeSpec


def test_the_small_catalogue_is_sound(root: Path) -> None:
    catalog = load_catalog(root)
    assert list(catalog.interfaces) == ["2207", "2208"]
    assert lock_problems(root, catalog.digests()) == []


def test_a_settlement_as_the_tools_see_it() -> None:
    spec = load_interface("2207")
    assert (spec.title, spec.class_name, spec.category) == ("门诊结算", "OutpatientSettlement", "2_service")
    data = spec.input.member("data")
    assert isinstance(data, NodeSpec)
    assert not data.repeated
    assert data.required
    person = data.member("psn_no")
    assert isinstance(person, FieldSpec)
    assert (person.label, person.max_length, person.required, person.sensitivity) == (
        "人员编号",
        30,
        True,
        "id-number",
    )
    kind = data.member("med_type")
    assert isinstance(kind, FieldSpec)
    assert kind.code_table == "med_type"
    assert data.conditions[0].then == {"required": ["card_sn"]}
    b = spec.behaviour
    assert (b.effect, b.flat, b.proof, b.cancelled_by) == (
        "money",
        "data",
        ("output.setlinfo.setl_id",),
        "2208",
    )
    assert b.business_key == ("data.mdtrt_id", "data.chrg_bchno")
    assert [(q.interface, q.region, q.last) for q in b.outcome_queries] == [
        ("5203", True, False), ("3202", False, False), ("2601", False, True),
    ]  # fmt: skip
    detail = spec.output.member("setldetail")
    assert isinstance(detail, NodeSpec)
    assert detail.repeated


def test_what_the_root_of_a_reply_may_be() -> None:
    kinds = {code: load_interface(code).output_kind for code in ("2207", "1317", "5461", "5204")}
    assert kinds == {"2207": "object", "1317": "object-or-array", "5461": "scalar", "5204": "object-or-array"}


def test_lists_with_a_limit_maps_and_several_cancelled() -> None:
    visit = load_interface("4261").input.member("fmiOwnpayPatnMdtrtDDTO")
    assert isinstance(visit, NodeSpec)
    assert (visit.repeated, visit.max_items) == (True, 1)
    nodes = [m for _, m in load_interface("3101").input.walk() if m.code == "extend_order_map"]
    assert [isinstance(n, NodeSpec) and n.open for n in nodes] == [True]
    assert load_interface("2208").behaviour.cancels == "2207"
    several = load_interface("3507").behaviour
    assert several.cancels is None
    assert "3501" in several.cancels_all
    assert load_catalog().code_tables["clr_way#2"].same_as == "clr_way"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"type": "integer", "maxLength": 30}, ("integer", None, 30, None)),
        ({"type": "number", "maxLength": 20, "x-mi": {"digits": 16, "scale": 2}}, ("number", None, 16, 2)),
        ({"type": "string", "maxLength": 20}, ("string", 20, None, None)),
        ({}, ("string", None, None, None)),
        ({"type": "array"}, ("list", None, None, None)),
        ({"type": "array", "items": {"type": "string", "maxLength": 9}}, ("strings", 9, None, None)),
        (
            {"type": "array", "maxLength": 5, "items": {"type": "string", "maxLength": 9}},
            ("strings", 5, None, None),
        ),
        ({"type": "string", "format": "date-time"}, ("datetime", None, None, None)),
        ({"type": "string", "contentEncoding": "base64"}, ("base64", None, None, None)),
        ({"type": "object", "x-mi": {"kind": "map"}}, ("map", None, None, None)),
    ],
)
def test_types_and_lengths(raw: JSON, expected: tuple[Any, ...]) -> None:
    found = Findings("f")
    spec = read_field("x", {"title": "名", **raw}, False, "/x", found)
    assert (spec.type, spec.max_length, spec.digits, spec.scale) == expected
    assert found.problems == []


def test_a_reply_whose_root_is_a_list() -> None:
    document = load_catalog().document("2207")
    body = document["properties"]["output"]
    document["properties"]["output"] = {"type": "array", "items": body}
    spec, problems = read_interface(document, "f")
    assert problems == []
    assert spec is not None
    assert spec.output_kind == "array"
    assert spec.output.repeated


def test_specs_are_frozen() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        load_interface("2207").title = "x"  # type: ignore[misc]  # that is what is tested


def test_documents_are_fresh_copies() -> None:
    catalog = load_catalog()
    catalog.document("2207")["title"] = "changed"
    assert catalog.document("2207")["title"] == "门诊结算"


def test_one_interface_reads_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    original = catalog_files.read_json

    def spy(path: Path, root: Path) -> Any:
        read.append(path.name)
        return original(path, root)

    for module in ("catalog", "layers"):
        monkeypatch.setattr(f"mi_core.catalog.{module}.read_json", spy)
    load_interface("2207")
    assert sorted(read) == ["2207_outpatient_settlement.json", "errata.json", "names.json"]


def test_the_shipped_catalogue_is_read_once() -> None:
    assert load_catalog() is load_catalog()


def test_no_jsonschema_at_runtime() -> None:
    code = (
        "import sys; sys.modules['jsonschema'] = None\n"
        "from mi_core.catalog import load_catalog; assert len(load_catalog().interfaces) == 212"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=data_root().parent)


def test_check_without_jsonschema_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['jsonschema'] = None\n"
        "from mi_core.catalog import load_catalog\n"
        "from mi_core.catalog.schema_check import schema_problems\n"
        "from mi_core.errors import ConfigError\n"
        "try: schema_problems(load_catalog())\n"
        "except ConfigError as error: assert 'mi-core[codegen]' in error.message(); print('told')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=data_root().parent, capture_output=True, text=True
    )
    assert done.stdout.strip() == "told"


def test_unknown_interface() -> None:
    with pytest.raises(KeyError):
        load_interface("0000")


BAD: list[tuple[str, str, Callable[[JSON], object], str]] = [
    ("unknown key", D2207, lambda d: d.update(titel="x"), "/titel"),
    ("unknown x-mi key", D2207, lambda d: d["x-mi"].update(efect="money"), "/x-mi/efect"),
    ("unknown field key", D2207, lambda d: field(d, "psn_no").update(maxlength=3), "/psn_no/maxlength"),
    ("unknown field fact", D2207, lambda d: field(d, "invono").update({"x-mi": {"clas": "none"}}), "/invono/x-mi/clas"),
    ("unknown node fact", D2207, lambda d: d["properties"]["input"].update({"x-mi": {"kinds": 1}}), "/input/x-mi/kinds"),
    ("unknown node key", D2207, lambda d: d["properties"]["input"].update(minItems=1), "/input/minItems"),
    ("titles without enum", D2207, lambda d: field(d, "invono").update({"x-mi": {"enumTitles": ["x"]}}), "/enumTitles"),
    ("bad effect", D2207, lambda d: d["x-mi"].update(effect="cash"), "/x-mi/effect"),
    ("no code", D2207, lambda d: d["x-mi"].pop("code"), "/x-mi/code"),
    ("third part", D2207, lambda d: d["properties"].update(other={}), "/properties"),
    ("other slug", D2207, lambda d: d["x-mi"].update(slug="settlement"), "/x-mi"),
    ("other class", D2207, lambda d: d["x-mi"].update(className="Settlement"), "/x-mi/className"),
    ("required field missing", D2207, lambda d: d["properties"]["input"]["required"].append("nope"), "/required/@nope"),
    ("no type", D2207, lambda d: field(d, "psn_no").update(type="text"), "/psn_no"),
    ("bad format", D2207, lambda d: field(d, "psn_no").update(format="time"), "/psn_no"),
    ("two bindings", D2207, lambda d: field(d, "med_type")["x-mi"].update(open=True), "/med_type/x-mi/open"),
    ("no condition", D2207, lambda d: d["properties"]["input"].update(allOf=[{"if": {}}]), "/allOf/0"),
    ("no group", D2207, lambda d: d["properties"]["input"].update(anyOf=[{"x": 1}]), "/anyOf/0"),
    ("not an object", D2207, lambda d: d["properties"]["input"]["properties"].update(x=3), "/properties/x"),
    ("code twice", "code_tables/gend.json", lambda d: d["oneOf"].append(d["oneOf"][0]), "/oneOf/"),
    ("code without title", "code_tables/gend.json", lambda d: d["oneOf"][0].pop("title"), "/oneOf/0"),
    ("table of another name", "code_tables/gend.json", lambda d: d.update({"$id": "urn:mi:code:sex"}), "/$id"),
    ("table key", "code_tables/gend.json", lambda d: d["x-mi"].update(clas="x"), "/x-mi/clas"),
    ("head", "envelope.json", lambda d: d["request"].update(hint="x"), "/request/hint"),
    ("name without document", "names.json", lambda d: d["interfaces"].update({"9": {"slug": "a", "className": "A"}}), "/interfaces/9"),
    ("overlay for nothing", "overlays/errata.json", lambda d: d["entries"].append(
        {"document": "9999", "op": "remove", "pointer": "/x", "reason": "r", "evidence": "e"}), "/x"),
    ("overlay misfit", "overlays/errata.json", lambda d: d["entries"].append(
        {"document": "2207", "op": "remove", "pointer": "/properties/none", "reason": "r", "evidence": "e"}), "/properties/none"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "change", "pointer"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_a_fault_is_told_with_file_and_pointer(
    root: Path, file: str, change: Callable[[JSON], object], pointer: str
) -> None:
    edit(root / file, change)
    with pytest.raises(CatalogError) as caught:
        load_catalog(root)
    problems = caught.value.problems
    assert any(p.file == file and pointer in p.pointer for p in problems), problems
    assert all(p.message("zh") != p.message("en") for p in problems)


def test_all_faults_of_all_files_at_once(root: Path) -> None:
    edit(root / D2207, lambda d: (d.update(a=1), field(d, "psn_no").update(b=1)))
    edit(root / D2208, lambda d: d.update(c=1))
    edit(root / "code_tables/gend.json", lambda d: d.update(d=1))
    with pytest.raises(CatalogError) as caught:
        load_catalog(root)
    assert {p.pointer.rpartition("/")[2] for p in caught.value.problems} == {"a", "b", "c", "d"}
    assert all(p.pointer in caught.value.message("en") for p in caught.value.problems)


@pytest.mark.parametrize("text", ["", "{", "\xff", "[1,]", "[" * 100_000])
def test_a_file_that_is_no_json_is_told(root: Path, text: str) -> None:
    (root / D2207).write_text(text, encoding="latin-1")
    with pytest.raises(CatalogError) as caught:
        load_catalog(root)
    assert [p.file for p in caught.value.problems] == [D2207]


def test_two_files_of_one_interface(root: Path) -> None:
    shutil.copy(root / D2207, root / "interfaces/2_service/2207_other.json")
    with pytest.raises(CatalogError):
        load_catalog(root)


def test_two_overlays_at_one_place(root: Path) -> None:
    one = {
        "document": "2207",
        "op": "replace",
        "pointer": "/title",
        "value": "甲",
        "reason": "r",
        "evidence": "e",
    }
    for name in ("north", "south"):
        (root / f"overlays/{name}.json").write_text(
            json.dumps({"name": name, "title": name, "entries": [one]}), encoding="utf-8"
        )
    assert load_catalog(root, ("errata", "north")).interfaces["2207"].title == "甲"
    with pytest.raises(CatalogError) as caught:
        load_catalog(root, ("errata", "north", "south"))
    assert [(p.file, p.entry, p.pointer) for p in caught.value.problems] == [
        ("overlays/south.json", 0, "/title")
    ]


def test_data_roots() -> None:
    assert (data_root() / "names.json").is_file()
    assert (schema_root() / "catalog" / "interface.schema.json").is_file()
