"""The HIS submits a settlement twice, gives the first one back, and only then a worker comes to the second."""

from __future__ import annotations

import json
from typing import Any

from mi_core.worker.running import run
from tests.bridge.conftest import Place
from tests.bridge.kit import working
from tests.bridge.test_death import Dying, dying, survivor
from tests.bridge.test_doubt import bill
from tests.bridge.test_his import WHERE


async def end(place: Place, worker: Dying, claimed: Any) -> None:
    """Run one request and write what it came to."""
    result = await run(worker.client, worker.queue, claimed, place.config.bridge)
    assert await worker.queue.write({claimed.request_id: (claimed.worker_id, result)}) == 1  # type: ignore[dict-item]  # a Result


async def live(place: Place) -> list[str]:
    """Settlements that the bureau has charged for."""
    rows = (await place.ward.hospital.ledger())["settlements"]
    return [one["setl_id"] for one in rows if one["kind"] == "settlement" and one["state"] == "settled"]


async def test_the_second_click_is_no_new_wish_after_the_refund(place: Place) -> None:
    async with working(place.config):
        content = await bill(place)
    first, second = [await place.his.submit("2207", content, insuplc_admdvs=WHERE) for _ in range(2)]
    async with dying(place) as victim:
        one, _two = await victim.queue.claim(2)
        await end(place, victim, one)  # then it dies with the second in its hands
    settled = json.loads((await place.his.result(first))["response_data"])["output"]["setlinfo"]
    back = {"data": {name: settled[name] for name in ("setl_id", "mdtrt_id", "psn_no")}}
    async with dying(place, lease=60.0) as other:
        number = await place.his.submit("2208", back, insuplc_admdvs=WHERE)
        (claimed,) = await other.queue.claim(1)
        await end(place, other, claimed)
        assert (await place.his.result(number))["result_status"] == "SUCCESS"
    row = await survivor(place, second)
    assert (row["result_status"], row["error_code"]) == ("SYSTEM_ERROR", "taken_back_since")
    assert await live(place) == [] and len(await place.ward.done("2207")) == 1
    async with working(place.config):  # submitted after the refund: a new wish
        row = await place.his.wait(await place.his.submit("2207", content, insuplc_admdvs=WHERE))
    assert row["result_status"] == "SUCCESS" and len(await live(place)) == 1
