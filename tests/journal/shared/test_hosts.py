"""Two hosts at one database: one of them sends, the other learns why not."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest

from mi_core.errors import StoreError, VisitBusy
from mi_core.journal import AttemptState, Journal, Key, KeyRing, Stored, Ticket
from mi_core.journal.shared import owning
from mi_core.journal.transaction import Job
from tests.journal.kit import INSTITUTION, OK, Clock, before, begin, done, send, settlement
from tests.journal.shared.kit import lines, open_virtual, tell, worker

Host = Callable[..., Journal]


def both_at_once(hosts: list[Journal], jobs: list[list[object]]) -> list[object]:
    """Each host's jobs from a thread of its own, started together; results or errors."""
    start = threading.Barrier(len(hosts))

    def run(host: Journal, mine: list[object]) -> list[object]:
        start.wait()
        futures = [host._writer.submit(cast(Job[object], job)) for job in mine]
        return [future.exception() or future.result() for future in futures]

    with ThreadPoolExecutor(len(hosts)) as pool:
        return [result for part in pool.map(run, hosts, jobs) for result in part]


def test_a_double_click_of_fifty_on_two_hosts_sends_once(host: Host) -> None:
    hosts = [host(), host()]
    for visit in range(5):
        jobs: list[list[object]] = [
            [h.begin_job(settlement(f"M{visit}"), before(h)) for _ in range(25)] for h in hosts
        ]
        kinds = Counter(type(result) for result in both_at_once(hosts, jobs))
        assert kinds == {Ticket: 1, VisitBusy: 49}
    assert hosts[0].read.counts() == {AttemptState.SENT: 5}


def test_a_double_click_of_two_processes_sends_once(url: str) -> None:
    with worker(url, "click") as one, worker(url, "click") as two:
        for process in (one, two):
            lines(process, "READY")
        for process in (one, two):
            tell(process, "go")
        said = Counter(lines(one, "DONE") + lines(two, "DONE"))
    assert said["Ticket"] == 1 and said.total() == 100
    assert set(said) <= {"Ticket", "Stored", "VisitBusy"}


def test_what_one_host_did_the_other_gets(host: Host) -> None:
    one, two = host(), host()
    ticket = done(one, settlement())
    found = begin(two, settlement())
    assert isinstance(found, Stored) and (found.msgid, found.identifier) == (ticket.msgid, "S1")
    assert asyncio.run(two.peek(settlement())) == found


@pytest.mark.parametrize("swap", [False, True])
def test_visit_locks_hold_across_hosts_in_whatever_order_they_are_named(host: Host, swap: bool) -> None:
    """The first lock is in ``attempt`` and the others are in ``more_locks``: no single index covers both."""
    hosts = [host(), host()]
    for n in range(5):
        locks = (f"a={n}", f"b={n}")
        other = locks[::-1] if swap else locks[1:]
        jobs: list[list[object]] = [
            [hosts[0].begin_job(settlement(f"A{n}", lock_keys=locks), before(hosts[0]))],
            [hosts[1].begin_job(settlement(f"B{n}", lock_keys=other), before(hosts[1]))],
        ]
        kinds = Counter(type(result) for result in both_at_once(hosts, jobs))
        assert kinds == {Ticket: 1, VisitBusy: 1}


def test_hosts_in_the_middle_of_a_change_of_keys_exclude_each_other(host: Host) -> None:
    """Each stores the hash by its own current key: no unique index sees that they are the same."""
    old, new = Key(1, b"1" * 32), Key(2, b"2" * 32)
    hosts = [host(keys=KeyRing(old, new)), host(keys=KeyRing(new, old))]
    for n in range(5):
        jobs: list[list[object]] = [[h.begin_job(settlement(f"M{n}"), before(h))] for h in hosts]
        assert Counter(type(r) for r in both_at_once(hosts, jobs)) == {Ticket: 1, VisitBusy: 1}
    with pytest.raises(StoreError, match="3"):
        host(keys=KeyRing(Key(3, b"3" * 32), old, new))


def test_the_indexes_are_the_backstop_when_turns_are_not_taken(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mutant without turns: a violated constraint or a deadlock is looked at again and ends as VisitBusy."""
    monkeypatch.setattr(owning, "take_turn", lambda tx: None)
    hosts = [host(), host()]
    for n in range(8):
        jobs: list[list[object]] = [
            [
                h.begin_job(settlement(f"M{n}-{k}"), before(h))
                for k in (range(6) if h is hosts[0] else range(5, -1, -1))
            ]
            for h in hosts
        ]
        kinds = Counter(type(result) for result in both_at_once(hosts, jobs))
        assert kinds == {Ticket: 6, VisitBusy: 6}
    assert all(h.read.verify().intact for h in hosts)


def test_message_ids_of_two_hosts_never_meet(host: Host, clock: Clock) -> None:
    hosts = [host(), host()]
    ids = Counter(h.msgid_now(INSTITUTION).value for _ in range(600) for h in hosts)
    clock.advance(-7200)
    ids.update(h.msgid_now(INSTITUTION).value for _ in range(600) for h in hosts)
    hosts[0].close()
    again = host()  # takes the slot of the one that ended
    ids.update(again.msgid_now(INSTITUTION).value for _ in range(600))
    assert ids.total() == 3000 and set(ids.values()) == {1}


def test_message_ids_of_two_processes_never_meet(url: str) -> None:
    with worker(url, "ids") as one, worker(url, "ids") as two:
        for process in (one, two):
            lines(process, "READY")
        for process in (one, two):
            tell(process, "go")
        said = lines(one, "DONE") + lines(two, "DONE")
    assert len(said) == len(set(said)) == 800


def test_a_host_with_another_division_of_the_sequence_is_refused(host: Host) -> None:
    host(slots=4)
    with pytest.raises(StoreError, match="slots=4"):
        host(slots=5)


def test_slots_are_for_the_living(host: Host, clock: Clock, url: str) -> None:
    first, second = host(slots=2), host(slots=2)
    with pytest.raises(StoreError, match="2"):
        host(slots=2)
    second.close()
    third = host(slots=2)
    assert third.epoch == 3
    clock.advance(31)
    late = open_virtual(url, clock, slots=2)  # both leases have run out
    assert {slot for (slot,) in late.read._rows("SELECT slot FROM owner WHERE ended_at IS NULL", ())} == {
        0,
        1,
    }
    assert send(first, settlement("M1")).epoch > late.epoch  # it found the other slot, under a new epoch
    with pytest.raises(StoreError):
        send(third, settlement("M2"))
    late.close()
    assert send(third, settlement("M2")).epoch > late.epoch


def test_two_hosts_open_an_empty_database_at_once(url: str, clock: Clock) -> None:
    start = threading.Barrier(4)

    def open_it(_: int) -> Journal:
        start.wait()
        return open_virtual(url, clock, slot_wait=20.0)

    with ThreadPoolExecutor(4) as pool:
        journals = list(pool.map(open_it, range(4)))
    assert sorted(j.epoch for j in journals) == [1, 2, 3, 4]
    assert journals[0].read._rows("SELECT version FROM schema_version", ()) == [(1,)]
    for journal in journals:
        done(journal, settlement(f"M{journal.epoch}"), OK)
    assert journals[0].read.verify([root for j in journals for root in j.read.roots()]).intact
    for journal in journals:
        journal.close()
