"""Decisions of people: two where a mistake would settle twice, never silently against what was seen."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from mi_core.config import Config, RecoverySettings
from mi_core.desk import deciding
from mi_core.errors import UnknownName
from mi_core.journal import (
    Alarm,
    AttemptState,
    BeforeSend,
    Journal,
    MoveRefused,
    NoReversal,
    Resolution,
    Ticket,
    Verdict,
)
from mi_core.journal.people import VALID, DecisionRefused
from mi_core.journal.persons import Person, PersonRefused
from mi_core.types import Outcome
from tests.desk.kit import ABSENT, FOUND, MANUAL, PERSONAL, UNPROVEN, ended, reversal_intent, sent, state
from tests.journal.kit import INSTITUTION, START, Clock

ZHANG, LI = Person("张三", "till1"), Person("李四", "till2")
S = AttemptState


def resolve(journal: Journal, config: Config, ticket: Ticket, to: S, who: Person, **more: object) -> object:
    options: dict[str, object] = {"reason": "5203 核实", **more}
    if to is S.CONFIRMED:
        options.setdefault("identifier", "S77")
    return deciding.resolve(journal, config, ticket.operation_id, to, who, **options)  # type: ignore[arg-type]  # keywords checked there


def with_fence(config: Config, known: RecoverySettings) -> Config:
    here = attrs.evolve(config.institutions[INSTITUTION], recovery=known)
    return attrs.evolve(config, institutions={INSTITUTION: here})


@pytest.mark.parametrize("to", [S.CONFIRMED, S.NOT_EXECUTED, S.REVERSED])
def test_manual_is_left_by_two_different_persons(journal: Journal, config: Config, to: S) -> None:
    ticket = ended(journal, "V1", Verdict(outcome=Outcome.IN_DOUBT, evidence="timeout"), MANUAL)
    first = resolve(journal, config, ticket, to, ZHANG)
    assert state(journal, ticket) is S.MANUAL and getattr(first, "state") is None  # noqa: B009  # an object here
    for same in ("张三", " 张 三", "张\u200b三", "\uff0d张三"[1:]):
        with pytest.raises(PersonRefused):
            resolve(journal, config, ticket, to, Person.named(same))
    assert state(journal, ticket) is S.MANUAL
    resolve(journal, config, ticket, to, LI)
    assert state(journal, ticket) is to
    moved = journal.read.events(ticket.operation_id)[-1]
    assert moved.data["persons"] == ["张三", "李四"]
    assert journal.read.verify().intact


def test_one_person_may_say_executed_of_what_is_in_doubt(journal: Journal, config: Config) -> None:
    ticket = ended(journal, "V1")
    resolve(journal, config, ticket, S.CONFIRMED, ZHANG)
    found = journal.read.attempt(ticket.msgid)
    assert found is not None and (found.state, found.source, found.identifier) == (
        S.CONFIRMED,
        "person",
        "S77",
    )


@pytest.mark.parametrize("visit_state", [S.IN_DOUBT, S.REVERSING])
def test_what_may_be_sent_again_afterwards_needs_two(
    journal: Journal, config: Config, visit_state: S
) -> None:
    ticket = ended(journal, "V1")
    to = S.NOT_EXECUTED
    if visit_state is S.REVERSING:
        journal.wait(journal.begin_job(reversal_intent(ticket.msgid), before(journal)))
        to = S.REVERSED
    resolve(journal, config, ticket, to, ZHANG)
    assert state(journal, ticket) is visit_state
    resolve(journal, config, ticket, to, LI)
    assert state(journal, ticket) is to


def test_the_second_person_must_want_the_same_and_both_are_shown(journal: Journal, config: Config) -> None:
    ticket = ended(journal, "V1", TIMEOUT, MANUAL)
    resolve(journal, config, ticket, S.CONFIRMED, ZHANG, identifier="S1")
    with pytest.raises(DecisionRefused) as refused:
        resolve(journal, config, ticket, S.CONFIRMED, LI, identifier="S2")
    assert "S1" in str(refused.value) and "S2" in str(refused.value) and "张三" in str(refused.value)
    with pytest.raises(DecisionRefused):
        resolve(journal, config, ticket, S.NOT_EXECUTED, LI)
    assert state(journal, ticket) is S.MANUAL
    deciding.take_back(journal, ticket.operation_id, LI)
    resolve(journal, config, ticket, S.CONFIRMED, LI, identifier="S2")
    assert state(journal, ticket) is S.MANUAL, "the withdrawn one does not count as the first"
    resolve(journal, config, ticket, S.CONFIRMED, ZHANG, identifier="S2")
    assert state(journal, ticket) is S.CONFIRMED


def test_a_proposal_expires_after_a_day(journal: Journal, config: Config, clock: Clock) -> None:
    ticket = ended(journal, "V1", TIMEOUT, MANUAL)
    resolve(journal, config, ticket, S.NOT_EXECUTED, ZHANG)
    clock.advance(VALID / 1000)
    resolve(journal, config, ticket, S.NOT_EXECUTED, LI)
    assert state(journal, ticket) is S.MANUAL
    resolve(journal, config, ticket, S.NOT_EXECUTED, ZHANG)
    assert state(journal, ticket) is S.NOT_EXECUTED


def test_evidence_is_not_contradicted_silently(journal: Journal, config: Config, alarms: list[Alarm]) -> None:
    ticket = ended(journal, "V1", UNPROVEN, MANUAL)
    with pytest.raises(DecisionRefused, match="证据"):
        resolve(journal, config, ticket, S.NOT_EXECUTED, ZHANG)
    resolve(journal, config, ticket, S.NOT_EXECUTED, ZHANG, against_evidence=True)
    with pytest.raises(DecisionRefused, match="证据"):
        resolve(journal, config, ticket, S.NOT_EXECUTED, LI)
    resolve(journal, config, ticket, S.NOT_EXECUTED, LI, against_evidence=True)
    assert state(journal, ticket) is S.NOT_EXECUTED
    assert [a.kind for a in alarms if a.kind == "against_evidence"] == ["against_evidence"]


@pytest.mark.parametrize("executed", [True, False])
def test_what_3202_showed_is_evidence(journal: Journal, config: Config, executed: bool) -> None:
    ticket = ended(journal, "V1", TIMEOUT, MANUAL)
    journal.wait(journal.observe_job(ticket.msgid, executed, "recon"))
    wrong, right = (S.NOT_EXECUTED, S.CONFIRMED) if executed else (S.CONFIRMED, S.NOT_EXECUTED)
    with pytest.raises(DecisionRefused):
        resolve(journal, config, ticket, wrong, ZHANG)
    resolve(journal, config, ticket, right, ZHANG)


def test_not_executed_waits_for_the_fence(journal: Journal, config: Config, clock: Clock) -> None:
    fenced = with_fence(config, RecoverySettings(acceptance=600, processing=60, replica_lag=60))
    ticket = ended(journal, "V1")
    for who in (ZHANG, LI):
        with pytest.raises(DecisionRefused, match="2026-01-01 08:12:00"):
            resolve(journal, fenced, ticket, S.NOT_EXECUTED, who)
    clock.advance(720)
    resolve(journal, fenced, ticket, S.NOT_EXECUTED, ZHANG)
    resolve(journal, fenced, ticket, S.NOT_EXECUTED, LI)
    assert state(journal, ticket) is S.NOT_EXECUTED


def test_what_is_wrong_with_a_decision_is_said(journal: Journal, config: Config) -> None:
    ticket = ended(journal, "V1")
    for options in ({"identifier": None}, {"identifier": "编号"}, {"identifier": ""}, {"reason": " "}, {"reason": "x" * 501},
                    {"reason": "行\n行"}):  # fmt: skip
        with pytest.raises(DecisionRefused):
            resolve(journal, config, ticket, S.CONFIRMED, ZHANG, **options)
    with pytest.raises(DecisionRefused):
        resolve(journal, config, ticket, S.NOT_EXECUTED, ZHANG, identifier="S1")
    with pytest.raises(MoveRefused):
        resolve(journal, config, ticket, S.REVERSED, ZHANG)
    for name in ("", "  ", "\u200b", "x" * 51, "a\nb", "***"):
        with pytest.raises(PersonRefused):
            Person.named(name)
    with pytest.raises(UnknownName):
        deciding.resolve(journal, config, "nix", S.CONFIRMED, ZHANG, reason="核实", identifier="S1")
    assert state(journal, ticket) is S.IN_DOUBT


@pytest.mark.parametrize("move", [FOUND, ABSENT])
def test_an_end_is_never_changed(journal: Journal, config: Config, move: Resolution) -> None:
    ticket = ended(journal, "V1", TIMEOUT, move)
    for to in (S.CONFIRMED, S.NOT_EXECUTED, S.REVERSED):
        with pytest.raises(MoveRefused):
            resolve(journal, config, ticket, to, ZHANG)
    under_way = sent(journal, "V2")
    with pytest.raises(MoveRefused):
        resolve(journal, config, under_way, S.CONFIRMED, ZHANG)


def test_reasons_and_ids_are_not_in_clear(journal: Journal, config: Config, tmp_path: Path) -> None:
    ticket = ended(journal, "V1", TIMEOUT, MANUAL)
    for who in (ZHANG, LI):
        resolve(
            journal,
            config,
            ticket,
            S.CONFIRMED,
            who,
            reason=f"患者{PERSONAL[3]} {PERSONAL[1]}",
            identifier="SETL12345678",
        )
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("journal.db*"))
    assert "张三".encode() in stored or b"\\u5f20" in stored
    for secret in (*PERSONAL, "SETL12345678"):
        assert secret.encode() not in stored and secret.encode("unicode_escape") not in stored


def before(journal: Journal) -> BeforeSend:
    return BeforeSend(
        msgid=journal.msgid_now(INSTITUTION).value, endpoint="x", profile_version="x", mdtrtarea_admvs="1",
        insuplc_admdvs="1", operator="1", request=b"{}", content=b"{}", signed_at=START, deadline_at=START,
    )  # fmt: skip


def test_a_forced_2601_of_what_is_manual_needs_two_and_lasts_a_day(
    journal: Journal, config: Config, clock: Clock
) -> None:
    ticket = ended(journal, "V1", TIMEOUT, MANUAL)

    def send() -> object:
        return journal.wait(journal.begin_job(reversal_intent(ticket.msgid), before(journal)))

    with pytest.raises(NoReversal):
        send()
    assert deciding.permit_reversal(journal, ticket.operation_id, ZHANG, reason="同意冲正").second is None
    with pytest.raises(NoReversal):
        send()
    with pytest.raises(PersonRefused):
        deciding.permit_reversal(journal, ticket.operation_id, ZHANG, reason="同意冲正")
    assert deciding.permit_reversal(journal, ticket.operation_id, LI, reason="同意").second == LI
    clock.advance(VALID / 1000)
    with pytest.raises(NoReversal):
        send()
    clock.advance(-1)
    reversal = send()
    assert isinstance(reversal, Ticket) and state(journal, ticket) is S.MANUAL
    journal.wait(
        journal.end_job(reversal, Verdict(outcome=Outcome.CONFIRMED, evidence="infcode 0", infcode="0"))
    )
    with pytest.raises(DecisionRefused, match="证据"):
        resolve(journal, config, ticket, S.CONFIRMED, ZHANG)
    for who in (ZHANG, LI):
        resolve(journal, config, ticket, S.REVERSED, who)
    assert state(journal, ticket) is S.REVERSED and journal.read.verify().intact


def test_only_what_2601_can_take_back_is_permitted(journal: Journal) -> None:
    confirmed = ended(journal, "V1", TIMEOUT, FOUND)
    other = ended(journal, "V2", reversible=False)
    for ticket in (confirmed, other):
        with pytest.raises(NoReversal):
            deciding.permit_reversal(journal, ticket.operation_id, ZHANG, reason="冲正")


def test_the_request_of_a_2601(journal: Journal) -> None:
    ticket = ended(journal, "V1")
    request = deciding.reversal_request(deciding.latest(journal.read, ticket.msgid))
    assert request.to_dict() == {"data": {"psn_no": PERSONAL[0], "omsgid": ticket.msgid, "oinfno": "2207"}}


TIMEOUT = Verdict(outcome=Outcome.IN_DOUBT, evidence="timeout")


def test_a_forged_proposal_does_not_count(journal: Journal, config: Config, tmp_path: Path) -> None:
    """Who can write to the file but has no key cannot be the first person."""
    import sqlite3

    from mi_core.errors import StoreError

    ticket = ended(journal, "V1", TIMEOUT, MANUAL)
    forged = '{"key":"k","by":"张三","login":"x","act":"resolve","to":"CONFIRMED","expires_at":9999999999999}'
    with sqlite3.connect(tmp_path / "journal.db") as db:
        db.execute(
            "INSERT INTO event VALUES (9, 1, ?, 'proposed', ?, ?, NULL, NULL, ?, x'0102030405060708090a0b0c0d0e0f', 1, x'00', x'00')",
            (START, ticket.operation_id, ticket.msgid, forged),
        )
    db.close()
    with pytest.raises(StoreError):
        resolve(journal, config, ticket, S.CONFIRMED, LI)
    assert state(journal, ticket) is S.MANUAL


def test_a_permission_cannot_be_moved_to_another_operation(journal: Journal, tmp_path: Path) -> None:
    """Two persons permitted the reversal of one settlement, not of its neighbour."""
    import sqlite3

    from mi_core.errors import StoreError

    permitted, other = ended(journal, "V1", TIMEOUT, MANUAL), ended(journal, "V2", TIMEOUT, MANUAL)
    for who in (ZHANG, LI):
        deciding.permit_reversal(journal, permitted.operation_id, who, reason="同意冲正")
    with sqlite3.connect(tmp_path / "journal.db") as db:
        moved = db.execute(
            "UPDATE event SET operation_id = ?, msgid = ? WHERE kind IN ('confirmed', 'proposed')",
            (other.operation_id, other.msgid),
        )
        assert moved.rowcount == 2
    db.close()
    with pytest.raises(StoreError):
        journal.wait(journal.begin_job(reversal_intent(other.msgid), before(journal)))
    assert state(journal, other) is S.MANUAL


def test_a_proposal_about_what_ended_meanwhile_waits_for_nobody(
    journal: Journal, config: Config, clock: Clock
) -> None:
    from mi_core.desk import doubts

    ticket = ended(journal, "V1")
    resolve(journal, config, ticket, S.NOT_EXECUTED, ZHANG)
    journal.wait(journal.resolve_job(ticket.msgid, FOUND))
    found, _ = doubts.operation(journal.read, config, ticket.operation_id, clock())
    assert found.proposal is None and found.next[0] == "已有结果"
    with pytest.raises(MoveRefused):
        resolve(journal, config, ticket, S.NOT_EXECUTED, LI)
