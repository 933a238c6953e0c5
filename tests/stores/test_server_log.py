"""The log on MariaDB and PostgreSQL: the same promises as the embedded one, and what a server adds."""

from __future__ import annotations

import asyncio
from pathlib import Path

import attrs
import pytest

from mi_core.errors import ConfigError, StoreError
from mi_core.plugin import StoreSettings
from mi_core.plugin.manager import load_plugins
from mi_core.types import Effect, Outcome
from mi_plugins.stores.sql.log import ServerLog
from tests.plugins.rows import CANARY, RESPONSE, end, files, start
from tests.stores import kit


async def test_a_row_and_its_end(server_url: str, tmp_path: Path) -> None:
    await kit.prepared(server_url)
    async with kit.server_log(server_url, tmp_path) as log:
        await log.begin(start())
        record = await log.get("op1")
        assert record is not None and record.end is None and record.start == start(operation_key=None)
        await log.end(end())
        record = await log.get("op1")
        assert record is not None and record.end == end() and record.start.effect is Effect.MONEY
        assert await log.get("nobody") is None
        for i in range(2, 6):
            await log.begin(start(i, psn_no="A" if i % 2 else "B"))
        assert [r.start.operation_id for r in await log.find(psn_no="A")] == ["op5", "op3"]
        assert (
            len(await log.find(status="pending", limit=3)) == 3 and len(await log.find(status="failed")) == 1
        )
        assert (
            await log.find(psn_no="A", mdtrt_id="other") == []
            and len(await log.find(msgid=start(2).msgid)) == 1
        )
        await log.end(end())
        for wrong in (end(status="success"), end(9)):
            with pytest.raises(StoreError, match="没有待完成"):
                await log.end(wrong)
    found = await kit.rows(server_url, "SELECT * FROM business_operation_logs")
    assert "CANARY" not in repr(found) and len(found) == 5
    assert b"CANARY" not in b"".join(files(tmp_path).values())


async def test_in_doubt_and_then_resolved(server_url: str, tmp_path: Path) -> None:
    await kit.prepared(server_url)
    async with kit.server_log(server_url, tmp_path) as log:
        await log.begin(start())
        await log.end(end(status="in_doubt", outcome=Outcome.IN_DOUBT))
        await log.end(end(status="success", outcome=None, response=None))
        record = await log.get("op1")
    assert record is not None and record.end is not None and record.end.response == RESPONSE


async def test_ids_are_used_once_also_among_many_and_in_other_months(server_url: str, tmp_path: Path) -> None:
    await kit.prepared(server_url)
    async with kit.server_log(server_url, tmp_path) as log, kit.server_log(server_url, tmp_path) as other:
        rows = [start(i) for i in range(300)]
        rows[50] = attrs.evolve(rows[50], msgid=rows[49].msgid)
        later = start().operation_time.replace(month=9)
        rows[70] = attrs.evolve(rows[70], operation_id="op69", operation_time=later)
        results = await asyncio.gather(
            *((log if i % 2 else other).begin(r) for i, r in enumerate(rows)), return_exceptions=True
        )
        bad = [r for r in results if r is not None]
        assert len(bad) == 2 and all(isinstance(r, StoreError) for r in bad)
        assert len(await log.find(limit=1000)) == 298
        await asyncio.gather(*(log.end(end(i)) for i in range(100, 200)))
        assert len(await other.find(status="failed", limit=1000)) == 100


async def test_key_and_schema_are_checked(server_url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="mi db upgrade"):
        await ServerLog(StoreSettings(server_url, tmp_path / "k")).open()
    await kit.prepared(server_url)
    async with kit.server_log(server_url, tmp_path):
        pass
    with pytest.raises(StoreError, match="不存在"):
        await ServerLog(StoreSettings(server_url, tmp_path / "k")).open()
    (tmp_path / "other").mkdir()
    from mi_plugins.stores.sealing import Sealer

    Sealer.from_file(tmp_path / "other/mi.key", create=True)
    with pytest.raises(StoreError, match="不属于"):
        await ServerLog(StoreSettings(server_url, tmp_path / "other/mi.key")).open()


def test_the_stores_are_registered_and_hide_the_password() -> None:
    stores = load_plugins().stores
    assert set(stores) >= {"mysql", "mariadb", "postgresql"}
    settings = StoreSettings("mysql://mi:secret@db/mi")
    assert "secret" not in repr(settings)
    with pytest.raises(ConfigError, match="key_file"):
        stores["mysql"](settings)
    for wrong in (
        "mysql://db",
        "mysql://mi@db/mi?drivr=x",
        "mysql://mi@db/mi?driver=odbc",
        "mysql://mi@db/mi?password_file=/no",
    ):
        with pytest.raises(ConfigError) as caught:
            stores["mysql"](StoreSettings(wrong, Path("k")))
        assert caught.value.hint_zh


async def test_a_cancelled_caller_does_not_lose_its_row(server_url: str, tmp_path: Path) -> None:
    await kit.prepared(server_url)
    async with kit.server_log(server_url, tmp_path) as log:
        task = asyncio.create_task(log.begin(start(**CANARY)))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await log.end(end())
        assert await log.get("op1") is not None
