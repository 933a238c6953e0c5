"""A result that the HIS's database does not take: it is told in short, keeps its status, and holds up no other."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from mi_core.errors import StoreError
from mi_core.model import ReplyMeta
from mi_core.worker.connecting import Unwritable
from mi_core.worker.hands import Hands
from mi_core.worker.records import Result
from mi_core.worker.results import done, shortened
from mi_core.worker.running import run
from tests.bridge.conftest import Place
from tests.bridge.kit import working
from tests.bridge.test_death import dying
from tests.bridge.test_doubt import bill
from tests.bridge.test_his import WHERE, person

GOOD = Result(status="COMPLETED", data='{"ok":1}', infcode="0", err_msg="")
HALF = "\ud86d"
"""Half of a rare character, as it comes out of a JSON escape that was cut in two."""
STRANGE = {
    "half a character": attrs.evolve(GOOD, data=f'{{"name":"{HALF}"}}', operation_id="op1", msgid="m1"),
    "half a character in the text": attrs.evolve(GOOD, status="ERROR", infcode=None, err_msg=f"失败{HALF}", error_code="x"),
    "a message id too long": attrs.evolve(GOOD, msgid="m" * 41, operation_id="o" * 65),
    "a code too long": attrs.evolve(GOOD, status="IN_DOUBT", infcode=None, error_code="e" * 41, operation_id="op2"),
}  # fmt: skip


@pytest.mark.parametrize("name", STRANGE)
async def test_one_that_cannot_be_written_keeps_no_other_from_it(place: Place, name: str) -> None:
    numbers = [await place.his.submit("1101", person()) for _ in range(5)]
    strange = STRANGE[name]
    async with dying(place, lease=60.0) as worker:
        claimed = await worker.queue.claim(9)
        hands = Hands(worker.client, worker.queue, place.config.bridge, lambda: False)
        for one in claimed:
            end = strange if one.request_id == numbers[2] else GOOD
            hands._ends[one.request_id] = (one.worker_id, end)
        hands._ended.set()
        await hands.write()
        assert hands._ends == {}
        await hands.finish(0.0, 0.0)
    rows = [await place.his.result(n) for n in numbers]
    assert [row["status"] for row in rows] == [strange.status if n == 2 else "COMPLETED" for n in range(5)]
    told = rows[2]
    assert told["infcode"] == strange.infcode and "mi ops show" in told["err_msg"]
    content = json.loads(told["response_data"])
    assert content["unwritable"] is True
    if strange.operation_id:
        assert (
            strange.operation_id.startswith(told["operation_id"]) and told["operation_id"] in told["err_msg"]
        )
    if strange.msgid:
        assert strange.msgid.startswith(told["msgid"])


async def test_a_reply_larger_than_the_server_takes(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """At what is larger than max_allowed_packet a server may break the connection, which looks as if it were away: so it is
    found out before anything is sent."""
    if place.server.kind != "mysql":
        pytest.skip("PostgreSQL takes a gigabyte")
    place.server.admin("SET GLOBAL max_allowed_packet = 1048576")
    try:
        numbers = [await place.his.submit("1101", person()) for _ in range(4)]
        large = attrs.evolve(
            GOOD, data='{"rows":"' + "王" * 360_000 + '"}', operation_id="018f00000000abc", msgid="m1"
        )
        async with dying(place, lease=60.0) as worker:
            claimed = await worker.queue.claim(9)
            ends = {
                one.request_id: (one.worker_id, large if n == 1 else GOOD) for n, one in enumerate(claimed)
            }
            assert await worker.queue.write(ends) == 4
    finally:
        place.server.admin("SET GLOBAL max_allowed_packet = 16777216")
    assert "ValueError" in caplog.text
    rows = [await place.his.result(n) for n in numbers]
    assert {row["result_status"] for row in rows} == {"SUCCESS"}
    assert len(rows[1]["response_data"]) < 2000 and "018f00000000abc" in rows[1]["err_msg"]
    assert rows[2]["response_data"] == GOOD.data


async def test_a_server_that_is_away_shortens_nothing(place: Place) -> None:
    number = await place.his.submit("1101", person())
    async with dying(place, lease=60.0) as worker:
        claimed = await worker.claim()
        place.server.admin(
            "KILL USER mi" if place.server.kind == "mysql"
            else "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'mi'"
        )  # fmt: skip
        with pytest.raises(StoreError) as raised:
            await worker.queue.write({number: (claimed.worker_id, GOOD)})
        assert not isinstance(raised.value, Unwritable)
        assert await worker.queue.write({number: (claimed.worker_id, GOOD)}) == 1
    assert (await place.his.result(number))["response_data"] == GOOD.data


async def test_the_end_of_a_doubt_that_cannot_be_written_holds_up_no_other(place: Place) -> None:
    numbers = [await place.his.submit("1101", person()) for _ in range(2)]
    doubt = Result(status="IN_DOUBT", data="{}", operation_id="op")
    async with dying(place, lease=60.0) as worker:
        ends = {one.request_id: (one.worker_id, doubt) for one in await worker.queue.claim(9)}
        assert await worker.queue.write(ends) == 2
        assert await worker.queue.resolve(numbers[0], STRANGE["half a character"])
        assert await worker.queue.resolve(numbers[1], GOOD)
    assert [(await place.his.result(n))["result_status"] for n in numbers] == ["SUCCESS", "SUCCESS"]


async def test_a_doubt_that_cannot_be_told_holds_up_no_other(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake of ours while one of them is told, each time that it is."""
    from mi_core.worker.calling import BridgeClient

    async with working(place.config):
        bills = [await bill(place) for _ in range(2)]
    async with dying(place, lease=60.0) as victim:
        first, second = [await place.his.submit("2207", one, insuplc_admdvs=WHERE) for one in bills]
        for claimed in await victim.queue.claim(9):
            end = await run(victim.client, victim.queue, claimed, place.config.bridge)
            assert isinstance(end, Result)
            unknown = attrs.evolve(end, status="IN_DOUBT", infcode=None)
            await victim.queue.write({claimed.request_id: (claimed.worker_id, unknown)})
    became = BridgeClient.became

    async def failing(self: BridgeClient, wish: Any, attempt: Any) -> Any:
        if wish.request.mdtrt_id == bills[0]["data"]["mdtrt_id"]:
            raise RuntimeError("a mistake of ours")
        return await became(self, wish, attempt)

    monkeypatch.setattr(BridgeClient, "became", failing)
    async with working(place.config):
        row = await place.his.wait(second, past=("PROCESSING", "IN_DOUBT"))
    assert row["result_status"] == "SUCCESS"
    assert (await place.his.result(first))["result_status"] == "IN_DOUBT"


