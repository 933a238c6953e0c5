"""Months of a partitioned log, and what ``mi db check`` tells when something is wrong."""

from __future__ import annotations

import asyncio
import datetime as dt
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import text

from mi_core.errors import ConfigError, StoreError
from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.engine import connected
from mi_plugins.stores.sql.health import Checked, check
from mi_plugins.stores.sql.partitions import FLOOR_MONTHS, maintain, months_there
from mi_plugins.stores.sql.rows import now
from mi_plugins.stores.sql.schema import status, unfit, upgrade
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


FAILURES = {
    "login": ("拒绝登录", "password_file"),
    "database": ("库不存在", "CREATE DATABASE"),
    "rights": ("权限不足", "SELECT、INSERT、UPDATE、DELETE"),
    "charset": ("字符集", "utf8"),
    "older": ("结构版本为 0001", "mi db upgrade"),
    "newer": ("9999", "升级本程序"),
    "nothing": ("尚未建立", "mi db upgrade"),
    "stopped": ("连不上数据库", "防火墙"),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_each_failure_is_told_with_what_to_do(failure: str, server: Server, tmp_path: Path) -> None:
    """``mi db check``, ``status`` and ``upgrade`` by the command, in Chinese, against the real servers."""
    name = f"f_{failure}"
    charset = "" if failure != "charset" else "latin1" if server.kind == "mysql" else "LATIN1"
    url = server.create(name, charset)
    if failure == "login":
        url = server.url(name, "mi", "wrong")
    elif failure == "database":
        url = server.url("nowhere_at_all")
        if server.kind == "mysql":
            server.admin("GRANT ALL ON `nowhere_at_all`.* TO 'mi'@'127.0.0.1'")
    elif failure == "rights":
        await kit.prepared(url)
        if server.kind == "mysql":
            server.admin(
                f"CREATE OR REPLACE USER 'poorer'@'127.0.0.1' IDENTIFIED BY 'x'; GRANT SELECT ON {name}.* TO 'poorer'@'127.0.0.1'"
            )
        else:
            server.admin("DROP ROLE IF EXISTS poorer; CREATE ROLE poorer LOGIN PASSWORD 'x'")
        url = server.url(name, "poorer", "x")
    elif failure == "older":
        await upgrade(Address.read(url), "0001")
    elif failure == "newer":
        await kit.prepared(url)
        async with connected(Address.read(url)) as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
            await connection.commit()
    elif failure == "stopped":
        url = f"{server.kind}://mi:mi-test@127.0.0.1:{servers.free_port()}/{name}"
    told, to_do = FAILURES[failure]
    code, out = await asyncio.to_thread(mi, "db", "check", "--url", url, "--key-file", str(tmp_path / "k"))
    assert (
        code == 1
        and told in out
        and to_do.lower() in out.lower()
        and "mi-test" not in out
        and "Traceback" not in out
    )
    if failure in ("login", "database", "stopped", "charset", "newer", "rights"):
        code, out = await asyncio.to_thread(mi, "db", "upgrade", "--url", url)
        assert code != 0 or failure == "rights", "nothing to do needs no rights"
        assert failure == "rights" or (told in out and to_do.lower() in out.lower())
    if failure in ("older", "newer", "nothing"):
        code, out = await asyncio.to_thread(mi, "db", "status", "--url", url)
        assert code == 1 and told.removeprefix("结构版本为 ") in out


@pytest.mark.service
def test_an_old_server_is_refused() -> None:
    """MariaDB lets its version be told otherwise; PostgreSQL does not, so there the comparison alone is asked."""
    servers.need("mysql")
    with tempfile.TemporaryDirectory(prefix="mi-", ignore_cleanup_errors=True) as folder:
        server = servers.start("mysql", Path(folder), "--version=10.5.23-MariaDB")
        try:
            url = server.create("old")
            for command in (("upgrade",), ("check", "--key-file", f"{folder}/k")):
                code, out = mi("db", command[0], "--url", url, *command[1:])
                assert code != 0 and "MariaDB 10.5.23 版本过低" in out and "10.6" in out
        finally:
            server.stop()
    facts = {"kind": "PostgreSQL", "charset": "UTF8"}
    for version, fits in (("12.20", False), ("13.0", True), ("16.3", True)):
        problem = unfit({**facts, "version": version})
        assert (problem is None) == fits and (fits or "PostgreSQL 12.20 版本过低" in str(problem))
    assert unfit({"kind": "MySQL", "charset": "utf8mb4", "version": "5.7.44"}) is not None


async def test_upgrade_without_the_rights_to_create(server: Server, tmp_path: Path) -> None:
    url = server.create(f"create_{server.kind}")
    if server.kind == "mysql":
        server.admin(
            "CREATE OR REPLACE USER 'dml'@'127.0.0.1' IDENTIFIED BY 'x'; "
            "GRANT SELECT, INSERT, UPDATE, DELETE ON create_mysql.* TO 'dml'@'127.0.0.1'"
        )
    else:
        server.admin("DROP ROLE IF EXISTS dml; CREATE ROLE dml LOGIN PASSWORD 'x'")
    url = server.url(f"create_{server.kind}", "dml", "x")
    code, out = await asyncio.to_thread(mi, "db", "upgrade", "--url", url)
    assert code != 0 and "权限不足" in out and "CREATE" in out
    assert await status(Address.read(url)) is None
