"""SQLAlchemy 2.0 lets asyncpg's own errors through when a login fails, 2.1 does not: with this, both raise ``DBAPIError``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

__all__ = ["tell_alike"]


def tell_alike(engine: AsyncEngine) -> None:
    """From now on a server's refusal of a connection is a ``DBAPIError`` whose ``orig`` has the SQLSTATE."""
    from sqlalchemy import event

    event.listen(engine.sync_engine, "do_connect", _connect)


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
