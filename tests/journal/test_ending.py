"""Answers that come late, twice, or against what is recorded; what is kept and who is alarmed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from mi_core.journal import Alarm, AttemptState, Journal, MoveRefused, NoReversal, Resolution, Verdict
from mi_core.journal.states import MOVES
from mi_core.types import Outcome
from tests.journal.kit import (
    INSTITUTION,
    OK,
    REFUSED,
    TIMEOUT,
    UNSENT,
    Clock,
    crash,
    done,
    open_journal,
    reversal,
    send,
    settlement,
)

ABSENT = Resolution(to=AttemptState.NOT_EXECUTED, source="query", reason="absent after the fence")


@pytest.fixture
def alarms() -> list[Alarm]:
    return []


@pytest.fixture
def journal(path: Path, clock: Clock, alarms: list[Alarm]) -> Iterator[Journal]:
    opened = open_journal(path, clock, on_alarm=alarms.append)
    yield opened
    opened.close()


def state(journal: Journal, msgid: str) -> AttemptState:
    found = journal.read.attempt(msgid)
    assert found is not None
    return found.state


def test_everything_of_the_design_is_stored_and_read_back(journal: Journal) -> None:
    ticket = send(journal, settlement("就诊1", amount="0.10"), content=b"c")
    found = journal.read.attempt(ticket.msgid)
    assert found is not None
    assert (found.psn_no, found.business_key, found.lock_keys) == (
        "P就诊1",
        ("就诊1", "B1"),
        ("mdtrt_id=就诊1",),
    )
    assert found.amounts == {"data.medfee_sumamt": Decimal("0.1")} and found.at_risk == Decimal("0.10")
    assert found.request == b'{"infno":"2207"}' and found.epoch == journal.epoch and found.operator == "op1"
    assert [a.msgid for a in journal.read.of_person("P就诊1")] == [ticket.msgid]
    assert [e.kind for e in journal.read.events(ticket.operation_id)] == ["sent"]


def test_personal_values_and_bodies_are_not_in_the_files(journal: Journal, path: Path) -> None:
    secret = "430102199001011234"
    ticket = send(journal, settlement(secret, psn_no="PSN" + secret), request=b"body " + secret.encode())
    journal.wait(
        journal.end_job(ticket, attrs.evolve(OK, response=b"answer " + secret.encode(), identifier=secret))
    )
    stored = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert ticket.msgid.encode() in stored and secret.encode() not in stored


def test_a_late_proof_of_success_confirms_what_is_in_doubt(journal: Journal) -> None:
    ticket = done(journal, settlement(), TIMEOUT)
    ended = journal.wait(journal.end_job(ticket, OK))
    assert ended.applied and ended.state is AttemptState.CONFIRMED
    assert journal.read.attempt(ticket.msgid).source == "late"  # type: ignore[union-attr]  # it exists


def test_a_late_refusal_decides_nothing(journal: Journal) -> None:
    ticket = done(journal, settlement(), TIMEOUT)
    assert not journal.wait(journal.end_job(ticket, REFUSED)).applied
    assert state(journal, ticket.msgid) is AttemptState.IN_DOUBT


def test_a_late_success_after_not_executed_alarms_and_is_not_reversed_without_people(
    journal: Journal, alarms: list[Alarm]
) -> None:
    ticket = done(journal, settlement(), TIMEOUT)
    journal.wait(journal.resolve_job(ticket.msgid, ABSENT))
    ended = journal.wait(journal.end_job(ticket, OK))
    assert (ended.applied, ended.contradiction) == (False, True)
    assert [a.kind for a in alarms] == ["contradiction"]
    assert state(journal, ticket.msgid) is AttemptState.NOT_EXECUTED
    assert [t.contradicted for t in journal.read.tombstones(INSTITUTION)] == [True]
    with pytest.raises(NoReversal):
        send(journal, reversal(ticket.msgid))
    assert journal.wait(journal.close_tombstones_job((ticket.msgid,), "reconcile")) == 0


def test_a_tombstone_is_watched_until_the_day_is_balanced(journal: Journal, alarms: list[Alarm]) -> None:
    ticket = done(journal, settlement(), TIMEOUT)
    journal.wait(journal.resolve_job(ticket.msgid, ABSENT))
    assert not journal.wait(journal.observe_job(ticket.msgid, False, "recon")).contradiction
    assert journal.wait(journal.close_tombstones_job((ticket.msgid,), "reconcile")) == 1
    assert journal.read.tombstones(INSTITUTION) == [] and alarms == []


def test_seen_or_missing_at_the_centre_against_the_record(journal: Journal, alarms: list[Alarm]) -> None:
    refused, confirmed = done(journal, settlement("M1"), REFUSED), done(journal, settlement("M2"))
    assert journal.wait(journal.observe_job(refused.msgid, True, "recon")).contradiction
    assert journal.wait(journal.observe_job(confirmed.msgid, False, "recon")).contradiction
    assert not journal.wait(journal.observe_job(confirmed.msgid, False, "query")).contradiction
    assert journal.wait(journal.observe_job("foreign1", True, "recon")).contradiction
    assert [a.msgid for a in alarms] == [refused.msgid, confirmed.msgid, "foreign1"]


def test_a_discrepancy_alarms_and_stays_confirmed(journal: Journal, alarms: list[Alarm]) -> None:
    ticket = done(journal, settlement(), attrs.evolve(OK, discrepancy=True))
    assert state(journal, ticket.msgid) is AttemptState.CONFIRMED and alarms[0].kind == "discrepancy"


def test_an_owner_that_was_taken_over_may_not_write(path: Path, clock: Clock) -> None:
    first = open_journal(path, clock)
    ticket = send(first, settlement())
    crash(first)
    second = open_journal(path, clock)
    assert second.taken_over.in_doubt == 1
    assert not second.wait(second.end_job(ticket, OK)).applied
    assert state(second, ticket.msgid) is AttemptState.IN_DOUBT
    second.close()


def test_no_other_moves_exist(journal: Journal) -> None:
    for n, verdict in enumerate((OK, REFUSED, UNSENT, TIMEOUT)):
        ticket = done(journal, settlement(f"V{n}"), verdict)
        start = state(journal, ticket.msgid)
        for to in set(AttemptState) - MOVES[start]:
            resolution = Resolution(to=to, source="query", reason="wrong")
            if start is AttemptState.IN_DOUBT:
                with pytest.raises(MoveRefused):
                    journal.wait(journal.resolve_job(ticket.msgid, resolution))
            else:
                assert not journal.wait(journal.resolve_job(ticket.msgid, resolution)).applied
            assert state(journal, ticket.msgid) is start


async def test_a_cancelled_caller_never_leaves_it_sent(path: Path, clock: Clock) -> None:
    import asyncio

    from tests.journal.kit import before

    journal = open_journal(path, clock)
    sending = before(journal)
    task = asyncio.ensure_future(journal.begin(settlement(), sending))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for _ in range(200):
        found = journal.read.attempt(sending.msgid)
        if found is not None and found.state is not AttemptState.SENT:
            break
        await asyncio.sleep(0.01)
    assert found is not None and found.state is AttemptState.NOT_SENT
    ticket = await journal.begin(settlement("M2"), before(journal))
    journal.lose(ticket, "CancelledError")  # type: ignore[arg-type]  # a Ticket, the key is new
    assert (await journal.end(ticket, TIMEOUT)).state is AttemptState.IN_DOUBT  # type: ignore[arg-type]  # as above
    journal.close()


def test_sweep_finds_own_lost_sends(journal: Journal, clock: Clock) -> None:
    ticket = send(journal, settlement())
    assert journal.wait(journal.sweep_job()) == 0
    clock.advance(200)
    assert journal.wait(journal.sweep_job()) == 1
    assert journal.wait(journal.end_job(ticket, Verdict(outcome=Outcome.CONFIRMED, evidence="late"))).applied
