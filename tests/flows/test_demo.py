"""``mi demo --flow``: as a newcomer runs it, in a process of its own."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from mi_plugins.demo.flows import FLOWS
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


def test_filings_are_made_once_and_withdrawn_once() -> None:
    done = mi("demo", "--flow", "registration", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["flow"], report["proven"]) == ("registration", True)
    assert [step["step"] for step in report["steps"]] == ["file"] * 4 + ["cancel"] * 4
    said = {
        item["name"]: (int(Decimal(item["left"])), int(Decimal(item["right"])))
        for item in report["identities"]
    }
    for code in ("2501", "2502", "2503", "2504", "2505", "2506", "2507"):
        assert [pair for name, pair in said.items() if code in name] == [(1, 1)], code
    for query in ("5304", "5301", "5302"):
        assert sorted(pair for name, pair in said.items() if query in name) == [(0, 0), (1, 1)], query


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_help_tells_of_every_flow(lang: str) -> None:
    shown, index = mi("demo", "--help", lang=lang), mi("--help", lang=lang)
    where = 0 if lang == "zh" else 1
    for name, what in FLOWS.items():
        line = next((line for line in shown.stdout.splitlines() if line.split()[:1] == [name]), "")
        assert "".join(what[where].split()) in "".join(line.split()), (name, shown.stdout)
    words = ("住院", "药店", "备案", "电子处方", "移动支付", "目录", "桥") if lang == "zh" else (
        "stay", "pharmacy", "filings", "e-prescription", "mobile", "catalogues", "bridge")  # fmt: skip
    told = "".join(index.stdout.split())
    assert [word for word in words if word not in told] == []


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
