"""``mi demo`` as a newcomer runs it: a process of its own, real HTTP, proven balances."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from mi_plugins.demo.identities import Identity
from mi_plugins.demo.visit import VisitReport

ROOT = Path(__file__).resolve().parents[2]


def mi(*arguments: str, lang: str = "zh") -> subprocess.CompletedProcess[str]:
    """Run the command as a shell would."""
    path = os.pathsep.join((str(ROOT), str(ROOT / "codegen")))
    environment = {
        **os.environ,
        "MI_LANG": lang,
        "PYTHONPATH": path,
        "PYTHONIOENCODING": "utf-8",
        "COLUMNS": "120",
    }
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "mi_core", *arguments],
        capture_output=True, text=True, encoding="utf-8", env=environment, timeout=120,
    )  # fmt: skip


@pytest.fixture(scope="module")
def demo() -> subprocess.CompletedProcess[str]:
    return mi("demo", "--json")


def test_the_visit_runs_in_the_promised_order(demo: subprocess.CompletedProcess[str]) -> None:
    assert demo.returncode == 0, demo.stderr
    report = json.loads(demo.stdout)
    codes = [step["code"] for step in report["steps"]]
    assert codes == ["1101", "2001", "2201", "2203", "2204", "2206", "2207", "5203", "2208", "1101"]
    msgids = [step["msgid"] for step in report["steps"]]
    assert len(set(msgids)) == len(msgids)
    assert all(len(msgid) == 30 and msgid.startswith("H43000000001") for msgid in msgids)
    for msgid in msgids:
        dt.datetime.strptime(msgid[12:26], "%Y%m%d%H%M%S")


def test_every_identity_holds_and_is_about_money(demo: subprocess.CompletedProcess[str]) -> None:
    report = json.loads(demo.stdout)
    assert report["proven"] is True
    assert len(report["identities"]) >= 12
    for item in report["identities"]:
        assert Decimal(item["left"]) == Decimal(item["right"]), item["name"]
        assert item["holds"] is True
    settled = next(step for step in report["steps"] if step["code"] == "2207")["amounts"]
    assert Decimal(settled["基金"]) > 0
    assert Decimal(settled["账户"]) > 0
    assert Decimal(settled["医疗费总额"]) == sum(
        Decimal(settled[k]) for k in ("基金", "账户", "现金", "医院负担")
    )


@pytest.mark.parametrize(("lang", "word"), [("zh", "全部相等"), ("en", "all equal")])
def test_the_table_for_people(lang: str, word: str) -> None:
    done = mi("demo", lang=lang)
    assert done.returncode == 0, done.stderr
    assert word in done.stdout
    assert "2207" in done.stdout


def test_a_cent_of_difference_is_not_proven() -> None:
    right = Identity("甲", "a", Decimal("1.00"), Decimal("1.00"))
    wrong = Identity("乙", "b", Decimal("1.00"), Decimal("1.01"))
    assert VisitReport((), (right,)).proven
    assert not VisitReport((), (right, wrong)).proven
