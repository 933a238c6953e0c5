"""``mi doubt`` as a shell runs it, beside a running service, without a network."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mi_core.journal import Journal
from tests.cli.shell import mi
from tests.desk.kit import (
    ABSENT,
    MANUAL,
    NAME,
    PERSONAL,
    TIMEOUT,
    UNPROVEN,
    configured,
    ended,
    likely,
    opened,
)
from tests.journal.kit import START, Clock

BY = ("--reason", "5203 核实", "--by")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Journal]:
    """The journal of a service that runs all the while."""
    configured(tmp_path)
    journal = opened(tmp_path, Clock(START))
    yield journal
    journal.close()


def listed(place: Path, *filters: str) -> list[dict[str, object]]:
    code, out, err = mi("doubt", "list", "--json", *filters, place=place)
    assert code == 0, err
    found: list[dict[str, object]] = json.loads(out)["doubts"]
    return found


def test_the_list_in_three_forms(service: Journal, tmp_path: Path) -> None:
    ticket = ended(service, "=V1")
    ended(service, "V2", likely(f"患者{NAME}不符"), amount="1000")
    code, out, _ = mi("doubt", "list", place=tmp_path)
    assert code == 0 and ticket.operation_id in out and "超过时限没有回应" in out and "门诊结算" in out
    assert "共 2 笔 1128.50 元；计入限额 1 笔 128.50 元（限 20 笔）" in out and "2026-01-01 08:00:00" in out
    code, out, _ = mi("--lang", "en", "doubt", "list", place=tmp_path)
    assert "no reply in time" in out and "2 with 1128.50 yuan" in out
    rows = {str(row["operation_id"]): row for row in listed(tmp_path)}
    assert (
        rows[ticket.operation_id]["at_risk"] == "128.50" and rows[ticket.operation_id]["state"] == "IN_DOUBT"
    )
    code, out, _ = mi("doubt", "list", "--csv", place=tmp_path)
    table = list(csv.reader(io.StringIO(out.removeprefix("\ufeff"))))
    assert len(table) == 3 and table[0][0] == "操作号"
    assert {row[4] for row in table[1:]} == {"mdtrt_id==V1", "mdtrt_id=V2"}


def test_filters_and_wrong_use(service: Journal, tmp_path: Path) -> None:
    ended(service, "V1")
    ended(service, "V2", TIMEOUT, MANUAL)
    assert len(listed(tmp_path, "--state", "manual")) == 1
    assert len(listed(tmp_path, "--older", "1d", "--interface", "2207")) == 2
    assert listed(tmp_path, "--institution", "X") == []
    for wrong in (["--older", "x"], ["--state", "DONE"], ["--json", "--csv"]):
        assert mi("doubt", "list", *wrong, place=tmp_path)[0] == 2
    code, _, err = mi("doubt", "show", "nix", place=tmp_path)
    assert code == 2 and "mi doubt list" in err
    code, _, err = mi(
        "doubt", "resolve", "nix", "--executed", "--identifier", "S1", *BY, "张三", place=tmp_path
    )
    assert code == 2 and "nix" in err


@pytest.mark.parametrize(
    "wrong",
    [
        ("doubt", "resolve", "x", "--executed", "--identifier", "S1", "--reason", "核实", "--by", ""),
        ("doubt", "resolve", "x", "--executed", "--identifier", "", "--reason", "核实", "--by", "张三"),
        ("doubt", "resolve", "x", "--not-executed", "--reason", " ", "--by", "张三"),
        ("doubt", "resolve", "x", "--not-executed", "--reason", "核实", "--by", "\u200b"),
        ("doubt", "show", "x", "--reveal", "--by", ""),
        ("doubt", "list", "--institution", ""),
        ("doubt", "list", "--interface", " "),
        ("audit", "reopen", "--reason", "核实", "--by", ""),
        ("recover", "--institution", ""),
        ("refusals", "list", "--institution", ""),
        ("reconcile", "today", "--institution", ""),
        ("reconcile", "today", "--detail", ""),
        ("ops", "list", "--person", ""),
        ("ops", "list", "--visit", ""),
        ("ops", "list", "--interface", ""),
        ("ops", "stats", "--institution", ""),
    ],
)
def test_an_empty_option_is_wrong_use(wrong: tuple[str, ...], service: Journal, tmp_path: Path) -> None:
    """An empty filter would let everything pass; a shell's unset variable must not look like an answer."""
    code, out, err = mi(*wrong, place=tmp_path)
    named = next(a for a, b in itertools.pairwise(wrong) if a.startswith("--") and not b.strip(" \u200b"))
    assert (code, out) == (2, "") and named in err, err


