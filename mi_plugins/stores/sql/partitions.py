"""The months of a log on a server: making the next ones, dropping those that are older than what must be kept.

The statistics by day hold nothing personal and outlive the months that are dropped.
"""

from __future__ import annotations

import datetime as dt
import re

import attrs
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncConnection

from mi_core.errors import ConfigError
from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.engine import connected
from mi_plugins.stores.sql.rows import now
from mi_plugins.stores.tables import operation_log as log
from mi_plugins.stores.tables import operation_log_ids as ids

__all__ = ["FLOOR_MONTHS", "Maintained", "maintain", "months_there"]

FLOOR_MONTHS = 24
"""No month younger than this is ever dropped, whatever is asked for."""

_NAME = re.compile(r"p(\d{6})$")
_TABLE = "business_operation_logs"


@attrs.frozen
class Maintained:
    """What was done, by month (``202611``); ``rows``: rows deleted from a log without partitions."""

    made: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    rows: int = 0


async def maintain(
    address: Address, *, ahead: int = 3, keep: int | None = None, today: dt.date | None = None
) -> Maintained:
    """Make the months up to ``ahead`` from now; with ``keep``, drop those more than ``keep`` months old.

    Raises ``ConfigError`` when ``keep`` is below :data:`FLOOR_MONTHS`, ``StoreError`` when the database refuses.
    """
    if keep is not None and keep < FLOOR_MONTHS:
        raise ConfigError(
            f"保留月数 {keep} 低于下限 {FLOOR_MONTHS}", f"keeping {keep} months is below the floor of {FLOOR_MONTHS}",
            hint_zh=f"操作日志至少保留 {FLOOR_MONTHS} 个月", hint_en=f"the log keeps at least {FLOOR_MONTHS} months",
        )  # fmt: skip
    this = (today or now().date()).replace(day=1)
    limit = None if keep is None else shifted(this, -keep)
    async with connected(address) as connection:
        if not address.server:
            return await _shorten(connection, limit)
        there = await months_there(connection)
        wanted = [shifted(this, i) for i in range(ahead + 1)]
        made = [month for month in wanted if f"{month:%Y%m}" not in there]
        for month in made:
            await _make(connection, month)
        dropped = [m for m in sorted(there) if limit is not None and f"{limit:%Y%m}" > m]
        for name in dropped:
            await _drop(connection, name)
        if limit is not None and dropped:
            await connection.execute(
                delete(ids).where(ids.c.operation_time < dt.datetime.combine(limit, dt.time()))
            )
            await connection.commit()
        return Maintained(tuple(f"{m:%Y%m}" for m in made), tuple(dropped))


async def months_there(connection: AsyncConnection) -> set[str]:
    """The months that have a partition of their own."""
    if connection.dialect.name == "postgresql":
        query = f"SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = '{_TABLE}'::regclass"  # noqa: S608  # a constant
    else:
        query = (
            "SELECT partition_name FROM information_schema.partitions "  # noqa: S608  # a constant
            f"WHERE table_schema = database() AND table_name = '{_TABLE}'"
        )
    names = (await connection.execute(text(query))).scalars()
    return {found[1] for name in names if (found := _NAME.search(str(name)))}


async def _make(connection: AsyncConnection, month: dt.date) -> None:
    """A partition for the month, with the rows of that month that lie in the catch-all."""
    following = shifted(month, 1)
    if connection.dialect.name != "postgresql":
        await connection.execute(text(
            f"ALTER TABLE {_TABLE} REORGANIZE PARTITION pmax INTO (PARTITION p{month:%Y%m} VALUES LESS THAN ('{following}'), "
            "PARTITION pmax VALUES LESS THAN (MAXVALUE))"
        ))  # fmt: skip
        return
    name = f"{_TABLE}_p{month:%Y%m}"
    within = f"operation_time >= '{month}' AND operation_time < '{following}'"
    for statement in (
        f"CREATE TABLE {name} (LIKE {_TABLE} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
        f"WITH moved AS (DELETE FROM {_TABLE}_default WHERE {within} RETURNING *) INSERT INTO {name} SELECT * FROM moved",  # noqa: S608  # dates
        f"ALTER TABLE {_TABLE} ATTACH PARTITION {name} FOR VALUES FROM ('{month}') TO ('{following}')",
    ):
        await connection.execute(text(statement))
    await connection.commit()


async def _drop(connection: AsyncConnection, name: str) -> None:
    if connection.dialect.name == "postgresql":
        await connection.execute(text(f"DROP TABLE {_TABLE}_p{name}"))
        await connection.commit()
    else:
        await connection.execute(text(f"ALTER TABLE {_TABLE} DROP PARTITION p{name}"))


async def _shorten(connection: AsyncConnection, limit: dt.date | None) -> Maintained:
    """SQLite has no partitions: expired rows are deleted."""
    if limit is None:
        return Maintained()
    result = await connection.execute(
        delete(log).where(log.c.operation_time < dt.datetime.combine(limit, dt.time()))
    )
    await connection.commit()
    return Maintained(rows=result.rowcount)


def shifted(month: dt.date, by: int) -> dt.date:
    """The first day of the month ``by`` months later."""
    number = month.year * 12 + month.month - 1 + by
    return dt.date(number // 12, number % 12 + 1, 1)
