"""``mi demo`` as a newcomer runs it: a process of its own, real HTTP, proven balances."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from mi_core.errors import ConfigError
from mi_plugins.demo.cli import NOTES_EN, _sandbox_config
from mi_plugins.demo.identities import Identity
from mi_plugins.demo.visit import VisitReport
from mi_plugins.sandbox.announce import default_config

LOST = ("2206", "2207", "2208")
"""The second act: a settlement whose answer is lost, found out, and taken back."""
ROOT = Path(__file__).resolve().parents[2]


def mi(*arguments: str, lang: str = "zh", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a shell would."""
    path = os.pathsep.join((str(ROOT), str(ROOT / "codegen")))
    environment = {
        **os.environ,
        "MI_LANG": lang,
        "PYTHONPATH": path,
        "PYTHONIOENCODING": "utf-8",
        "COLUMNS": "120",
        **variables,
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
    assert codes == ["1101", "2001", "2201", "2203", "2204", "2206", "2207", "5203", "2208", *LOST, "1101"]
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
    shown = re.sub(r"\s+", " ", done.stdout)
    labels = [f" {en if lang == 'en' else zh} " for zh, en in NOTES_EN.items()]
    others = [f" {zh if lang == 'en' else en} " for zh, en in NOTES_EN.items()]
    assert [label for label in labels if label not in shown] == []
    assert [label for label in others if label in shown] == []
    assert "2207" in done.stdout


def test_the_operators_variables_do_not_lead_it_to_another_gateway() -> None:
    done = mi(
        "demo", "--json", MI_ENVIRONMENT="production", MI_CONFIG="/nowhere/mi.toml", MI_TRANSPORT__PROXY="http://127.0.0.1:9",
        MI_INSTITUTIONS__H43000000001__GATEWAY__URL="http://127.0.0.1:9/production",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["proven"] is True


def test_its_configuration_must_be_a_test_one(tmp_path: Path) -> None:
    text = default_config().replace('environment = "test"', 'environment = "production"')
    with pytest.raises(ConfigError, match="mi demo"):
        _sandbox_config(text, tmp_path / "mi.toml")
    assert _sandbox_config(default_config(), tmp_path / "mi.toml").environment == "test"


def test_a_cent_of_difference_is_not_proven() -> None:
    right = Identity("甲", "a", Decimal("1.00"), Decimal("1.00"))
    wrong = Identity("乙", "b", Decimal("1.00"), Decimal("1.01"))
    assert VisitReport((), (right,)).proven
    assert not VisitReport((), (right, wrong)).proven
