"""Database engines that fail alike: a missing driver is an error of the configuration, a refused login one of the database.

SQLAlchemy 2.0 lets asyncpg's own errors through when a login fails, 2.1 does not: here both raise ``DBAPIError``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mi_core.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import URL
    from sqlalchemy.ext.asyncio import AsyncEngine

__all__ = ["lost_connection", "open_engine"]


def open_engine(url: URL | str, *, postgresql: bool, **options: Any) -> AsyncEngine:
    """``create_async_engine``; nothing is connected yet. Raises :class:`ConfigError` when the driver is missing.

    A server's refusal of a connection is a ``DBAPIError`` whose ``orig`` has the SQLSTATE (PostgreSQL) or the number.
    """
    from sqlalchemy import event
    from sqlalchemy.exc import NoSuchModuleError
    from sqlalchemy.ext.asyncio import create_async_engine

    try:
        engine = create_async_engine(url, **options)
    except (ImportError, NoSuchModuleError) as error:
        extra = "postgresql" if postgresql else "mysql"
        raise ConfigError(
            f"缺少数据库驱动：{error}", f"the database driver is missing: {error}",
            hint_zh=f"pip install 'mi-core[{extra}]'", hint_en=f"pip install 'mi-core[{extra}]'",
        ) from error  # fmt: skip
    if postgresql:
        event.listen(engine.sync_engine, "do_connect", _connect)
    return engine


@contextmanager
def lost_connection() -> Iterator[None]:
    """asyncpg's internal errors, which SQLAlchemy does not wrap, are a ``ConnectionError``: it has lost its way with the server."""
    try:
        yield
    except Exception as error:
        if type(error).__module__.partition(".")[0] == "asyncpg":
            raise ConnectionError(f"{type(error).__name__}: {error}") from error
        raise


def _connect(dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
    from sqlalchemy.exc import DBAPIError

    try:
        return dialect.connect(*arguments, **options)
    except Exception as error:
        if isinstance(error, dialect.loaded_dbapi.Error) or not isinstance(
            getattr(error, "sqlstate", None), str
        ):
            raise
        raise DBAPIError("connect", None, error) from error
