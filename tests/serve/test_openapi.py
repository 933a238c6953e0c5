"""Every interface has a valid OpenAPI 3.1 document whose examples are what the client takes and returns."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from mi_core.config import Config, Institution, load_config
from mi_core.serve.openapi import flow_document, index_document, interface_document
from mi_core.serve.openapi.index import interfaces
from mi_core.serve.steps import kinds, needs_key, steps
from mi_core.testing import examples
from mi_core.testing.examples import to_json
from tests.serve.kit import FIRST, SECOND, Served

TEXT = """environment = "test"
[institutions.H43000000001]
name = "甲"
mdtrtarea_admvs = "439900"
[institutions.H43000000001.gateway]
profile = "none"
url = "http://127.0.0.1:9/"
[institutions.H44000000001]
name = "乙"
region = "guangzhou"
mdtrtarea_admvs = "440100"
sign_in_userid = "u"
sign_in_password = "p"
[institutions.H44000000001.gateway]
profile = "none"
url = "http://127.0.0.1:9/"
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    path: Path = tmp_path_factory.mktemp("openapi") / "mi.toml"
    path.write_text(TEXT, encoding="utf-8")
    return load_config(path)


def read(document: dict[str, Any]) -> dict[str, Any]:
    """As a client gets it."""
    return dict(json.loads(to_json(document)))


def problems(institution: Institution, code: str, *, whole: bool) -> list[str]:
    """What is wrong with a document and its examples; ``whole``: also against OpenAPI's own schema, which is slow."""
    document = read(interface_document(institution, code))
    found = (
        [f"{code}: {error.message}" for error in OpenAPIV31SpecValidator(document).iter_errors()]
        if whole
        else []
    )
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    post = document["paths"][f"/calls/{code}"]["post"]
    for part in (post["requestBody"], post["responses"]["200"]):
        content = part["content"]["application/json"]
        schema = {"components": document["components"], **content["schema"]}
        found += [
            f"{code} {e.json_path}: {e.message}"
            for e in Draft202012Validator(schema).iter_errors(content["example"])
        ]
    return found


@pytest.mark.parametrize("institution", [FIRST, "H44000000001"])
def test_every_document_is_valid_and_so_are_its_examples(config: Config, institution: str) -> None:
    place = config.institution(institution)
    rows = interfaces(place)
    assert len(rows) >= 200
    assert [p for n, row in enumerate(rows) for p in problems(place, row["code"], whole=n % 12 == 0)] == []
    assert list(OpenAPIV31SpecValidator(read(index_document(place))).iter_errors()) == []


def test_an_example_is_a_request_that_can_be_sent(config: Config) -> None:
    place = config.institution(FIRST)
    for row in interfaces(place):
        post = interface_document(place, row["code"])["paths"][f"/calls/{row['code']}"]["post"]
        given = post["requestBody"]["content"]["application/json"]["example"]["input"]
        request = place.interface(row["code"]).request.from_dict(given)
        assert [p for p in request.problems() if p.severity == "error"] == [], row["code"]


@pytest.mark.parametrize("code", ["2207", "2204", "1101", "2304", "3501"])
def test_what_the_client_refuses_the_schema_refuses(config: Config, code: str) -> None:
    """Broken on purpose, one rule at a time; what JSON Schema cannot say (digits, a table's check digit) is left out."""
    place = config.institution(FIRST)
    document = read(interface_document(place, code))
    check = Draft202012Validator({"components": document["components"], "$ref": "#/components/schemas/Input"})
    said = ("required", "max_length", "code", "enum", "unknown_field")
    seen, missed = 0, []
    for invalid in examples.invalid(code):
        rule, payload = invalid
        if rule in said:
            seen += 1
            if check.is_valid(json.loads(to_json(payload))):
                missed.append((rule, invalid.path))
    assert seen > 5
    assert missed == []


def test_a_document_speaks_chinese_and_lists_its_codes(config: Config) -> None:
    document = interface_document(config.institution(FIRST), "2207")
    fields = document["components"]["schemas"]["Input"]["properties"]["data"]["properties"]
    assert fields["medfee_sumamt"]["title"] == "医疗费总额"
    assert fields["med_type"]["enum"][:1] == ["11"]
    assert "11 普通门诊" in fields["med_type"]["description"]
    assert {"if", "then"} <= set(document["components"]["schemas"]["Input"]["properties"]["data"]["allOf"][0])
    assert "撤销接口：2208" in document["paths"]["/calls/2207"]["post"]["description"]


