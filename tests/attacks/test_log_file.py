"""The operation log under attack on a real file: without its row no read leaves; a settlement has the journal, needs no log,
and its row comes back with the next start."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from mi_core import AsyncClient, CallError, MiError, NotSent, StoreError
from tests.core.calls import client, query, settled, settlement
from tests.plugins.bad_server import Exchange, bad_server


def logged(url: str, path: Path, *, recover: bool = False) -> AsyncClient:
    return client(url, store={"operation_log": f"sqlite:///{path}"}, journal={"recover": recover})


async def after_a_restart(url: str, path: Path, rows: int) -> set[str]:
    """States of the log's rows once a program that recovers has brought them back."""
    async with logged(url, path, recover=True) as mi:
        assert mi._runtime is not None
        for _ in range(500):
            found = await mi._runtime.store.find()
            if len(found) == rows and all(row.end for row in found):
                break
            await asyncio.sleep(0.02)
        assert len(found) == rows
        return {row.end.status for row in found if row.end}


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another program holds the write lock."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process may grow: what a full disk looks like to SQLite."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, old)


async def test_locked_by_another_program_delays_no_settlement_and_no_read_leaves(tmp_path: Path) -> None:
    """The deadline is the call's, not the deadline plus the patience for completing a row that was never begun."""
    path = tmp_path / "mi.db"
    async with bad_server(settled()) as server, logged(server.url, path) as mi:
        with held(path):
            with pytest.raises(NotSent):
                await asyncio.wait_for(mi.call(query(), deadline=0.3), 5)
            assert server.connections == 0
            assert (await mi.call(settlement(), deadline=5)).setlinfo.setl_id == "S1"
        assert mi._runtime is not None
        states = {r.end.status for r in await mi._runtime.store.find() if r.end}
        assert states == {"not_sent", "success"}


async def test_a_full_disk_sends_nothing(tmp_path: Path) -> None:
    """A journal that could not write stays closed until the program is started again."""
    path = tmp_path / "mi.db"
    async with bad_server(settled()) as server:
        async with logged(server.url, path) as mi:
            await mi.call(settlement(mdtrt_id="V0"))
            with full_disk():
                for request in (settlement(), settlement(), query()):
                    with pytest.raises(NotSent):
                        await mi.call(request)
            assert len(server.requests) == 1
        async with logged(server.url, path) as mi:
            assert (await mi.call(settlement())).meta.discrepancies == ()


async def test_a_disk_that_fills_during_the_call_keeps_the_reply(tmp_path: Path) -> None:
    stack: list[object] = []

    async def fill(exchange: Exchange) -> None:
        limit = full_disk()
        limit.__enter__()
        stack.append(limit)
        await settled()(exchange)

    async with bad_server(fill) as server, logged(server.url, tmp_path / "mi.db") as mi:
        try:
            reply = await mi.call(settlement())
        finally:
            for limit in stack:
                limit.__exit__(None, None, None)  # type: ignore[attr-defined]  # a generator-based context
        assert reply.setlinfo.setl_id == "S1"
        assert [d.rule for d in reply.meta.discrepancies] == ["journal"]


async def test_a_deleted_log_is_filled_again_from_the_journal(tmp_path: Path) -> None:
    """Rows written into a file that has no name any more are lost with the process; the journal has them."""
    path = tmp_path / "mi.db"
    async with bad_server(settled()) as server:
        async with logged(server.url, path) as mi:
            await mi.call(settlement(mdtrt_id="V0"))
            assert mi._runtime is not None
            await mi._runtime.store.flush()  # type: ignore[attr-defined]  # the embedded log has it
            for name in ("mi.db", "mi.db-wal", "mi.db-shm"):
                (tmp_path / name).unlink(missing_ok=True)
            assert (await mi.call(settlement())).setlinfo.setl_id == "S1"
        assert await after_a_restart(server.url, path, rows=2) == {"success"}
        assert len(server.requests) == 2


async def test_a_log_replaced_by_its_backup_is_filled_again(tmp_path: Path) -> None:
    """Someone restores yesterday's file under a running program."""
    path, other = tmp_path / "mi.db", tmp_path / "backup.db"
    async with bad_server(settled()) as server:
        async with logged(server.url, path) as mi:
            await mi.call(settlement(mdtrt_id="V0"))
            assert mi._runtime is not None
            await mi._runtime.store.flush()  # type: ignore[attr-defined]  # the embedded log has it
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(other)) as target:
                source.backup(target)
            for name in ("mi.db-wal", "mi.db-shm"):
                (tmp_path / name).unlink(missing_ok=True)
            other.replace(path)
            assert (await mi.call(settlement())).setlinfo.setl_id == "S1"
        assert await after_a_restart(server.url, path, rows=2) == {"success"}
        assert len(server.requests) == 2


@pytest.mark.parametrize("damage", ["emptied", "overwritten", "cut"])
async def test_a_damaged_log_sends_nothing(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "mi.db"
    async with bad_server(settled()) as server:
        async with logged(server.url, path) as mi:
            await mi.call(settlement(mdtrt_id="V0"))
        size = path.stat().st_size
        with path.open("r+b") as file:
            if damage == "overwritten":
                file.write(os.urandom(size))
            else:
                file.truncate(0 if damage == "emptied" else size // 2 - 100)
        sent = len(server.requests)
        try:
            async with logged(server.url, path) as mi:
                await mi.call(settlement())
        except MiError:
            assert len(server.requests) == sent
        else:
            assert damage == "emptied", "an empty file is a new log"
            with closing(sqlite3.connect(path)) as c:
                assert c.execute(
                    "SELECT count(*) FROM business_operation_logs WHERE status='success'"
                ).fetchone() == (1,)


async def test_a_dropped_table_is_told_and_stops_no_settlement(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "mi.db"
    async with bad_server(settled()) as server:
        async with logged(server.url, path) as mi:
            await mi.call(settlement(mdtrt_id="V0"))
            with closing(sqlite3.connect(path)) as other:
                other.execute("DROP TABLE business_operation_logs")
                other.commit()
            with pytest.raises(NotSent):
                await mi.call(query())
            assert (await mi.call(settlement())).setlinfo.setl_id == "S1"
        assert "not written to the log" in caplog.text
        assert len(server.requests) == 2


async def test_a_missing_folder_or_key_is_told_and_sends_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mi.db"
    async with bad_server(settled()) as server:
        with pytest.raises((StoreError, CallError)):
            await client(server.url, store={"operation_log": f"sqlite:///{tmp_path}/no/mi.db"}).call(
                settlement()
            )
        async with logged(server.url, path) as mi:
            await mi.call(settlement())
        path.with_name("mi.db.key").unlink()
        with pytest.raises(StoreError):
            await logged(server.url, path).call(settlement(mdtrt_id="V2"))
        assert len(server.requests) == 1


async def test_cancelled_while_the_log_is_locked_ends_as_not_sent(tmp_path: Path) -> None:
    path = tmp_path / "mi.db"
    async with bad_server(settled()) as server, logged(server.url, path) as mi:
        with held(path):
            task = asyncio.create_task(mi.call(query()))
            await asyncio.sleep(0.05)
            task.cancel()
            await asyncio.sleep(0.05)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert server.connections == 0 and mi._runtime is not None
        (row,) = await mi._runtime.store.find()
        assert row.end is not None and row.end.status == "not_sent"
