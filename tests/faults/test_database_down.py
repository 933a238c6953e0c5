"""The operation log's database server goes away: no settlement waits for it, and its rows arrive later."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import attrs
import pytest

from mi_plugins.sandbox.rulebook import Rulebook
from tests.faults.line import Message
from tests.faults.play import no_personal_data, told
from tests.faults.stage import Stage, stage
from tests.stores import kit, servers
from tests.stores.servers import Server

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def database() -> Iterator[Server]:
    """A private MariaDB that the tests may stop."""
    servers.need("mysql")
    with tempfile.TemporaryDirectory(prefix="mi-", ignore_cleanup_errors=True) as folder:
        server = servers.start("mysql", Path(folder))
        yield server
        server.stop()


@pytest.fixture
async def remote(
    database: Server, rulebook: Rulebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Stage]:  # fmt: skip
    """A hospital whose log is on that server."""
    if database.process.poll() is not None:
        database.process = servers.restart(database).process
    url = database.create(f"down{abs(hash(request.node.name)) % 10**8}")
    await kit.prepared(url)
    async with stage(rulebook, tmp_path, monkeypatch, log=url) as here:
        yield here


@pytest.mark.parametrize("moment", ["before the call", "while the answer is out"])
@pytest.mark.parametrize("lost", [False, True], ids=["answered", "lost"])
async def test_a_settlement_needs_no_server(
    remote: Stage, database: Server, moment: str, lost: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def fault(message: Message) -> None:
        body = await message.executed()
        if moment != "before the call":
            await asyncio.to_thread(database.stop)
        if lost:
            message.writer.close()
        else:
            await message.answer(body)

    remote.line.faults["2207"] = fault
    if moment == "before the call":
        await asyncio.to_thread(database.stop)
    word, _ = await told(remote)
    assert word == ("OutcomeUnknown: connection closed" if lost else "reply")
    assert remote.states() == [("IN_DOUBT", "OPEN") if lost else ("CONFIRMED", "DONE")]
    remote.line.calm()
    if lost:
        assert (await told(remote))[0] == "VisitBusy"
        await remote.mi.recovery.settle(remote.attempts()[-1].operation_id, timeout=20)
        assert remote.states() == [("CONFIRMED", "DONE")]
    word, again = await told(remote)
    assert (word, again.meta.repeated) == ("reply", True)
    assert remote.line.seen("2207") == 1 and len(await remote.live()) == 1
    no_personal_data(remote, caplog.text)
    await remote.leave()
    database.process = servers.restart(database).process
    url = remote.config.store.operation_log
    journal = attrs.evolve(remote.config.journal, recover=True)
    remote.config = attrs.evolve(remote.config, journal=journal)
    await remote.come_back()
    sql = "SELECT status FROM business_operation_logs WHERE api_code = '2207' ORDER BY id"
    for _ in range(200):
        statuses = [row["status"] for row in await kit.rows(url, sql)]
        if statuses == ["success"]:
            break
        await asyncio.sleep(0.05)
    assert statuses == ["success"]
