"""Claims and results go in groups: one of them never takes another one with it, and a broken connection is replaced."""

from __future__ import annotations

import pytest

from mi_core.errors import StoreError
from mi_core.worker.groups import Ends, pieces
from mi_core.worker.records import Later, Result
from tests.bridge.conftest import Place
from tests.bridge.test_death import dying
from tests.bridge.test_his import person

ANSWER = Result(status="COMPLETED", data='{"name":"王㐂𠮷 \' \\\\ %s ?"}', infcode="0", err_msg="o'k")
FAILED = Result(status="ERROR", data='{"error":"x"}', error_code="x")


async def test_what_is_not_ours_any_more_is_left_and_the_rest_is_written(place: Place) -> None:
    numbers = [await place.his.submit("1101", person()) for _ in range(4)]
    mine, other, back, failed = numbers
    async with dying(place, lease=60.0) as worker:
        claimed = await worker.queue.claim(9)
        assert [one.request_id for one in claimed] == numbers and {one.attempts for one in claimed} == {1}
        me = claimed[0].worker_id
        ends: Ends = {
            mine: (me, ANSWER),
            other: ("x", ANSWER),
            back: (me, Later(0.0, FAILED)),
            failed: (me, FAILED),
        }
        assert await worker.queue.write(ends) == 3
        assert await worker.queue.write(ends) == 0, "each of them once"
        rows = [await place.his.result(number) for number in numbers]
        assert [row["status"] for row in rows] == ["COMPLETED", "PROCESSING", "PENDING", "ERROR"]
        assert [row["response_data"] for row in rows] == [ANSWER.data, None, None, FAILED.data]
        assert rows[0]["err_msg"] == "o'k" and rows[3]["error_code"] == "x"
        (again,) = await worker.queue.claim(9)
        assert (again.request_id, again.attempts, again.key) == (back, 2, claimed[2].key)


async def test_broken_connections_are_replaced(place: Place) -> None:
    await place.his.submit("1101", person())
    async with dying(place, lease=60.0) as worker:
        await worker.queue.doubts()
        place.server.admin(
            "KILL USER mi" if place.server.kind == "mysql"
            else "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'mi'"
        )  # fmt: skip
        with pytest.raises(StoreError, match="连不上 HIS 数据库"):
            await worker.queue.claim(1)
        assert len(await worker.queue.claim(1)) == 1


def test_a_group_is_no_larger_than_a_statement_may_be() -> None:
    large = Result(status="COMPLETED", data="x" * 600_000)
    ends: Ends = {n: ("w", large if n < 3 else ANSWER) for n in range(6)}
    found = list(pieces(ends))
    assert [list(piece) for piece in found] == [[0], [1], [2, 3, 4, 5]]
    assert {n: end for piece in found for n, end in piece.items()} == ends
    assert list(pieces({})) == []
