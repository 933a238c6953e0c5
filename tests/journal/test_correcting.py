"""The way back from a wrong end: two persons, what the centre was seen to have, and no later send in the way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mi_core.errors import VisitBusy
from mi_core.journal import AttemptState, Journal, MoveRefused, NoReversal, Resolution, Stored, Ticket
from mi_core.journal.people import Decided, Decision, DecisionRefused, decide
from mi_core.journal.persons import Person, PersonRefused
from mi_core.journal.states import CORRECTIONS, MOVES, OperationState
from tests.journal.kit import OK, REFUSED, TIMEOUT, UNSENT, begin, done, reversal, send, settlement

S = AttemptState
ABSENT = Resolution(to=S.NOT_EXECUTED, source="query", reason="absent after the fence")
ZHANG, LI = Person("张三"), Person("李四")


def wrong(journal: Journal, end: Any = ABSENT, **changes: Any) -> Ticket:
    """A settlement with an end that the centre contradicts."""
    ticket = gone(journal, end, **changes)
    seen(journal, ticket)
    return ticket


def seen(journal: Journal, ticket: Ticket) -> None:
    assert journal.wait(journal.observe_job(ticket.msgid, True, "recon")).contradiction


def gone(journal: Journal, end: Any = ABSENT, **changes: Any) -> Ticket:
    """A settlement that had no effect, as far as anybody knows."""
    verdict = TIMEOUT if end is ABSENT else end
    ticket = done(journal, settlement(**changes), verdict)
    if end is ABSENT:
        journal.wait(journal.resolve_job(ticket.msgid, ABSENT))
    return ticket


def say(journal: Journal, ticket: Ticket, who: Person, to: S | None = S.CONFIRMED, **more: Any) -> Decided:
    decision = Decision(
        act="reverse" if to is None else "resolve", to=to, identifier="S7" if to is S.CONFIRMED else None, reason="核实", **more
    )  # fmt: skip
    return journal.wait(
        lambda tx: decide(tx, journal.read.ring, journal.epoch, ticket.operation_id, decision, who)
    )


def both(journal: Journal, ticket: Ticket, to: S | None = S.CONFIRMED, **more: Any) -> Decided:
    say(journal, ticket, ZHANG, to, **more)
    return say(journal, ticket, LI, to, **more)


def state(journal: Journal, ticket: Ticket) -> tuple[S, OperationState]:
    found = journal.read.attempt(ticket.msgid)
    assert found is not None
    return found.state, found.operation_state


@pytest.mark.parametrize("end", [ABSENT, REFUSED, UNSENT])
def test_two_persons_confirm_what_had_no_effect(journal: Journal, end: Any) -> None:
    ticket = wrong(journal, end)
    before = len(journal.read.events(ticket.operation_id))
    assert say(journal, ticket, ZHANG).state is None
    with pytest.raises(PersonRefused):
        say(journal, ticket, Person("张 三"))
    assert say(journal, ticket, LI).state is S.CONFIRMED
    assert state(journal, ticket) == (S.CONFIRMED, OperationState.DONE)
    events = journal.read.events(ticket.operation_id)
    assert [e.kind for e in events[before:]] == ["proposed", "confirmed", "corrected"], (
        "all before it still stands"
    )
    assert events[-1].data["persons"] == ["张三", "李四"] and journal.read.verify().intact
    assert journal.read.tombstones("H43000000001") == []
    again = begin(journal, settlement())
    assert isinstance(again, Stored) and (again.identifier, again.source) == ("S7", "person")
    with pytest.raises(NoReversal):
        send(journal, reversal(ticket.msgid))
    with pytest.raises(MoveRefused):
        say(journal, ticket, ZHANG, S.REVERSED)


def test_only_what_the_centre_contradicts_is_corrected(journal: Journal) -> None:
    ticket = done(journal, settlement(), TIMEOUT)
    journal.wait(journal.resolve_job(ticket.msgid, ABSENT))
    for to in (S.CONFIRMED, S.REVERSED, None):
        with pytest.raises(MoveRefused):
            say(journal, ticket, ZHANG, to)
    assert all(not MOVES[end] for end in CORRECTIONS), "no rule and no answer takes this way"


def test_a_later_send_in_doubt_comes_first(journal: Journal) -> None:
    ticket = gone(journal)
    later = done(journal, settlement(), TIMEOUT)
    seen(journal, ticket)
    for to in (S.CONFIRMED, S.REVERSED, None):
        with pytest.raises(MoveRefused, match=later.operation_id):
            say(journal, ticket, ZHANG, to, against_evidence=True)
    journal.wait(journal.resolve_job(later.msgid, ABSENT))
    assert both(journal, ticket).state is S.CONFIRMED


def test_a_later_send_that_came_to_nothing_does_not_hide_the_settlement(journal: Journal) -> None:
    """The bureau refused the repeat, as it had the settlement: the next repeat must not be sent a third time."""
    ticket = gone(journal)
    done(journal, settlement(), REFUSED)
    seen(journal, ticket)
    both(journal, ticket)
    again = begin(journal, settlement())
    assert isinstance(again, Stored) and again.msgid == ticket.msgid and again.generation == 3
    assert journal.read.verify().intact


def test_two_settlements_of_one_business(journal: Journal) -> None:
    """Both are alive: one is reversed, or the later one cancelled first. The journal never has two of one key."""
    ticket = gone(journal)
    later = done(journal, settlement(), OK)
    seen(journal, ticket)
    with pytest.raises(MoveRefused, match=f"mi doubt reverse {ticket.operation_id} --force"):
        say(journal, ticket, ZHANG, against_evidence=True)
    both(journal, ticket, None)
    journal.wait(journal.end_job(send(journal, reversal(ticket.msgid)), OK))
    assert both(journal, ticket, S.REVERSED).state is S.REVERSED
    again = begin(journal, settlement())
    assert isinstance(again, Stored) and again.msgid == later.msgid, "the one that stays is the answer"
    assert state(journal, ticket) == (S.REVERSED, OperationState.REVERSED)


def test_the_same_visit_under_another_number(journal: Journal) -> None:
    """Perhaps the repeat of this one, perhaps another bill: people must say that they know."""
    ticket = wrong(journal)
    later = done(journal, settlement(batch="B2"), OK)
    with pytest.raises(MoveRefused, match=later.operation_id):
        say(journal, ticket, ZHANG)
    assert both(journal, ticket, against_evidence=True).state is S.CONFIRMED
    other = wrong(journal, visit="M9")
    assert both(journal, other).state is S.CONFIRMED, "another visit does not matter"


def test_reversed_needs_a_reversal_or_its_trace(journal: Journal) -> None:
    ticket = wrong(journal)
    with pytest.raises(DecisionRefused):
        say(journal, ticket, ZHANG, S.REVERSED)
    with pytest.raises(NoReversal):
        send(journal, reversal(ticket.msgid))
    journal.wait(journal.observe_job(ticket.msgid, True, "recon", taken_back=True))
    assert both(journal, ticket, S.REVERSED).state is S.REVERSED


def test_a_reversal_that_did_not_last(journal: Journal) -> None:
    """REVERSED, and 3202 has it: two persons may say that it stands. A late answer alone contradicts nothing."""
    ticket = done(journal, settlement(), TIMEOUT)
    journal.wait(journal.end_job(send(journal, reversal(ticket.msgid)), OK))
    gone = Resolution(to=S.REVERSED, source="query", reason="verified")
    journal.wait(journal.resolve_job(ticket.msgid, gone))
    assert not journal.wait(journal.observe_job(ticket.msgid, True, "late")).contradiction
    with pytest.raises(MoveRefused):
        say(journal, ticket, ZHANG)
    assert journal.wait(journal.observe_job(ticket.msgid, True, "recon")).contradiction
    with pytest.raises(DecisionRefused):
        say(journal, ticket, ZHANG)
    assert both(journal, ticket, against_evidence=True).state is S.CONFIRMED


def test_3202_confirms_what_is_manual_and_nothing_else_does(journal: Journal) -> None:
    def ruled(source: str, identifier: str | None, to: S = S.CONFIRMED) -> bool:
        ticket = done(journal, settlement(visit=f"V{source}{identifier}{to.value}"), TIMEOUT)
        manual = Resolution(to=S.MANUAL, source="limit", reason="8 questions")
        journal.wait(journal.resolve_job(ticket.msgid, manual))
        found = Resolution(to=to, source=source, reason="seen", identifier=identifier)
        return journal.wait(journal.resolve_job(ticket.msgid, found)).applied

    assert ruled("recon", "S9")
    for source, identifier, to in (
        ("query", "S9", S.CONFIRMED),
        ("recon", None, S.CONFIRMED),
        ("recon", "S9", S.NOT_EXECUTED),
    ):
        with pytest.raises(MoveRefused):
            ruled(source, identifier, to)


def test_what_the_centre_has_is_not_sent_again(journal: Journal) -> None:
    """Until two persons have looked, nobody knows whether a second send would settle a second time."""
    ticket = gone(journal)
    done(journal, settlement(), REFUSED)
    seen(journal, ticket)
    with pytest.raises(VisitBusy) as busy:
        begin(journal, settlement())
    assert busy.value.operation_id == ticket.operation_id and "两人" in busy.value.hint_zh
    with pytest.raises(VisitBusy):
        asyncio.run(journal.peek(settlement()))
    both(journal, ticket, None)
    journal.wait(journal.end_job(send(journal, reversal(ticket.msgid)), OK))
    both(journal, ticket, S.REVERSED)
    assert isinstance(begin(journal, settlement()), Ticket), "it is gone for certain"
