"""After a settlement that was not executed a newer quote opens the way: whichever worker made that quote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
from sqlalchemy.engine import make_url

from mi_core.journal.keyfile import read_ring
from mi_core.worker.records import Result
from mi_core.worker.running import run
from tests.bridge.conftest import Place
from tests.bridge.kit import working
from tests.bridge.test_death import Dying, dying
from tests.bridge.test_doubt import _NOT_ASKED, bill
from tests.bridge.test_his import WHERE

WHO = {"psn_type": "11", "psn_name": "沙箱职工甲"}


async def one(place: Place, worker: Dying, code: str, content: Any) -> Result:
    """Submit a request and let just that worker run it."""
    await place.his.submit(code, content, insuplc_admdvs=WHERE)
    claimed = await worker.claim()
    end = await run(worker.client, worker.queue, claimed, place.config.bridge)
    assert isinstance(end, Result), end
    assert await worker.queue.write({claimed.request_id: (claimed.worker_id, end)}) == 1
    return end


async def not_executed(place: Place, *, bills: int = 1) -> list[dict[str, Any]]:
    """Settlements that never reached the bureau, as was found out."""
    async with working(place.config):
        contents = [await bill(place) for _ in range(bills)]
        await place.ward.hospital.fault("2207", "drop_before", times=bills)
        for content in contents:
            number = await place.his.submit("2207", content, insuplc_admdvs=WHERE)
            row = await place.his.wait(number, past=("PROCESSING", "IN_DOUBT"))
            assert row["error_code"] == "not_executed", row
    return contents


def asked(content: dict[str, Any]) -> dict[str, Any]:
    return {"data": {k: v for k, v in content["data"].items() if k not in _NOT_ASKED} | WHO}


async def test_quoted_by_one_worker_and_settled_by_another(place: Place) -> None:
    (content,) = await not_executed(place)
    async with dying(place, lease=60.0) as first, dying(place, lease=60.0) as second:
        refused = await one(place, second, "2207", content)
        assert (refused.status, refused.error_code) == ("ERROR", "quote_needed")
        assert "2206" in (refused.err_msg or "") and await place.ward.done("2207") == []
        assert (await one(place, first, "2206", asked(content))).infcode == "0"
        settled = await one(place, second, "2207", content)
    assert (settled.status, settled.infcode) == ("COMPLETED", "0"), settled.err_msg
    assert len(await place.ward.done("2207")) == 1
    assert settled.operation_id == json.loads(settled.data)["operation_id"]


async def test_a_quote_of_another_visit_or_before_it_is_none(place: Place) -> None:
    mine, other = await not_executed(place, bills=2)
    async with dying(place, lease=60.0) as first, dying(place, lease=60.0) as second:
        await one(place, first, "2206", asked(other))
        assert (await one(place, second, "2207", mine)).error_code == "quote_needed"
        assert (await one(place, second, "2207", other)).infcode == "0"
    assert [row["mdtrt_id"] for row in await place.ward.done("2207")] == [other["data"]["mdtrt_id"]]


async def test_what_was_quoted_stands_in_the_operations_history(place: Place) -> None:
    (content,) = await not_executed(place)
    async with dying(place, lease=60.0) as worker:
        await one(place, worker, "2206", asked(content))
        read = worker.client.journal.read
        (stone,) = read.tombstones(next(iter(place.config.institutions)))
        kinds = [event.kind for event in read.events(stone.operation_id)]
        assert kinds[-1] == "quoted" and read.verify().bad == ()
        before = len(kinds)
        await one(
            place,
            worker,
            "5203",
            {"data": {"psn_no": "1", "setl_id": "2", "mdtrt_id": content["data"]["mdtrt_id"]}},
        )
        assert len(read.events(stone.operation_id)) == before, "a question is no quote"


async def test_in_a_journal_of_several_hosts(place: Place, tmp_path: Path) -> None:
    """The same, where the journal is a database of its own and not a file."""
    url, key = place.server.create(f"{make_url(place.url).database}_journal"), tmp_path / "shared.key"
    read_ring(key, create=True)
    shared = attrs.evolve(place.config.journal, path=url, key_file=key)
    place.config = attrs.evolve(place.config, journal=shared)
    (content,) = await not_executed(place)
    async with dying(place, lease=60.0) as first, dying(place, lease=60.0) as second:
        assert (await one(place, second, "2207", content)).error_code == "quote_needed"
        await one(place, first, "2206", asked(content))
        assert (await one(place, second, "2207", content)).infcode == "0"
    assert len(await place.ward.done("2207")) == 1
