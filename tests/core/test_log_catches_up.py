"""A crash between journal and log: the row is completed at the next start, from the journal."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.core.calls import client, settled, settlement
from tests.plugins.bad_server import bad_server


async def test_a_row_that_the_crash_left_open_is_completed_from_the_journal(tmp_path: Path) -> None:
    places = {"store": {"operation_log": f"sqlite:///{tmp_path}/mi.db"}, "journal": {"recover": True}}
    async with bad_server(settled()) as server:
        async with client(server.url, **places) as mi:
            assert mi._runtime is not None
            mi._runtime.store.end_later = lambda end: None  # type: ignore[attr-defined]  # as a crash before its write
            first = await mi.call(settlement())
            assert first.meta.operation_id is not None
            row = await mi._runtime.store.get(first.meta.operation_id)
            assert row is not None and row.end is None
        async with client(server.url, **places) as mi:
            assert mi._runtime is not None
            for _ in range(200):
                row = await mi._runtime.store.get(first.meta.operation_id)
                if row is not None and row.end is not None:
                    break
                await asyncio.sleep(0.02)
            assert row is not None and row.end is not None
            assert (row.end.status, row.end.evidence) == ("success", "resolved: confirmed")
        assert len(server.requests) == 1
