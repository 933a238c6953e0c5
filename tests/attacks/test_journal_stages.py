"""Interrupted, closed or refused at any stage: the journal says what happened, and never SENT of what cannot leave."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from mi_core import AsyncClient, MiError, NotSent, OutcomeUnknown, VisitBusy
from mi_core.journal import AttemptRecord, AttemptState, Journal, Resolution, takeover
from mi_core.journal.transaction import Transaction
from mi_core.plugin import hookimpl
from tests.core.calls import client, settled, settlement, with_plugins
from tests.plugins import bad_server as bad
from tests.plugins.bad_server import Exchange, bad_server

S = AttemptState


class Barrier:
    """Holds the journal's writer: whatever is asked of it waits in the queue."""

    def __init__(self, journal: Journal) -> None:
        self._open, entered = threading.Event(), threading.Event()

        def hold(tx: Transaction) -> None:
            entered.set()
            self._open.wait(10)

        self._done = journal._writer.submit(hold)
        assert entered.wait(10)

    def lift(self) -> None:
        self._open.set()
        self._done.result(10)


def attempts(mi: AsyncClient) -> list[AttemptRecord]:
    msgids = mi.journal.read.ask(
        lambda rows, _: [row[0] for row in rows("SELECT msgid FROM attempt ORDER BY rowid")]
    )
    return [found for msgid in msgids if (found := mi.journal.read.attempt(msgid)) is not None]


def state_of(mi: AsyncClient, msgid: str) -> AttemptState | None:
    found = mi.journal.read.attempt(msgid)
    return None if found is None else found.state


async def settle_down(journal: Journal) -> None:
    """Everything that was queued is on disk."""
    for _ in range(3):
        await asyncio.to_thread(journal.wait, lambda tx: None)
        await asyncio.sleep(0)


async def passes(steps: int) -> None:
    for _ in range(steps):
        await asyncio.sleep(0)


