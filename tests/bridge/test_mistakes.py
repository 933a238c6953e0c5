"""A mistake of ours in the middle of a request: what is told is what the journal knows, never "nothing was done" by guess."""

from __future__ import annotations

import asyncio
from typing import Any

import attrs
import pytest

from mi_core.errors import NotSent
from mi_core.worker import running
from mi_core.worker.calling import BridgeClient
from mi_core.worker.records import Claimed, Later, Result
from mi_core.worker.running import after_mistake, run
from tests.bridge.conftest import Place
from tests.bridge.kit import working
from tests.bridge.test_death import dying, prepared_bill
from tests.bridge.test_his import WHERE, person, visit
from tests.bridge.test_reviewed_claims import NOTHING, Unreachable
from tests.sandbox.hospital import fee


async def gone_on(place: Place, content: Any) -> Claimed:
    """A request whose call goes on under the name of an earlier one, which was not sent; it was claimed, and sent, and its
    worker makes a mistake."""
    await place.his.submit("2207", content, insuplc_admdvs=WHERE)
    async with dying(place, lease=60.0) as worker:
        claimed = await worker.claim()
        await worker.client.call_raw("1101", person())  # signed in
        runtime = await worker.client._open()
        worker.client._runtime = attrs.evolve(runtime, transport=Unreachable())
        assert isinstance(await run(worker.client, worker.queue, claimed, place.config.bridge), Later)
        worker.client._runtime = runtime
        await worker.queue.write({claimed.request_id: (claimed.worker_id, NOTHING)})
        await place.his.submit("2207", content, insuplc_admdvs=WHERE)
        claimed = await worker.claim()
        await run(worker.client, worker.queue, claimed, place.config.bridge)
        assert await worker.client.last(claimed.operation_id(claimed.attempts)) is None, "another name"
    return claimed


async def test_settled_under_an_earlier_requests_name(place: Place) -> None:
    content = await prepared_bill(place)
    claimed = await gone_on(place, content)
    async with dying(place, lease=60.0) as worker:
        told = await after_mistake(worker.client, claimed, RuntimeError("王㐂"))
    assert (told.status, told.infcode) == ("COMPLETED", "0"), told
    assert "王㐂" not in told.data and len(await place.ward.done("2207")) == 1


async def test_in_doubt_under_an_earlier_requests_name(place: Place) -> None:
    content = await prepared_bill(place)
    await place.ward.hospital.fault("2207", "drop_after")
    place.config = attrs.evolve(place.config, journal=attrs.evolve(place.config.journal, recover=False))
    claimed = await gone_on(place, content)
    async with dying(place, lease=60.0) as worker:
        told = await after_mistake(worker.client, claimed, RuntimeError("x"))
        assert told.status == "IN_DOUBT" and told.operation_id, told
        assert await worker.client.last(told.operation_id) is not None


async def test_nothing_left(place: Place) -> None:
    content = await prepared_bill(place)
    await place.his.submit("2207", content, insuplc_admdvs=WHERE)
    async with dying(place, lease=60.0) as worker:
        told = await after_mistake(worker.client, await worker.claim(), RuntimeError("x"))
    assert (told.status, told.error_code) == ("ERROR", "internal")


async def test_as_long_as_the_journal_cannot_be_asked_nothing_is_told(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = await prepared_bill(place)
    claimed = await gone_on(place, content)
    asked, usable = asyncio.Event(), asyncio.Event()
    stands = BridgeClient.stands

    async def away(self: BridgeClient, wish: Any) -> Result | None:
        asked.set()
        if not usable.is_set():
            raise NotSent("交易日志不可用", "the journal cannot be used")
        return await stands(self, wish)

    monkeypatch.setattr(BridgeClient, "stands", away)
    monkeypatch.setattr(running, "_ASK_AGAIN", 0.01)
    async with dying(place, lease=60.0) as worker:
        task = asyncio.create_task(after_mistake(worker.client, claimed, RuntimeError("x")))
        await asked.wait()
        await asyncio.sleep(0.05)
        assert not task.done()
        usable.set()
        assert (await task).infcode == "0"


async def test_an_upload_may_have_arrived(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """No journal follows it, so the text must not say that nothing was done."""
    async with working(place.config):
        here = await (await visit(place.his).register()).inform()
    make, arrived = BridgeClient.make, []

    async def failing(self: BridgeClient, wish: Any) -> Any:
        arrived.append(await make(self, wish))
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(BridgeClient, "make", failing)
    async with working(place.config):
        number = await place.his.submit("2204", {"feedetail": [fee(here, 1, "60.00")]}, insuplc_admdvs=WHERE)
        row = await place.his.wait(number)
    assert (row["result_status"], row["error_code"]) == ("SYSTEM_ERROR", "interrupted")
    assert "可能已到达" in row["err_msg"] and "2205" in row["err_msg"] and "未生效" not in row["err_msg"]
    assert len(arrived) == 1, "once, and not again"


async def test_a_settlement_after_a_mistake_of_ours_is_told_as_it_is(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = await prepared_bill(place)
    make = BridgeClient.make

    async def failing(self: BridgeClient, wish: Any) -> Any:
        reply = await make(self, wish)
        if wish.request.__interface__.code == "2207":
            raise RuntimeError("a mistake of ours")
        return reply

    monkeypatch.setattr(BridgeClient, "make", failing)
    async with working(place.config):
        row = await place.his.wait(await place.his.submit("2207", content, insuplc_admdvs=WHERE))
    assert row["result_status"] == "SUCCESS" and len(await place.ward.done("2207")) == 1