def test_no_journal_and_no_key(tmp_path: Path) -> None:
    configured(tmp_path)
    for command in (
        ("doubt", "list"),
        ("audit", "verify"),
        ("refusals", "list"),
        ("doubt", "withdraw", "x", "--by", "a"),
    ):
        code, _, err = mi(*command, place=tmp_path)
        assert code == 8 and "尚不存在" in err, command
    assert not list(tmp_path.glob("journal.db*")), "looking makes no journal"
    opened(tmp_path).close()
    (tmp_path / "journal.db.key").unlink()
    code, _, err = mi("doubt", "list", place=tmp_path)
    assert code == 8 and "密钥" in err and not (tmp_path / "journal.db.key").exists()


def test_show_masks_and_reveal_is_audited(service: Journal, tmp_path: Path) -> None:
    ticket = ended(service, "V1", UNPROVEN, MANUAL)
    for lang in ("zh", "en"):
        for form in ([], ["--json"]):
            code, out, err = mi("--lang", lang, "doubt", "show", ticket.operation_id, *form, place=tmp_path)
            assert code == 0, err
            assert not [secret for secret in PERSONAL if secret in out]
            assert "5203" in out and "3202" in out and "--not-executed" in out
    code, out, err = mi("doubt", "show", ticket.operation_id, "--reveal", place=tmp_path)
    assert code == 2 and "--by" in err
    code, out, _ = mi("doubt", "show", ticket.msgid, "--reveal", "--by", "张三", place=tmp_path)
    assert code == 0 and PERSONAL[0] in out and PERSONAL[2] not in out
    code, out, _ = mi("audit", "show", "--actions", "--json", place=tmp_path)
    assert [(e["kind"], e["by"]) for e in json.loads(out)] == [("revealed", "张三")]
    assert service.read.verify().intact


def test_two_persons_decide(service: Journal, tmp_path: Path) -> None:
    ticket = ended(service, "V1", TIMEOUT, MANUAL)
    command = ("doubt", "resolve", ticket.operation_id, "--executed", "--identifier", "S1")
    code, out, err = mi(*command, *BY, "张三", place=tmp_path)
    assert code == 0 and "尚未生效" in out, err
    (row,) = listed(tmp_path)
    assert "张三" in str(row["next"]) and row["state"] == "MANUAL"
    code, _, err = mi(*command, *BY, "张 三", place=tmp_path)
    assert code == 5 and "另一人" in err
    code, _, err = mi(*command[:-1], "S2", *BY, "李四", place=tmp_path)
    assert code == 5 and "S1" in err and "S2" in err
    code, out, err = mi(*command, "--json", *BY, "李四", place=tmp_path)
    done = json.loads(out)
    assert (code, done["state"], done["proposed_by"], done["confirmed_by"]) == (
        0,
        "CONFIRMED",
        "张三",
        "李四",
    )
    assert "同一系统账号" in err
    assert listed(tmp_path) == []
    code, _, err = mi(*command, *BY, "李四", place=tmp_path)
    assert code == 5 and "不待处理" in err
    code, out, _ = mi("audit", "show", "--operation", ticket.operation_id, place=tmp_path)
    assert "提出处理" in out and "第二人确认" in out and "张三、李四" in out


