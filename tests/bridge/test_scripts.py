"""The scripts of ``schema/sql``: T-SQL, which runs nowhere here, by a parser; what an administrator runs by hand."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlalchemy import text
from sqlglot import exp

from mi_core.errors import ConfigError
from mi_core.worker import scripts
from mi_core.worker.connecting import address_of, connected
from mi_core.worker.scripts import DIALECTS, grants, install, script, statements
from tests.bridge import kit
from tests.cli.shell import configure, mi
from tests.stores.servers import Server

VIEWS = ("v_medical_insurance_result", "v_medical_insurance_monitor")
STATUSES = {"SUCCESS", "BUSINESS_ERROR", "SYSTEM_ERROR", "IN_DOUBT", "PROCESSING"}


def parsed(dialect: str, statement: str) -> list[exp.Expression]:
    return [one for one in sqlglot.parse(statement, read=dialect) if one is not None]


def test_the_t_sql_is_t_sql_to_its_last_statement() -> None:
    batches = [parsed("tsql", batch) for batch in statements("sqlserver", script("sqlserver"))]
    found = [one for batch in batches for one in batch]
    assert len(found) == 6
    assert not [one for top in found for one in top.find_all(exp.Command)], (
        "a statement that the parser did not understand"
    )
    made = {one.find(exp.Table).name for one in found if isinstance(one, exp.Create)}  # type: ignore[union-attr]  # a Create has one
    assert made >= {*VIEWS, "sp_medical_insurance_call", "sp_medical_insurance_cancel"}
    code = re.sub(r"(?m)--.*$", "", script("sqlserver"))
    assert "xp_cmdshell" not in code and "未在 SQL Server 上运行过" in script("sqlserver")


def test_a_mistake_in_the_t_sql_is_seen() -> None:
    broken = (
        script("sqlserver")
        .replace("LEFT JOIN", "LEFT JION")
        .replace("SET @result_id =", "SET @result_id = =")
    )
    with pytest.raises(sqlglot.errors.ParseError):
        for batch in statements("sqlserver", broken):
            parsed("tsql", batch)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_tells_the_same_columns_and_statuses(dialect: str) -> None:
    """A HIS that changes its server changes no query."""

    def view(name: str, of: str) -> str:
        return re.split(r"(?m)^FROM ", script(of).split(f"{name} AS\n")[1])[0]

    for name in VIEWS:
        names = {
            d: re.findall(r"(?: AS |\br\.|\bp\.)(\w+),?$", view(name, d), re.M) for d in (dialect, "mysql")
        }
        assert names[dialect] == names["mysql"] != []
    assert set(re.findall(r"THEN '(\w+)'|ELSE '(\w+)'", view(VIEWS[0], dialect))) == {
        (s, "") if s != "PROCESSING" else ("", s) for s in STATUSES
    }


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", ["a b", "x;DROP TABLE y", "", "x'", "x@y@z", "名"], ids=range(6))
def test_an_account_name_is_a_name(dialect: str, name: str) -> None:
    with pytest.raises(ConfigError, match="账号名"):
        grants(dialect, name, "mi_worker")


def test_an_account_of_mysql_may_name_its_host() -> None:
    assert "TO 'his'@'10.0.0.%'" in grants("mysql", "his@10.0.0.%", "mi")
    with pytest.raises(ConfigError):
        grants("postgresql", "his@10.0.0.1", "mi")


def test_the_script_without_a_database_needs_its_kind(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:1/")
    code, out, err = mi("bridge", "sql", place=tmp_path)
    assert code == 2 and out == "" and "--dialect" in err
    code, out, err = mi("bridge", "sql", "--dialect", "sqlserver", place=tmp_path)
    assert code == 0 and "未在 SQL Server 上运行过" in out, err


def test_taking_a_script_apart() -> None:
    found = statements(
        "mysql", "-- note; here\nSELECT 1;\nDELIMITER //\nBEGIN\n  A;\n  B;\nEND //\nDELIMITER ;\nSELECT 2;\n"
    )
    assert [re.sub(r"\s+", " ", one) for one in found] == [
        "-- note; here SELECT 1",
        "BEGIN A; B; END",
        "SELECT 2",
    ]


async def test_by_the_databases_own_client(server: Server, tmp_path: Path) -> None:
    """The script as ``mi bridge sql`` prints it, run by mysql or psql."""
    url = server.create("byhand")
    file = tmp_path / "bridge.sql"
    file.write_text(script(server.kind), encoding="utf-8")
    if server.kind == "mysql":
        command = ["mariadb", "--no-defaults", "-u", "root", f"--socket={server.folder}/s.sock", "byhand"]
    else:
        command = ["psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(server.port),
                   "-U", "postgres", "-d", "byhand"]  # fmt: skip
    with file.open("rb") as given:
        done = await asyncio.to_thread(subprocess.run, command, stdin=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    if server.kind == "postgresql":
        return
    async with connected(address_of(url)) as connection:
        assert (
            await connection.execute(text("SELECT version FROM medical_insurance_bridge"))
        ).scalar_one() == 1


@pytest.fixture
def as_mysql(monkeypatch: pytest.MonkeyPatch) -> None:
    """MariaDB in the place of MySQL 8, for which no package is at hand: without CREATE OR REPLACE for procedures."""
    monkeypatch.setattr(scripts, "check_server", lambda _dialect: scripts.Server("MySQL", (8, 0, 36)))


@pytest.fixture
def mariadb(server_of: Callable[[str], Server]) -> Server:
    return server_of("mysql")


def as_boss(server: Server, url: str) -> str:
    """The address for an administrator, who may give rights and see who has them."""
    server.admin("GRANT ALL ON *.* TO 'boss'@'127.0.0.1' IDENTIFIED BY 'b' WITH GRANT OPTION")
    return url.replace("mi:mi-test@", "boss:b@")


async def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    async with connected(address_of(url)) as connection:
        return [tuple(row) for row in await connection.execute(text(sql))]


async def installed(url: str, sql: str | None = None) -> tuple[str, ...]:
    """Install; the rights that were lost."""
    async with connected(address_of(url)) as connection:
        return (await install(connection, sql)).lost


@pytest.mark.service
@pytest.mark.usefixtures("as_mysql")
async def test_mysql_keeps_the_rights_to_procedures(mariadb: Server) -> None:
    """What is as it should be is not touched; what has to be made anew gets its rights back, to the last option."""
    url = mariadb.create("kept")
    await kit.prepared(mariadb, url)
    boss = as_boss(mariadb, url)
    mariadb.admin("CREATE USER 'o''brien'@'10.0.0.%'")
    mariadb.admin(
        "GRANT EXECUTE, ALTER ROUTINE ON PROCEDURE kept.sp_medical_insurance_call TO 'o''brien'@'10.0.0.%' WITH GRANT OPTION"
    )
    rights = (
        "SELECT Routine_name, User, Host, Proc_priv FROM mysql.procs_priv WHERE Db = 'kept' ORDER BY 1, 2"
    )
    made = "SELECT ROUTINE_NAME, CREATED FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = 'kept'"
    before, since = await rows(boss, rights), dict(await rows(boss, made))
    assert len(before) == 4
    await asyncio.sleep(1.1)  # CREATED has seconds
    assert await installed(boss) == ()
    assert dict(await rows(boss, made)) == since
    older = script("mysql").replace("SET p_result_id = LAST", "SET p_result_id = 0 + LAST")
    for sql, renewed in ((older, "sp_medical_insurance_request"), (None, "sp_medical_insurance_request"),
                         (_other_type(), "sp_medical_insurance_call"), (None, "sp_medical_insurance_call")):  # fmt: skip
        await asyncio.sleep(1.1)
        since = dict(await rows(boss, made))
        assert await installed(boss, sql) == ()
        now = dict(await rows(boss, made))
        assert {name for name in now if now[name] != since[name]} == {renewed}
        assert await rows(boss, rights) == before
    his = await kit.His.login(url)
    try:
        assert await his.cancel(await his.submit("1101", {"data": {}})) is True
    finally:
        await his.close()


def _other_type() -> str:
    """The same body, another parameter."""
    head, name, rest = script("mysql").partition("CREATE PROCEDURE sp_medical_insurance_call(")
    return head + name + rest.replace("VARCHAR(10)", "VARCHAR(12)", 1)


@pytest.mark.service
@pytest.mark.usefixtures("as_mysql")
async def test_rights_that_cannot_be_given_back_are_told(mariadb: Server) -> None:
    """Who installs may make procedures and nothing else: what an administrator has to run is said."""
    url = mariadb.create("told")
    await kit.prepared(mariadb, url)
    changed = script("mysql").replace("SET p_cancelled = ROW_COUNT();", "SET p_cancelled = ROW_COUNT() + 0;")
    mariadb.admin("GRANT SELECT ON mysql.procs_priv TO 'mi'@'127.0.0.1'")
    told = await installed(url, changed)
    mariadb.admin("REVOKE SELECT ON mysql.procs_priv FROM 'mi'@'127.0.0.1'")
    assert told == ("GRANT EXECUTE ON PROCEDURE `told`.`sp_medical_insurance_cancel` TO 'his_app'@'%'",)
    assert await installed(url) == ("-- sp_medical_insurance_cancel: mi bridge sql --grants",)
    assert await installed(url) == (), "nothing is made anew"


@pytest.mark.service
@pytest.mark.usefixtures("as_mysql")
async def test_mysql_installs_into_an_empty_database(mariadb: Server) -> None:
    url = mariadb.create("fresh")
    assert [await installed(url), await installed(url)] == [(), ()]
    his = await kit.His.login(url, "mi", "mi-test")
    try:
        assert await his.submit("1101", {"data": {}}) == 1
    finally:
        await his.close()


async def test_installed_again_the_his_may_still_call(server: Server) -> None:
    """An upgrade renews the routines; on MariaDB a procedure that is dropped loses its rights."""
    url = server.create("again")
    await kit.prepared(server, url)
    async with connected(address_of(url)) as connection:
        await install(connection)
    his = await kit.His.login(url)
    try:
        assert await his.submit("1101", {"data": {}}) == 1
    finally:
        await his.close()
