"""``mi demo --flow``: as a newcomer runs it, in a process of its own."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from mi_plugins.demo.flows.stage import FlowReport
from mi_plugins.demo.identities import Identity
from tests.e2e.test_demo import mi


@pytest.mark.parametrize(
    ("flow", "steps"),
    [
        ("outpatient", ["open", "diagnose", "charge", "quote", "settle", "plan_refund", "refund_part", "refund", "abandon"]),
        ("inpatient", ["admit", "charge", "settle", "discharge", "settle", "refund", "abandon"]),
        ("pharmacy", ["quote", "settle", "settle", "refund"]),
    ],
    ids=["outpatient", "inpatient", "pharmacy"],
)  # fmt: skip
def test_the_flow_runs_and_its_sums_hold(flow: str, steps: list[str]) -> None:
    done = mi("demo", "--flow", flow, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["flow"], report["proven"]) == (flow, True)
    assert [step["step"] for step in report["steps"]] == steps
    assert len(report["identities"]) >= 7
    for item in report["identities"]:
        assert Decimal(item["left"]) == Decimal(item["right"]), item["name"]


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", ("部分退费", "全部相等")), ("en", ("partial refund", "all equal"))]
)
def test_the_table_for_people(lang: str, words: tuple[str, ...]) -> None:
    done = mi("demo", "--flow", "outpatient", lang=lang)
    assert done.returncode == 0, done.stderr
    assert [word for word in words if word not in done.stdout] == []


def test_an_unknown_flow_names_those_there_are() -> None:
    done = mi("demo", "--flow", "nothing")
    assert done.returncode == 2 and "outpatient" in done.stderr


def test_no_equations_prove_nothing() -> None:
    assert not FlowReport((), ()).proven
    assert not FlowReport((), (Identity("甲", "a", Decimal("1.00"), Decimal("1.01")),)).proven
    assert FlowReport((), (Identity("甲", "a", Decimal("1.00"), Decimal("1.00")),)).proven
    assert Identity("甲", "a", Decimal("1200"), Decimal(7)).shown == ("1,200", "7"), "rows are no yuan"
    assert Identity("甲", "a", Decimal("1200.50"), Decimal(7)).shown == ("1,200.50", "7.00")
