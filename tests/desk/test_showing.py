"""What a person sees of a message: the catalogue's classes, nothing unclassified, credentials never."""

from __future__ import annotations

import json

import pytest

from mi_core.config import Config
from mi_core.desk import doubts, trail
from mi_core.desk.deciding import reveal
from mi_core.desk.showing import HIDDEN, business_of, class_of, reply_lines, request_lines
from mi_core.desk.words import STATES, beijing, evidence_words, title_of, yuan
from mi_core.journal import AttemptRecord, AttemptState, Journal, Verdict
from mi_core.journal.persons import Person
from mi_core.types import Outcome
from tests.desk.kit import (
    ABSENT,
    CARD,
    CERTNO,
    MANUAL,
    NAME,
    OTHER_NAME,
    PERSONAL,
    PHONE,
    PSN,
    TIMEOUT,
    ended,
    likely,
    reply,
    request,
    sent,
)  # fmt: skip
from tests.journal.kit import START, Clock


def attempt(journal: Journal, verdict: Verdict = TIMEOUT, **changes: object) -> AttemptRecord:
    ticket = ended(journal, "V1", verdict, **changes)
    found = journal.read.attempt(ticket.msgid)
    assert found is not None
    return found


def test_nothing_personal_is_shown(journal: Journal) -> None:
    text = f"患者{NAME}（{CERTNO}）电话{PHONE}待遇异常"
    body = request("V1", nested={"who": NAME, CERTNO: 1}, note=[NAME])
    verdict = Verdict(
        outcome=Outcome.IN_DOUBT, evidence="another person", infcode="0",
        response=reply(text, 0, psn_no=PSN, psn_name=NAME, certno=CERTNO, setl_id="S1", odd=NAME),
    )  # fmt: skip
    found = attempt(journal, verdict, body=body)
    shown = json.dumps([request_lines(found), reply_lines(found), business_of(found)], ensure_ascii=False)
    assert not [secret for secret in PERSONAL if secret in shown]
    assert "待遇异常" in shown and '"S1"' in shown and '"V1"' in shown and "128.5" in shown
    assert {path: value for path, _, value in request_lines(found)}["data.psn_no"] == "430***********0917"


def test_revealed_everything_but_credentials(journal: Journal) -> None:
    found = attempt(
        journal,
        likely(f"患者{NAME}待遇异常"),
        body=request("V1", nested={"card_sn": CARD, "who": OTHER_NAME}),
    )
    shown = json.dumps(
        [request_lines(found, reveal=True), reply_lines(found, reveal=True)], ensure_ascii=False
    )
    assert not [value for value in (PSN, CERTNO, NAME, OTHER_NAME) if value not in shown]
    assert CARD not in shown and HIDDEN in shown


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"input": 5}', b'{"input": null}', b'{"input": "x"}', b"\xff"]
)
def test_odd_messages_are_hidden_not_raised(journal: Journal, body: bytes) -> None:
    found = attempt(
        journal, Verdict(outcome=Outcome.IN_DOUBT, evidence="x", response=body), body=body or b"\x00"
    )
    assert all(value == HIDDEN for _, _, value in request_lines(found))
    assert all(value == HIDDEN for _, _, value in reply_lines(found))


def test_control_characters_do_not_reach_the_terminal(journal: Journal) -> None:
    found = attempt(journal, body=request("V\x1b[2J1"))
    for clear in (False, True):
        assert "\x1b" not in json.dumps(request_lines(found, reveal=clear), ensure_ascii=False)


def test_unknown_names_are_treated_as_credentials() -> None:
    assert (class_of("2207", "psn_no"), class_of("2207", "mdtrt_id"), class_of("2207", "nix")) == (
        "id-number",
        "none",
        "credential",
    )


def test_looking_closer_is_an_event(journal: Journal) -> None:
    ticket = ended(journal, "V1")
    reveal(journal, ticket.msgid, Person("张三", "till1"))
    last = trail.of_operation(journal.read, ticket.operation_id)[-1]
    assert (last.kind, last.data["by"], last.data["login"]) == ("revealed", "张三", "till1")
    assert journal.read.verify().intact


def test_the_list_says_what_happens_next(journal: Journal, config: Config, clock: Clock) -> None:
    wanted = {
        "sent": sent(journal, "V1"), "doubt": ended(journal, "V2"), "likely": ended(journal, "V3", likely("不认识")),
        "manual": ended(journal, "V4", TIMEOUT, MANUAL),
    }  # fmt: skip
    ended(journal, "V5", TIMEOUT, ABSENT)
    found = doubts.find(journal.read, config, doubts.Wanted(), START + 1000)
    said = {d.attempt.operation_id: d.next[0] for d in found}
    texts = {name: said.pop(ticket.operation_id) for name, ticket in wanted.items()}
    assert not said
    assert (
        "不要重复提交" in texts["sent"]
        and "3202" in texts["doubt"]
        and "2026-01-01 08:00:10" in texts["likely"]
    )
    assert "两人" in texts["manual"]
    row = doubts.row(found[0])
    assert (row["visit"], row["at_risk"], row["since"], row["title"]) == (
        "mdtrt_id=V1",
        "128.50",
        "2026-01-01 08:00:00",
        "门诊结算",
    )
    (foot,) = doubts.totals(journal.read, config, found)
    assert (foot.operations, yuan(foot.amount), foot.exposed, yuan(foot.exposed_amount), foot.closed) == (
        4,
        "514.00",
        1,
        "128.50",
        False,
    )


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({}, 3), ({"states": ["MANUAL"]}, 1), ({"interfaces": ["2305"]}, 0), ({"institutions": ["X"]}, 0),
        ({"older": 5}, 2), ({"older": 60}, 0),
    ],
)  # fmt: skip
def test_filters(
    journal: Journal, config: Config, clock: Clock, filters: dict[str, object], count: int
) -> None:
    ended(journal, "V1")
    ended(journal, "V2", TIMEOUT, MANUAL)
    clock.advance(8)
    ended(journal, "V3")
    found = doubts.find(journal.read, config, doubts.Wanted(**filters), START + 10_000)  # type: ignore[arg-type]  # by name
    assert len(found) == count


def test_words() -> None:
    assert set(STATES) == {state.value for state in AttemptState}
    assert evidence_words("http 502")[0] == "网关返回 HTTP 502" and evidence_words(None)[0] == "尚无"
    assert evidence_words(f"odd {CERTNO}")[0] == "odd 430***********4233"
    assert (
        beijing(START) == "2026-01-01 08:00:00" and title_of("2207") == "门诊结算" and title_of("nix") == ""
    )
