"""One connection to the server on a private event loop, used from one thread at a time.

The journal's jobs are plain functions of a transaction. They run inside ``AsyncConnection.run_sync``: each statement
switches to the loop and back, so that a whole group is one call from the thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final, Literal, TypeVar

from sqlalchemy import Connection, NullPool
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mi_core.errors import StoreError
from mi_core.journal.database import Row
from mi_core.journal.shared.address import Address
from mi_core.journal.shared.dialect import MYSQL, POSTGRESQL, Dialect
from mi_core.journal.shared.trouble import ERRORS, Trouble, trouble
from mi_core.sql_engine import open_engine

__all__ = ["Link", "Session"]

T = TypeVar("T")
_CONNECT: Final = 5
Isolation = Literal["READ COMMITTED", "AUTOCOMMIT"]


class Session:
    """The journal's :class:`Database` inside a link: errors are :class:`Trouble`.

    Only the driver speaks inside its methods, so whatever comes out of them is the driver's: asyncpg, for one, has internal
    errors outside the hierarchy that SQLAlchemy wraps. One that got through would end the writer's thread.
    """

    __slots__ = ("_connection", "_sql", "dialect")

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        self._connection, self.dialect, self._sql = connection, dialect, dialect.sql

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        try:
            return [
                tuple(row)
                for row in self._connection.exec_driver_sql(self._sql(sql), tuple(params)).fetchall()
            ]
        except Exception as error:
            raise trouble(error) from error

    def run(self, sql: str, params: Sequence[Any] = ()) -> int:
        try:
            return self._connection.exec_driver_sql(self._sql(sql), tuple(params)).rowcount
        except Exception as error:
            raise trouble(error) from error

    def many(self, sql: str, params: Iterable[Sequence[Any]]) -> int:
        values = [tuple(row) for row in params]
        if not values:
            return 0
        try:
            return self._connection.exec_driver_sql(self._sql(sql), values).rowcount
        except Exception as error:
            raise trouble(error) from error

    def close(self) -> None:
        """The link closes its connection itself."""

    @property
    def mariadb(self) -> bool:
        return bool(getattr(self._connection.dialect, "is_mariadb", False))

    @property
    def version(self) -> tuple[int, ...]:
        """Of the server."""
        found = getattr(self._connection.dialect, "server_version_info", None) or ()
        return tuple(part for part in found if isinstance(part, int))


class Link:
    """Connects when asked; what fails leaves it disconnected, and :meth:`connect` may be tried again."""

    def __init__(
        self, address: Address, isolation: Isolation, prepare: Callable[[Session], None]
    ) -> None:  # fmt: skip
        """``prepare`` sets and checks what a new session needs."""
        self.address, self._isolation, self._prepare = address, isolation, prepare
        self.dialect = POSTGRESQL if address.postgresql else MYSQL
        self._loop = asyncio.new_event_loop()
        self._engine = _engine(address, isolation)
        self._connection: AsyncConnection | None = None

    @property
    def connected(self) -> bool:
        return self._connection is not None

    def connect(self) -> None:
        """Raises :class:`Trouble`, or :class:`StoreError` when the server does not keep what the journal promises."""
        try:
            self._connection = self._loop.run_until_complete(self._open())
            self.run(self._prepare, 30)
            self.commit(10)
        except ERRORS as error:
            self.drop()
            raise trouble(error) from error
        except (Trouble, StoreError):
            self.drop()
            raise

    def run(self, work: Callable[[Session], T], seconds: float) -> T:
        """``work`` inside the running transaction; begins one. Longer than ``seconds`` counts as a lost connection."""
        return self._do(
            lambda connection: connection.run_sync(lambda c: work(Session(c, self.dialect))), seconds
        )

    def commit(self, seconds: float) -> None:
        self._driver(lambda connection: connection.commit(), seconds)

    def rollback(self) -> None:
        """Undo; a connection that cannot even do that is dropped, and the server undoes it."""
        if self._connection is None:
            return
        try:
            self._driver(lambda connection: connection.rollback(), 10)
        except Trouble:
            self.drop()

    def drop(self) -> None:
        """Give the connection up without asking the server."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(
                Exception
            ):  # it is given up: what the driver thinks of that changes nothing
                self._loop.run_until_complete(_discard(connection))

    def close(self) -> None:
        """End the session in an orderly way and the loop with it; twice does no harm."""
        if self._loop.is_closed():
            return
        connection, self._connection = self._connection, None
        with contextlib.suppress(Exception):  # the server undoes what was not committed
            if connection is not None:
                self._loop.run_until_complete(_leave(connection))
            self._loop.run_until_complete(self._engine.dispose())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _do(self, act: Callable[[AsyncConnection], Awaitable[T]], seconds: float) -> T:
        connection = self._connection
        if connection is None:
            raise trouble(ConnectionError("not connected"))
        try:
            return self._loop.run_until_complete(_within(act, connection, seconds))
        except ERRORS as error:
            raise trouble(error) from error

    def _driver(self, act: Callable[[AsyncConnection], Awaitable[T]], seconds: float) -> T:
        """As :meth:`_do` where nothing of ours runs: any error is the driver's."""
        try:
            return self._do(act, seconds)
        except Trouble:
            raise
        except Exception as error:
            raise trouble(error) from error

    async def _open(self) -> AsyncConnection:
        async with asyncio.timeout(2 * _CONNECT):
            return await self._engine.connect()


async def _within(
    act: Callable[[AsyncConnection], Awaitable[T]], connection: AsyncConnection, seconds: float
) -> T:
    async with asyncio.timeout(seconds):
        return await act(connection)


async def _discard(connection: AsyncConnection) -> None:
    async with asyncio.timeout(2):
        await connection.invalidate()
        await connection.close()


async def _leave(connection: AsyncConnection) -> None:
    async with asyncio.timeout(5):
        await connection.rollback()
        await connection.close()


def _engine(address: Address, isolation: Isolation) -> AsyncEngine:
    tls = ssl.create_default_context(cafile=address.ca_file) if address.ca_file else None
    options: dict[str, Any] = {"ssl": tls} if tls else {}
    if address.postgresql:
        options |= {"timeout": _CONNECT}
    else:
        options |= {"connect_timeout": _CONNECT, "charset": "utf8mb4"}
    return open_engine(
        address.url, postgresql=address.postgresql, poolclass=NullPool, isolation_level=isolation, connect_args=options
    )  # fmt: skip