def key_parameter(operation: dict[str, Any]) -> str:
    """``required``, ``optional`` or empty."""
    names = [p["$ref"].rpartition("/")[2] for p in operation["parameters"] if "$ref" in p]
    return (
        "required" if "RequiredIdempotencyKey" in names else "optional" if "IdempotencyKey" in names else ""
    )


def test_a_key_is_required_by_the_document_where_it_is_by_the_service(config: Config) -> None:
    place = config.institution(FIRST)
    told = {row["code"]: key_parameter(interface_document(place, row["code"])["paths"][f"/calls/{row['code']}"]["post"])
            for row in interfaces(place)}  # fmt: skip
    exact = {code for code in told if place.interface(code).behaviour.exact}
    assert {"2207", "2304", "2102", "2201", "2401", "2501", "6202"} <= exact
    assert {code for code, key in told.items() if key == "required"} == exact
    assert told["2204"] == "optional" and told["1101"] == told["2206"] == ""
    header = interface_document(place, "2207")["components"]["parameters"]["RequiredIdempotencyKey"]
    assert (header["name"], header["in"], header["required"]) == ("Idempotency-Key", "header", True)


def test_every_flow_has_a_document_with_its_steps(config: Config) -> None:
    place = config.institution(FIRST)
    keys = {}
    for kind, flow in kinds().items():
        document = read(flow_document(place, kind))
        assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
        for step in steps(flow):
            post = document["paths"][f"/flows/{kind}/{{key}}/{step}"]["post"]
            assert post["summary"] != step, "a Chinese name"
            keys[kind, step] = key_parameter(post)
    needed = {name for name, key in keys.items() if key == "required"}
    assert {("outpatient", "settle"), ("outpatient", "resume"), ("inpatient", "discharge"), ("pharmacy", "refund"),
            ("registration", "file"), ("mobile_payment", "pay")} <= needed  # fmt: skip
    assert needed & {("outpatient", "quote"), ("outpatient", "charge"), ("inpatient", "in_hospital"), ("outpatient", "plan_refund"),
                     ("mobile_payment", "wait"), ("eprescription", "resume"), ("registration", "on_file")} == set()  # fmt: skip
    assert (keys["outpatient", "charge"], keys["outpatient", "quote"], keys["mobile_payment", "wait"]) == (
        "optional",
        "",
        "",
    )
    body = flow_document(place, "outpatient")["paths"]["/flows/outpatient/{key}/open"]["post"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    assert {"patient", "med_type", "caty"} <= set(schema["required"])
    assert "certno" in schema["properties"]["patient"]["required"]


def test_what_a_step_may_call_is_what_its_code_names(config: Config) -> None:
    """The table of steps against the flows' own words: a code that changes something must not be missing."""
    place = config.institution(FIRST)
    missing, known = [], {row["code"] for row in interfaces(place)}
    for kind, flow in kinds().items():
        for step in steps(flow):
            named = set(
                re.findall(r"\b([1-79]\d{3}A?)\b", (getattr(flow, step).__doc__ or "").split("\n\n")[0])
            )
            exact = {code for code in named & known if place.interface(code).behaviour.exact}
            if exact and not needs_key(place, kind, step):
                missing.append((kind, step, exact))
    assert missing == []


def test_a_region_has_its_own_documents(config: Config) -> None:
    base = interface_document(config.institution(FIRST), "2401")
    other = interface_document(config.institution("H44000000001"), "2401")
    assert base["components"]["schemas"]["Input"] != other["components"]["schemas"]["Input"]


def test_they_are_served_to_who_may_see_the_institution(served: Served) -> None:
    index = served.get("/openapi.json")
    assert index.status == 200
    assert len(index.body) < 120_000
    rows = {row["code"]: row for row in index.json["x-interfaces"]}
    assert rows["2207"]["title"] == "门诊结算"
    flow = served.ask("GET", rows["outpatient"]["url"])
    assert (flow.status, "/flows/outpatient/{key}/settle" in flow.json["paths"]) == (200, True)
    one = served.ask("GET", rows["2207"]["url"])
    assert (one.status, one.json["openapi"]) == (200, "3.1.0")
    assert len(one.body) < 80_000
    assert served.ask("GET", rows["2207"]["url"], token="other").status == 404
    assert served.get("/openapi/9999.json").status == 404
    assert served.get("/openapi.json", institution=SECOND).status == 404
