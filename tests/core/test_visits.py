"""One changing call per visit; a visit in doubt stays closed; cancellation is recorded."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

import pytest

from mi_core import (
    NotSent,
    OutcomeUnknown,
    VisitBusy,
)
from mi_core.interfaces import by_code
from mi_core.journal import AttemptState, QuoteNeeded, Resolution
from mi_core.journal.persons import PersonRefused
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

    patient = {"timeouts": {"settlement": 10.0}}
    async with (
        bad_server(slow) as server,
        client(server.url, institution=patient) as mi,
        client(server.url, institution=patient) as other,
    ):
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
    quoted = bad.reply({"infcode": 0, "output": {"setlinfo": {"medfee_sumamt": 128.5}}})
    async with (
        bad_server(in_turn(bad.bad_gateway, settled(), quoted, settled())) as server,
        client(server.url) as mi,
    ):
        with pytest.raises(OutcomeUnknown) as caught:
            await mi.call(settlement())
        with pytest.raises(VisitBusy, match="mi doubt show") as busy:
            await mi.call(settlement())
        assert busy.value.operation_id == caught.value.operation_id and len(server.requests) == 1
        await mi.call(settlement(mdtrt_id="V2"))
        assert caught.value.operation_id is not None
        assert not await mi.resolve(caught.value.operation_id, executed=False)
        with pytest.raises(PersonRefused):
            await mi.resolve(caught.value.operation_id, executed=False)
        assert await mi.resolve(caught.value.operation_id, executed=False, by="002")
        with pytest.raises(QuoteNeeded):
            await mi.call(settlement())
        left_out = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
        data = {k: v for k, v in settlement().to_dict()["data"].items() if k not in left_out}
        data |= {"psn_type": "11", "psn_name": "张三"}
        await mi.call(by_code("2206").request.from_dict({"data": data}))
        assert not (await mi.call(settlement())).meta.repeated
        assert len(server.requests) == 4


async def test_a_reversal_frees_the_visit_only_when_it_is_verified() -> None:
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
    with socket.socket() as nobody_accepts, contextlib.ExitStack() as crowd:
        nobody_accepts.bind(("127.0.0.1", 0))
        nobody_accepts.listen(0)
        for _ in range(4):
            waiting = crowd.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(nobody_accepts.getsockname())
        async with client(f"http://127.0.0.1:{nobody_accepts.getsockname()[1]}/") as mi:
            call = asyncio.create_task(mi.call(settlement()))
            await asyncio.sleep(0.3)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert mi._runtime is not None
            (row,) = await mi._runtime.store.find()
            assert row.end is not None and row.end.status == "not_sent"


async def test_cancelled_while_it_waits_for_a_place_leaves_nothing() -> None:
    async with bad_server(bad.hang) as server, client(server.url, limits={"money": 1}) as mi:
        first = asyncio.create_task(mi.call(settlement()))
        await server.arrived.wait()
        second = asyncio.create_task(mi.call(settlement(mdtrt_id="V2")))
        assert mi._runtime is not None
        while not mi._runtime.gate.state()[0].lanes["money"].waiting:
            await asyncio.sleep(0.01)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert len(await mi._runtime.store.find()) == 1
        assert mi._runtime.gate.state()[0].lanes["money"].waiting == 0
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


async def test_a_worker_that_lost_its_right_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Suspended between the journal and the first byte, for so long that another host may have taken over."""
    async with bad_server(settled()) as server, client(server.url) as mi:
        with monkeypatch.context() as suspended:
            suspended.setattr(mi.journal, "holds", lambda ticket: False)
            with pytest.raises(NotSent, match="lease lost"):
                await mi.call(settlement())
        assert server.requests == []
        assert not (await mi.call(settlement())).meta.repeated
