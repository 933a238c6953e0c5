"""A lease that ran out is no proof of death: what is taken over when, and what a zombie can still do."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

import pytest

from mi_core.errors import StoreError
from mi_core.journal import Alarm, AttemptState, Journal, Takeover
from mi_core.journal.shared import owning
from mi_core.journal.shared.owning import Grace, due
from tests.journal.kit import INSTITUTION, OK, TIMEOUT, Clock, before, crash, done, send, settlement
from tests.journal.shared.kit import LEASE, eventually, lines, now, open_real, open_virtual, tell, worker

Host = Callable[..., Journal]
NOTHING = Takeover(0, 0)


def test_taken_over_after_lease_and_fence_and_not_before(host: Host, url: str, clock: Clock) -> None:
    """Deadline 60 s after the signature, grace 60 s, fence 300 s: due 300 s after it."""
    dead = open_virtual(url, clock)
    ticket, doubtful = send(dead, settlement("M1")), done(dead, settlement("M2"), TIMEOUT)
    other = host(fence=lambda institution: 300_000)
    crash(dead)
    signed = ticket_time(other, ticket.msgid)
    for passed, expected in ((LEASE - 0.1, NOTHING), (LEASE + 0.1, Takeover(0, 1))):
        clock.now = signed + int(passed * 1000)  # what is in doubt already needs an owner, and no fence
        assert other.take_over() == expected, f"after {passed} s"
    for passed, in_doubt in ((299.9, 0), (300.0, 1), (400.0, 0)):
        clock.now = signed + int(passed * 1000)
        assert other.take_over().in_doubt == in_doubt, f"after {passed} s"
    mine = other.read.unresolved(epoch=other.epoch)
    assert {a.msgid: a.state for a in mine} == dict.fromkeys(
        (ticket.msgid, doubtful.msgid), AttemptState.IN_DOUBT
    )
    assert other.read.verify().intact


def ticket_time(journal: Journal, msgid: str) -> int:
    found = journal.read.attempt(msgid)
    assert found is not None
    return found.signed_at


@pytest.mark.parametrize("patch", ["fence", "lease"])
def test_a_takeover_without_proof_is_noticed(
    host: Host, url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch, patch: str
) -> None:
    """Mutants: the fence is not waited for; the lease is not looked at."""
    if patch == "fence":
        monkeypatch.setattr(owning, "due", lambda *_: True)
    else:
        monkeypatch.setattr(
            owning, "_DEAD", owning._DEAD.replace("lease_until < {now}", "lease_until >= {now} - {now}")
        )
    with pytest.raises(AssertionError, match="after"):
        test_taken_over_after_lease_and_fence_and_not_before(host, url, clock)


@pytest.mark.parametrize(
    ("passed", "fence", "expected"),
    [
        (119, None, False),
        (120, None, True),
        (120, 200_000, False),
        (200, 200_000, True),
        (119, 10_000, False),
    ],
)
def test_due(passed: int, fence: int | None, expected: bool) -> None:
    assert due(passed * 1000, INSTITUTION, 0, 60_000, Grace(60_000, lambda _: fence)) is expected


def test_a_living_host_is_never_robbed(host: Host, clock: Clock) -> None:
    one, two = host(), host()
    ticket = send(one, settlement("M1"))
    for _ in range(40):
        clock.advance(20)
        one.wait(lambda tx: None)  # any group renews the lease
        assert two.take_over() == NOTHING
    assert one.holds(ticket) and one.wait(one.end_job(ticket, OK)).applied


def test_a_zombie_neither_sends_nor_ends(host: Host, clock: Clock, alarms: list[Alarm]) -> None:
    zombie, other = host(), host()
    ticket, epoch = send(zombie, settlement("M1")), zombie.epoch
    assert zombie.holds(ticket)
    clock.advance(LEASE * 0.95)
    assert not zombie.holds(ticket), "our own clock stops us before the server's does"
    clock.advance(200)
    assert other.take_over() == Takeover(1, 0)
    ended = zombie.wait(zombie.end_job(ticket, OK))
    assert (ended.applied, ended.state) == (False, AttemptState.IN_DOUBT)
    found = other.read.attempt(ticket.msgid)
    assert found is not None and (found.state, found.epoch) == (AttemptState.IN_DOUBT, other.epoch)
    assert "seen" in [event.kind for event in other.read.events(ticket.operation_id)]
    assert zombie.epoch > epoch and not zombie.holds(ticket)
    assert "lease_lost" in [alarm.kind for alarm in alarms]
    assert zombie.holds(send(zombie, settlement("M2"))), "with a new epoch it works again"
    assert zombie.read.verify([*zombie.read.roots(), *other.read.roots()]).intact


def test_an_attempt_that_nobody_took_is_still_ended_by_its_owner(host: Host, clock: Clock) -> None:
    journal = host()
    ticket = send(journal, settlement())
    clock.advance(LEASE * 3)
    assert journal.wait(journal.end_job(ticket, OK)).applied
    assert journal.epoch != ticket.epoch and journal.take_over() == NOTHING


def test_own_past_epochs_are_taken_over_too(host: Host, clock: Clock) -> None:
    journal = host()
    send(journal, settlement("M1"))
    clock.advance(LEASE * 10)
    assert journal.take_over() == Takeover(1, 0)


def test_a_begin_that_outlives_its_lease_does_not_send(host: Host, clock: Clock) -> None:
    journal = host()
    sending = before(journal)
    real = journal._writer.run

    async def slow(job, lost=None):  # type: ignore[no-untyped-def]  # same signature as the real one
        result = await real(job, lost)
        clock.advance(LEASE)
        return result

    journal._writer.run = slow  # type: ignore[method-assign, assignment]  # stands still after the commit
    with pytest.raises(StoreError, match=r"租约|lease"):
        asyncio.run(journal.begin(settlement(), sending))
    del journal._writer.run
    eventually(lambda: journal.read.counts() == {AttemptState.NOT_SENT: 1})


def test_an_orderly_stop_hands_over_at_once(host: Host, url: str, clock: Clock) -> None:
    stopped = open_virtual(url, clock)
    ticket = send(stopped, settlement())
    stopped.close()
    assert not stopped.holds(ticket)
    assert host().taken_over == Takeover(1, 0)


def test_killed_in_another_process(url: str) -> None:
    """Real time: not before the fence, however soon it is asked; at last, yes."""
    other = open_real(url, grace=0.0, fence=lambda institution: 4_000)
    with worker(url, "hold", "2") as process:
        msgids = lines(process, "READY")
        process.kill()
        process.wait()
        signed = max(ticket_time(other, msgid) for msgid in msgids)
        first = min(ticket_time(other, msgid) for msgid in msgids)
        taken = 0

        def asked() -> bool:
            nonlocal taken
            started = now()
            got = other.take_over().in_doubt
            assert not got or now() >= first + 4_000
            taken += got
            return taken == len(msgids) and started >= signed

        eventually(asked)
    assert {a.msgid for a in other.read.unresolved(epoch=other.epoch)} == set(msgids)
    other.close()


def test_suspended_in_another_process(url: str) -> None:
    """SIGSTOP beyond the lease, then SIGCONT: what it had begun it cannot send, and its answers are evidence."""
    other = open_real(url, grace=0.0)
    with worker(url, "hold", "1") as process:
        msgids = lines(process, "READY")
        tell(process, "holds")
        assert lines(process, "DONE")[0] in (
            str([True] * 3),
            str([False] * 3),
        )  # False: this machine is that slow
        tell(process, "epoch")
        epoch = int(lines(process, "DONE")[0])
        process.send_signal(signal.SIGSTOP)
        taken = 0

        def all_taken() -> bool:
            nonlocal taken
            taken += other.take_over().in_doubt
            return taken == len(msgids)

        eventually(all_taken)
        process.send_signal(signal.SIGCONT)
        tell(process, "holds")
        assert lines(process, "DONE") == [str([False] * 3)]
        tell(process, "end")
        assert lines(process, "DONE") == [str([False] * 3)]
        tell(process, "begin")
        lines(process, "DONE")
        tell(process, "epoch")
        assert int(lines(process, "DONE")[0]) > epoch
    assert all(other.read.attempt(m).state is AttemptState.IN_DOUBT for m in msgids)  # type: ignore[union-attr]  # they are there
    assert other.read.verify().intact
    other.close()
