"""A crash between journal and log: the next start adds the row and completes it, from the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mi_core import background
from mi_core.errors import StoreError
from mi_core.plugin import OperationRecord, OperationStatus
from mi_plugins.stores.sqlite_log import SqliteLog
from tests.core.calls import client, settled, settlement
from tests.plugins.bad_server import bad_server

Places = dict[str, Any]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return {"store": {"operation_log": f"sqlite:///{tmp_path}/mi.db"}, "journal": {"recover": True}}


async def completed(mi: Any, operation_id: str | None) -> OperationRecord:
    """The row once it has its end."""
    assert mi._runtime is not None and operation_id is not None
    for _ in range(500):
        row: OperationRecord | None = await mi._runtime.store.get(operation_id)
        if row is not None and row.end is not None:
            return row
        await asyncio.sleep(0.02)
    raise AssertionError("the row was not completed")


async def test_a_row_that_the_crash_left_open_is_completed(places: Places) -> None:
    async with bad_server(settled()) as server:
        async with client(server.url, **places) as mi:
            assert mi._runtime is not None
            mi._runtime.store.end_later = lambda end: None  # type: ignore[attr-defined]  # as a crash before its write
            first = await mi.call(settlement())
            assert first.meta.operation_id is not None
            row = await mi._runtime.store.get(first.meta.operation_id)
            assert row is not None and row.end is None
        async with client(server.url, **places) as mi:
            row = await completed(mi, first.meta.operation_id)
            assert row.end is not None
            assert (row.end.status, row.end.evidence) == ("success", "proof")
            assert row.end.response == first.meta.raw
        assert len(server.requests) == 1


async def test_a_row_that_the_crash_kept_out_is_added_as_it_would_have_been(places: Places) -> None:
    async with bad_server(settled()) as server:
        async with client(server.url, **places) as mi:
            assert mi._runtime is not None
            store = mi._runtime.store
            kept: list[Any] = []
            store.begin_later = kept.append  # type: ignore[attr-defined]  # as a crash before its write
            store.end_later = kept.append  # type: ignore[attr-defined]  # the same
            first = await mi.call(settlement())
            assert await store.find() == []
        for _ in range(2):  # the second start adds nothing more
            async with client(server.url, **places) as mi:
                row = await completed(mi, first.meta.operation_id)
                assert mi._runtime is not None and len(await mi._runtime.store.find()) == 1
        start, end = kept
        as_it_was = {name: getattr(start, name) for name in start.__slots__ if not name.startswith("__")}
        for name, value in as_it_was.items():
            if name != "client_ip":
                assert getattr(row.start, name) == value or name == "operation_time", name
        assert abs((row.start.operation_time - start.operation_time).total_seconds()) < 1
        assert row.end is not None and (row.end.status, row.end.outcome) == (end.status, end.outcome)
        assert (row.end.evidence, row.end.response) == (end.evidence, end.response)
        assert len(server.requests) == 1


async def test_a_log_that_cannot_be_asked_at_the_start_is_asked_again(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bad_server(settled()) as server:
        async with client(server.url, **places) as mi:
            assert mi._runtime is not None
            mi._runtime.store.begin_later = lambda start: None  # type: ignore[attr-defined]  # as a crash before its write
            mi._runtime.store.end_later = lambda end: None  # type: ignore[attr-defined]  # the same
            first = await mi.call(settlement())
        asked = []
        real = SqliteLog.states

        async def away(self: SqliteLog, operation_ids: Sequence[str]) -> dict[str, OperationStatus]:
            asked.append(list(operation_ids))
            if len(asked) == 1:
                raise StoreError("断开", "away")
            return await real(self, operation_ids)

        monkeypatch.setattr(SqliteLog, "states", away)
        monkeypatch.setattr(background, "LOG_AGAIN", 0.02)
        async with client(server.url, **places) as mi:
            row = await completed(mi, first.meta.operation_id)
            assert row.end is not None and row.end.status == "success"
        assert len(asked) > 1
