"""The checker notices each kind of wrong: a hand-made pair of ledgers for every figure."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mi_plugins.sandbox.tables import SCHEMA
from tests.chaos.checker import BAD, Figures, check
from tests.chaos.policies import TABLES

M = "H43000000001202601010000000001"


class Pair:
    """A consistent pair to start from: one settlement in doubt that was found, one refunded, one refused, one admission."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.centre_path, self.journal_path = folder, folder / "bureau.db", folder / "journal.db"
        self.centre, self.journal = sqlite3.connect(self.centre_path), sqlite3.connect(self.journal_path)
        self.centre.executescript(SCHEMA)
        self.journal.executescript(TABLES)
        self.settle("A1", "V1", doubted=True)
        self.settle("B1", "V2", state="refunded", until=2_000, cancelled="opC1")
        self.refund("C1", "B1", "V2")
        self.attempt("D1", "2207", "REJECTED")
        self.admit("E1", "Z1")
        self.tell("confirmed", "2207", "A1", identifier="SA1", total=1250)
        self.tell("refused", "2207", "D1")

    def figures(self) -> Figures:
        self.centre.commit()
        self.journal.commit()
        return check(self.centre_path, str(self.journal_path), self.folder, kills=3)

    def close(self) -> None:
        self.centre.close()
        self.journal.close()

    def row(self, table: str, **values: Any) -> None:
        """A row; columns that are not given are filled with something."""
        columns = self.centre.execute(f"PRAGMA table_info({table})").fetchall()
        given = [
            values.get(name, default if default is not None else 0 if kind == "INTEGER" else "")
            for _, name, kind, _, default, _ in columns
        ]
        marks = ",".join("?" * len(given))
        self.centre.execute(f"INSERT INTO {table} VALUES ({marks})", given)

    def executed(self, msgid: str, infno: str, state: str = "done") -> None:
        self.row("execution", number=None, msgid=msgid, infno=infno, state=state)

    def there(
        self,
        msgid: str,
        visit: str,
        *,
        state: str = "settled",
        since: int = 1_000,
        until: int = 0,
        setl_id: str = "",
    ) -> None:
        self.executed(msgid, "2207", "reversed" if state == "reversed" else "done")
        self.row(
            "settlement", setl_id=setl_id or f"S{msgid}", kind="settlement", state=state, msgid=msgid, infno="2207",
            mdtrt_id=visit, chrg_bchno="B", total=1250, entered=since, changed=until or since, care="outpatient",
        )  # fmt: skip

    def attempt(
        self, msgid: str, infno: str, state: str, *, open_: int = 0, reason: str | None = None, doubted: bool = False,
        cancelled: str | None = None,
    ) -> None:  # fmt: skip
        became = {"CONFIRMED": "DONE", "MANUAL": "MANUAL", "IN_DOUBT": "OPEN"}.get(state, "FAILED")
        amounts = "data.medfee_sumamt=12.5" if infno == "2207" else ""
        self.journal.execute(
            "INSERT INTO operation VALUES (?, ?, ?, ?, ?)", (f"op{msgid}", infno, became, amounts, cancelled)
        )
        self.journal.execute(
            "INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?)",
            (msgid, f"op{msgid}", infno, state, open_, reason),
        )
        self.journal.execute("INSERT INTO event VALUES ('sent', ?, 'SENT')", (msgid,))
        if doubted:
            self.journal.execute("INSERT INTO event VALUES ('ended', ?, 'IN_DOUBT')", (msgid,))

    def settle(
        self, msgid: str, visit: str, *, doubted: bool = False, cancelled: str | None = None, **there: Any
    ) -> None:
        self.there(msgid, visit, **there)
        self.attempt(msgid, "2207", "CONFIRMED", doubted=doubted, cancelled=cancelled)

    def refund(self, msgid: str, of: str, visit: str) -> None:
        self.executed(msgid, "2208")
        self.row(
            "settlement", setl_id=f"S{msgid}", kind="refund", state="settled", refund_of=f"S{of}", msgid=msgid,
            mdtrt_id=visit, chrg_bchno="B", total=-1250, entered=2_000, changed=2_000, care="outpatient", infno="2208",
        )  # fmt: skip
        self.attempt(msgid, "2208", "CONFIRMED")

    def admit(self, msgid: str, number: str, *, mdtrt_id: str = "", here: str = "CONFIRMED") -> None:
        self.executed(msgid, "2401")
        self.row(
            "visit", mdtrt_id=mdtrt_id or f"V{msgid}", kind="inpatient", state="open", psn_no="P", ipt_otp_no=number,
            msgid=msgid, entered=1_000, changed=1_000, state_before="open",
        )  # fmt: skip
        self.attempt(msgid, "2401", here)

    def tell(self, what: str, infno: str, msgid: str, **more: Any) -> None:
        with (self.folder / "told-0.jsonl").open("a") as file:
            file.write(json.dumps({"what": what, "infno": infno, "msgid": msgid, **more}) + "\n")


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with closing(Pair(tmp_path)) as found:
        yield found


def only(figures: Figures, *names: str) -> bool:
    return set(figures.bad) == set(names)


def test_a_consistent_pair(pair: Pair) -> None:
    found = pair.figures()
    assert found.bad == ()
    assert (found.ops, found.kills, found.in_doubt, found.executed_in_doubt) == (5, 3, 1, 1)
    assert found.line(seconds=1.5).startswith(
        "ops=5 kills=3 in_doubt=1 executed_in_doubt=1 doubled=0 orphan=0 ghost=0 open=0 manual=0"
    )


