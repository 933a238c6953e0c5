"""Connections to the log's database, with what every session needs; and its errors told so that a person can act."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mi_core.errors import StoreError
from mi_core.sql_engine import open_engine
from mi_plugins.stores.sql.address import Address

__all__ = ["connected", "contended", "explain", "make_engine", "unreachable"]

CONNECT_SECONDS = 5
_RIGHTS = (1044, 1142, 1143, 1227, 1370, "42501")
_LOGIN = (1045, 1698, "28P01", "28000")
_NO_DATABASE = (1049, "3D000")
_NO_TABLE = (1146, 1054, "42P01", "42703")
_FULL = (1021, 1114, 3, "53100")


def make_engine(address: Address, *, pool: int = 4) -> AsyncEngine:
    """An engine of ``pool`` connections; nothing is connected yet. Raises ``ConfigError`` when the driver is missing."""
    options: dict[str, Any] = {}
    if address.server:
        options = {"pool_size": pool, "max_overflow": pool, "pool_recycle": 900, "pool_timeout": 15}
        options["isolation_level"] = "READ COMMITTED"
        options["connect_args"] = _connect_options(address)
    engine = open_engine(address.url, postgresql=address.postgresql, **options)
    if address.server and not address.postgresql:
        event.listen(engine.sync_engine, "connect", _mysql_session)
    return engine


def _connect_options(address: Address) -> dict[str, Any]:
    tls = ssl.create_default_context(cafile=address.ca_file) if address.ca_file else None
    if address.postgresql:
        return {
            "timeout": CONNECT_SECONDS, "command_timeout": 60, "server_settings": {"timezone": "Asia/Shanghai"},
            **({"ssl": tls} if tls else {}),
        }  # fmt: skip
    return {"connect_timeout": CONNECT_SECONDS, "charset": "utf8mb4", **({"ssl": tls} if tls else {})}


def _mysql_session(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(
        "SET SESSION sql_mode='STRICT_ALL_TABLES,NO_ZERO_DATE', time_zone='+08:00', innodb_lock_wait_timeout=10"
    )
    cursor.close()


@asynccontextmanager
async def connected(address: Address) -> AsyncIterator[AsyncConnection]:
    """One connection with its own engine, outside a transaction; errors are told as ``StoreError``."""
    engine = make_engine(address, pool=1)
    try:
        async with engine.connect() as connection:
            yield connection
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        raise explain(error, address) from error
    finally:
        await engine.dispose()


def unreachable(error: BaseException) -> bool:
    """Whether the server could not be asked or did not answer: the same statement may succeed later."""
    if isinstance(error, OSError | TimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    number = _number(error)
    if error.connection_invalidated or isinstance(error.orig, OSError | TimeoutError):
        return True
    if isinstance(number, int):
        return 2000 <= number < 2100 or number in (
            1040,
            1053,
            1205,
            1213,
            1290,
            1792,
            1836,
            1927,
            3024,
            *_FULL[:2],
        )
    if isinstance(number, str):
        return number[:2] in ("08", "53", "57", "58", "40") or number == "25006"
    return type(error.orig).__name__ in ("InterfaceError", "ConnectionDoesNotExistError")


def contended(error: BaseException) -> bool:
    """Whether two transactions stood in each other's way; the same may be tried again at once."""
    return _number(error) in (1205, 1213, "40001", "40P01", "55P03")


def _number(error: BaseException) -> int | str | None:
    """MySQL's error number or PostgreSQL's SQLSTATE."""
    orig = getattr(error, "orig", None) or error
    state = getattr(orig, "sqlstate", None)
    if isinstance(state, str):
        return state
    args = getattr(orig, "args", ())
    return args[0] if args and isinstance(args[0], int) else None


def explain(error: BaseException, address: Address) -> StoreError:
    """What happened and what to do."""
    number, where = _number(error), address.shown
    text = " ".join(str(getattr(error, "orig", None) or error).split())[:300]

    def told(zh: str, en: str, hint_zh: str, hint_en: str) -> StoreError:
        return StoreError(
            f"{zh}（{where}）：{text}", f"{en} ({where}): {text}", hint_zh=hint_zh, hint_en=hint_en
        )

    if not address.server:
        return told("日志数据库无法读写", "the log database cannot be used",
                    "检查文件夹是否存在、可写，文件是否为 SQLite 数据库；先运行 mi db upgrade",
                    "check the folder and the file; run: mi db upgrade")  # fmt: skip
    if number in _LOGIN:
        return told("数据库拒绝登录", "the database refuses the login",
                    "核对用户名、密码（password_file）及允许登录的主机",
                    "check user, password (password_file) and allowed hosts")  # fmt: skip
    if number in _NO_DATABASE:
        return told("库不存在", "there is no such database",
                    "请管理员建库：MySQL 用 CREATE DATABASE … CHARACTER SET utf8mb4，PostgreSQL 用 ENCODING 'UTF8'",
                    "create it: MySQL with CHARACTER SET utf8mb4, PostgreSQL with ENCODING 'UTF8'")  # fmt: skip
    if number in _RIGHTS:
        return told("数据库权限不足", "the database user lacks rights",
                    "运行需要 SELECT、INSERT、UPDATE、DELETE；升级与维护另需 CREATE、ALTER、DROP、INDEX",
                    "needed are SELECT, INSERT, UPDATE, DELETE; to upgrade and maintain also CREATE, ALTER, DROP, INDEX")  # fmt: skip
    if number in _NO_TABLE:
        return told(
            "表结构不是最新", "the schema is not up to date", "运行 mi db upgrade", "run: mi db upgrade"
        )
    if unreachable(error):
        return told("连不上数据库", "the database cannot be reached",
                    "检查服务是否运行、主机与端口、防火墙；期间的日志行保存在本机缓冲文件，恢复后自动补写",
                    "check the service, host, port and firewall; rows are kept in the local spool meanwhile")  # fmt: skip
    return told("数据库出错", "the database reports an error", "运行 mi db check", "run: mi db check")
