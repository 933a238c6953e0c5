"""The regions as users see them: packages, behaviour that follows moved nodes, facts, the commands."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import mi_core.codes
import mi_core.interfaces
from mi_core.catalog import read_projection
from mi_core.catalog.references import reference_problems
from mi_core.catalog.region_compare import compare_regions
from mi_core.catalog.region_lock import region_lock_problems
from mi_core.catalog.regions import read_region, region_catalog, region_folder, shipped_regions
from mi_core.cli.catalog import catalog as command
from mi_plugins.regions.guangzhou.codes import HospApprFlag, MedType
from mi_plugins.regions.guangzhou.interfaces import (
    AdmissionCancellationRequest,
    OutpatientSettlementRequest,
    PharmacyPresettlementRequest,
    TreatmentApplicationQueryRequest,
)

GENERATED = [r for r in shipped_regions() if (region_folder(r) / "interfaces").is_dir()]
SHIPPED = ("hunan", "chongqing", "foshan", "guangzhou", "jiangsu", "jilin", "shenzhen", "zhejiang")


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(command, arguments, env={"MI_LANG": "en", "COLUMNS": "200"})
    assert result.exit_code == code, result.output
    return result.output


def package(region: str) -> Any:
    return import_module(f"mi_plugins.regions.{region}.interfaces")


def test_the_shipped_regions() -> None:
    assert shipped_regions() == SHIPPED
    assert GENERATED == ["chongqing", "foshan", "guangzhou", "jiangsu", "shenzhen"]


@pytest.mark.parametrize("region", SHIPPED)
def test_every_region_is_sound_and_locked(region: str) -> None:
    loaded = region_catalog(region)
    assert loaded.problems() == [] and reference_problems(loaded) == []
    folder = region_folder(region)
    assert not (folder / "overlay").exists() or region_lock_problems(folder) == []


@pytest.mark.parametrize("region", GENERATED)
def test_a_package_has_what_differs_and_the_base_s_rest(region: str) -> None:
    own, loaded = package(region), region_catalog(region)
    assert set(loaded.changed()) <= set(own.OWN_CODES) and tuple(loaded.interfaces) == own.ALL_CODES
    for code in own.OWN_CODES:
        interface = own.by_code(code)
        assert (interface.region, interface.digest) == (region, loaded.digest(code))
        assert interface.request.__name__ == f"{loaded.names.classes[code]}Request"
        if code in mi_core.interfaces.ALL_CODES:
            base = mi_core.interfaces.by_code(code)
            assert base.region == "" and base.request.__name__ == interface.request.__name__
            assert base.request is not interface.request
    other = next(code for code in mi_core.interfaces.ALL_CODES if code not in own.OWN_CODES)
    assert own.by_code(other) is mi_core.interfaces.by_code(other)
    with pytest.raises(KeyError):
        own.by_code("0000")
    with pytest.raises(AttributeError, match=f"regions.{region}.interfaces"):
        _ = own.NoSuchRequest
    assert set(mi_core.interfaces.__all__) <= {*own.__all__} <= {*dir(own)}


def test_a_package_imports_only_what_is_asked_for() -> None:
    code = (
        "import sys; from mi_plugins.regions.guangzhou.interfaces import OutpatientSettlementRequest\n"
        "names = [m for m in sys.modules if '.interfaces.i' in m]; assert len(names) == 1, names"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_base_s_class_where_the_region_has_none() -> None:
    assert PharmacyPresettlementRequest is mi_core.interfaces.PharmacyPresettlementRequest
    assert OutpatientSettlementRequest is not mi_core.interfaces.OutpatientSettlementRequest
    assert not hasattr(mi_core.interfaces, "TreatmentApplicationQueryRequest")
    assert TreatmentApplicationQueryRequest.__interface__.code == "1160"


def test_a_request_lies_where_the_region_wants_it() -> None:
    request = OutpatientSettlementRequest(
        psn_no="1", mdtrt_cert_type="02", med_type="11", medfee_sumamt=Decimal("1.50"), psn_setlway="01", mdtrt_id="m",
        chrg_bchno="c", acct_used_flag="0", mdtrt_mode="0", mid_setl_flag="0",
    )  # fmt: skip
    assert request.problems() == []
    assert list(request.to_dict()) == ["mdtrtinfo"] and request.to_dict()["mdtrtinfo"]["mdtrt_mode"] == "0"
    assert OutpatientSettlementRequest.from_dict(request.to_dict()).medfee_sumamt == Decimal("1.50")
    with pytest.raises(TypeError, match="mid_setl_flag"):
        OutpatientSettlementRequest(psn_no="1")  # type: ignore[call-arg]  # that is what is tested
    bare = AdmissionCancellationRequest(mdtrt_id="m", psn_no="1")
    assert bare.to_dict() == {"mdtrt_id": "m", "psn_no": "1"}


def test_behaviour_follows_a_moved_node() -> None:
    settle = OutpatientSettlementRequest.__interface__.behaviour
    assert settle.effect == "money" and settle.flat == "mdtrtinfo"
    assert settle.business_key == ("mdtrtinfo.mdtrt_id", "mdtrtinfo.chrg_bchno")
    assert settle.lock_key == ("mdtrtinfo.mdtrt_id",) and settle.person_request == "mdtrtinfo.psn_no"
    assert all(path.startswith("mdtrtinfo.") for path in settle.amounts)
    asked = dict(settle.outcome_queries[0].ask)
    assert asked["data.psn_no"][0].call == "mdtrtinfo.psn_no"  # 5203 has not moved
    opened = AdmissionCancellationRequest.__interface__.behaviour
    assert (opened.flat, opened.business_key) == (None, ("mdtrt_id",))
    for region in ("guangzhou", "foshan", "chongqing"):
        for code, spec in region_catalog("hunan").interfaces.items():
            was, now = spec.behaviour, region_catalog(region).interfaces[code].behaviour
            assert (was.effect, was.repeat, was.cancels_all, was.cancelled_by, len(was.outcome_queries)) == (
                now.effect, now.repeat, now.cancels_all, now.cancelled_by, len(now.outcome_queries),
            ), code  # fmt: skip
            assert len(was.proof) == len(now.proof) and len(was.business_key) == len(now.business_key)


def test_the_log_s_columns_follow_too() -> None:
    base, own = read_projection("2207"), read_projection("2207", "guangzhou")
    assert base is not None and own is not None
    assert base.paths["psn_no"][0] == ("input", "data", "psn_no")
    assert own.paths["psn_no"][0] == ("input", "mdtrtinfo", "psn_no")


def test_added_interfaces_are_cautious() -> None:
    spec = package("guangzhou").by_code("2260").behaviour
    assert (spec.effect, spec.proof, spec.business_key) == (
        "money",
        ("output.setlInfo.setl_id",),
        ("operation_key",),
    )
    assert spec.cancelled_by == "2261" and spec.nobody_tells
    for region in ("guangzhou", "foshan", "chongqing"):
        loaded = region_catalog(region)
        for code in loaded.added():
            facts = loaded.document(code)["x-mi"]
            assert "effect" in facts["inferred"] and facts.get("repeat", "never") == "never"
            assert not facts["slug"].startswith("interface_") and loaded.document(code)["description"]


def test_code_tables_of_a_region() -> None:
    assert set(mi_core.codes.HospApprFlag.labels()) == {"0", "1", "2"}
    assert set(HospApprFlag.labels()) == {"1", "2"}
    assert MedType is mi_core.codes.MedType
    codes = import_module("mi_plugins.regions.guangzhou.codes")
    assert codes.by_key("hosp_appr_flag") is HospApprFlag and codes.by_key("med_type") is MedType


def test_2601_reverses_more_in_chongqing() -> None:
    loaded = region_catalog("chongqing").interfaces
    assert loaded["2208"].behaviour.reversible and loaded["2305"].behaviour.reversible
    assert not region_catalog("foshan").interfaces["2208"].behaviour.reversible


@pytest.mark.parametrize("region", SHIPPED)
def test_the_facts_say_what_is_known_and_what_is_not(region: str) -> None:
    facts = read_region(region)
    assert facts.known and facts.unknown and all(f.evidence for f in facts.known)
    entries = [e for o in region_catalog(region).overlays if o.name != "errata" for e in o.entries]
    assert all(e.reason and e.evidence for e in entries)
    assert bool(entries) == (region not in ("hunan", "zhejiang"))


def test_partial_regions() -> None:
    shenzhen = region_catalog("shenzhen").interfaces["2201"].input.member("data")
    assert {m.code for m in shenzhen.members if m.required} >= {"atddr_no", "dr_name"}  # type: ignore[union-attr]  # a node
    assert read_region("jiangsu").defaults["headExtra"] == ["fixmedins_soft_fcty"]
    assert region_catalog("jiangsu").envelope_request.member("fixmedins_soft_fcty") is not None
    assert region_catalog("hunan").envelope_request.member("fixmedins_soft_fcty") is None
    assert region_catalog("jilin").envelope_request.member("enc_type") is not None


def test_two_regions_side_by_side() -> None:
    found = compare_regions(region_catalog("hunan"), region_catalog("guangzhou"), "2207")
    kinds = {(d.kind, d.path): d for d in found}
    assert kinds["moved", "input.data"].after == {"path": "input.mdtrtinfo"}
    assert ("changed", "input.mdtrtinfo.insutype") in kinds and ("unsaid", "input.mdtrtinfo.card_sn") in kinds
    assert ("added", "input.mdtrtinfo.order_no") in kinds and ("added", "input.mdtrtinfo.psn_no") not in kinds
    up = compare_regions(region_catalog("hunan"), region_catalog("guangzhou"), "2404")
    assert [(d.kind, d.after) for d in up if d.kind in ("moved", "removed", "added")] == [
        ("moved", {"path": "input"})
    ]
    down = compare_regions(region_catalog("hunan"), region_catalog("chongqing"), "1317")
    assert [(d.path, d.after) for d in down if d.kind == "moved"] == [("output", {"path": "output.data"})]
    assert [d.path for d in down if d.kind == "removed"] == []
    both = compare_regions(region_catalog("hunan"), region_catalog("foshan"))
    added = [d.interface for d in both if d.kind == "interface added"]
    assert len(added) == 33 and "90100" in added and {d.interface for d in both} >= {"2203", "9002"}
    back = compare_regions(region_catalog("foshan"), region_catalog("hunan"))
    assert [d.interface for d in back if d.kind == "interface removed"] == added
    assert compare_regions(region_catalog("hunan"), region_catalog("hunan")) == []


@pytest.mark.parametrize("region", GENERATED)
def test_what_differs_is_counted_alike_everywhere(region: str) -> None:
    """``mi regions list`` counts classes, ``mi catalog diff`` differences: of the same interfaces."""
    found = compare_regions(region_catalog("hunan"), region_catalog(region))
    assert {d.interface for d in found} == set(package(region).OWN_CODES)


def test_a_difference_that_is_in_no_field() -> None:
    """1101 answers a list in Guangzhou; 2102 finds out its outcome another way; a code table lacks a code."""
    found = compare_regions(region_catalog("hunan"), region_catalog("guangzhou"))
    whole = [(d.kind, d.before, d.after) for d in found if (d.interface, d.path) == ("1101", "output")]
    assert [(k, b and b["type"], a and a["type"]) for k, b, a in whole] == [
        ("changed", "object", "object-or-array")
    ]
    assert [(d.kind, d.path) for d in found if d.interface == "2102"] == [("behaviour", "outcome_queries")]
    codes = [d for d in found if d.kind == "codes" and d.path.endswith("hosp_appr_flag")]
    assert codes and all(d.before and d.before["codes"].startswith("0 ") for d in codes)
    shown = run("diff", "hunan", "guangzhou", "--interface", "1101")
    assert "object-or-array" in shown
    assert "a list as a whole" in run("show", "1101", "--region", "guangzhou")
    assert "as a whole" not in run("show", "1101")
    assert "behaviour" in run("diff", "hunan", "guangzhou", "--interface", "2102")


def test_the_commands() -> None:
    assert "input.mdtrtinfo" in run("diff", "hunan", "guangzhou", "--interface", "2207")
    assert "moved 1" in run("diff", "hunan", "guangzhou", "--brief")
    raw = json.loads(run("diff", "hunan", "guangzhou", "--interface", "2404", "--json"))
    assert raw[0]["kind"] == "moved" and raw[0]["interface"] == "2404"
    shown = json.loads(run("show", "2207", "--region", "guangzhou", "--json"))
    assert list(shown["properties"]["input"]["properties"]) == ["mdtrtinfo", "setldetail", "voladetail"]
    assert "data" in json.loads(run("show", "2207", "--json"))["properties"]["input"]["properties"]
    assert "mdtrtinfo" in run("diff", "2207", "--region", "guangzhou")
    assert run("verify", "--region", "foshan").strip()
    assert "1160" in run("list", "--region", "guangzhou") and "1160" not in run("list")
    assert "1160" in run("search", "hcard_basinfo", "--region", "guangzhou")
    # two interfaces, and one interface, as before
    assert "2206" in run("diff", "2206", "2207") and "hifdm_pay" in run("diff", "2305")


def test_check_tells_what_is_wrong_with_a_region(tmp_path: Path) -> None:
    folder = tmp_path / "north"
    (folder / "overlay").mkdir(parents=True)
    facts = {"name": "north", "title": "北", "titleEn": "North", "described": "partial", "evidence": ["e"]}
    (folder / "region.json").write_text(json.dumps(facts), encoding="utf-8")
    move = {
        "document": "2207", "op": "move", "pointer": "/properties/input/properties/visit",
        "from": "/properties/input/properties/data", "reason": "r", "evidence": "e",
    }  # fmt: skip
    text = json.dumps({"name": "north-2207", "title": "t", "entries": [move]})
    (folder / "overlay/2207.json").write_text(text, encoding="utf-8")
    said = run("check", "--region", str(folder), "--json", code=1)
    pointers = {p["pointer"] for p in json.loads(said)}
    assert {"/x-mi/flat", "/x-mi/businessKey", "/x-mi/lockKey", "/x-mi/amounts"} <= pointers
    run("verify", "--write", "--region", str(folder))
    assert (folder / "region.lock").is_file()
    run("verify", "--region", str(folder))


@pytest.mark.parametrize("region", ["guangzhou", "foshan"])
def test_registered_and_settled_in_one_call_is_worth_its_fee_items(region: str) -> None:
    """2260 has no total: its amount is the sum of what its rows say, so that other fees under one key are noticed."""
    from mi_core.pipeline.identifiers import identifiers_of
    from mi_core.testing import examples

    interface = package(region).by_code("2260")
    rows = [{"det_item_fee_sumamt": amount} for amount in (Decimal("10.50"), Decimal("0.25"))]
    content = examples.values(interface)
    template = content["feedetail"]["rows"][0]
    content["feedetail"]["rows"] = [{**template, **row} for row in rows]
    request, problems = interface.request_from_dict(content)
    assert request is not None, problems
    found = identifiers_of(interface.behaviour, interface.encode_input(request)).amounts
    assert found == {"feedetail.rows.det_item_fee_sumamt": Decimal("10.75")}
