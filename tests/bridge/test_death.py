"""A worker dies with a request in its hands, at each moment there is; another one takes it up and runs nothing twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest

from mi_core.errors import ConfigError, MiError
from mi_core.worker import BridgeClient, Queue, Worker
from mi_core.worker.connecting import address_of
from mi_core.worker.place import names_of, place_of
from mi_core.worker.reading import read
from mi_core.worker.records import Claimed
from mi_core.worker.running import run
from tests.bridge.conftest import Place
from tests.bridge.kit import working
from tests.bridge.test_doubt import bill
from tests.bridge.test_his import WHERE, person, visit
from tests.sandbox.hospital import fee


@attrs.define
class Dying:
    """A worker that does what the test says, and then no more: no result, no heartbeat, no farewell."""

    client: BridgeClient
    queue: Queue

    async def claim(self) -> Claimed:
        (claimed,) = await self.queue.claim(1)
        return claimed


@asynccontextmanager
async def dying(place: Place, lease: float = 0.2) -> AsyncIterator[Dying]:
    config = place.config
    async with Queue.at(address_of(place.url)) as queue, BridgeClient(config) as client:
        await queue.tie(names_of(client.journal, config), place_of(config))
        await queue.register(lease)
        yield Dying(client, queue)


async def survivor(place: Place, number: int) -> dict[str, object]:
    async with working(place.config):
        return await place.his.wait(number, past=("PROCESSING", "IN_DOUBT"))


async def prepared_bill(place: Place) -> dict[str, object]:
    async with working(place.config):
        return await bill(place)


async def test_after_the_claim(place: Place) -> None:
    content = await prepared_bill(place)
    number = await place.his.submit("2207", content, insuplc_admdvs=WHERE)
    async with dying(place) as victim:
        await victim.claim()
    row = await survivor(place, number)
    assert row["result_status"] == "SUCCESS"
    assert len(await place.ward.done("2207")) == 1


async def test_after_the_settlement_before_its_result_was_written(place: Place) -> None:
    content = await prepared_bill(place)
    number = await place.his.submit("2207", content, insuplc_admdvs=WHERE)
    async with dying(place) as victim:
        claimed = await victim.claim()
        lost = await run(victim.client, victim.queue, claimed, place.config.bridge)
    assert lost is not None and (await place.his.result(number))["result_status"] == "PROCESSING"
    row = await survivor(place, number)
    assert row["result_status"] == "SUCCESS"
    assert row["msgid"] == lost.msgid, "the stored result, not another send"  # type: ignore[union-attr]  # a Result
    assert len(await place.ward.done("2207")) == 1


async def test_after_it_was_taken_back_meanwhile(place: Place) -> None:
    """Settled, not written down, refunded by somebody else: the request still tells what became of *it*, and is not run anew."""
    content = await prepared_bill(place)
    number = await place.his.submit("2207", content, insuplc_admdvs=WHERE)
    async with dying(place) as victim:
        claimed = await victim.claim()
        lost = await run(victim.client, victim.queue, claimed, place.config.bridge)
        answer = json.loads(lost.data)["output"]["setlinfo"]  # type: ignore[union-attr]  # a Result
        await victim.client.call_raw(
            "2208", {"data": {k: answer[k] for k in ("setl_id", "mdtrt_id", "psn_no")}}, insuplc_admdvs=WHERE
        )
    row = await survivor(place, number)
    assert json.loads(str(row["response_data"]))["output"]["setlinfo"]["setl_id"] == answer["setl_id"]
    assert len(await place.ward.done("2207")) == 1


async def test_after_the_bureaus_refusal(place: Place) -> None:
    """The refusal is proven and was not written down: it is told, and not asked for once more."""
    content = await prepared_bill(place)
    one = next(iter(place.config.institutions.values()))
    no = "累计限额已用完，不予结算"
    place.config = attrs.evolve(place.config, institutions={one.code: attrs.evolve(one, refusals=(no,))})
    await place.ward.hospital.fault("2207", "unlisted_refusal", message=no)
    number = await place.his.submit("2207", content, insuplc_admdvs=WHERE)
    async with dying(place) as victim:
        lost = await run(victim.client, victim.queue, await victim.claim(), place.config.bridge)
    row = await survivor(place, number)
    assert (row["result_status"], row["error_code"]) == ("BUSINESS_ERROR", "bureau_refused")
    assert no in str(row["err_msg"]) and await place.ward.done("2207") == []
    assert row["msgid"] == lost.msgid, "one message only"  # type: ignore[union-attr]  # a Result


async def test_during_an_upload_that_must_not_be_repeated(place: Place) -> None:
    async with working(place.config):
        here = await (await visit(place.his).register()).inform()
    rows = {"feedetail": [fee(here, 1, "60.00")]}
    begun = await place.his.submit("2204", rows, insuplc_admdvs=WHERE)
    async with dying(place) as victim:
        claimed = await victim.claim()
        assert await victim.queue.begin(claimed)
        fresh = await place.his.submit("2204", {"feedetail": [fee(here, 2, "1.00")]}, insuplc_admdvs=WHERE)
        await victim.claim()
    row = await survivor(place, begun)
    assert (row["result_status"], row["error_code"]) == ("SYSTEM_ERROR", "interrupted")
    assert "2205" in str(row["err_msg"])
    assert (await survivor(place, fresh))["result_status"] == "SUCCESS", "that one was not begun"


async def test_a_worker_that_stood_still_writes_nothing_over_its_successor(place: Place) -> None:
    number = await place.his.submit("1101", person())
    async with dying(place) as stopped:
        claimed = await stopped.claim()
        row = await survivor(place, number)
        late = await run(stopped.client, stopped.queue, claimed, place.config.bridge)
        assert late is not None
        assert await stopped.queue.write({number: (claimed.worker_id, late)}) == 0
        assert await stopped.queue.heartbeat(1.0) is False
    assert await place.his.result(number) == row


async def test_a_request_is_claimed_once(place: Place) -> None:
    """Eight claims at the same moment, forty requests: each of them is in one hand."""
    numbers = [await place.his.submit("1101", person()) for _ in range(40)]
    async with dying(place, lease=60.0) as a, dying(place, lease=60.0) as b:
        found = await asyncio.gather(*(one.queue.claim(7) for one in (a, b) * 4))
    taken = [claimed.request_id for some in found for claimed in some]
    assert len(taken) == len(set(taken)) and set(taken) <= set(numbers)
    assert len(taken) >= 35, "who is locked is skipped, not waited for"


async def test_a_worker_with_another_journal_is_refused(place: Place, tmp_path: object) -> None:
    async with working(place.config):
        pass
    other = attrs.evolve(
        place.config, journal=attrs.evolve(place.config.journal, path=f"{tmp_path}/other.db")
    )
    with pytest.raises(ConfigError, match="另一本交易日志"):
        async with working(other):
            pass
    async with Queue.at(address_of(place.url)) as queue, BridgeClient(other) as client:
        stop = asyncio.Event()
        stop.set()
        await Worker(client, queue, other.bridge).run(stop, adopt_journal=True)
    with pytest.raises(ConfigError, match=r"other\.db"):
        async with working(place.config):
            pass


async def test_a_journal_in_memory_is_refused(place: Place) -> None:
    config = attrs.evolve(place.config, journal=attrs.evolve(place.config.journal, path="memory"))
    with pytest.raises(ConfigError, match="内存"):
        async with working(config):
            pass


async def test_an_orderly_end_leaves_nothing_in_its_hands(place: Place) -> None:
    config = attrs.evolve(place.config, bridge=attrs.evolve(place.config.bridge, concurrency=2))
    await place.ward.hospital.fault("1101", "hang", seconds=0.3, times=4)
    numbers = [await place.his.submit("1101", person()) for _ in range(12)]
    stop = asyncio.Event()
    async with Queue.at(address_of(place.url)) as queue, BridgeClient(config) as client:
        task = asyncio.create_task(Worker(client, queue, config.bridge).run(stop))
        while not [n for n in numbers if (await place.his.result(n))["status"] == "PROCESSING"]:
            await asyncio.sleep(0.01)
        stop.set()
        await task
    states = {(await place.his.result(n))["status"] for n in numbers}
    assert states <= {"COMPLETED", "PENDING"}, states
    async with working(place.config):
        rows = [await place.his.wait(n) for n in numbers]
    assert {row["result_status"] for row in rows} == {"SUCCESS"}


async def test_operations_are_named_by_their_requests(place: Place) -> None:
    """Another bridge, another time, another attempt: another operation. The same ones: the same, whoever asks."""
    await place.his.submit("1101", person())
    async with dying(place) as victim:
        claimed = await victim.claim()
        assert claimed.operation_id(1) != claimed.operation_id(2)
        assert attrs.evolve(claimed, incarnation="x").operation_id(1) != claimed.operation_id(1)
        assert attrs.evolve(claimed, attempts=7).operation_id(1) == claimed.operation_id(1)
        with pytest.raises(MiError):
            read(attrs.evolve(claimed, input_data="{"), place.config)
