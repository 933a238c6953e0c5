"""The duration of a call is that of its exchange: people who find it out tomorrow do not make the bureau slow."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import attrs

from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.statistics import statistics
from tests.plugins.rows import end, start
from tests.stores import kit
from tests.stores.test_later import DOUBT, SUCCESS, opened


async def test_finding_out_later_is_no_exchange(any_url: str, tmp_path: Path) -> None:
    if any_url == "memory":
        return
    store = await opened(any_url, tmp_path)
    begun = start(1, request=kit.REQUEST)
    lost = attrs.evolve(end(1, **DOUBT), complete_time=begun.operation_time + dt.timedelta(seconds=30))
    found = attrs.evolve(end(1, **SUCCESS), complete_time=begun.operation_time + dt.timedelta(hours=20))
    await store.begin(begun)
    await store.end(lost)
    await store.end(found)
    await store.close()
    (day,) = await statistics(Address.read(any_url), by=("day",))
    assert (day.success, day.in_doubt, day.average_ms) == (1, 0, 30_000.0)
    assert day.p95_ms is not None and 30_000 <= day.p95_ms < 32_000
