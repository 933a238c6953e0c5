"""Doubts over HTTP: seen by those who may, decided by two different tokens."""

from __future__ import annotations

from typing import Any

import pytest

from tests.serve.kit import FIRST, PERSON, Served, settlement

AREA = {"insuplc_admdvs": "990101"}


def lost(served: Served, fault: str, key: str = "") -> tuple[str, dict[str, Any]]:
    bill = settlement(served)
    served.fault("2207", fault)
    answer = served.call("2207", bill, options=AREA, key=key)
    assert answer.status == 504, answer.json
    return answer.json["operation"], bill


def test_two_persons_say_that_it_was_not_done(quiet: Served) -> None:
    name, bill = lost(quiet, "drop_before")
    listed = quiet.get("/doubts", token="auditor").json
    assert name in [row["operation"] for row in listed["doubts"]]
    assert listed["totals"]["amount"] != "0.00"
    shown = quiet.get(f"/doubts/{name}", token="finance")
    assert shown.json["how"] and shown.json["attempts"][0]["state"] == "IN_DOUBT"
    assert PERSON.certno.encode() not in shown.body and PERSON.name.encode() not in shown.body
    path = f"/v1/institutions/{FIRST}/doubts/{name}/resolve"
    decision = {"outcome": "not_executed", "reason": "电话核实，中心无此结算"}
    assert quiet.ask("POST", path, decision, token="operator").status == 403
    assert quiet.ask("POST", path, decision, token="other-finance").status == 404
    first = quiet.ask("POST", path, decision, token="finance")
    assert (first.status, first.json["waits_for_second_person"]) == (202, True), first.json
    same = quiet.ask("POST", path, decision, token="finance")
    assert (same.status, same.json["code"]) == (409, "person_refused")
    differs = quiet.ask(
        "POST", path, {"outcome": "executed", "identifier": "1", "reason": "查到"}, token="finance2"
    )
    assert differs.status == 409
    second = quiet.ask("POST", path, decision, token="finance2")
    assert (second.status, second.json["decided"]) == (200, True), second.json
    assert quiet.get(f"/operations/{name}").json["status"] == "failed"
    again = quiet.call("2207", bill, options=AREA)
    assert (again.status, again.json["code"]) == (409, "quote_needed")


@pytest.mark.parametrize(
    ("decision", "field"),
    [
        ({"reason": "核实"}, "outcome"), ({"outcome": "done", "reason": "核实"}, "outcome"), ({"outcome": "executed"}, "reason"),
        ({"outcome": "executed", "reason": 1}, "reason"), ({"outcome": "executed", "reason": "核实", "by": "张三"}, "by"),
    ],
    ids=["no-outcome", "unknown-outcome", "no-reason", "reason-type", "somebody-else"],
)  # fmt: skip
def test_a_decision_is_checked(quiet: Served, decision: dict[str, Any], field: str) -> None:
    name, _ = lost(quiet, "drop_before")
    answer = quiet.ask("POST", f"/v1/institutions/{FIRST}/doubts/{name}/resolve", decision, token="finance")
    assert answer.status == 422
    assert field in {p["field"] for p in answer.json["problems"]}


def test_executed_needs_what_the_bureau_calls_it(quiet: Served) -> None:
    name, _ = lost(quiet, "drop_after")
    path = f"/v1/institutions/{FIRST}/doubts/{name}/resolve"
    wrong = quiet.ask("POST", path, {"outcome": "executed", "reason": "5203 查到"}, token="finance")
    assert (wrong.status, wrong.json["code"]) == (409, "decision_refused")
    right = quiet.ask(
        "POST", path, {"outcome": "executed", "identifier": "S1", "reason": "5203 查到"}, token="finance"
    )
    assert (right.status, right.json["decided"]) == (200, True)
    assert quiet.get(f"/operations/{name}").json["identifier"] == "S1"
