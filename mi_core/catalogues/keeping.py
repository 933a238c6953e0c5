"""Writing one catalogue: what comes takes the place of what was there, each file in one transaction."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import attrs
import msgspec
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from mi_core.catalogues.database import Database
from mi_core.catalogues.sources import Row, Source
from mi_core.catalogues.tables import content, entry, source
from mi_core.errors import StoreError
from mi_core.types import CHINA_TIME

__all__ = ["Keeper", "State", "newest", "now", "upsert"]

_encode: Final = msgspec.json.Encoder().encode
_ENTRY: Final = ("record", "code", "name", "pinyin", "search", "version", "valid")


def now() -> dt.datetime:
    """Beijing time, whole seconds."""
    return dt.datetime.now(CHINA_TIME).replace(tzinfo=None, microsecond=0)


def newest(versions: Iterator[str] | Sequence[str]) -> str:
    """The largest version: numbers within it count as numbers (``V9`` < ``V10``); empty when there is none."""
    return max(versions, key=_natural, default="")


def _natural(version: str) -> list[tuple[int, str]]:
    return [
        (int(part), "") if part.isdigit() and part.isascii() else (-1, part)
        for part in re.split(r"(\d+)", version)
    ]


@attrs.frozen
class State:
    """How far a catalogue is."""

    cursor: str = ""
    rows: int = 0
    run: int = 0
    pending: Mapping[str, Any] | None = None
    same_columns: bool = True
    """What is stored has the columns that the document names today."""
    filters: str = ""
    """What the last complete synchronisation was narrowed by."""


@attrs.frozen(eq=False)
class Keeper:
    """The stored side of one :class:`Source`, for one scope."""

    database: Database
    source: Source
    scope: str

    @property
    def _mine(self) -> tuple[Any, Any]:
        return source.c.scope == self.scope, source.c.source == self.source.code

    async def state(self) -> State:
        """Where it stands; the catalogue is entered when it is new."""
        query = select(source).where(*self._mine)
        async with self.database.reading() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return await self._enter()
        pending = json.loads(row.pending) if row.pending else None
        same = row.columns == self._columns() or row.rows == 0
        return State(row.cursor, row.rows, row.run, pending, same, row.filters or "")

    async def _enter(self) -> State:
        values = {
            "scope": self.scope, "source": self.source.code, "kind": self.source.entries.kind, "title": self.source.title,
            "columns": self._columns(), "rows": 0, "cursor": "", "run": 0,
        }  # fmt: skip
        try:
            async with self.database.transaction() as connection:
                await connection.execute(insert(source).values(values))
        except StoreError as error:
            if not isinstance(error.__cause__, IntegrityError):
                raise
            return await self.state()  # another process was faster
        return State()

    def _columns(self) -> str:
        return json.dumps(self.source.columns, ensure_ascii=False)

    async def begin(self, state: State, pending: Mapping[str, Any] | None) -> State:
        """Note what is about to happen, and that it is this process that does it."""
        async with self.database.transaction() as connection:
            await self._claim(connection, state, pending)
        return attrs.evolve(state, run=state.run + 1, pending=pending)

    async def put(self, state: State, rows: Sequence[Row], pending: Mapping[str, Any]) -> State:
        """Enter some rows (a page) and note what comes next, in one transaction."""
        async with self.database.transaction() as connection:
            await self._claim(connection, state, pending)
            await self._write(connection, rows, state.run + 1)
        return attrs.evolve(state, run=state.run + 1, pending=pending)

    async def load(self, state: State, batches: Iterator[Sequence[Row]], *, full: bool, cursor: str) -> State:
        """Enter a whole file, or nothing of it. ``full``: what is not in it is gone.

        ``batches`` is read in a thread, so that calls of the loop go on. Raises what it raises, and ``StoreError``.
        """
        run, versions = state.run + 1, {cursor}
        async with self.database.transaction() as connection:
            await self._claim(connection, state, state.pending)
            while (rows := await asyncio.to_thread(next, batches, None)) is not None:
                await self._write(connection, rows, run)
                versions = {newest([*versions, *{row["version"] for row in rows}])}
            return await self._end(
                connection, attrs.evolve(state, run=run), run if full else 0, newest([*versions])
            )

    async def end(self, state: State, *, keep_from: int, cursor: str, filters: str = "") -> State:
        """The last page is in. ``keep_from``: rows of earlier runs are gone (0: none is). ``filters``: what it was narrowed by."""
        async with self.database.transaction() as connection:
            await self._claim(connection, state, state.pending)
            return await self._end(
                connection, attrs.evolve(state, run=state.run + 1), keep_from, cursor, filters
            )

    async def _claim(
        self, connection: AsyncConnection, state: State, pending: Mapping[str, Any] | None
    ) -> None:
        """First in each transaction: takes the lock, and sees whether somebody else synchronises the same."""
        changed = await connection.execute(
            update(source).where(*self._mine, source.c.run == state.run).values(
                run=state.run + 1, pending=None if pending is None else json.dumps(pending, ensure_ascii=False)
            )
        )  # fmt: skip
        if changed.rowcount != 1:
            raise StoreError(
                f"{self.source.code} {self.source.title}正由另一进程同步",
                f"{self.source.code} is being synchronised by another process",
                hint_zh="等其结束后再运行；已完成的部分不会重做", hint_en="run it again when that one has ended; what is done stays done",
            )  # fmt: skip

    async def _write(self, connection: AsyncConnection, rows: Sequence[Row], run: int) -> None:
        if not rows:
            return
        whose = {"scope": self.scope, "source": self.source.code}
        entries = [{**whose, **{name: row[name] for name in _ENTRY}, "run": run} for row in rows]
        cells = [{**whose, "record": row["record"], "cells": _encode(row["cells"]).decode()} for row in rows]
        await connection.execute(upsert(connection, entry), entries)
        await connection.execute(upsert(connection, content), cells)

    async def _end(
        self, connection: AsyncConnection, state: State, keep_from: int, cursor: str, filters: str = ""
    ) -> State:
        ours = (entry.c.scope == self.scope, entry.c.source == self.source.code)
        if keep_from:
            await connection.execute(delete(entry).where(*ours, entry.c.run < keep_from))
            left = select(entry.c.record).where(*ours)
            await connection.execute(
                delete(content).where(
                    content.c.scope == self.scope,
                    content.c.source == self.source.code,
                    content.c.record.not_in(left),
                )
            )
        rows = int(
            (await connection.execute(select(func.count()).select_from(entry).where(*ours))).scalar_one()
        )
        await connection.execute(
            update(source).where(*self._mine).values(
                rows=rows, cursor=cursor, pending=None, synced_at=now(), columns=self._columns(), title=self.source.title,
                kind=self.source.entries.kind, filters=filters or None,
            )
        )  # fmt: skip
        return State(cursor, rows, state.run, filters=filters)


def upsert(connection: AsyncConnection, table: Any) -> Any:
    """An insert that replaces the row of the same key."""
    keys = [column.name for column in table.primary_key]
    others = [column.name for column in table.columns if column.name not in keys]
    dialect = connection.dialect.name
    if dialect in ("mysql", "mariadb"):
        made = mysql.insert(table)
        return made.on_duplicate_key_update({name: made.inserted[name] for name in others})
    statement = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return statement.on_conflict_do_update(
        index_elements=keys, set_={name: statement.excluded[name] for name in others}
    )