def test_withdraw_and_evidence(service: Journal, tmp_path: Path) -> None:
    ticket = ended(service, "V1", UNPROVEN, MANUAL)
    command = ("doubt", "resolve", ticket.operation_id, "--not-executed")
    code, _, err = mi(*command, *BY, "张三", place=tmp_path)
    assert code == 5 and "--against-evidence" in err
    assert mi(*command, "--against-evidence", *BY, "张三", place=tmp_path)[0] == 0
    assert mi("doubt", "withdraw", ticket.operation_id, "--by", "李四", place=tmp_path)[0] == 0
    assert mi("doubt", "withdraw", ticket.operation_id, "--by", "李四", place=tmp_path)[0] == 5
    assert mi(*command, "--against-evidence", *BY, "李四", place=tmp_path)[0] == 0
    code, out, err = mi(*command, "--against-evidence", *BY, "王五", place=tmp_path)
    assert code == 0 and "against_evidence" in err and "NOT_EXECUTED" in out


def test_a_reversal_by_people_needs_force_and_two(service: Journal, tmp_path: Path) -> None:
    ticket = ended(service, "V1", TIMEOUT, MANUAL)
    code, _, err = mi("doubt", "reverse", ticket.operation_id, *BY, "张三", place=tmp_path)
    assert code == 2 and "--force" in err
    code, out, _ = mi("doubt", "reverse", ticket.operation_id, "--force", *BY, "张三", place=tmp_path)
    assert code == 0 and "尚未生效" in out


def test_no_output_has_personal_data(service: Journal, tmp_path: Path) -> None:
    """The canary: a person's data in every place of requests, replies and reasons, and every command that prints."""
    text = f"患者：{NAME}，证件{PERSONAL[1]}，电话{PERSONAL[4]}，未办理登记手续"
    for n in range(3):
        ended(service, f"L{n}", likely(text), ABSENT)
    doubt = ended(service, "V1", likely(text), MANUAL)
    reason = ("--reason", f"证件{PERSONAL[1]}电话{PERSONAL[4]}", "--by", "张三")
    commands = [
        ("doubt", "resolve", doubt.operation_id, "--executed", "--identifier", "S1", *reason),
        ("doubt", "list"), ("doubt", "list", "--json"), ("doubt", "list", "--csv"), ("doubt", "show", doubt.operation_id),
        ("doubt", "show", doubt.operation_id, "--json"), ("refusals", "learn"), ("refusals", "learn", "--json"),
        ("refusals", "list"), ("audit", "show"), ("audit", "show", "--json"), ("audit", "verify"),
        ("audit", "show", "--operation", doubt.operation_id), ("refusals", "accept", text, "--by", "张三"),
    ]  # fmt: skip
    for command in commands:
        _, out, err = mi(*command, place=tmp_path)
        assert out or err, command
        assert not [secret for secret in PERSONAL if secret in out + err], command


def test_cells_that_a_spreadsheet_would_execute() -> None:
    from mi_core.cli.desk import csv_lines

    rows = list(csv.reader(io.StringIO(csv_lines(["a"], [["=1+1"], ["@x"], ["-1"], ["+1"], [None], ["1"]]))))
    assert [row[0] for row in rows[1:5]] == ["'=1+1", "'@x", "'-1", "'+1"] and rows[-1] == ["1"]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "page", [("doubt",), ("doubt", "list"), ("doubt", "show"), ("doubt", "resolve"), ("doubt", "reverse"), ("doubt", "withdraw"),
             ("refusals",), ("refusals", "learn"), ("refusals", "accept"), ("audit",), ("audit", "verify"), ("audit", "roots"),
             ("audit", "show"), ("recover",)],
    ids=" ".join,
)  # fmt: skip
def test_help_is_in_one_language(page: tuple[str, ...], lang: str) -> None:
    code, out, err = mi("--lang", lang, *page, "--help")
    assert code == 0, err
    assert bool(re.search(r"[㐀-鿿]", out)) == (lang == "zh")
