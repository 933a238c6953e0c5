"""What recovery and the desk ask of a journal (plain SQL beside the jobs) is understood by both servers."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from mi_core.journal import AttemptState, Finding, Journal, Sight
from mi_core.journal.clues import clues
from mi_core.journal.findings import doubts, findings, giver, note_job
from mi_core.journal.learned import accepted_refusals, judge, refusals_mark, remove, said
from mi_core.journal.people import pending
from mi_core.journal.persons import Person
from mi_core.journal.shared.address import Address
from mi_core.journal.shared.reading import SharedReader
from tests.journal.kit import INSTITUTION, OK, TIMEOUT, Clock, done, ring, settlement

Host = Callable[..., Journal]
UNLISTED = attrs.evolve(TIMEOUT, evidence="unlisted -1", likely_refused=True, response=b'{"infcode":-1}')


def test_recovery_asks(host: Host, clock: Clock) -> None:
    journal = host()
    ticket, known = done(journal, settlement("M1"), TIMEOUT), done(journal, settlement("M2"), OK)
    (doubt,) = journal.read.ask(lambda rows, _: doubts(rows, journal.epoch, INSTITUTION))
    assert doubt.msgid == ticket.msgid and doubt.state is AttemptState.IN_DOUBT
    finding = Finding(sight=Sight.ABSENT, source="query", asked_at=clock.now)
    assert journal.wait(note_job(ring(), journal.epoch, ticket.msgid, finding))
    noted = journal.read.ask(lambda rows, _: findings(rows, ticket.operation_id, ticket.msgid, doubt.state))
    assert [f.sight for f in noted] == [Sight.ABSENT]
    assert [c.says for c in journal.read.ask(lambda rows, _: clues(rows, ticket.msgid))] == ["absent"]
    assert journal.read.ask(lambda rows, r: giver(rows, r, INSTITUTION, "2207", "S1")) == known.msgid
    assert journal.read.ask(lambda rows, r: pending(rows, r, ticket.operation_id, clock.now)) is None


def test_people_judge_refusals(host: Host) -> None:
    one, two = host(), host()
    done(one, settlement("M1"), UNLISTED)
    who, before = Person("王芳"), refusals_mark(two)
    assert [s.response for s in two.read.ask(lambda rows, r: list(said(rows, r, INSTITUTION)))] == [
        b'{"infcode":-1}'
    ]
    for _ in range(2):
        one.wait(lambda tx: judge(tx, ring(), INSTITUTION, "余额不足", "accepted", who, {"refused": 3}))
    assert accepted_refusals(two, INSTITUTION) == ["余额不足"] and refusals_mark(two) != before
    two.wait(lambda tx: remove(tx, ring(), INSTITUTION, "余额不足", who))
    assert accepted_refusals(one, INSTITUTION) == [] and one.read.verify().intact


def test_a_reader_without_a_slot(host: Host, url: str) -> None:
    journal = host()
    ticket = done(journal, settlement())
    reader = SharedReader(Address.read(url), ring())
    found = reader.attempt(ticket.msgid)
    assert found is not None and found.state is AttemptState.CONFIRMED and reader.of_person("PM1") == [found]
    assert reader.tombstones(INSTITUTION) == [] and reader.exposure(INSTITUTION).operations == 0
    assert reader.between(INSTITUTION, 0, 2**50) == [found] and reader.verify(reader.roots()).intact
    reader.close()
    reader.close()
