"""The row before the send: without it nothing is sent; after a confirmed call it can no longer harm."""

from __future__ import annotations

import asyncio
import datetime as dt
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from mi_core import (
    AsyncClient,
    NotSent,
    OutcomeUnknown,
)
from mi_core.errors import UnknownName
from mi_core.journal import MoveRefused
from mi_core.plugin import OperationEnd, OperationStart, hookimpl
from mi_plugins.stores.memory import MemoryLog
from tests.core.calls import (
    client,
    in_turn,
    query,
    settled,
    settlement,
    with_plugins,
)
from tests.plugins import bad_server as bad
from tests.plugins.bad_server import bad_server


class FailingLog:
    """A store of a third party that breaks when told, and has only what every store has."""

    def __init__(self, at: str) -> None:
        inner = MemoryLog()
        self.at, self.inner = at, inner
        self.open, self.get, self.find, self.close = inner.open, inner.get, inner.find, inner.close

    async def begin(self, start: OperationStart) -> None:
        if self.at == "begin":
            raise OSError("disk full")
        if self.at == "begin hangs":
            await asyncio.sleep(60)
        await self.inner.begin(start)

    async def end(self, end: OperationEnd) -> None:
        if self.at == "end":
            raise OSError("disk full")
        await self.inner.end(end)


class FailingStore:
    def __init__(self, at: str) -> None:
        self.at = at

    @hookimpl
    def mi_register_stores(self, registry: Any) -> None:
        registry.add("failing", lambda settings: FailingLog(self.at))


def failing(url: str, at: str) -> AsyncClient:
    return client(
        url, plugins=with_plugins(("failing", FailingStore(at))), store={"operation_log": "failing://x"}
    )


@pytest.mark.parametrize("at", ["begin", "begin hangs"])
async def test_without_its_row_nothing_is_sent(at: str) -> None:
    async with bad_server(settled()) as server, failing(server.url, at) as mi:
        for request in (settlement(), query()):
            with pytest.raises(NotSent) as caught:
                await mi.call(request, deadline=0.3)
            assert "mi doctor" in str(caught.value)
        assert server.connections == 0


async def test_a_row_that_cannot_be_completed_does_not_lose_the_reply() -> None:
    async with bad_server(settled()) as server, failing(server.url, "end") as mi:
        reply = await mi.call(settlement())
        assert reply.setlinfo.setl_id == "S1"
        assert [d.rule for d in reply.meta.discrepancies] == ["log"]


async def test_a_reads_row_stands_before_the_send(tmp_path: Path) -> None:
    path = tmp_path / "mi.db"
    rows: list[Any] = []

    async def look(exchange: bad.Exchange) -> None:
        rows.extend(found(path, "SELECT status, msgid, api_code, operator_id FROM business_operation_logs"))
        await exchange.answer(b'{"infcode":0,"output":{"setlinfo":{"setl_id":"S1"},"setldetail":[]}}')

    async with (
        bad_server(look) as server,
        client(server.url, store={"operation_log": f"sqlite:///{path}"}) as mi,
    ):
        reply = await mi.call(query())
        assert rows == [("pending", reply.meta.msgid, "5203", "001")]


async def test_the_journal_stands_before_the_send_and_the_log_follows(tmp_path: Path) -> None:
    path = tmp_path / "mi.db"
    rows: list[Any] = []

    async def look(exchange: bad.Exchange) -> None:
        rows.extend(found(tmp_path / "mi.journal.db", "SELECT state, msgid, interface FROM attempt"))
        await settled()(exchange)

    async with (
        bad_server(look) as server,
        client(server.url, store={"operation_log": f"sqlite:///{path}"}) as mi,
    ):
        reply = await mi.call(settlement())
        assert rows == [("SENT", reply.meta.msgid, "2207")]
        assert mi._runtime is not None and reply.meta.operation_id
        record = await mi._runtime.store.get(reply.meta.operation_id)
        assert record is not None and record.end is not None and record.end.status == "success"
        assert record.end.response == reply.meta.raw and record.start.request == server.requests[0]
        assert record.start.business_category == "结算业务" and record.start.business_type == "outpatient"


async def test_a_locked_log_delays_no_settlement(tmp_path: Path) -> None:
    path = tmp_path / "mi.db"
    async with (
        bad_server(settled()) as server,
        client(server.url, store={"operation_log": f"sqlite:///{path}"}) as mi,
    ):
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        reply = await mi.call(settlement())
        assert reply.setlinfo.setl_id == "S1" and not reply.meta.discrepancies
        other.execute("ROLLBACK")
        other.close()
        assert mi._runtime is not None and reply.meta.operation_id
        record = await mi._runtime.store.get(reply.meta.operation_id)
        assert record is not None and record.end is not None and record.end.status == "success"


async def test_a_log_that_takes_no_row_is_told_with_the_reply(tmp_path: Path) -> None:
    async with bad_server(settled()) as server, client(server.url) as mi:
        assert mi._runtime is not None

        def refuses(start: OperationStart) -> None:
            raise OSError("no")

        mi._runtime.store.begin_later = refuses  # type: ignore[attr-defined]  # the memory log has it
        reply = await mi.call(settlement())
        assert reply.setlinfo.setl_id == "S1"
        assert [d.rule for d in reply.meta.discrepancies] == ["log"]


def found(path: Path, sql: str) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


async def test_resolving(tmp_path: Path) -> None:
    log = {"operation_log": f"sqlite:///{tmp_path}/mi.db"}
    async with bad_server(in_turn(bad.hang, settled())) as server:
        async with client(server.url, store=log) as mi:
            with pytest.raises(OutcomeUnknown) as caught:
                await mi.call(settlement(), deadline=0.3)
        async with client(server.url, store=log) as mi:  # a later process
            assert caught.value.operation_id and mi._runtime
            assert await mi.resolve(caught.value.operation_id, executed=True, identifier="S1")
            record = await mi._runtime.store.get(caught.value.operation_id)
            assert (
                record
                and record.end
                and (record.end.status, record.end.evidence) == ("success", "resolved: confirmed")
            )
            for wrong, error in ((caught.value.operation_id, MoveRefused), ("nobody", UnknownName)):
                with pytest.raises(error):
                    await mi.resolve(wrong, executed=False)


async def test_a_read_does_not_wait_for_the_end_of_its_row(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "mi.db"

    async def answer(exchange: bad.Exchange) -> None:
        await exchange.answer(b'{"infcode":0,"output":{"setlinfo":{"setl_id":"S1"},"setldetail":[]}}')

    async with (
        bad_server(answer) as server,
        client(server.url, store={"operation_log": f"sqlite:///{path}"}) as mi,
    ):
        first, second = await mi.call(query()), await mi.call(query())
        assert mi._runtime is not None and first.meta.operation_id
        mi._runtime.store.end_later(  # type: ignore[attr-defined]  # the SQLite log has it
            OperationEnd("nobody", "success", None, dt.datetime(2024, 1, 1))
        )
        record = await mi._runtime.store.get(first.meta.operation_id)
        assert record and record.end and record.end.status == "success"
    assert "operation nobody: not written to the log" in caplog.text
    connection = sqlite3.connect(path)
    rows = connection.execute(
        "SELECT operation_id, status FROM business_operation_logs ORDER BY id"
    ).fetchall()
    connection.close()
    assert rows == [(first.meta.operation_id, "success"), (second.meta.operation_id, "success")]
