"""One changing call per visit; a visit in doubt stays closed; cancellation is recorded."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mi_core import (
    OutcomeUnknown,
    VisitBusy,
)
from mi_core.journal import AttemptState, Resolution
from tests.core.calls import (
    PSN,
    client,
    in_turn,
    settled,
    settlement,
)
from tests.plugins import bad_server as bad
from tests.plugins.bad_server import bad_server


async def test_one_changing_call_per_visit() -> None:
    async def slow(exchange: bad.Exchange) -> None:
        await asyncio.sleep(0.2)
        await settled()(exchange)

    async with bad_server(slow) as server, client(server.url) as mi, client(server.url) as other:
        first = asyncio.create_task(mi.call(settlement()))
        await server.arrived.wait()
        for busy in (mi, other):
            with pytest.raises(VisitBusy) as caught:
                await busy.call(settlement())
        assert caught.value.operation_id == (await first).meta.operation_id
        assert len(server.requests) == 1
        await mi.call(settlement(mdtrt_id="V2"))
        await mi.call(settlement())


async def test_a_visit_in_doubt_stays_closed_until_resolved() -> None:
    async with bad_server(in_turn(bad.bad_gateway, settled())) as server, client(server.url) as mi:
        with pytest.raises(OutcomeUnknown) as caught:
            await mi.call(settlement())
        with pytest.raises(VisitBusy, match="mi doubt show") as busy:
            await mi.call(settlement())
        assert busy.value.operation_id == caught.value.operation_id and len(server.requests) == 1
        await mi.call(settlement(mdtrt_id="V2"))
        assert caught.value.operation_id is not None
        await mi.resolve(caught.value.operation_id, executed=False)
        await mi.call(settlement())


async def test_a_reversal_frees_the_visit_only_when_it_is_verified() -> None:
    from mi_core.interfaces import by_code

    async with (
        bad_server(in_turn(bad.bad_gateway, bad.reply({"infcode": 0, "output": {}}), settled())) as server,
        client(server.url) as mi,
    ):
        with pytest.raises(OutcomeUnknown) as caught:
            await mi.call(settlement())
        data = {"psn_no": PSN, "omsgid": caught.value.msgid, "oinfno": "2207"}
        await mi.call(by_code("2601").request.from_dict(data))
        with pytest.raises(VisitBusy):
            await mi.call(settlement())
        seen = Resolution(to=AttemptState.REVERSED, source="query", reason="no longer at the centre")
        assert caught.value.msgid is not None
        await mi.journal.resolve(caught.value.msgid, seen)
        assert not (await mi.call(settlement())).meta.repeated


async def test_cancelled_while_sent_is_recorded_in_doubt(tmp_path: Path) -> None:
    log = f"sqlite:///{tmp_path}/mi.db"
    async with bad_server(bad.hang) as server, client(server.url, store={"operation_log": log}) as mi:
        task = asyncio.create_task(mi.call(settlement()))
        await server.arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert mi._runtime is not None
        (row,) = await mi._runtime.store.find(psn_no=PSN)
        assert row.end is not None and row.end.status == "in_doubt" and row.end.evidence == "cancelled"
        with pytest.raises(VisitBusy):
            await mi.call(settlement())


async def test_cancelled_before_connecting_is_not_sent() -> None:
    async with bad_server(bad.hang) as server, client(server.url, transport={"pool": 1}) as mi:
        first = asyncio.create_task(mi.call(settlement()))
        await server.arrived.wait()
        second = asyncio.create_task(mi.call(settlement(mdtrt_id="V2")))
        await asyncio.sleep(0.1)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert mi._runtime is not None
        rows = await mi._runtime.store.find()
        assert rows[0].end is not None and rows[0].end.status == "not_sent"
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
