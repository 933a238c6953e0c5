"""The operation log: durable before the send, personal data never in clear, damage noticed, schema migrated."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi_core.errors import StoreError
from mi_core.plugin import OperationLogStore, StoreSettings
from mi_core.types import Effect, Outcome
from mi_plugins.stores.sqlite_log import SqliteLog
from tests.plugins.rows import CANARY, REQUEST, RESPONSE, end, files, log, start, store

__all__ = ["log", "store"]


async def test_a_row_and_its_end(store: OperationLogStore) -> None:
    await store.begin(start())
    record = await store.get("op1")
    assert record is not None and record.end is None and record.start.request == REQUEST
    await store.end(end())
    record = await store.get("op1")
    assert record is not None and record.end == end()
    assert record.start.operation_time == start().operation_time and record.start.effect is Effect.MONEY
    assert await store.get("nobody") is None


async def test_search(store: OperationLogStore) -> None:
    for i in range(1, 6):
        await store.begin(start(i, psn_no="A" if i % 2 else "B"))
    await store.end(end(1))
    assert [r.start.operation_id for r in await store.find(psn_no="A")] == ["op5", "op3", "op1"]
    assert [r.start.operation_id for r in await store.find(psn_no="A", limit=1)] == ["op5"]
    assert len(await store.find(status="pending")) == 4 and len(await store.find(status="failed")) == 1
    assert len(await store.find(certno=CANARY["certno"], mdtrt_id=CANARY["mdtrt_id"])) == 5
    assert await store.find(psn_no="A", mdtrt_id="other") == []
    assert len(await store.find(msgid=start(2).msgid)) == 1


async def test_an_operation_is_not_begun_twice(store: OperationLogStore) -> None:
    await store.begin(start())
    with pytest.raises(StoreError):
        await store.begin(start())


async def test_a_message_id_is_not_used_twice(log: SqliteLog) -> None:
    await log.begin(start())
    with pytest.raises(StoreError):
        await log.begin(start(operation_id="op2"))


async def test_only_open_rows_are_completed(log: SqliteLog) -> None:
    await log.begin(start())
    await log.end(end(status="in_doubt", outcome=Outcome.IN_DOUBT))
    await log.end(end(status="success", outcome=None, response=None))
    record = await log.get("op1")
    assert record is not None and record.end is not None and record.end.response == RESPONSE
    await log.end(end(status="success", outcome=None, response=None))
    for wrong in (end(), end(9)):
        with pytest.raises(StoreError):
            await log.end(wrong)


async def test_no_personal_data_in_any_file(tmp_path: Path, log: SqliteLog) -> None:
    await log.begin(start())
    await log.end(end())
    await log.begin(start(2))
    written = files(tmp_path)
    assert set(written) >= {"mi.db", "mi.db-wal", "mi.db.key"}
    assert [name for name, content in written.items() if b"CANARY" in content] == []
    assert "CANARY" not in repr(start()) + repr(end()) + repr(await log.get("op1"))


async def test_many_at_once_and_one_bad_among_them(log: SqliteLog) -> None:
    rows = [start(i) for i in range(200)]
    rows[50] = attrs.evolve(rows[50], msgid=rows[49].msgid)
    results = await asyncio.gather(*(log.begin(r) for r in rows), return_exceptions=True)
    assert [i for i, r in enumerate(results) if r is not None] == [50]
    assert isinstance(results[50], StoreError)
    assert len(await log.find(limit=1000)) == 199


async def test_a_cancelled_caller_does_not_lose_its_row(log: SqliteLog) -> None:
    task = asyncio.create_task(log.begin(start()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await log.end(end())
    assert await log.get("op1") is not None


async def test_a_locked_database_is_waited_for(tmp_path: Path, log: SqliteLog) -> None:
    with closing(sqlite3.connect(tmp_path / "mi.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        task = asyncio.create_task(log.begin(start()))
        await asyncio.sleep(0.2)
        assert not task.done()
        other.execute("COMMIT")
        await task


async def test_two_processes_write_one_log(tmp_path: Path, log: SqliteLog) -> None:
    other = SqliteLog(StoreSettings(f"sqlite:///{tmp_path}/mi.db"))
    await other.open()
    await asyncio.gather(*((log if i % 2 else other).begin(start(i)) for i in range(100)))
    assert len(await other.find(limit=1000)) == 100
    await other.close()


async def test_durable_rows_are_synced(tmp_path: Path) -> None:
    from mi_plugins.stores import writer

    seen: list[str] = []

    class Spy(sqlite3.Connection):
        def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
            seen.append(sql)
            return super().execute(sql, *args)

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(tmp_path / "x.db", isolation_level=None, factory=Spy, check_same_thread=False)

    thread = writer.SqliteThread(connect, "test")
    await thread.run(lambda c: None)
    await thread.run(lambda c: None, durable=True)
    await thread.run(lambda c: None, durable=True)
    await asyncio.to_thread(thread.stop)
    changes = [s for s in seen if "synchronous=" in s]
    assert changes == ["PRAGMA synchronous=1", "PRAGMA synchronous=2"], (
        "NORMAL, then FULL for what must be durable"
    )
    assert seen.index("PRAGMA synchronous=2") < len(seen) - 1 - seen[::-1].index("COMMIT")
