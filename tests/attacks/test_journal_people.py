"""People, sweeps and late answers against a call under way: one decision counts, and the caller is told the truth."""

from __future__ import annotations

import asyncio
import time

import pytest

from mi_core import MiError, NotSent, OutcomeUnknown
from mi_core.journal import AttemptState, Resolution, takeover
from mi_core.journal.transaction import Transaction
from tests.attacks.test_journal_stages import attempts, settle_down, state_of
from tests.core.calls import client, settled, settlement
from tests.plugins import bad_server as bad
from tests.plugins.bad_server import Exchange, bad_server

S = AttemptState


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
        assert sum(b'"infno":"2207"' in request for request in server.requests) == 1


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