@pytest.mark.parametrize("delivered", [False, True])
async def test_cancelled_when_the_ticket_has_just_come(
    delivered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal's answer and the cancellation meet in one turn of the loop: nothing left, so nothing may be in doubt."""
    async with bad_server(settled()) as server, client(server.url) as mi:
        await mi.call(settlement(mdtrt_id="warm"))
        barrier: list[Barrier] = []
        run = mi.journal._writer.run
        tasks: list[asyncio.Task[Any]] = []

        def tracked(job: Any, lost: Callable[[Any], None] | None = None) -> asyncio.Future[Any]:
            future = run(job, lost)
            if lost is not None and delivered:
                future.add_done_callback(lambda _: tasks[0].cancel())
            return future

        monkeypatch.setattr(mi.journal._writer, "run", tracked)
        tasks.append(asyncio.create_task(mi.call(settlement())))
        if not delivered:
            barrier.append(Barrier(mi.journal))
            await passes(20)
            tasks[0].cancel()
            barrier[0].lift()
        await asyncio.gather(*tasks, return_exceptions=True)
        monkeypatch.undo()
        await settle_down(mi.journal)
        assert len(server.requests) == 1
        assert [a.state for a in attempts(mi)] in ([S.CONFIRMED], [S.CONFIRMED, S.NOT_SENT])
        assert not (await mi.call(settlement())).meta.repeated


async def test_cancelled_after_each_turn_of_the_loop() -> None:
    """However far it came, what reached the bureau is not called unsent, and what did not leaves nothing open."""
    seen: set[AttemptState] = set()
    async with bad_server(settled()) as server, client(server.url) as mi:
        await mi.call(settlement(mdtrt_id="warm"))
        for step in range(60):
            visit, before = f"C{step}", len(server.requests)
            barrier = Barrier(mi.journal) if step % 3 == 0 else None
            task = asyncio.create_task(mi.call(settlement(mdtrt_id=visit)))
            await passes(step // 3)
            task.cancel()
            if barrier is not None:
                barrier.lift()
            await asyncio.gather(task, return_exceptions=True)
            await settle_down(mi.journal)
            mine = [json.loads(r)["msgid"] for r in server.requests[before:]]
            assert len(mine) <= 1
            now = {a.msgid: a.state for a in attempts(mi)}
            assert S.SENT not in now.values(), step
            for msgid in mine:
                assert now[msgid] in (S.CONFIRMED, S.IN_DOUBT)
            seen |= set(now.values())
    assert S.NOT_SENT in seen and S.CONFIRMED in seen


@pytest.mark.parametrize("turns", range(0, 24, 3))
async def test_closing_while_the_journal_is_slow(turns: int) -> None:
    """Closed with the call anywhere before its send: either it was sent and is recorded, or the caller hears NotSent."""
    async with bad_server(settled()) as server:
        mi = await client(server.url, limits={"drain": 0.05}).open()
        journal = mi.journal
        barrier = Barrier(journal)
        task = asyncio.create_task(mi.call(settlement(), deadline=5.0))
        await passes(turns)
        closing = asyncio.create_task(mi.close())
        await passes(turns)
        barrier.lift()
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        await closing
        async with client(server.url) as second:
            left = {a.state for a in attempts(second)}
            assert S.SENT not in left
            if isinstance(outcome, NotSent):
                assert not server.requests and left <= {S.NOT_SENT}
            elif isinstance(outcome, OutcomeUnknown):
                assert left == {S.IN_DOUBT}
            else:
                assert not isinstance(outcome, BaseException) and left == {S.CONFIRMED}


async def test_the_answer_comes_while_the_journal_is_slow_and_the_client_closes() -> None:
    async with bad_server(settled()) as server:
        mi = await client(server.url, limits={"drain": 0.05}).open()
        journal = mi.journal
        task = asyncio.create_task(mi.call(settlement(), deadline=5.0))
        await server.arrived.wait()
        barrier = Barrier(journal)
        closing = asyncio.create_task(mi.close())
        await asyncio.sleep(0.1)
        barrier.lift()
        await closing
        reply = await task
        assert reply.setlinfo.setl_id == "S1"
        async with client(server.url) as second:
            (attempt,) = attempts(second)
            assert attempt.state is S.CONFIRMED or "journal" in {d.rule for d in reply.meta.discrepancies}


async def test_a_closed_client_says_so_and_a_closed_twice_one_too() -> None:
    async with bad_server(settled()) as server:
        mi = await client(server.url).open()
        reply = await mi.call(settlement())
        await asyncio.gather(mi.close(), mi.close())
        await mi.close()
        for call in (
            mi.call(settlement()),
            mi.wait_for(str(reply.meta.operation_id), timeout=0.1),
            mi.resolve(str(reply.meta.operation_id), executed=True),
        ):
            with pytest.raises(MiError):
                await call
        assert len(server.requests) == 1


async def test_a_deadline_that_is_over_leaves_nothing() -> None:
    async with bad_server(settled()) as server, client(server.url) as mi:
        await mi.call(settlement(mdtrt_id="warm"))
        for deadline in (0.0, -5.0, 1e-9):
            with pytest.raises(NotSent):
                await mi.call(settlement(), deadline=deadline)
        await settle_down(mi.journal)
        assert len(server.requests) == 1
        assert {a.state for a in attempts(mi)} <= {S.CONFIRMED, S.NOT_SENT}
        assert not (await mi.call(settlement())).meta.repeated


async def test_a_deadline_that_ends_while_the_journal_writes() -> None:
    """The caller hears *not sent*; the attempt that the journal wrote a moment later is withdrawn."""
    async with bad_server(settled()) as server, client(server.url) as mi:
        await mi.call(settlement(mdtrt_id="warm"))
        barrier = Barrier(mi.journal)
        with pytest.raises(NotSent):
            await mi.call(settlement(), deadline=0.05)
        barrier.lift()
        await settle_down(mi.journal)
        assert len(server.requests) == 1
        assert {a.state for a in attempts(mi)} <= {S.CONFIRMED, S.NOT_SENT}
        await mi.call(settlement())
        assert len(server.requests) == 2


async def test_a_gateway_that_is_down_leaves_nothing_in_the_journal(unused_tcp_port: int) -> None:
    """The breaker refuses before anything is journalled; what it let out is NOT_SENT."""
    async with client(f"http://127.0.0.1:{unused_tcp_port}/csb") as mi:
        for n in range(12):
            with pytest.raises(NotSent):
                await mi.call(settlement(mdtrt_id=f"V{n}"))
        await settle_down(mi.journal)
        assert {a.state for a in attempts(mi)} == {S.NOT_SENT} and not mi.journal.read.unresolved()
        assert len(attempts(mi)) < 12


async def test_the_same_request_many_times_at_once() -> None:
    """call_many with duplicates: one send; the others hear of it or are told to wait."""
    async with bad_server(settled()) as server, client(server.url) as mi:
        replies = await mi.call_many([settlement()] * 12, concurrency=6)
        sent = [r for r in replies if not isinstance(r, MiError)]
        assert len(server.requests) == 1 and sum(not r.meta.repeated for r in sent) == 1
        assert all(isinstance(r, VisitBusy) for r in replies if isinstance(r, MiError))
        assert len({r.meta.msgid for r in sent}) == 1


async def test_people_decide_while_the_call_is_in_flight() -> None:
    """Its outcome is not theirs to say yet."""
    async with bad_server(bad.hang) as server, client(server.url) as mi:
        task = asyncio.create_task(mi.call(settlement(), deadline=0.6))
        await server.arrived.wait()
        (attempt,) = attempts(mi)
        for executed in (True, False):
            with pytest.raises(NotSent):
                await mi.resolve(
                    attempt.operation_id,
                    executed=executed,
                    by=("甲", "乙"),
                    identifier="S9" if executed else None,
                )
        assert (await mi.wait_for(attempt.operation_id, timeout=0.0)).value == "OPEN"
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(outcome, OutcomeUnknown) and state_of(mi, attempt.msgid) is S.IN_DOUBT


async def test_two_decide_at_once() -> None:
    """One decision counts, the other hears that there is nothing to decide."""
    async with bad_server(bad.bad_gateway) as server, client(server.url) as mi:
        with pytest.raises(OutcomeUnknown) as caught:
            await mi.call(settlement())
        operation = str(caught.value.operation_id)
        answers = await asyncio.gather(
            *(mi.resolve(operation, executed=True, identifier=f"S{n}") for n in range(4)),
            mi.wait_for(operation, timeout=5.0), return_exceptions=True,
        )  # fmt: skip
        assert answers[:4].count(True) == 1 and sum(isinstance(a, MiError) for a in answers[:4]) == 3
        stored = await mi.call(settlement())
        assert stored.meta.repeated and stored.meta.identifier == f"S{answers.index(True)}"
        assert [json.loads(r)["infno"] for r in server.requests].count("2207") == 1


async def test_too_much_in_doubt_then_resolved() -> None:
    """Money intake closes, says so without sending, and opens again when people have decided."""
    async with bad_server(bad.bad_gateway) as server, client(server.url, journal={"max_in_doubt": 2}) as mi:
        doubts = []
        for n in range(3):
            with pytest.raises(OutcomeUnknown) as caught:
                await mi.call(settlement(mdtrt_id=f"V{n}"))
            doubts.append(str(caught.value.operation_id))
        with pytest.raises(NotSent) as closed:
            await mi.call(settlement(mdtrt_id="V9"))
        assert closed.value.code == "intake_closed" and len(server.requests) == 3
        assert await mi.resolve(doubts[0], executed=True, identifier="S1")
        server.after = settled(mdtrt_id="V9")
        assert (await mi.call(settlement(mdtrt_id="V9"))).setlinfo.mdtrt_id == "V9"


async def test_alarms_reach_the_program() -> None:
    """Executed, but for somebody else: a person is told, and the call stays in doubt."""
    heard: list[tuple[str, str | None]] = []

    class Watch:
        @hookimpl
        def mi_observe_alarm(self, kind: str, msgid: str | None) -> None:
            heard.append((kind, msgid))

    plugins = with_plugins(("watch", Watch()))
    async with bad_server(settled(psn_no="1" * 20)) as server, client(server.url, plugins=plugins) as mi:
        with pytest.raises(OutcomeUnknown) as caught:
            await mi.call(settlement())
        await settle_down(mi.journal)
    assert heard == [("executed_in_doubt", caught.value.msgid)]


async def slow(exchange: Exchange) -> None:
    await asyncio.sleep(0.3)
    await settled()(exchange)


async def test_a_late_answer_after_people_decided_otherwise(caplog: pytest.LogCaptureFixture) -> None:
    """The sweep gave it up, people said *not executed*, then the answer came: the caller is told it is settled, and an
    alarm says that the record was wrong."""
    async with bad_server(slow) as server, client(server.url) as mi:
        task = asyncio.create_task(mi.call(settlement(), deadline=3.0))
        await server.arrived.wait()
        (attempt,) = attempts(mi)
        future = int(time.time() * 1000) + 10_000_000
        await asyncio.to_thread(mi.journal.wait, lambda tx: _swept(tx, mi.journal.epoch, future))
        assert state_of(mi, attempt.msgid) is S.IN_DOUBT
        await mi.journal.resolve(
            attempt.msgid, Resolution(to=S.NOT_EXECUTED, source="query", reason="absent after the fence")
        )
        reply = await task
        assert reply.setlinfo.setl_id == "S1"
        await settle_down(mi.journal)
        assert "contradiction" in caplog.text
        stones = mi.journal.read.tombstones(attempt.institution)
        assert [s.contradicted for s in stones] == [True]


def _swept(tx: Transaction, epoch: int, before: int) -> int:
    return takeover.sweep(tx, epoch, before)
