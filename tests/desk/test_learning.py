"""Learning refusal texts: proposed only on evidence, never wide enough to swallow an executed settlement."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from mi_core.classify import Refusals
from mi_core.config import Config
from mi_core.desk import learning
from mi_core.desk.patterns import generalise, merge
from mi_core.errors import StoreError
from mi_core.journal import AttemptState, Journal, Resolution, Verdict
from mi_core.journal.learned import TextRefused, accepted_refusals, judged, refusals_mark
from mi_core.journal.persons import Person
from mi_core.types import Outcome
from tests.desk.kit import ABSENT, CERTNO, FOUND, MANUAL, NAME, PERSONAL, PHONE, ended, likely, reply
from tests.journal.kit import INSTITUTION

ZHANG = Person("张三", "till1")
TEXT = "该人员已暂停参保，不能结算"


def absent(journal: Journal, text: str, times: int = 3, start: int = 0) -> None:
    for n in range(start, start + times):
        ended(journal, f"{text[:4]}{n}", likely(text.replace("{n}", str(n))), ABSENT)


def texts(journal: Journal, config: Config, **options: int) -> list[str]:
    return [s.text for s in learning.learn(journal.read, config, INSTITUTION, **options)]


def test_a_text_is_proposed_when_it_always_meant_nothing_was_done(journal: Journal, config: Config) -> None:
    absent(journal, TEXT, 2)
    assert texts(journal, config) == []
    assert texts(journal, config, fewest=2) == [TEXT]
    absent(journal, TEXT, 1, start=2)
    ended(journal, "open", likely(TEXT))
    (found,) = learning.learn(journal.read, config, INSTITUTION)
    assert (found.text, found.counts, found.interfaces) == (TEXT, learning.Counts(3, 0, 1), ("2207",))
    assert len(found.operations) == 3


@pytest.mark.parametrize("how", ["confirmed", "unidentified", "seen", "late", "manual"])
def test_a_text_ever_seen_with_an_executed_call_is_refused(
    journal: Journal, config: Config, how: str
) -> None:
    absent(journal, TEXT, 5)
    assert texts(journal, config) == [TEXT]
    if how == "confirmed":
        ended(journal, "bad", likely(TEXT), FOUND)
    elif how == "unidentified":
        move = Resolution(to=AttemptState.EXECUTED_UNIDENTIFIED, source="recon", reason="msgid proven")
        ended(journal, "bad", likely(TEXT), move)
    elif how == "manual":
        by_people = Resolution(
            to=AttemptState.CONFIRMED, source="person", reason="x", persons=("a", "b"), identifier="S1"
        )
        ended(journal, "bad", likely(TEXT), MANUAL, by_people)
    elif how == "seen":
        bad = ended(journal, "bad", likely(TEXT), ABSENT)
        assert journal.wait(journal.observe_job(bad.msgid, True, "recon")).contradiction
    else:
        bad = ended(journal, "bad", Verdict(outcome=Outcome.IN_DOUBT, evidence="timeout"), FOUND)
        journal.wait(journal.end_job(bad, likely(TEXT)))
    assert texts(journal, config) == []
    with pytest.raises(TextRefused, match="实际已执行"):
        learning.accept(journal, INSTITUTION, TEXT, ZHANG)
    with pytest.raises(TextRefused, match="实际已执行"):
        learning.accept(journal, INSTITUTION, "*已暂停参保*", ZHANG)
    assert accepted_refusals(journal, INSTITUTION) == []


def test_accepting_rejecting_removing(journal: Journal, config: Config) -> None:
    absent(journal, TEXT)
    absent(journal, "就诊登记信息不存在或已撤销")
    marks = [refusals_mark(journal)]
    learning.accept(journal, INSTITUTION, TEXT, ZHANG)
    assert accepted_refusals(journal, INSTITUTION) == [TEXT]
    assert accepted_refusals(journal, "H43000000002") == []
    marks.append(refusals_mark(journal))
    learning.reject(journal, INSTITUTION, "就诊登记信息不存在或已撤销", ZHANG)
    assert texts(journal, config) == []
    listed = {x.text: (x.judged, x.origin) for x in learning.listed(journal.read, config, INSTITUTION)}
    assert listed == {
        "*未登记*": ("accepted", "mi.toml"), TEXT: ("accepted", "people"), "就诊登记信息不存在或已撤销": ("rejected", "people"),
    }  # fmt: skip
    learning.forget(journal, INSTITUTION, TEXT, ZHANG)
    marks.append(refusals_mark(journal))
    assert accepted_refusals(journal, INSTITUTION) == [] and texts(journal, config) == [TEXT]
    with pytest.raises(TextRefused):
        learning.forget(journal, INSTITUTION, TEXT, ZHANG)
    assert len(set(marks)) == 3 and journal.read.verify().intact


def test_an_accepted_text_that_was_executed_since_shows(journal: Journal, config: Config) -> None:
    absent(journal, TEXT)
    learning.accept(journal, INSTITUTION, TEXT, ZHANG)
    ended(journal, "bad", likely(TEXT), FOUND)
    (found,) = [x for x in learning.listed(journal.read, config, INSTITUTION) if x.text == TEXT]
    assert found.counts.executed == 1


@pytest.mark.parametrize(
    "text", ["*", "**", "失败*", "* 1 *", "", "x" * 201, f"该证件号码{CERTNO}已停保", "多\n行文本文本"]
)
def test_texts_that_cannot_be_taken(journal: Journal, text: str) -> None:
    absent(journal, "失败了失败了失败了")
    with pytest.raises(TextRefused):
        learning.accept(journal, INSTITUTION, text, ZHANG)
    assert accepted_refusals(journal, INSTITUTION) == []


def test_without_evidence_nothing_is_accepted(journal: Journal) -> None:
    ended(journal, "open", likely(TEXT))
    with pytest.raises(TextRefused, match="没有证据"):
        learning.accept(journal, INSTITUTION, TEXT, ZHANG)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        (f"参保人{NAME}（{CERTNO}）已停保", "参保人*（*）已停保"),
        ("姓名：王小明，该人员未参保", "姓名：*，该人员未参保"),
        ("费用合计1,128.50元与明细不符", "费用合计*元与明细不符"),
        (f"联系电话{PHONE}格式错误", "联系电话*格式错误"),
        ("结算日期2026-01-03 08:00:00早于登记日期", "结算日期*早于登记日期"),
        ("错误码：100234，定点未签约", "错误码：100234，定点未签约"),
        ("错误码：100235，系统繁忙", "错误码：100235，系统繁忙"),
        ("限额为3次", "限额为3次"),
        ("批次B1不存在", "批次B1不存在"),
        ("金额*异常", "金额＊异常"),
        ("  首尾空格  ", "首尾空格"),
    ],
)
def test_what_changes_becomes_a_star_and_the_reason_stays(text: str, pattern: str) -> None:
    assert generalise(text, [NAME, CERTNO, "11", "B1"]) == pattern


def test_texts_that_differ_in_a_number_or_a_name_become_one() -> None:
    assert set(merge(["第1条明细缺少编码", "第12条明细缺少编码"]).values()) == {"第*条明细缺少编码"}
    assert len(set(merge(["错误码 1001 处理失败", "错误码 2002 处理失败"]).values())) == 2
    for names in (["王芳", "李建国", "赵小云"], ["王芳", "王伟", "王小明"]):
        assert set(merge([f"{name}已在本院登记住院" for name in names]).values()) == {"*已在本院登记住院"}
    for kinds in (["职工", "居民", "学生"], ["王芳", "李伟"]):
        assert len(set(merge([f"{kind}已在本院登记住院" for kind in kinds]).values())) == len(kinds)
    assert len(set(merge(["王芳失败", "李伟失败", "赵云失败"]).values())) == 3, "too little is left"


def test_a_number_that_changes_is_learnt_as_one_text(journal: Journal, config: Config) -> None:
    absent(journal, "第{n}条明细的目录编码无效")
    assert texts(journal, config) == ["第*条明细的目录编码无效"]
    learning.accept(journal, INSTITUTION, "第*条明细的目录编码无效", ZHANG)
    assert "第7条明细的目录编码无效" in Refusals(accepted_refusals(journal, INSTITUTION))
    assert texts(journal, config) == []


def test_no_person_gets_into_a_proposal(journal: Journal, config: Config) -> None:
    for n in range(3):
        text = f"患者：{NAME}，证件{CERTNO}，电话{PHONE}，人员{PERSONAL[0]}，凭证{PERSONAL[2]}，参保状态异常"
        ended(journal, f"V{n}", likely(text), ABSENT)
    (found,) = texts(journal, config)
    assert not [secret for secret in PERSONAL if secret in found] and "参保状态异常" in found


def tamper(place: Path, sql: str) -> None:
    with sqlite3.connect(place / "journal.db") as db:
        assert db.execute(sql).rowcount
    db.close()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE refusal SET institution = 'H43000000002'",
        "UPDATE refusal SET text_ct = zeroblob(60)",
        "UPDATE refusal SET id = 'x'",
        "DELETE FROM event WHERE kind = 'refusal accepted'",
    ],
)
def test_a_forged_row_is_no_refusal(journal: Journal, tmp_path: Path, sql: str) -> None:
    absent(journal, TEXT)
    learning.accept(journal, INSTITUTION, TEXT, ZHANG)
    tamper(tmp_path, sql)
    with pytest.raises(StoreError):
        journal.read.ask(lambda rows, ring: judged(rows, ring))


def test_a_removed_text_cannot_be_put_back(journal: Journal, tmp_path: Path) -> None:
    absent(journal, TEXT)
    learning.accept(journal, INSTITUTION, TEXT, ZHANG)
    with sqlite3.connect(tmp_path / "journal.db") as db:
        rows = db.execute("SELECT * FROM refusal").fetchall()
    learning.accept(journal, INSTITUTION, TEXT, ZHANG)
    learning.forget(journal, INSTITUTION, TEXT, ZHANG)
    with db:
        db.execute("INSERT INTO refusal VALUES (?, ?, ?, ?, ?)", rows[0])
    db.close()
    with pytest.raises(StoreError):
        accepted_refusals(journal, INSTITUTION)


def test_the_texts_are_not_in_clear_in_the_file(journal: Journal, tmp_path: Path) -> None:
    absent(journal, TEXT)
    learning.accept(journal, INSTITUTION, TEXT, ZHANG)
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("journal.db*"))
    assert TEXT.encode() not in stored and TEXT.encode("unicode_escape") not in stored


def test_unreadable_answers_are_passed_over(journal: Journal, config: Config) -> None:
    absent(journal, TEXT)
    for n, body in enumerate((b"", b"<html>", b"[1]", reply(""), reply("x", infcode=0))):
        verdict = Verdict(
            outcome=Outcome.IN_DOUBT, evidence="odd", response=body, infcode="-1", likely_refused=True
        )
        ended(journal, f"odd{n}", verdict, ABSENT)
    assert texts(journal, config) == [TEXT]
