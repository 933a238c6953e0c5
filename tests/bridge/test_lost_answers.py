"""A claim that was committed and whose answer never came: the worker finds what it has without knowing it, and only that."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mi_core.errors import StoreError
from mi_core.worker import BridgeClient, Queue, Worker
from mi_core.worker.connecting import address_of, connected
from mi_core.worker.hands import Hands
from mi_core.worker.records import Claimed
from tests.bridge.conftest import Place
from tests.bridge.kit import working
from tests.bridge.test_death import dying
from tests.bridge.test_his import person


class Deaf(Queue):
    """The first claims are made and committed, and no answer to them arrives."""

    misses = 2

    async def claim(self, most: int) -> list[Claimed]:
        found = await super().claim(most)
        if found and self.misses:
            Deaf.misses -= 1
            raise StoreError("连不上 HIS 数据库", "the connection broke during COMMIT")
        return found


async def requests(place: Place) -> list[dict[str, Any]]:
    from sqlalchemy import text

    async with connected(address_of(place.url)) as connection:
        sql = "SELECT request_id, status, attempts, interrupted FROM medical_insurance_requests ORDER BY request_id"
        return [dict(row) for row in (await connection.execute(text(sql))).mappings()]


async def test_a_claim_without_an_answer_is_found_by_the_worker_that_made_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This worker lives on, so nobody else would ever take them up."""
    monkeypatch.setattr(Deaf, "misses", 2)
    numbers = [await place.his.submit("1101", person()) for _ in range(5)]
    stop = asyncio.Event()
    async with Deaf.at(address_of(place.url)) as queue, BridgeClient(place.config) as client:
        task = asyncio.create_task(Worker(client, queue, place.config.bridge).run(stop))
        rows = [await place.his.wait(n) for n in numbers]
        stop.set()
        await task
    assert {row["result_status"] for row in rows} == {"SUCCESS"}
    assert Deaf.misses == 0
    found = await requests(place)
    assert {row["interrupted"] for row in found} == {0}, "nothing of them was begun"
    assert max(row["attempts"] for row in found) == 3


async def test_what_it_holds_is_never_put_back(place: Place) -> None:
    """Waiting, under way, ended and not yet written: all of it stays, also while a result cannot be written."""
    numbers = [await place.his.submit("1101", person()) for _ in range(4)]
    async with dying(place, lease=60.0) as worker:
        hands = Hands(worker.client, worker.queue, place.config.bridge, lambda: True)
        await place.ward.hospital.fault("1101", "hang", seconds=30.0, times=2)
        claimed = await worker.queue.claim(3)
        hands.take(claimed)
        while len(hands._ends) < 1:
            await asyncio.sleep(0.01)
        lost = await worker.claim()  # its answer did not come: nobody took it
        assert await worker.queue.put_back(hands.held) == 1
        assert await worker.queue.put_back(hands.held) == 0
        states = {row["request_id"]: row["status"] for row in await requests(place)}
        assert states == {n: "PENDING" if n == lost.request_id else "PROCESSING" for n in numbers}
        assert await worker.queue.put_back({}) == 3, "none of them would be safe if it were not held"
        await hands.finish(0.0, 0.0)


async def test_what_was_written_is_not_looked_for_any_more(place: Place) -> None:
    number = await place.his.submit("1101", person())
    async with dying(place, lease=60.0) as worker:
        hands = Hands(worker.client, worker.queue, place.config.bridge, lambda: True)
        hands.take([await worker.claim()])
        await hands.write()
        assert hands.held == {}
        assert await worker.queue.put_back(hands.held) == 0
        await hands.finish(0.0, 1.0)
    assert (await place.his.result(number))["result_status"] == "SUCCESS"


async def test_a_call_under_way_at_the_end_stays_interrupted(place: Place) -> None:
    """Cancelled when the worker ends: its request is taken up as one whose worker died, never as one that was not begun."""
    number = await place.his.submit("1101", person())
    async with dying(place, lease=60.0) as worker:
        hands = Hands(worker.client, worker.queue, place.config.bridge, lambda: True)
        await place.ward.hospital.fault("1101", "hang", seconds=1.0, times=1)
        hands.take([await worker.claim()])
        while not hands._busy:
            await asyncio.sleep(0.01)
        await hands.finish(0.0, 1.0)
        assert await worker.queue.put_back(hands.held) == 0
        await worker.queue.leave()
    async with working(place.config):
        assert (await place.his.wait(number))["result_status"] == "SUCCESS"
    assert [row["interrupted"] for row in await requests(place)] == [1]


async def test_a_claim_taken_anew_is_not_let_go_by_the_old_one(place: Place) -> None:
    """The worker stood still, its requests were taken over, and it claims one of them again while the old call still runs."""
    number = await place.his.submit("1101", person())
    async with dying(place, lease=0.05) as worker:
        hands = Hands(worker.client, worker.queue, place.config.bridge, lambda: True)
        await place.ward.hospital.fault("1101", "hang", seconds=1.0, times=2)
        hands.take([await worker.claim()])
        while not hands._busy:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert await worker.queue.take_over() == 1
        await worker.queue.register(60.0)
        again = await worker.claim()
        hands.take([again])
        while hands._busy < 2:
            await asyncio.sleep(0.01)
        while hands._busy == 2:
            await asyncio.sleep(0.01)
        assert hands.held == {number: again.worker_id}
        await hands.write()
        assert hands.held == {}
        await hands.finish(0.0, 1.0)
    row = await place.his.result(number)
    assert row["result_status"] == "SUCCESS"
