"""A request that is right must pass: a check that refuses it lets a patient wait. What the text does not say is not enforced."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mi_core.catalog import load_catalog

CATALOG = load_catalog()
JSON = dict[str, Any]
DIGEST: JSON = json.loads((Path(__file__).parent / "source_digest.json").read_text(encoding="utf-8"))


def row(node: JSON) -> JSON:
    return node["items"] if node.get("type") == "array" else node


def is_node(member: JSON) -> bool:
    return "properties" in member or "properties" in member.get("items", {})


def request_fields() -> Iterator[tuple[str, str, str, JSON]]:
    """Interface, source table, wire name and field of every request."""

    def visit(code: str, node: JSON, table: str) -> Iterator[tuple[str, str, str, JSON]]:
        table = node.get("x-mi", {}).get("sourceTable", table)
        for key, member in row(node)["properties"].items():
            if is_node(member):
                yield from visit(code, member, table)
            else:
                yield code, table, key, member

    for code in CATALOG.interfaces:
        yield from visit(code, CATALOG.document(code)["properties"]["input"], "")


def test_listed_values_have_the_type_of_their_field() -> None:
    """``enum`` [0, 1] of a text field would refuse "0" and "1", that is, everything."""
    wrong = [
        f"{code} {key} {member['enum']}"
        for code, _, key, member in request_fields()
        if any(not isinstance(v, {"string": str, "number": int, "integer": int}[member["type"]]) for v in member.get("enum", ()))
    ]  # fmt: skip
    assert wrong == []


# Values a hospital takes from the bureau's reply or from its own tables; another province's patient brings others.
HANDED_ON = {"psn_type", "naty", "dept", "nat_regn_code", "medn_type_code", "drug_dosform", "callType"}
# Not marked as coded, but the field's own remark names the table of departments.
NAMED_BY_REMARK = {
    ("4402", "isu_dept_code"), ("4402", "exe_dept_code"), ("4402A", "isu_dept_code"), ("4402A", "exe_dept_code"),
    ("4501", "appy_dept_code"), ("4501", "exam_dept_code"), ("4501", "ipt_dept_code"),
    ("4502", "appy_dept_code"), ("4502", "exam_dept_code"),
}  # fmt: skip


def test_handed_on_values_are_bound_only_where_the_source_says_so() -> None:
    wrong = []
    for code, table, key, member in request_fields():
        coded = DIGEST["tables"].get(f"{code} {table}", {}).get("coded", ())
        bound = member.get("x-mi", {}).get("codeTable") in HANDED_ON
        if bound and key not in coded and (code, key) not in NAMED_BY_REMARK:
            wrong.append(f"{code} {table}.{key}")
    assert wrong == []


def accepted(code: str, path: str, values: JSON) -> bool:
    """Whether conditions and listed values of one object let these fields pass (other required fields aside)."""
    node = CATALOG.document(code)["properties"]["input"]
    for step in path.split(".") if path else ():
        node = row(node)["properties"][step]
    schema = {k: v for k, v in row(node).items() if k in ("type", "properties", "allOf", "anyOf")}
    return Draft202012Validator(schema).is_valid(values)


@pytest.mark.parametrize(
    ("code", "path", "values"),
    [
        ("2001", "data", {"med_type": "28"}),  # "disease of day surgery" is not the visit's category
        ("2401", "mdtrtinfo", {"med_type": "28"}),
        ("2403", "adminfo", {"med_type": "28"}),
        ("2207", "data", {"mdtrt_cert_type": "02", "mdtrt_cert_no": "1"}),
        ("3505", "selinfo", {"hi_feesetl_type": "2"}),
        ("3505", "selinfo", {"MDTRT_SETL_TYPE": "2"}),
        ("3505A", "selinfoDetail", {"hi_feesetl_type": "1", "MDTRT_SETL_TYPE": "2"}),
        ("4301", "rgstinfo", {"mdtrt_id": "1", "medfee_paymtd_code": "01"}),
        ("4401", "baseinfo", {"mdtrt_id": "1", "medfee_paymtd_code": "90"}),
        ("4701", "adminfo", {"mdtrt_id": "1"}),
        ("4101", "setlinfo", {}),
        ("6201", "data", {"medType": "11", "feeType": "01"}),
        ("6201", "data", {"medType": "2101", "feeType": "01"}),
        ("7101", "data", {"mdtrtCertType": "02"}),
        ("7101", "data.mdtrtinfo", {"suckPrdFlag": "1"}),
        ("7101", "data.mdtrtinfo", {"suckPrdFlag": "0"}),
        ("7101", "data.rxdrugdetail", {"rxItemTypeCode": "13", "tcmdrugTypeCode": "3"}),
        ("9601", "recogInfo", {"plan_id": "1"}),
    ],
)
def test_what_the_text_does_not_ask_for_passes(code: str, path: str, values: JSON) -> None:
    assert accepted(code, path, values)


@pytest.mark.parametrize(
    ("code", "path", "values"),
    [
        *[(c, n, {"mdtrt_cert_type": "03"}) for c, n in (
            ("1101", "data"), ("2101", "druginfo"), ("2102", "druginfo"), ("2201", "data"), ("2206", "data"),
            ("2207", "data"), ("2303", "data"), ("2304", "data"), ("2401", "mdtrtinfo"),
        )],
        ("1201", "medinsinfo", {"fixmedins_type": "1"}),
        ("3103", "data.warns", {"dspo_way": "1"}),
        ("3505", "selinfo", {"MDTRT_SETL_TYPE": "1"}),
        ("3508", "data", {}),
        ("3604", "data", {}),
        ("4101", "setlinfo", {"coner_name": "x"}),
        ("6201", "data", {"medType": "52"}),
        ("6202", "data", {"payOrdId": "1"}),
        ("7101", "data", {"mdtrtCertType": "01"}),
        ("7101", "data.rxdrugdetail", {"rxItemTypeCode": "13"}),
        ("7101", "data.rxdrugdetail", {"rxItemTypeCode": "13", "tcmdrugTypeCode": "2"}),
        ("7101", "data.rxdrugdetail", {"rxItemTypeCode": "11", "medcWayCodg": "1"}),
        ("7201", "data", {"ecToken": "1", "regSn": "1"}),
        ("7201", "data", {}),
    ],
)  # fmt: skip
def test_what_the_text_asks_for_is_asked_for(code: str, path: str, values: JSON) -> None:
    assert not accepted(code, path, values)


@pytest.mark.parametrize(
    ("code", "path", "yes", "no"),
    [
        ("6202", "output.data.ordStas", {"6", "4"}, {"15", "16", "12", "14"}),
        ("6203", "output.data.refStatus", {"SUCC"}, {"FAIL", "EXP"}),
        ("6401", "output.data.success", {"true"}, {"false"}),
    ],
)
def test_a_status_proves_success_only_with_a_good_value(
    code: str, path: str, yes: set[str], no: set[str]
) -> None:
    behaviour = CATALOG.interfaces[code].behaviour
    values = set(dict(behaviour.proof_values)[path])
    assert path in behaviour.proof
    assert yes <= values and not no & values


def test_every_proof_that_is_a_status_names_its_good_values() -> None:
    bare = [
        f"{spec.code} {path}"
        for spec in CATALOG.interfaces.values()
        for path in spec.behaviour.proof
        if path.lower().endswith(("stas", "status", "success", "flag", "rslt"))
        and path not in dict(spec.behaviour.proof_values)
    ]
    assert bare == []


def rows_of(document: JSON) -> Iterator[tuple[str, JSON]]:
    """Source table (``input.0``) and object of every request node."""

    def visit(node: JSON) -> Iterator[tuple[str, JSON]]:
        if "sourceTable" in node.get("x-mi", {}):
            yield node["x-mi"]["sourceTable"], row(node)
        for member in row(node)["properties"].values():
            if is_node(member):
                yield from visit(member)

    yield from visit(document["properties"]["input"])


@pytest.mark.parametrize("code", CATALOG.interfaces)
def test_no_erratum_makes_a_request_stricter(code: str) -> None:
    """A correction may take a demand away or widen a length; a new demand would be our own."""
    base = dict(rows_of(CATALOG.base_document(code)))
    wrong = []
    for table, node in rows_of(CATALOG.document(code)):
        before = base[table]
        for key, member in node["properties"].items():
            old = before["properties"].get(key, {})
            demanded = key in node.get("required", ()) and key not in before.get("required", ())
            shorter = "maxLength" in old and member.get("maxLength", old["maxLength"]) < old["maxLength"]
            if (demanded and not is_node(member)) or shorter:
                wrong.append(f"{table}.{key}")
    assert wrong == []
