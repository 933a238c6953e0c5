"""``mi refusals`` as a shell runs it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mi_core.journal import Journal
from mi_core.journal.learned import accepted_refusals
from tests.cli.shell import mi
from tests.desk.kit import ABSENT, FOUND, PERSONAL, configured, ended, likely, opened
from tests.journal.kit import INSTITUTION, START, Clock

TEXT = "该人员已暂停参保，不能结算"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Journal]:
    configured(tmp_path)
    journal = opened(tmp_path, Clock(START))
    for n in range(3):
        ended(journal, f"V{n}", likely(TEXT), ABSENT)
        ended(journal, f"N{n}", likely(f"患者：{PERSONAL[3]}，证件{PERSONAL[1]}，未办理登记"), ABSENT)
    yield journal
    journal.close()


def test_learn_accept_list_remove(service: Journal, tmp_path: Path) -> None:
    code, out, err = mi("refusals", "learn", place=tmp_path)
    assert code == 0 and TEXT in out and "未办理登记" in out, err
    assert not [secret for secret in PERSONAL if secret in out]
    code, out, _ = mi("refusals", "learn", "--json", "--min", "4", place=tmp_path)
    assert (code, json.loads(out)) == (0, [])
    code, out, err = mi("refusals", "accept", TEXT, "--by", "张三", place=tmp_path)
    assert code == 0 and "3 笔" in out, err
    assert accepted_refusals(service, INSTITUTION) == [TEXT]
    code, out, _ = mi("refusals", "list", "--json", place=tmp_path)
    found = {x["text"]: (x["origin"], x["by"], x["not_executed"]) for x in json.loads(out)}
    assert found == {"*未登记*": ("mi.toml", "", 0), TEXT: ("people", "张三", 3)}
    ended(service, "bad", likely(TEXT), FOUND)
    code, out, err = mi("refusals", "list", place=tmp_path)
    assert code == 0 and "实际已执行" in err
    assert mi("refusals", "remove", TEXT, "--by", "李四", place=tmp_path)[0] == 0
    assert accepted_refusals(service, INSTITUTION) == []
    code, _, err = mi("refusals", "accept", TEXT, "--by", "张三", place=tmp_path)
    assert code == 5 and "实际已执行" in err
    code, out, _ = mi("audit", "show", "--actions", "--json", place=tmp_path)
    assert [(e["kind"], e["by"]) for e in json.loads(out)][::-1] == [
        ("refusal accepted", "张三"),
        ("refusal removed", "李四"),
    ]


def test_rejecting(service: Journal, tmp_path: Path) -> None:
    assert mi("refusals", "reject", TEXT, "--by", "张三", place=tmp_path)[0] == 0
    code, out, _ = mi("refusals", "learn", "--json", place=tmp_path)
    assert code == 0 and TEXT not in out
    for wrong, expected in (
        (["accept", "*", "--by", "张三"], 5),
        (["remove", "没有这条文本", "--by", "张三"], 5),
        (["accept", TEXT, "--by", " "], 2),
    ):
        code, _, err = mi("refusals", *wrong, place=tmp_path)
        assert code == expected and err, wrong
    code, _, err = mi("refusals", "list", "--institution", "H99", place=tmp_path)
    assert code == 2 and "H99" in err
