"""The server away, hanging, or killed in the middle: no acknowledged row is lost, none is doubled, and their order holds."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mi_core.errors import StoreError
from mi_core.plugin import StoreSettings
from mi_plugins.stores.sql.log import ServerLog
from tests.plugins.rows import CANARY, end, files, start
from tests.stores import kit, servers
from tests.stores.servers import Server


@pytest.fixture(params=[pytest.param(k, marks=pytest.mark.service) for k in servers.KINDS])
def own(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server that the test may stop."""
    servers.need(request.param)
    with tempfile.TemporaryDirectory(prefix="mi-", ignore_cleanup_errors=True) as folder:
        server = servers.start(request.param, Path(folder))
        yield server
        server.resume()
        server.stop()


async def _caught_up(log: ServerLog) -> None:
    assert log._writer is not None
    for _ in range(300):
        if not log._writer.behind:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it does not catch up")


async def test_stopped_and_started_again(own: Server, tmp_path: Path) -> None:
    url = own.create("down")
    await kit.prepared(url)
    async with kit.server_log(url, tmp_path) as log:
        await log.begin(start(1))
        own.stop()
        await log.begin(start(2))
        await log.end(end(1))
        await asyncio.gather(*(log.begin(start(i)) for i in range(3, 40)))
        await log.end(end(2))
        record = await log.get("op2")
        assert record is not None and record.end == end(2), "what waits is found"
        assert len(await log.find(psn_no=CANARY["psn_no"])) == 38, "the server's own row cannot be asked for"
        assert b"CANARY" not in b"".join(files(tmp_path).values())
    async with kit.server_log(url, tmp_path) as log:
        await log.begin(start(40))
        again = servers.restart(own)
        own.process = again.process
        await log.end(end(40))
        await _caught_up(log)
        assert len(await log.find(limit=100)) == 40 and len(await log.find(status="failed")) == 3
        await log.begin(start(41))
    found = await kit.rows(url, "SELECT operation_id, id FROM business_operation_logs ORDER BY id")
    assert [r["operation_id"] for r in found][1] == "op2" and len(found) == 41


async def test_hanging_and_killed_in_the_middle(
    own: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mi_plugins.stores.sql.writer.PATIENCE", 0.7)
    monkeypatch.setattr("mi_plugins.stores.sql.writer.RETRY_LAST", 1.0)
    url = own.create("hang")
    await kit.prepared(url)
    done: list[int] = []

    async with kit.server_log(url, tmp_path) as log:

        async def work(number: int) -> None:
            await log.begin(start(number))
            await log.end(end(number))
            done.append(number)

        async def stream(first: int) -> None:
            for number in range(first, first + 60):
                await work(number)

        tasks = [asyncio.create_task(stream(first)) for first in (0, 100, 200, 300)]
        await asyncio.sleep(0.2)
        own.pause()
        await asyncio.sleep(1.5)
        own.resume()
        await asyncio.sleep(0.3)
        own.process.kill()
        own.process.wait()
        await asyncio.gather(*tasks)
        again = servers.restart(own)
        own.process = again.process
        await _caught_up(log)
        assert await log._spool.refused() == 0
    found = await kit.rows(url, "SELECT operation_id, status FROM business_operation_logs")
    assert sorted(r["operation_id"] for r in found) == sorted(f"op{n}" for n in done) and len(done) == 240
    assert {r["status"] for r in found} == {"failed"}


async def test_no_server_from_the_start(tmp_path: Path) -> None:
    for url in (
        f"mysql://mi:x@127.0.0.1:{servers.free_port()}/mi",
        f"postgresql://mi:x@127.0.0.1:{servers.free_port()}/mi",
    ):
        with pytest.raises(StoreError, match="连不上") as caught:
            await ServerLog(StoreSettings(url, tmp_path / "k")).open()
        assert "x@" not in caught.value.message() and not (tmp_path / "k").exists()
