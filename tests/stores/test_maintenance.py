"""Months of a partitioned log, and what ``mi db check`` tells when something is wrong."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import pytest

from mi_core.errors import ConfigError, StoreError
from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.engine import connected
from mi_plugins.stores.sql.health import Checked, check
from mi_plugins.stores.sql.partitions import FLOOR_MONTHS, maintain, months_there
from mi_plugins.stores.sql.rows import now
from mi_plugins.stores.sql.schema import status, upgrade
from tests.plugins.rows import end, start
from tests.stores import kit, servers
from tests.stores.servers import Server
from tests.stores.test_ops import mi


async def _there(address: Address) -> set[str]:
    async with connected(address) as connection:
        return await months_there(connection)


async def test_months_are_made_and_dropped(server_url: str, tmp_path: Path) -> None:
    address = await kit.prepared(server_url)
    this = now().date().replace(day=1)
    assert f"{this:%Y%m}" in await _there(address) and (await maintain(address)).made == ()
    late = dt.datetime.combine(this, dt.time(12)) + dt.timedelta(days=31 * 6)
    async with kit.server_log(server_url, tmp_path) as log:
        await log.begin(start(1, operation_time=late))
        await log.begin(start(2, operation_time=dt.datetime.combine(this, dt.time(8))))
        await log.end(end(2))
        done = await maintain(address, ahead=8)
        assert len(done.made) == 5 and f"{late:%Y%m}" in done.made and done.dropped == ()
        await log.end(end(1))
        assert {r.start.operation_id for r in await log.find()} == {"op1", "op2"}, (
            "rows move into their month"
        )
        with pytest.raises(ConfigError, match=str(FLOOR_MONTHS)):
            await maintain(address, keep=FLOOR_MONTHS - 1)
        assert (await maintain(address, keep=FLOOR_MONTHS)).dropped == ()
        later = (this + dt.timedelta(days=31 * (FLOOR_MONTHS + 2))).replace(day=1)
        done = await maintain(address, keep=FLOOR_MONTHS, today=later)
        assert f"{this:%Y%m}" in done.dropped
        assert [r.start.operation_id for r in await log.find()] == ["op1"]
        await log.begin(start(2, operation_time=dt.datetime.combine(later, dt.time(8))))
    assert len(await kit.rows(server_url, "SELECT * FROM operation_log_ids")) == 2


async def test_an_embedded_log_is_shortened(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/mi.db"
    address = await kit.prepared(url)
    from mi_core.plugin import StoreSettings
    from mi_plugins.stores.sqlite_log import SqliteLog

    log = SqliteLog(StoreSettings(url))
    await log.open()
    for number, year in ((1, 2020), (2, now().year)):
        await log.begin(start(number, operation_time=dt.datetime(year, 1, 1)))
    await log.close()
    assert (await maintain(address)).rows == 0
    assert (await maintain(address, keep=FLOOR_MONTHS)).rows == 1


async def _checked(address: Address, key: Path) -> dict[str, Checked]:
    return {c.en: c async for c in check(address, key)}


async def test_check(any_url: str, tmp_path: Path) -> None:
    address, key = Address.read(any_url), tmp_path / "mi.key"
    found = await _checked(address, key)
    assert [c.error is not None for c in found.values()][-1] and "mi db upgrade" in str(
        list(found.values())[-1].error
    )
    await upgrade(address)
    found = await _checked(address, key)
    assert all(c.error is None for c in found.values()) and "rights" in found
    code, out = await asyncio.to_thread(mi, "db", "check", "--url", any_url, "--key-file", str(key))
    assert code == 0 and "✓ 表结构" in out
    code, out = await asyncio.to_thread(mi, "db", "maintain", "--url", any_url, "--keep-months", "3")
    assert code == 2 and str(FLOOR_MONTHS) in out
    code, out = await asyncio.to_thread(mi, "db", "status", "--url", any_url)
    assert code == 0 and "mi-test" not in out


async def test_wrong_rights(server: Server, tmp_path: Path) -> None:
    url = server.create(f"rights_{server.kind}")
    await kit.prepared(url)
    if server.kind == "mysql":
        server.admin(
            f"CREATE USER 'poor'@'127.0.0.1' IDENTIFIED BY 'x'; GRANT SELECT ON rights_{server.kind}.* TO 'poor'@'127.0.0.1'"
        )
    else:
        server.admin("CREATE ROLE poor LOGIN PASSWORD 'x'")
    poor = Address.read(server.url(f"rights_{server.kind}", "poor", "x"))
    problems = [c.error for c in (await _checked(poor, tmp_path / "k")).values() if c.error]
    assert problems and "权限不足" in problems[0].message("zh") and "rights" in problems[0].message("en")
    with pytest.raises(StoreError, match=r"权限不足|结构版本"):
        async with kit.server_log(server.url(f"rights_{server.kind}", "poor", "x"), tmp_path) as log:
            await log.begin(start())
    with pytest.raises(StoreError, match="拒绝登录"):
        await status(Address.read(server.url(f"rights_{server.kind}", "poor", "wrong")))
    with pytest.raises(StoreError, match=r"库不存在|权限不足"):
        await status(Address.read(server.url("nowhere")))


async def test_wrong_character_set(server: Server) -> None:
    url = server.create(f"latin_{server.kind}", "latin1" if server.kind == "mysql" else "LATIN1")
    with pytest.raises(StoreError, match="字符集") as caught:
        await upgrade(Address.read(url))
    assert "utf8" in (caught.value.hint_zh + caught.value.hint_en).lower()
    assert "server" in await _checked(Address.read(url), Path("k"))


async def test_unreachable() -> None:
    for kind in servers.KINDS:
        url = f"{kind}://mi:secret@127.0.0.1:{servers.free_port()}/mi"
        code, out = await asyncio.to_thread(mi, "db", "check", "--url", url, "--key-file", "k")
        assert code == 1 and "连不上" in out and "secret" not in out
