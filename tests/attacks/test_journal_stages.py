"""Interrupted, closed or refused at any stage: the journal says what happened, and never SENT of what cannot leave."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from mi_core import AsyncClient, MiError, NotSent, OutcomeUnknown, VisitBusy
from mi_core.journal import AttemptRecord, AttemptState, Journal
from mi_core.journal.transaction import Transaction
from mi_core.plugin import hookimpl
from tests.core.calls import client, settled, settlement, with_plugins
from tests.plugins import bad_server as bad
from tests.plugins.bad_server import bad_server

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
        lambda rows, _: [row[0] for row in rows("SELECT msgid FROM attempt ORDER BY rowid", ())]
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
