"""The server or the wire to it breaks: nothing acknowledged is lost, nothing is sent on a guess, and it goes on by itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from mi_core.errors import StoreError
from mi_core.journal import AttemptState, Journal, Ticket
from mi_core.journal.shared import session
from tests.journal.kit import OK, Clock, before, begin, crash, done, send, settlement
from tests.journal.shared.kit import eventually, kill, lines, open_real, open_virtual, worker
from tests.journal.shared.proxy import Cut, proxied
from tests.stores import servers
from tests.stores.servers import Server

Host = Callable[..., Journal]


def works_again(journal: Journal, visit: str) -> None:
    def tried() -> bool:
        try:
            done(journal, settlement(visit))
        except StoreError:
            return False
        return True

    eventually(tried)


@pytest.mark.parametrize("cut", ["before", "after"])
def test_the_wire_breaks_at_commit(url: str, server: Server, clock: Clock, cut: Cut) -> None:
    """The truth is looked up: stored once, whether the COMMIT arrived or not, and the caller may send."""
    with proxied(server, url) as (proxy, through):
        journal = open_virtual(through, clock)
        sending = before(journal)
        job = journal.begin_job(settlement("M1"), sending)
        proxy.arm(cut, refuse=False)
        ticket = journal.wait(job)
        assert isinstance(ticket, Ticket) and proxy.cuts == 1
        proxy.arm(cut, refuse=False)
        assert journal.wait(journal.end_job(ticket, OK)).applied and proxy.cuts == 2
        assert journal.read.counts() == {AttemptState.CONFIRMED: 1}
        assert journal.read.verify().intact and journal.poisoned is None
        journal.close()


@pytest.mark.parametrize("cut", ["before", "after"])
def test_the_wire_breaks_at_commit_and_stays_broken(
    url: str, server: Server, clock: Clock, host: Host, cut: Cut
) -> None:
    """The caller is told that it is unknown and sends nothing; later the truth is found and the visit is free."""
    other = host()
    with proxied(server, url) as (proxy, through):
        journal = open_virtual(through, clock)
        sending = before(journal)
        proxy.arm(cut, refuse=True)
        with pytest.raises(StoreError, match=r"未知|unknown"):
            asyncio.run(journal.begin(settlement("M1"), sending))
        with pytest.raises(StoreError):
            begin(journal, settlement("M2"), msgid="X2")
        if cut == "after":
            eventually(lambda: other.read.counts() == {AttemptState.SENT: 1})  # its COMMIT did arrive
        else:
            assert other.read.counts() == {}
        proxy.heal()
        works_again(journal, "M3")
        expected = {AttemptState.CONFIRMED: 1} | ({AttemptState.NOT_SENT: 1} if cut == "after" else {})
        eventually(lambda: other.read.counts() == expected)
        assert isinstance(begin(other, settlement("M1")), Ticket), "the visit is free"
        assert journal.read.verify().intact and journal.poisoned is None
        journal.close()


def test_the_server_dies_and_comes_back(
    url: str, server: Server, host: Host, running: dict[str, Server]
) -> None:
    hosts = [host(lease=1e6), host(lease=1e6)]
    flying = [send(h, settlement(f"F{h.epoch}")) for h in hosts]
    stored = [done(h, settlement(f"M{h.epoch}-{n}")).msgid for h in hosts for n in range(5)]
    ready = [before(h) for h in hosts]
    kill(server)
    for h, sending, ticket in zip(hosts, ready, flying, strict=True):
        with pytest.raises(StoreError):
            h.wait(h.begin_job(settlement("X"), sending))
        with pytest.raises(StoreError):
            h.wait(h.end_job(ticket, OK))
        with pytest.raises(StoreError):
            h.read.counts()
    running[server.kind] = servers.restart(server)
    for h, ticket in zip(hosts, flying, strict=True):
        works_again(h, f"Y{h.epoch}")
        assert h.wait(h.end_job(ticket, OK)).applied and h.poisoned is None
    counts = hosts[0].read.counts()
    assert counts == {AttemptState.CONFIRMED: 14}
    assert all(hosts[1].read.attempt(msgid) is not None for msgid in stored)
    assert hosts[0].read.verify([root for h in hosts for root in h.read.roots()]).intact


def test_the_server_dies_under_load_and_nothing_acknowledged_is_lost(
    url: str, server: Server, running: dict[str, Server]
) -> None:
    said: list[str] = []
    with worker(url, "busy") as one, worker(url, "busy") as two:
        for process in (one, two):
            lines(process, "READY")
            said += lines(process, "C")
        kill(server)
        for process in (one, two):
            process.wait(60)  # a plain client that does not catch the error
            assert process.stdout is not None
            said += process.stdout.read().split("\n")
    running[server.kind] = servers.restart(server)
    journal = open_real(url)
    states: dict[str, str] = dict(journal.read._rows("SELECT msgid, state FROM attempt", ()))
    confirmed = [line[2:] for line in said if line.startswith("C ")]
    sent = [line[2:] for line in said if line.startswith("S ")]
    assert sent and all(states[msgid] == "CONFIRMED" for msgid in confirmed)
    assert all(msgid in states for msgid in sent) and journal.read.verify().intact
    journal.close()


def test_a_server_that_forgot_closes_the_journal(host: Host, url: str, clock: Clock, server: Server) -> None:
    """An old backup came back, or a lagging replica took over: acknowledged records are missing."""
    with proxied(server, url) as (proxy, through):
        journal = open_virtual(through, clock)
        done(journal, settlement("M1"))
        other = host()
        slot = journal._slot.number
        other.wait(lambda tx: tx.run("DELETE FROM event WHERE writer = ? AND seq > 1", (slot,)))
        proxy.arm("before", refuse=False)
        with pytest.raises(StoreError):
            done(journal, settlement("M2"))
        assert journal.poisoned is not None
        with pytest.raises(StoreError):
            journal.msgid_now("H2")
        crash(journal)


def test_a_host_that_stands_still_inside_its_turn_does_not_stop_the_others(
    url: str, clock: Clock, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "IDLE", 1)
    still = open_virtual(url, clock)
    other = host()
    inside, go = threading.Event(), threading.Event()

    def stand(tx: object) -> int:
        inside.set()
        go.wait(60)
        return still.epoch

    first = still._writer.submit(stand)
    assert inside.wait(30)
    done(other, settlement("M1"))  # waits until the server has ended the other's transaction
    go.set()
    assert first.result(60) == still.epoch, "its job ran again on a new connection"
    done(still, settlement("M2"))
    assert other.read.verify().intact
    still.close()
