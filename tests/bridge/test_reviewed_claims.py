"""Reviewed for money: what was sent is never called expired, and an old word never ends a new claim."""

from __future__ import annotations

import json

import attrs

from mi_core.errors import BureauRefused
from mi_core.plugin import HttpReply, HttpRequest, ProbeReply, Sending, TransportFailure
from mi_core.worker.hands import Hands
from mi_core.worker.records import Later, Result
from mi_core.worker.results import failed
from mi_core.worker.running import run
from tests.bridge.conftest import Place
from tests.bridge.test_death import dying, prepared_bill, survivor
from tests.bridge.test_his import WHERE, person


class Unreachable:
    """A gateway that has gone."""

    async def send(self, request: HttpRequest, *, deadline: float, sending: Sending) -> HttpReply:
        sending.promise()
        raise TransportFailure("connection refused")

    async def probe(self, url: str, *, timeout: float) -> ProbeReply:  # noqa: ASYNC109  # as the protocol has it
        raise TransportFailure("connection refused")

    async def close(self) -> None:
        pass


NOTHING = Result(status="ERROR", data="{}")


async def test_a_commit_without_an_answer_does_not_end_the_next_claim(place: Place) -> None:
    """The worker puts a request back, does not hear so, has claimed it again: it does not put it back once more."""
    number = await place.his.submit("1101", person())
    async with dying(place, lease=60.0) as worker:
        hands = Hands(worker.client, worker.queue, place.config.bridge, lambda: False)  # nothing is begun
        first = await worker.claim()
        hands._ends[number] = (first.worker_id, Later(0.0, NOTHING))
        assert await worker.queue.write(dict(hands._ends)) == 1  # COMMIT, and no answer to it
        second = await worker.claim()
        assert (second.request_id, second.attempts) == (number, 2)
        hands.take([second])
        hands._ended.set()
        await hands.write()
        assert await place.his.cancel(number) is False, "it is being run"
        assert await worker.queue.write({number: (second.worker_id, NOTHING)}) == 1
        await hands.finish(0.0, 1.0)


async def test_a_strange_infcode_can_be_written(place: Place) -> None:
    number = await place.his.submit("1101", person())
    refused = failed(BureauRefused("无此人", "unknown", reason="无此人", infcode="-20000000000001"))
    async with dying(place, lease=60.0) as worker:
        claimed = await worker.claim()
        assert await worker.queue.write({number: (claimed.worker_id, refused)}) == 1
    row = await place.his.result(number)
    assert row["result_status"] == "BUSINESS_ERROR"
    assert json.loads(row["response_data"])["infcode"] == "-20000000000001"


async def test_what_went_on_under_an_earlier_request_is_not_called_expired(place: Place) -> None:
    """Not sent under one request, settled under the next one, whose worker died; all workers are away for a while."""
    content = await prepared_bill(place)
    working = place.config
    await place.his.submit("2207", content, insuplc_admdvs=WHERE)
    async with dying(place, lease=60.0) as worker:
        claimed = await worker.claim()
        await worker.client.call_raw("1101", person())  # signed in
        runtime = await worker.client._open()
        worker.client._runtime = attrs.evolve(runtime, transport=Unreachable())
        assert isinstance(await run(worker.client, worker.queue, claimed, place.config.bridge), Later)
        worker.client._runtime = runtime
        await worker.queue.write({claimed.request_id: (claimed.worker_id, NOTHING)})
    number = await place.his.submit("2207", content, insuplc_admdvs=WHERE)
    async with dying(place) as victim:
        lost = await run(victim.client, victim.queue, await victim.claim(), place.config.bridge)
    assert isinstance(lost, Result) and lost.infcode == "0"
    place.config = attrs.evolve(working, bridge=attrs.evolve(working.bridge, expire=0.001))
    row = await survivor(place, number)
    assert (row["result_status"], row["msgid"]) == ("SUCCESS", lost.msgid), row
    assert len(await place.ward.done("2207")) == 1
