"""The server away, hanging, or killed in the middle: no acknowledged row is lost, none is doubled, and their order holds."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mi_core.errors import StoreError
from mi_core.plugin import StoreSettings
from mi_plugins.stores.sealing import Sealer
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


def _key(folder: Path) -> Path:
    """A key as it was copied from another host."""
    folder.mkdir()
    Sealer.from_file(folder / "mi.key", create=True)
    return folder / "mi.key"


async def _moved(own: Server, folder: Path, *, known: Path) -> str:
    """A log whose key is ``known`` and whose server is away; ``folder`` is a host that never saw it."""
    url = own.create("away")
    await kit.prepared(url)
    async with kit.server_log(url, known) as log:
        await log.begin(start(1))
    own.stop()
    return url


async def test_away_from_the_start(own: Server, tmp_path: Path) -> None:
    """A cashier's first day at a new desk, and the log server is down: settlements go on, their rows follow."""
    old, desk = tmp_path / "old", tmp_path / "desk"
    shutil.copytree(_key(old).parent, desk)
    url = await _moved(own, desk, known=old)
    async with kit.server_log(url, desk) as log:
        await log.begin(start(2))
        await log.end(end(2))
        record = await log.get("op2")
        assert record is not None and record.end == end(2)
        own.process = servers.restart(own).process
        await _caught_up(log)
        assert {r.start.operation_id for r in await log.find()} == {"op1", "op2"}


async def test_rows_wait_while_the_key_is_not_the_logs(
    own: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mi_plugins.stores.sql.writer.RETRY_LAST", 0.5)
    _key(tmp_path / "old")
    other = _key(tmp_path / "desk").parent
    url = await _moved(own, other, known=tmp_path / "old")
    async with kit.server_log(url, other) as log:
        await log.begin(start(2))
        own.process = servers.restart(own).process
        for _ in range(200):
            if "does not belong" in caplog.text:
                break
            await asyncio.sleep(0.1)
        assert "does not belong" in caplog.text and "stay in the spool" in caplog.text
        await log.begin(start(3))
        assert await log._spool.waiting() == 2 and await log._spool.refused() == 0
    found = await kit.rows(url, "SELECT operation_id FROM business_operation_logs")
    assert [r["operation_id"] for r in found] == ["op1"]
