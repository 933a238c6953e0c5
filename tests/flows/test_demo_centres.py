"""``mi demo --flow eprescription|mobilepay``, in a process of its own."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from tests.e2e.test_demo import mi


@pytest.mark.parametrize(
    ("flow", "steps", "equations"),
    [
        ("mobilepay", ["open", "upload", "pay", "notified", "status", "refund", "withdraw"], 6),
        ("eprescription", ["open", "check", "issue", "review", "settle", "taking", "revoke"], 6),
    ],
    ids=["mobilepay", "eprescription"],
)
def test_the_flow_runs_and_its_sums_hold(flow: str, steps: list[str], equations: int) -> None:
    done = mi("demo", "--flow", flow, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["flow"], report["proven"]) == (flow, True)
    assert [step["step"] for step in report["steps"]] == steps
    assert len(report["identities"]) == equations
    assert all(Decimal(item["left"]) == Decimal(item["right"]) for item in report["identities"])
    assert "SANDBOX-TOKEN" not in done.stdout + done.stderr and "refused" not in done.stderr