async def test_an_answer_in_another_charset_is_done_all_the_same(place: Place) -> None:
    """What the gateway transcoded on its way in is told as it was understood; nothing is in doubt because of its bytes."""
    from mi_core.interfaces import by_code

    number = await place.his.submit("1101", person())
    async with dying(place, lease=60.0) as worker:
        await worker.claim()
        typed = by_code("1101").structure_output({"baseinfo": {"psn_no": "1", "psn_name": "王"}}, [])
        raw = '{"infcode":0,"output":{"baseinfo":{"psn_name":"王"}}}'.encode("gb18030")
        result = done(typed.with_meta(ReplyMeta(raw=raw, msgid="m" * 30)), "1101")
        assert json.loads(result.data)["output"]["baseinfo"]["psn_name"] == "王"
        assert await worker.queue.write({number: (worker.queue.worker_id, result)}) == 1


def test_what_is_shortened_can_be_written_anywhere() -> None:
    strange = Result(
        status="COMPLETED", data="x" * 3_000_000, infcode="-20000000000001", err_msg="否" * 5000 + "𠮷" + HALF + "\0",
        error_code="c" * 99, operation_id="o" * 99, msgid="m" * 99,
    )  # fmt: skip
    short = shortened(strange)
    assert short.status == "COMPLETED" and short.infcode == "-200000000"
    assert len(short.err_msg or "") <= 2000 and (short.err_msg or "").startswith("否否")
    assert len(short.operation_id or "") == 64 and len(short.msgid or "") == 40
    assert len(short.error_code or "") == 40 and short.data.isascii() and len(short.data) < 20_000
    again = shortened(short)
    assert len(again.err_msg or "") <= 2000
