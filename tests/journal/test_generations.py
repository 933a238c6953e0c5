"""Operations, generations, visit locks and the exposure limit: who may send, and who gets the stored result."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from mi_core.errors import NotSent, VisitBusy
from mi_core.journal import (
    AmountsDiffer,
    AttemptState,
    CancelTarget,
    ExposureLimit,
    IntakeClosed,
    Intent,
    Journal,
    NoReversal,
    OperationState,
    QuoteNeeded,
    Resolution,
    Stored,
    Verdict,
)
from mi_core.types import Effect, Outcome
from tests.journal.kit import (
    INSTITUTION,
    OK,
    REFUSED,
    TIMEOUT,
    UNSENT,
    Clock,
    before,
    begin,
    done,
    open_journal,
    reversal,
    send,
    settlement,
)


def absent(journal: Journal, msgid: str) -> None:
    resolution = Resolution(to=AttemptState.NOT_EXECUTED, source="query", reason="absent after the fence")
    assert journal.wait(journal.resolve_job(msgid, resolution)).applied


def test_same_key_same_amounts_gives_the_stored_result(journal: Journal) -> None:
    ticket = done(journal, settlement())
    again = begin(journal, settlement(amount="128.5"))
    assert again == Stored(ticket.operation_id, 1, ticket.msgid, OK.response, "S1", "reply")
    assert journal.wait(journal.peek_job(settlement())) == again


def test_same_key_other_amounts_is_an_error(journal: Journal) -> None:
    ticket = done(journal, settlement())
    with pytest.raises(AmountsDiffer) as refused:
        begin(journal, settlement(amount="128.51"))
    assert refused.value.operation_id == ticket.operation_id


@pytest.mark.parametrize("verdict", [None, TIMEOUT])
def test_in_flight_or_in_doubt_is_busy(journal: Journal, verdict: Verdict | None) -> None:
    ticket = send(journal, settlement())
    if verdict is not None:
        journal.wait(journal.end_job(ticket, verdict))
    for intent in (settlement(), settlement(amount="1"), settlement(batch="B2")):
        with pytest.raises(VisitBusy) as refused:
            begin(journal, intent)
        assert refused.value.operation_id == ticket.operation_id
    send(journal, settlement(visit="M2"))


def test_a_double_click_of_fifty_sends_once(journal: Journal) -> None:
    jobs = [journal.begin_job(settlement(), before(journal)) for _ in range(50)]
    futures = [journal._writer.submit(job) for job in jobs]
    errors = [future.exception() for future in futures]
    assert sum(error is None for error in errors) == 1
    assert all(isinstance(error, VisitBusy) for error in errors if error is not None)


def test_corrected_settlement_after_a_refusal(journal: Journal) -> None:
    done(journal, settlement(), REFUSED)
    assert send(journal, settlement(amount="99")).generation == 2


def test_nothing_left_is_another_attempt_of_the_same_operation(journal: Journal) -> None:
    first = done(journal, settlement(), UNSENT)
    second = done(journal, settlement(), UNSENT)
    assert (second.operation_id, second.generation, second.number) == (first.operation_id, 1, 2)
    other = send(journal, settlement(amount="1"))
    assert (other.generation, other.number) == (2, 1)
    states = [a.state for a in journal.read.attempts(first.operation_id)]
    assert states == [AttemptState.NOT_SENT, AttemptState.NOT_SENT]


def test_partial_refund_settles_the_same_batch_again(journal: Journal) -> None:
    first = done(journal, settlement())
    cancel = settlement(
        interface="2208", business_key=("S1",), amounts={}, cancels=CancelTarget(("2207",), "S1")
    )
    ticket = send(journal, cancel)
    with pytest.raises(VisitBusy):
        begin(journal, settlement(batch="B9"))
    with pytest.raises(VisitBusy):  # it may be refunded already: the stored result would be a guess
        begin(journal, settlement())
    journal.wait(
        journal.end_job(ticket, Verdict(outcome=Outcome.CONFIRMED, evidence="infcode 0", identifier="S2"))
    )
    again = send(journal, settlement(amount="28.50"))
    assert (again.generation, again.operation_id != first.operation_id) == (2, True)


def test_admission_cancelled_and_admitted_again(journal: Journal) -> None:
    def state(interface: str, key: str, **changes: object) -> Intent:
        return Intent(
            institution=INSTITUTION, interface=interface, effect=Effect.STATE, business_key=(key,),
            lock_keys=("psn_no=P1", "mdtrt_id=V1"), **changes,  # type: ignore[arg-type]  # fields of Intent
        )  # fmt: skip

    admitted = Verdict(outcome=Outcome.CONFIRMED, evidence="infcode 0", identifier="V1")
    done(journal, state("2401", "P1 I1"), admitted)
    done(journal, state("2404", "V1", cancels=CancelTarget(("2401",), "V1")))
    assert done(journal, state("2401", "P1 I1"), admitted).generation == 2


def test_a_change_may_be_repeated_with_other_content(journal: Journal) -> None:
    change = settlement(interface="2403", effect=Effect.STATE, amounts={}, repeatable=True)
    done(journal, change, content=b"ward 1")
    assert isinstance(begin(journal, change, content=b"ward 1"), Stored)
    assert send(journal, change, content=b"ward 2").generation == 2


def test_after_not_executed_a_new_quote_is_needed(journal: Journal, clock: Clock) -> None:
    def intent(amount: str, quoted_at: int | None, accepted: bool = False) -> Intent:
        return settlement(amount=amount, quote_required=True, quoted_at=quoted_at, amounts_accepted=accepted)

    ticket = done(journal, intent("10", clock.now), TIMEOUT)
    absent(journal, ticket.msgid)
    for quoted in (None, clock.now):
        with pytest.raises(QuoteNeeded):
            begin(journal, intent("10", quoted))
    clock.advance(1)
    with pytest.raises(AmountsDiffer):
        begin(journal, intent("11", clock.now))
    assert send(journal, intent("11", clock.now, accepted=True)).generation == 2


def test_manual_holds_the_visit_until_two_people_decide(journal: Journal) -> None:
    ticket = done(journal, settlement(), TIMEOUT)
    manual = Resolution(to=AttemptState.MANUAL, source="limit", reason="8 questions without an answer")
    journal.wait(journal.resolve_job(ticket.msgid, manual))
    with pytest.raises(VisitBusy):
        begin(journal, settlement(batch="B2"))
    for persons in ((), ("li",), ("li", "li")):
        alone = Resolution(to=AttemptState.NOT_EXECUTED, source="person", reason="phoned", persons=persons)
        with pytest.raises(NotSent):
            journal.wait(journal.resolve_job(ticket.msgid, alone))
    both = Resolution(to=AttemptState.NOT_EXECUTED, source="person", reason="phoned", persons=("li", "wang"))
    assert journal.wait(journal.resolve_job(ticket.msgid, both)).applied
    assert send(journal, settlement()).generation == 2


def test_only_what_is_in_doubt_is_reversed(journal: Journal) -> None:
    confirmed = done(journal, settlement("M1"))
    flying = send(journal, settlement("M2"))
    refused = done(journal, settlement("M3"), REFUSED)
    for msgid in (confirmed.msgid, flying.msgid, refused.msgid, "unknown"):
        with pytest.raises(NoReversal):
            begin(journal, reversal(msgid))


def test_a_reversal_is_resent_until_definite_and_then_verified(journal: Journal) -> None:
    target = done(journal, settlement(), TIMEOUT)
    first = done(journal, reversal(target.msgid), TIMEOUT)
    assert journal.read.attempt(target.msgid).state is AttemptState.REVERSING  # type: ignore[union-attr]  # it exists
    second = send(journal, reversal(target.msgid))
    assert (second.operation_id, second.number) == (first.operation_id, 2)
    with pytest.raises(VisitBusy):
        begin(journal, reversal(target.msgid))
    journal.wait(journal.end_job(second, TIMEOUT))
    verified = Resolution(to=AttemptState.REVERSED, source="query", reason="no longer at the centre")
    assert journal.wait(journal.resolve_job(target.msgid, verified)).applied
    states = [a.state for a in journal.read.reversals(target.msgid)]
    assert states == [AttemptState.SUPERSEDED, AttemptState.CONFIRMED]
    assert send(journal, settlement()).generation == 2


def test_exposure_closes_money_only_and_only_here(path: Path, clock: Clock) -> None:
    journal = open_journal(path, clock, limit=ExposureLimit(2, Decimal(1000)))
    likely = Verdict(outcome=Outcome.IN_DOUBT, evidence="unlisted -1", likely_refused=True)
    done(journal, settlement("M0"), likely)
    tickets = [done(journal, settlement(f"M{n}", amount="10"), TIMEOUT) for n in range(1, 4)]
    with pytest.raises(IntakeClosed):
        begin(journal, settlement("M9"))
    with pytest.raises(IntakeClosed):
        journal.wait(journal.peek_job(settlement("M9")))
    send(journal, settlement("M9", interface="2401", effect=Effect.STATE))
    send(journal, settlement("M9", institution="H43000000002"))
    send(journal, reversal(tickets[0].msgid))
    absent(journal, tickets[1].msgid)
    send(journal, settlement("M8"))
    journal.close()


def test_exposure_by_amount(path: Path, clock: Clock) -> None:
    journal = open_journal(path, clock, limit=ExposureLimit(20, Decimal("100")))
    done(journal, settlement("M1", amount="100"), TIMEOUT)
    done(journal, settlement("M2", amount="0.01"), TIMEOUT)
    with pytest.raises(IntakeClosed, match=r"100\.01"):
        begin(journal, settlement("M3"))
    assert journal.read.exposure(INSTITUTION).amount == Decimal("100.01")
    journal.close()


def test_an_operation_follows_its_attempt(journal: Journal) -> None:
    for n, (verdict, state) in enumerate((
        (OK, OperationState.DONE), (REFUSED, OperationState.FAILED), (UNSENT, OperationState.ABANDONED),
        (TIMEOUT, OperationState.OPEN),
    )):  # fmt: skip
        ticket = done(journal, settlement(f"V{n}"), verdict)
        (attempt,) = journal.read.attempts(ticket.operation_id)
        assert attempt.operation_state is state