def test_an_overlap_in_the_past_is_doubled_too(pair: Pair) -> None:
    pair.settle("F1", "V1", state="refunded", since=1_100, until=1_200, cancelled="opG1")
    pair.refund("G1", "F1", "V1")
    assert only(pair.figures(), "doubled")


def test_one_after_the_other_is_not_doubled(pair: Pair) -> None:
    pair.settle("F1", "V2", since=2_000)
    assert pair.figures().bad == ()


def test_a_second_refund(pair: Pair) -> None:
    pair.refund("F1", "B1", "V2")
    assert pair.figures().doubled == 1


def test_a_second_admission(pair: Pair) -> None:
    pair.admit("F1", "Z1")
    assert only(pair.figures(), "doubled")


@pytest.mark.parametrize("state", [None, "REJECTED", "NOT_SENT", "NOT_EXECUTED", "REVERSED"])
def test_an_orphan(pair: Pair, state: str | None) -> None:
    pair.there("F1", "V9")
    if state is not None:
        pair.attempt("F1", "2207", state)
    assert pair.figures().orphan == 1 and only(pair.figures(), "orphan", "cents")


def test_an_admission_may_be_an_orphan(pair: Pair) -> None:
    pair.admit("F1", "Z9", here="NOT_EXECUTED")
    assert only(pair.figures(), "orphan")


def test_taken_back_here_only(pair: Pair) -> None:
    pair.settle("F1", "V9", cancelled="opG1")
    assert only(pair.figures(), "orphan", "cents")


def test_a_ghost(pair: Pair) -> None:
    pair.attempt("F1", "2207", "CONFIRMED")
    assert pair.figures().ghost == 1 and only(pair.figures(), "ghost", "cents")


def test_a_reversed_settlement_is_a_ghost(pair: Pair) -> None:
    pair.settle("F1", "V9", state="reversed", until=1_500)
    assert only(pair.figures(), "ghost", "cents")


def test_taken_back_there_only(pair: Pair) -> None:
    pair.settle("F1", "V9", state="refunded", until=1_500)
    assert only(pair.figures(), "ghost", "cents")


def test_what_is_open(pair: Pair) -> None:
    pair.attempt("F1", "2207", "IN_DOUBT", open_=1, doubted=True)
    found = pair.figures()
    assert found.open == 1 and only(found, "open") and (found.in_doubt, found.executed_in_doubt) == (2, 1)


def test_people_need_a_reason(pair: Pair) -> None:
    pair.attempt("F1", "2207", "MANUAL", open_=1, reason="limit")
    assert pair.figures().bad == () and pair.figures().manual == 1
    pair.attempt("F2", "2207", "MANUAL", open_=1)
    assert only(pair.figures(), "open") and pair.figures().manual == 2


@pytest.mark.parametrize(
    "answer",
    [
        ("confirmed", "2207", "A1", {"identifier": "other", "total": 1250}),
        ("confirmed", "2207", "A1", {"identifier": "SA1", "total": 1300}),
        ("confirmed", "2207", "A1", {"identifier": "", "total": 1250}),
        ("confirmed", "2208", "X9", {}),
        ("confirmed", "2401", "E1", {"identifier": "V-other"}),
        ("refused", "2207", "A1", {}),
        ("unsent", "2401", "E1", {}),
    ],
)
def test_an_untrue_answer(pair: Pair, answer: tuple[str, str, str, dict[str, Any]]) -> None:
    what, infno, msgid, more = answer
    pair.tell(what, infno, msgid, **more)
    assert pair.figures().untrue == 1 and only(pair.figures(), "untrue")


def test_an_answer_that_was_reversed_is_untrue(pair: Pair) -> None:
    pair.there("F1", "V9", state="reversed", until=1_500)
    pair.attempt("F1", "2207", "REVERSED")
    assert pair.figures().bad == ()
    pair.tell("confirmed", "2207", "F1", identifier="SF1", total=1250)
    assert only(pair.figures(), "untrue")


def test_a_line_cut_short_told_nobody(pair: Pair) -> None:
    with (pair.folder / "told-0.jsonl").open("a") as file:
        file.write('{"what": "refused", "infno": "2207", "msgid": "A1"')
    assert pair.figures().untrue == 0


def test_a_message_id_used_twice(pair: Pair) -> None:
    pair.executed("A1", "2207")
    assert only(pair.figures(), "msgid_reuse")


def test_a_message_id_that_was_known_already(pair: Pair) -> None:
    pair.tell("clash", "2207", "")
    assert only(pair.figures(), "msgid_reuse")


def test_an_attempt_that_is_gone(pair: Pair) -> None:
    pair.journal.execute("INSERT INTO event VALUES ('sent', ?, 'SENT')", (M,))
    assert only(pair.figures(), "lost")


def test_other_amounts(pair: Pair) -> None:
    pair.journal.execute("UPDATE operation SET amounts = 'data.medfee_sumamt=12.49' WHERE id = 'opA1'")
    assert only(pair.figures(), "cents") and pair.figures().cents == 1


def test_every_figure_that_must_be_zero_is_tested() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in BAD if f'"{name}"' not in text] == []
