"""Connections to the HIS's database, and its errors told so that a person can act. Loaded by who needs a bridge only."""

from __future__ import annotations

import functools
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mi_core.errors import ConfigError, StoreError
from mi_core.journal.shared.address import Address
from mi_core.sql_engine import open_engine

__all__ = [
    "ERRORS",
    "Unwritable",
    "address_of",
    "connected",
    "contended",
    "errors_of",
    "explain",
    "lost",
    "make_engine",
    "missing_tables",
    "refused",
]

CONNECT_SECONDS: Final = 5
ERRORS: Final = (SQLAlchemyError, OSError, TimeoutError)
"""What SQLAlchemy may raise beside our own mistakes."""
_RIGHTS: Final = (1044, 1142, 1143, 1227, 1370, 1410, "42501")
_LOGIN: Final = (1045, 1698, "28P01", "28000")
_NO_DATABASE: Final = (1049, "3D000")
_NO_TABLE: Final = (1146, 1054, "42P01", "42703")
_ENDING: Final = ("57P01", "57P02", "57P03", "57P05", "25P03")
_CONTENDED: Final = (1205, 1213, "40001", "40P01", "55P03")
_VALUES: Final = (1153, 1264, 1300, 1366, 1406)
"""MySQL: what the values are to blame for: packet too large, out of range, characters, data too long."""


class Unwritable(StoreError):
    """The server is well, and does not take these values: too large, too long, or characters that it cannot store."""


def address_of(text: str) -> Address:
    """The bridge's database; raises ``ConfigError`` when there is none or its address is wrong."""
    if not text:
        raise ConfigError(
            "没有配置 HIS 数据库桥", "no database bridge is configured",
            hint_zh='在 mi.toml 的 [bridge] 中设 database = "mysql://…" 或 "postgresql://…"，或用 --database',
            hint_en='set database = "mysql://…" or "postgresql://…" in [bridge], or use --database',
        )  # fmt: skip
    return Address.read(text, "HIS 数据库桥", "the database bridge")


def make_engine(address: Address, *, pool: int = 4) -> AsyncEngine:
    """Nothing is connected yet. Raises ``ConfigError`` when the driver is missing."""
    tls = ssl.create_default_context(cafile=address.ca_file) if address.ca_file else None
    options: dict[str, Any] = {"ssl": tls} if tls else {}
    if address.postgresql:
        options |= {"timeout": CONNECT_SECONDS, "command_timeout": 60}
    else:
        options |= {"connect_timeout": CONNECT_SECONDS, "charset": "utf8mb4"}
    engine = open_engine(
        address.url, postgresql=address.postgresql, isolation_level="READ COMMITTED", pool_size=pool, max_overflow=2,
        pool_recycle=900, pool_timeout=15, pool_reset_on_return=None, connect_args=options,
    )  # fmt: skip
    if not address.postgresql:
        event.listen(engine.sync_engine, "connect", _mysql_session)
    return engine


def _mysql_session(connection: Any, _record: Any) -> None:
    """Without backslash escapes the driver only doubles quotes, which for replies of some kilobytes costs far less."""
    cursor = connection.cursor()
    cursor.execute(
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES', innodb_lock_wait_timeout = 10"
    )
    cursor.close()


@asynccontextmanager
async def connected(address: Address) -> AsyncIterator[AsyncConnection]:
    """One connection with its own engine; errors are told as ``StoreError``."""
    engine = make_engine(address, pool=1)
    try:
        async with engine.connect() as connection:
            yield connection
    except ERRORS as error:
        raise explain(error, address) from error
    finally:
        await engine.dispose()


@functools.cache
def errors_of(postgresql: bool) -> tuple[type[Exception], ...]:
    """What a statement may raise beside our own mistakes, the driver's own errors among it."""
    if postgresql:
        driver = import_module("asyncpg")
        return (*ERRORS, ValueError, driver.PostgresError, driver.InterfaceError)
    found = [
        import_module(name) for name in ("pymysql.err", "asyncmy.errors") if find_spec(name.partition(".")[0])
    ]
    return (*ERRORS, ValueError, *(driver.MySQLError for driver in found))


def contended(error: BaseException) -> bool:
    """Whether two transactions stood in each other's way; the same may be tried again at once."""
    return number_of(error) in _CONTENDED


def refused(error: BaseException) -> bool:
    """Whether it is the values' own fault: no waiting and no other connection changes that."""
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        return True  # the driver cannot even send them
    number = number_of(error)
    return number in _VALUES or (isinstance(number, str) and number[:2] in ("22", "54"))


def missing_tables(error: BaseException) -> bool:
    """Whether the bridge is not installed there."""
    return number_of(error) in _NO_TABLE


def lost(error: BaseException) -> bool:
    """Of an error of :func:`errors_of`: whether the server cannot be reached, or its connections are of no more use."""
    number = number_of(error)
    if isinstance(error, OSError | TimeoutError):
        return True
    if refused(error):
        return False
    if isinstance(number, str):
        return number.startswith("08") or number in _ENDING
    return number is None or number == 0 or 2000 <= number < 2100


def number_of(error: BaseException) -> int | str | None:
    """MySQL's error number or PostgreSQL's SQLSTATE."""
    orig = getattr(error, "orig", None) or error
    state = getattr(orig, "sqlstate", None)
    if isinstance(state, str):
        return state
    args = getattr(orig, "args", ())
    return args[0] if args and isinstance(args[0], int) else None


def explain(error: BaseException, address: Address) -> StoreError:
    """What happened and what to do. The driver's text has the statement's error, never the values of a row."""
    number, where = number_of(error), address.shown
    said = str(getattr(error, "orig", None) or error).partition("\nDETAIL")[0]
    text = " ".join(said.split())[:300] or type(error).__name__

    def told(zh: str, en: str, hint_zh: str, hint_en: str) -> StoreError:
        return StoreError(
            f"{zh}（{where}）：{text}", f"{en} ({where}): {text}", hint_zh=hint_zh, hint_en=hint_en
        )

    if number in _LOGIN:
        return told("数据库拒绝登录", "the database refuses the login",
                    "核对用户名、密码（password_file）及允许登录的主机",
                    "check user, password (password_file) and allowed hosts")  # fmt: skip
    if number in _NO_DATABASE:
        return told(
            "库不存在", "there is no such database", "核对 [bridge] database", "check [bridge] database"
        )
    if number in _NO_TABLE:
        return told("数据库桥尚未建立或版本不符", "the bridge is not installed there, or another version",
                    "由有建表权限的账号运行 mi bridge install", "run mi bridge install as a user who may create tables")  # fmt: skip
    if number in _RIGHTS:
        return told("数据库权限不足", "the database user lacks rights",
                    "建立需要建表、存储过程与视图的权限；运行权限见 mi bridge sql --grants",
                    "to install: create tables, routines and views; to run: see mi bridge sql --grants")  # fmt: skip
    if refused(error):  # whose own words may hold the values
        why = f"{type(error).__name__} {number or ''}".strip()
        return Unwritable(
            f"HIS 数据库不接受这些值（{where}）：{why}",
            f"the HIS's database does not take these values ({where}): {why}",
        )
    if lost(error):
        return told("连不上 HIS 数据库", "the HIS's database cannot be reached",
                    "检查服务是否运行、主机与端口、防火墙", "check the service, host, port and firewall")  # fmt: skip
    return told(
        "HIS 数据库出错",
        "the HIS's database reports an error",
        "运行 mi bridge status",
        "run: mi bridge status",
    )
