"""The scripts of ``schema/sql``: shown, filled in, taken apart into statements, run."""

from __future__ import annotations

import re
from typing import Any, Final

import attrs

from mi_core.catalog.paths import schema_root
from mi_core.errors import ConfigError, StoreError
from mi_core.worker import routines

__all__ = ["DIALECTS", "VERSION", "Server", "check_server", "grants", "install", "script", "statements"]

VERSION: Final = 1
"""Of the tables; stands in ``medical_insurance_bridge``."""
DIALECTS: Final = ("mysql", "postgresql", "sqlserver")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_$]{0,62}")
_HOST: Final = re.compile(r"[A-Za-z0-9_.:%-]{1,255}")
_DROP: Final = re.compile(r"(?i)DROP PROCEDURE IF EXISTS ")
_CREATE: Final = re.compile(r"(?im)^CREATE PROCEDURE (\w+)")
_DELIMITER: Final = re.compile(r"(?mi)^DELIMITER[ \t]+(\S+)[ \t]*$")


def script(dialect: str) -> str:
    """The script that makes tables, routines and views."""
    return (schema_root() / "sql" / f"{dialect}.sql").read_text(encoding="utf-8")


def grants(dialect: str, his: str, worker: str) -> str:
    """The script of rights for an account of the HIS and the worker's; MySQL's accounts may name a host (``his@10.0.0.%``).

    Raises ``ConfigError`` for a name that is none.
    """
    text = (schema_root() / "sql" / f"{dialect}_grants.sql").read_text(encoding="utf-8")
    return text.replace("{his}", _account(dialect, his)).replace("{worker}", _account(dialect, worker))


def _account(dialect: str, name: str) -> str:
    user, at, host = name.partition("@")
    if not _NAME.fullmatch(user) or (at and (dialect != "mysql" or not _HOST.fullmatch(host))):
        raise ConfigError(
            f"账号名有误：{name}", f"no account name: {name}",
            hint_zh="用字母、数字与下划线；MySQL 可写 用户@主机", hint_en="letters, digits and underscores; for MySQL also user@host",
        )  # fmt: skip
    if dialect == "mysql":
        return f"'{user}'@'{host or '%'}'"
    return f"[{user}]" if dialect == "sqlserver" else f'"{user}"'


def statements(dialect: str, text: str) -> list[str]:
    """The statements one by one, as the database's own client would send them. PostgreSQL takes the script as it is."""
    if dialect == "postgresql":
        return [text]
    if dialect == "sqlserver":
        return [part.strip() for part in re.split(r"(?mi)^GO[ \t]*$", text) if part.strip()]
    found: list[str] = []
    mark, rest = ";", text
    while True:
        change = _DELIMITER.search(rest)
        part = rest if change is None else rest[: change.start()]
        ends = re.compile(rf"{re.escape(mark)}[ \t]*$", re.M)
        found += [one.strip() for one in ends.split(part) if _says_something(one)]
        if change is None:
            return found
        mark, rest = change[1], rest[change.end() :]


def _says_something(statement: str) -> bool:
    return bool(re.sub(r"(?m)^\s*--.*$", "", statement).strip())


@attrs.frozen
class Server:
    """What answers at the address."""

    name: str
    version: tuple[int, ...]
    lost: tuple[str, ...] = ()
    """Rights that installing took away and could not give back, as statements for an administrator; MySQL only."""


def check_server(dialect: Any) -> Server:
    """The server behind a connected SQLAlchemy dialect; raises ``StoreError`` when it cannot skip locked rows."""
    version = tuple(p for p in (dialect.server_version_info or ()) if isinstance(p, int))[:3]
    least: tuple[int, ...]
    if dialect.name == "postgresql":
        name, least = "PostgreSQL", (12,)
    elif dialect.is_mariadb:
        name, least = "MariaDB", (10, 6)
    else:
        name, least = "MySQL", (8, 0, 13)
    if version < least:
        wanted, shown = ".".join(map(str, least)), ".".join(map(str, version))
        raise StoreError(
            f"数据库桥需要 {name} {wanted} 以上（现为 {shown}）", f"the bridge needs {name} {wanted} or newer (found {shown})",
            hint_zh="升级数据库，或改用 mi serve", hint_en="upgrade the server, or use mi serve",
        )  # fmt: skip
    return Server(name, version)


async def install(connection: Any, text: str | None = None) -> Server:
    """Run the script of the connection's own kind of server, or ``text``. May be repeated: data stay.

    Raises ``StoreError`` for a server that is too old or cannot keep every Chinese name.
    """
    server = check_server(connection.dialect)
    raw = (await connection.get_raw_connection()).driver_connection
    if connection.dialect.name == "postgresql":
        encoding = await raw.fetchval("SHOW server_encoding")
        if encoding != "UTF8":
            raise StoreError(
                f"库的编码是 {encoding}，会丢失生僻字", f"the database's encoding is {encoding}: rare characters would be lost",
                hint_zh="用 ENCODING 'UTF8' 建库", hint_en="create the database with ENCODING 'UTF8'",
            )  # fmt: skip
        async with raw.transaction():
            await raw.execute(text if text is not None else script("postgresql"))
        return server
    found = statements("mysql", text if text is not None else script("mysql"))
    lost: list[str] = []
    for statement in found:
        made = _CREATE.search(statement)
        if made is not None and server.name == "MariaDB":
            await routines.run(connection, _replacing(statement))
        elif made is not None:
            lost += await routines.renew(connection, made[1], statement)
        elif not _DROP.match(statement):
            await routines.run(connection, statement)
    await connection.commit()
    return attrs.evolve(server, lost=tuple(lost))


def _replacing(statement: str) -> str:
    """MariaDB keeps the rights to a procedure that is replaced."""
    return _CREATE.sub(r"CREATE OR REPLACE PROCEDURE \1", statement, count=1)
