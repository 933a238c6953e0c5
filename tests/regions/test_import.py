"""``mi catalog import --against hunan``: the dialect rules on small tables, curation that survives, and honest faults."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mi_codegen.importer.cli import import_tables
from mi_codegen.importer.dialect import import_dialect, read_dialect
from mi_codegen.importer.source import SourceError
from mi_core.catalog import Catalog, load_catalog
from mi_core.catalog.references import reference_problems
from mi_core.catalog.regions import read_region, region_catalog, region_folder

JSON = dict[str, Any]
SPEC = os.environ.get("MI_SPEC_DIR")


def field(code: str, label: str = "", **more: Any) -> JSON:
    return {"code": code, "label": label, **more}


def node(code: str, *fields: JSON, repeated: bool = False) -> JSON:
    return {"code": code, "label": "", "repeated": repeated, "fields": list(fields)}


def run(folder: Path, *arguments: str, code: int = 0) -> str:
    words = [str(folder / "north.json"), "--against", "hunan", "--region", str(folder / "north"), *arguments]
    result = CliRunner().invoke(import_tables, words, env={"MI_LANG": "en"})
    assert result.exit_code == code, result.output
    return result.output


def north(tmp_path: Path, **tables: Any) -> Catalog:
    """The catalogue that the tool makes of tables, checked: everything a document names exists."""
    raw = {k.removeprefix("i"): v for k, v in tables.items()}
    (tmp_path / "north.json").write_text(json.dumps(raw, ensure_ascii=False), encoding="utf-8")
    (tmp_path / "north").mkdir(exist_ok=True)
    run(tmp_path)
    catalog = load_catalog(extra=(tmp_path / "north",))
    assert reference_problems(catalog) == []
    return catalog


CANCEL = [field("setl_id", required=True), field("mdtrt_id"), field("psn_no")]


def test_a_renamed_node_takes_behaviour_and_names_along(tmp_path: Path) -> None:
    catalog = north(tmp_path, i2208={"request": [node("visit", *CANCEL)], "response": []})
    spec = catalog.interfaces["2208"]
    visit = spec.input.member("visit")
    assert [m.code for m in visit.members if m.required] == ["setl_id"]  # type: ignore[union-attr]  # it is a node
    assert visit.member("exp_content").inferred  # type: ignore[union-attr]  # as above
    assert (spec.behaviour.flat, spec.behaviour.business_key) == ("visit", ("visit.setl_id",))
    assert catalog.names.node_class("2208", "input.visit") == catalog.names.node_class("2208", "input.data")
    assert (
        catalog.document("2208")["properties"]["output"]
        == Catalog(catalog.root).document("2208")["properties"]["output"]
    )


def test_fields_that_lie_in_the_part_itself(tmp_path: Path) -> None:
    catalog = north(tmp_path, i2208={"request": CANCEL, "response": [field("output")]})
    spec = catalog.interfaces["2208"]
    assert [m.code for m in spec.input.members][:3] == ["setl_id", "mdtrt_id", "psn_no"] or spec.input.member(
        "setl_id"
    )
    assert (spec.behaviour.flat, spec.behaviour.lock_key) == (None, ("mdtrt_id",))


def test_another_interface_s_question_follows(tmp_path: Path) -> None:
    asked = [field("psn_no"), field("setl_id"), field("mdtrt_id")]
    catalog = north(tmp_path, i5203={"request": [node("query", *asked)], "response": []})
    (query, *_) = catalog.interfaces["2207"].behaviour.outcome_queries
    assert [path for path, _ in query.ask] == ["query.psn_no", "query.setl_id", "query.mdtrt_id"]
    assert query.blank == ("query.setl_id",)
    assert catalog.changed() == tuple(c for c in catalog.interfaces if c in catalog.touched())


def test_types_of_new_fields(tmp_path: Path) -> None:
    new = [
        field("medfee_sumamt", "总额"), field("no_such_code", "1|no_such_code|"), field("spouse_full_name", "配偶姓名"),
        field("given", "给定", type="number", length="16,2"), field("med_type"), field("hcv_ab"),
    ]  # fmt: skip
    catalog = north(
        tmp_path,
        i2208={
            "request": [node("data", *CANCEL, *new)],
            "response": [node("setlinfo", field("med_type"), field("new"))],
        },
        i4401={"request": [node("baseinfo", field("hcv_ab"))], "response": []},
    )
    data = catalog.interfaces["2208"].input.member("data")
    got = {m.code: m for m in data.fields}  # type: ignore[union-attr]  # it is a node
    assert (got["medfee_sumamt"].type, got["medfee_sumamt"].scale, got["medfee_sumamt"].label) == (
        "number",
        2,
        "总额",
    )
    assert (got["no_such_code"].type, got["no_such_code"].inferred) == ("string", True)
    assert got["no_such_code"].label == "no_such_code"
    assert got["spouse_full_name"].sensitivity == "person-name"
    assert (got["given"].digits, got["given"].scale, got["given"].inferred) == (16, 2, False)
    assert got["med_type"].open and got["med_type"].code_table is None  # another region's codes must pass
    front = catalog.interfaces["4401"].input.member("baseinfo")
    assert front.member("hcv_ab") and not front.member("hcv-ab")  # type: ignore[union-attr]  # it is a node


def test_a_table_s_type_counts_in_requests_only(tmp_path: Path) -> None:
    asked = [field("psn_no", type="string", length="20"), field("setl_id", type="number"), *CANCEL[1:2]]
    told = [field("medfee_sumamt", type="string"), field("setl_time", type="date")]
    visit = [field("begntime", type="date"), field("dept_name", type="string", length="9")]
    catalog = north(
        tmp_path,
        i2208={"request": [node("data", *asked)], "response": [node("setlinfo", *told)]},
        i2201={"request": [node("data", *visit)], "response": []},
    )
    data = {m.code: m for m in catalog.interfaces["2208"].input.member("data").fields}  # type: ignore[union-attr]  # it is a node
    assert (data["psn_no"].max_length, data["setl_id"].type) == (20, "number")
    reply = {m.code: m for m in catalog.interfaces["2208"].output.member("setlinfo").fields}  # type: ignore[union-attr]  # as above
    assert (reply["medfee_sumamt"].type, reply["medfee_sumamt"].scale) == ("number", 2)
    visits = {m.code: m for m in catalog.interfaces["2201"].input.member("data").fields}  # type: ignore[union-attr]  # as above
    assert (visits["begntime"].type, visits["dept_name"].max_length) == ("datetime", 9)


def test_rows_follow_the_table_in_requests_and_stay_lists_in_replies(tmp_path: Path) -> None:
    catalog = north(
        tmp_path,
        i2302={
            "request": [node("data", field("psn_no"), field("mdtrt_id"), field("feedetl_sn"))],
            "response": [],
        },
        i2207={"request": [], "response": [node("output", node("setldetail", field("fund_payamt")))]},
    )
    assert not catalog.interfaces["2302"].input.member("data").repeated  # type: ignore[union-attr]  # it is a node
    assert catalog.interfaces["2207"].output.member("setldetail").repeated  # type: ignore[union-attr]  # as above


def test_conditions_about_a_field_that_is_not_there_go(tmp_path: Path) -> None:
    base = Catalog(region_catalog("hunan").root).interfaces["2207"].input.member("data")
    fields = [field(m.code, required=m.required) for m in base.members]  # type: ignore[union-attr]  # it is a node
    with_all = north(tmp_path, i2207={"request": [node("data", *fields)], "response": []})
    assert with_all.interfaces["2207"].input.member("data").conditions  # type: ignore[union-attr]  # as above
    without = [f for f in fields if f["code"] != "card_sn"]
    again = north(tmp_path, i2207={"request": [node("data", *without)], "response": []})
    assert not again.interfaces["2207"].input.member("data").conditions  # type: ignore[union-attr]  # as above


def test_an_added_interface_is_cautious_until_somebody_decides(tmp_path: Path) -> None:
    tables = {
        "i8801": {
            "request": [node("data", field("psn_no", "人员编号", required=True))],
            "response": [field("x", "甲")],
        }
    }
    catalog = north(tmp_path, **tables)
    spec = catalog.interfaces["8801"]
    assert (spec.behaviour.effect, spec.behaviour.proof, spec.behaviour.business_key) == (
        "state", ("infcode",), ("operation_key",),
    )  # fmt: skip
    assert catalog.document("8801")["x-mi"]["inferred"] == ["effect", "proof", "businessKey"]
    path = tmp_path / "north/overlay/8801.json"
    value = json.loads(path.read_text(encoding="utf-8"))
    document = value["entries"][0]["value"]
    document["title"], document["description"] = "查询", "Asks."
    mi = document["x-mi"]
    mi |= {"effect": "query", "slug": "asking", "className": "Asking"}
    for key in ("proof", "businessKey", "inferred"):
        del mi[key]
    names = json.loads((tmp_path / "north/names.json").read_text(encoding="utf-8"))
    names["interfaces"]["8801"] |= {"slug": "asking", "className": "Asking"}
    (tmp_path / "north/names.json").write_text(json.dumps(names), encoding="utf-8")
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    tables["i8801"]["request"][0]["fields"].append(field("more", "更多"))
    decided = north(tmp_path, **tables)
    asking = decided.interfaces["8801"]
    assert (asking.title, asking.behaviour.effect, asking.class_name) == ("查询", "query", "Asking")
    assert asking.input.member("data").member("more") is not None  # type: ignore[union-attr]  # it is a node
    assert "proof" not in decided.document("8801")["x-mi"]


def test_curated_entries_survive_and_win(tmp_path: Path) -> None:
    tables = {"i2208": {"request": [node("visit", *CANCEL, field("more", "更多"))], "response": []}}
    north(tmp_path, **tables)
    path = tmp_path / "north/overlay/2208.json"
    value = json.loads(path.read_text(encoding="utf-8"))
    place = "/properties/input/properties/visit/properties/more"
    own = {
        "document": "2208", "op": "add", "pointer": place, "value": {"title": "更多", "type": "string", "maxLength": 3},
        "curated": True, "reason": "seen", "evidence": "a reply",
    }  # fmt: skip
    reversible = own | {"op": "replace", "pointer": "/x-mi/reversible", "value": True}
    value["entries"] += [own, reversible]
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    report = run(tmp_path)
    assert "2 by people" in report
    after = json.loads(path.read_text(encoding="utf-8"))["entries"]
    assert [e for e in after if e["pointer"] == place] == [own] and reversible in after
    catalog = load_catalog(extra=(tmp_path / "north",))
    assert catalog.interfaces["2208"].behaviour.reversible
    texts = {p.name: p.read_text(encoding="utf-8") for p in (tmp_path / "north/overlay").iterdir()}
    assert "0 files written" in run(tmp_path)
    assert texts == {p.name: p.read_text(encoding="utf-8") for p in (tmp_path / "north/overlay").iterdir()}


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    catalog = north(tmp_path, i2208={"request": [node("visit", *CANCEL)], "response": []})
    shutil.rmtree(tmp_path / "north/overlay")
    assert "dry run" in run(tmp_path, "--dry-run") and not (tmp_path / "north/overlay").exists()
    assert json.loads(run(tmp_path, "--dry-run", "--json"))["written"] == ["2208.json"]
    assert catalog.added() == ()


@pytest.mark.parametrize(
    ("tables", "word"),
    [
        ([], "interface code"),
        ({"x": {}}, "north.json x"),
        ({"2207": {"request": {"code": "x"}}}, "a list of fields"),
        ({"2207": {"request": [{"code": "a b"}]}}, "'a b' is no field"),
        ({"2207": {"request": [{"code": "a", "type": "blob"}]}}, "unknown type 'blob'"),
        ({"2207": {"request": [{"code": "a", "length": "x"}]}}, "'x' is no length"),
    ],
)
def test_wrong_tables_are_told_with_their_place(tmp_path: Path, tables: Any, word: str) -> None:
    path = tmp_path / "north.json"
    path.write_text(json.dumps(tables), encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        read_dialect(path)
    assert word in "\n".join(caught.value.problems)


def test_only_the_base_can_be_written_against(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text("{}", encoding="utf-8")
    for words in (["--against", "foshan"], ["--against", "hunan", "--region", "nowhere"], []):
        result = CliRunner().invoke(import_tables, [str(tmp_path / "t.json"), *words])
        assert result.exit_code != 0 and result.exception is not None


@pytest.mark.skipif(not SPEC, reason="MI_SPEC_DIR names no folder with the source tables")
@pytest.mark.parametrize("region", ["guangzhou", "foshan", "chongqing"])
def test_the_shipped_overlays_are_what_the_tool_writes(region: str) -> None:
    tables = Path(str(SPEC)) / "regions" / f"{region}.json"
    report = import_dialect(tables, load_catalog(), read_region(region_folder(region)), dry_run=True)
    assert report.written == [] and report.curate == []
