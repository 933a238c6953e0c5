"""Where the catalogues are kept: a SQLite file beside ``mi.toml``, or MySQL, MariaDB, PostgreSQL."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import attrs
from sqlalchemy import URL, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from mi_core.catalogues.tables import migrate
from mi_core.config import Config
from mi_core.errors import StoreError
from mi_core.journal.shared.address import Address
from mi_core.sql_engine import open_engine

__all__ = ["FILE", "Database"]

FILE: Final = "mi.catalogues.db"
_CONNECT: Final = 5
"""Seconds to connect."""
_BUSY: Final = 60_000
"""Milliseconds for which a writer waits for another one of the same file (one that loads a large catalogue)."""


@attrs.frozen(eq=False)
class Database:
    """An open database with our tables; ``shown`` is for people and has no password."""

    engine: AsyncEngine = attrs.field(repr=False)
    shown: str
    folder: Path
    """Where files that are being fetched wait: beside the SQLite file, for a server beside ``mi.toml``."""

    @classmethod
    async def open(cls, config: Config) -> Database:
        """Connect to the configured database (a file is made, by default :data:`FILE` beside ``mi.toml``), and bring its
        tables up to date. Raises ``StoreError``, ``ConfigError``."""
        folder = config.source.resolve().parent if config.source is not None else Path.cwd()
        place = config.catalogues or str(folder / FILE)
        if "://" in place:
            address = Address.read(place, zh="目录库", en="the catalogues' database")
            database = cls(_server(address), address.shown, folder)
        else:
            file = Path(place)
            database = cls(_file(file), str(file), file.parent)
        try:
            async with database.transaction() as connection:
                await connection.run_sync(migrate)
        except BaseException:
            await database.close()
            raise
        return database

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """All or nothing. The database's errors come out as ``StoreError``."""
        with self._told():
            async with self.engine.begin() as connection:
                yield connection

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """For queries."""
        with self._told():
            async with self.engine.connect() as connection:
                yield connection

    @contextlib.contextmanager
    def _told(self) -> Any:
        try:
            yield
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            if isinstance(error, TimeoutError) and not isinstance(error, OSError):
                raise
            inner = getattr(error, "orig", None) or error
            text = " ".join(f"{type(inner).__name__}: {inner}".split())[:200]
            raise StoreError(
                f"目录库 {self.shown} 无法使用：{text}", f"the catalogues' database {self.shown} cannot be used: {text}",
                hint_zh="检查 [catalogues] path 的路径、权限或数据库服务", hint_en="check [catalogues] path, its rights, or the server",
            ) from error  # fmt: skip

    async def close(self) -> None:
        """End the connections."""
        await self.engine.dispose()


def _file(path: Path) -> AsyncEngine:
    engine = create_async_engine(URL.create("sqlite+aiosqlite", database=str(path)))
    event.listen(engine.sync_engine, "connect", _settings)
    return engine


def _settings(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in (f"busy_timeout = {_BUSY}", "journal_mode = WAL", "synchronous = NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _server(address: Address) -> AsyncEngine:
    tls = ssl.create_default_context(cafile=address.ca_file) if address.ca_file else None
    options: dict[str, Any] = {"ssl": tls} if tls else {}
    options |= (
        {"timeout": _CONNECT} if address.postgresql else {"connect_timeout": _CONNECT, "charset": "utf8mb4"}
    )
    return open_engine(
        address.url, postgresql=address.postgresql, isolation_level="READ COMMITTED", connect_args=options, pool_recycle=900,
        pool_pre_ping=True,
    )  # fmt: skip
