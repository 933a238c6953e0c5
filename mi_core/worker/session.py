"""The worker's sessions in the HIS's database, by the drivers themselves: a worker's many small statements would cost as
much as its calls with a layer between. SQLAlchemy opens the connections (login, TLS, settings) and hands them over."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol

from sqlalchemy.ext.asyncio import AsyncEngine

from mi_core.journal.shared.dialect import MYSQL, POSTGRESQL
from mi_core.worker.connecting import contended, lost

__all__ = ["Session", "Sessions"]

MOST: Final = 6
"""Connections of one worker at the same time."""
_NULL: Final = "NULL"
_SECONDS: Final = 60.0
"""The longest transaction; a server that says nothing for so long counts as lost."""
_STALE: Final = 300.0
"""Seconds after which an unused connection is not trusted any more: what stands between may have forgotten it."""


class Session(Protocol):
    """One connection in one transaction. ``?`` marks a parameter."""

    async def rows(self, sql: str, values: Sequence[Any] = ()) -> Sequence[Sequence[Any]]:
        """What a query finds."""

    async def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """A statement; how many rows it touched."""

    async def rollback(self) -> None:
        """Forget what was done; the next statement begins anew."""


class _MySql:
    """Autocommit is off: every statement is in a transaction."""

    def __init__(self, raw: Any) -> None:
        self._raw, self.used = raw, 0.0
        self._packet = 1 << 20

    async def begin(self, alone: bool) -> None:
        pass

    async def rows(self, sql: str, values: Sequence[Any] = ()) -> Sequence[Sequence[Any]]:
        cursor, _ = await self._execute(sql, values)
        found: Sequence[Sequence[Any]] = await cursor.fetchall()
        return found

    async def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        return (await self._execute(sql, values))[1]

    async def _execute(self, sql: str, values: Sequence[Any]) -> tuple[Any, int]:
        """Raises ``ValueError`` for what cannot be sent: half a character, or more than the server takes at once, upon which
        it would break the connection."""
        text = MYSQL.sql(sql) % tuple(
            [_NULL if value is None else self._raw.escape(value) for value in values]
        )
        body = text.encode()
        if len(body) >= self._packet:
            raise ValueError(f"{len(body)} bytes are more than max_allowed_packet")
        cursor = self._raw.cursor()
        if not hasattr(cursor, "execute"):  # aiomysql's has to be waited for, asyncmy's has not
            cursor = await cursor
        return cursor, int(await cursor.execute(body))

    async def look(self) -> None:
        """What the server takes at once."""
        self._packet = int((await self.rows("SELECT @@max_allowed_packet"))[0][0])

    async def commit(self) -> None:
        await self._raw.commit()

    async def rollback(self) -> None:
        await self._raw.rollback()

    def drop(self) -> None:
        self._raw.close()

    async def close(self) -> None:
        await self._raw.ensure_closed()


class _PostgreSql:
    """A statement that is alone in its transaction needs no BEGIN and no COMMIT."""

    def __init__(self, raw: Any) -> None:
        self._raw, self.used, self._open = raw, 0.0, False

    async def look(self) -> None:
        """As our transactions must be."""
        await self._raw.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED")

    async def begin(self, alone: bool) -> None:
        if not alone:
            await self._raw.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
            self._open = True

    async def rows(self, sql: str, values: Sequence[Any] = ()) -> Sequence[Sequence[Any]]:
        found: Sequence[Sequence[Any]] = await self._raw.fetch(POSTGRESQL.sql(sql), *values)
        return found

    async def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        told = str(await self._raw.execute(POSTGRESQL.sql(sql), *values)).rpartition(" ")[2]
        return int(told) if told.isdigit() else 0

    async def commit(self) -> None:
        if self._open:
            self._open = False
            await self._raw.execute("COMMIT")

    async def rollback(self) -> None:
        if self._open:
            self._open = False
            await self._raw.execute("ROLLBACK")

    def drop(self) -> None:
        self._raw.terminate()

    async def close(self) -> None:
        await self._raw.close()


class Sessions:
    """At most ``MOST`` connections, kept open between transactions; whatever failed oddly is not used again."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine, self._places = engine, asyncio.Semaphore(MOST)
        self._idle: list[_MySql | _PostgreSql] = []

    @asynccontextmanager
    async def transaction(self, alone: bool = False) -> AsyncIterator[Session]:
        """Committed at the end, or undone by an error. ``alone``: it is one statement. Raises what the driver raises."""
        async with self._places, asyncio.timeout(_SECONDS):
            session = await self._take()
            try:
                await session.begin(alone)
                yield session
                await session.commit()
            except BaseException as error:
                await self._failed(session, error)
                raise
            session.used = time.monotonic()
            self._idle.append(session)

    async def close(self) -> None:
        """Say goodbye on every connection."""
        idle, self._idle = self._idle, []
        for session in idle:
            with contextlib.suppress(Exception):  # it is gone already
                await session.close()
        await self._engine.dispose()

    async def _take(self) -> _MySql | _PostgreSql:
        fresh = time.monotonic() - _STALE
        while self._idle:
            session = self._idle.pop()
            if session.used >= fresh:
                return session
            session.drop()
        opened = await self._engine.raw_connection()
        raw: Any = opened.driver_connection
        opened.detach()
        session = _PostgreSql(raw) if self._engine.dialect.name == "postgresql" else _MySql(raw)
        try:
            await session.look()
        except BaseException:
            session.drop()
            raise
        return session

    async def _failed(self, session: _MySql | _PostgreSql, error: BaseException) -> None:
        if contended(error):
            try:
                await session.rollback()
            except BaseException:
                session.drop()
                raise
            session.used = time.monotonic()
            self._idle.append(session)
            return
        session.drop()
        if isinstance(error, Exception) and lost(error):
            for other in self._idle:
                other.drop()
            self._idle.clear()
