"""The statistics by day on any database: adding to them with the rows that end, and counting a day anew."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any

from sqlalchemy import Insert, Integer, and_, cast, func, insert, select, text
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from mi_plugins.stores.business_tables import BUSINESS
from mi_plugins.stores.days import AMOUNTS, NUMBERS, Changes
from mi_plugins.stores.tables import operation_log as log
from mi_plugins.stores.tables import operation_log_days as days

__all__ = ["add_to_days", "count_day", "days_there"]


async def add_to_days(connection: AsyncConnection, changes: Changes) -> None:
    """Add to the statistics, last in a transaction: others wait for these rows until it is committed."""
    keys = changes.day_keys()
    if not keys:
        return
    query = select(days).where(days.c.day_key.in_(keys)).order_by(days.c.day_key).with_for_update()
    old = {row["day_key"]: dict(row) for row in (await connection.execute(query)).mappings()}
    if len(old) < len(keys):
        empty = [{**row, **dict.fromkeys(NUMBERS, 0), "durations": b""} for row in changes.rows({})]
        await connection.execute(
            _unless_there(connection.dialect.name), [r for r in empty if r["day_key"] not in old]
        )
        old = {row["day_key"]: dict(row) for row in (await connection.execute(query)).mappings()}
    await connection.execute(_replacing(connection.dialect.name), changes.rows(old))


async def days_there(connection: AsyncConnection) -> list[str]:
    """The days that the log has rows of, as yyyy-MM-dd."""
    first = (await connection.execute(select(func.min(log.c.operation_time)))).scalar()
    last = (await connection.execute(select(func.max(log.c.operation_time)))).scalar()
    if first is None or last is None:
        return []
    return [
        (first + dt.timedelta(days=i)).date().isoformat()
        for i in range((last.date() - first.date()).days + 1)
    ]


async def count_day(connection: AsyncConnection, day: str) -> None:
    """Make the statistics of one day anew from the log and its settlements, in the open transaction.

    Writers of that day wait meanwhile, so that none is counted twice or forgotten; on MySQL the transaction must be
    ``REPEATABLE READ``, which locks the rows that are not there yet as well.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(text(f"LOCK TABLE {days.name} IN EXCLUSIVE MODE"))
    following = (dt.date.fromisoformat(day) + dt.timedelta(days=1)).isoformat()
    mine = and_(days.c.day_key >= day, days.c.day_key < following)
    await connection.execute(select(days.c.day_key).where(mine).with_for_update())
    changes = Changes()
    counted = await connection.execute(_counted(day, connection.dialect.name))
    for *place, duration, number, total_ms, settlements, medfee, fund, person in counted:
        numbers = [int(n or 0) for n in (number, total_ms, settlements, medfee, fund, person)]
        changes.add(tuple(place), int(duration), numbers)
    await connection.execute(days.delete().where(mine))
    rows = changes.rows({})
    if rows:
        await connection.execute(insert(days), rows)


def _counted(day: str, dialect: str) -> Any:
    money = BUSINESS["settlement_business"]

    def fen(name: str) -> Any:
        return func.sum(
            cast(func.replace(money.c[name], ".", ""), Integer)
            if dialect == "sqlite"
            else money.c[name] * 100
        )

    place = [
        log.c[name] for name in ("operation_day", "institution_code", "api_code", "status", "duration_class")
    ]
    settled = and_(
        money.c.id == log.c.id,
        money.c.settlement_subtype == "settlement",
        money.c.settlement_status == "completed",
    )
    begin = dt.datetime.fromisoformat(day)
    return (
        select(
            *place,
            func.count(),
            func.sum(log.c.duration_ms),
            func.count(money.c.id),
            *(fen(n) for n in AMOUNTS),
        )
        .select_from(log.outerjoin(money, settled))
        .where(log.c.operation_time >= begin, log.c.operation_time < begin + dt.timedelta(days=1))
        .where(log.c.status != "pending", log.c.duration_class.is_not(None))
        .group_by(*place)
    )


@lru_cache(maxsize=4)
def _unless_there(dialect: str) -> Insert:
    if dialect == "mysql":
        new = mysql.insert(days)
        return new.on_duplicate_key_update(number=days.c.number)
    if dialect == "postgresql":
        return postgresql.insert(days).on_conflict_do_nothing()
    return sqlite.insert(days).on_conflict_do_nothing()


@lru_cache(maxsize=4)
def _replacing(dialect: str) -> Insert:
    names = [*NUMBERS, "durations"]
    if dialect == "mysql":
        changed = mysql.insert(days)
        return changed.on_duplicate_key_update({name: changed.inserted[name] for name in names})
    other = postgresql.insert(days) if dialect == "postgresql" else sqlite.insert(days)
    return other.on_conflict_do_update(
        index_elements=[days.c.day_key], set_={n: other.excluded[n] for n in names}
    )
