"""Counts, durations and amounts per day, interface and institution. The log's part reads nothing but one index."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import attrs
from sqlalchemy import Integer, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mi_plugins.stores.business_tables import BUSINESS
from mi_plugins.stores.durations import class_limit
from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.engine import connected
from mi_plugins.stores.sql.queries import AMOUNTS
from mi_plugins.stores.tables import operation_log as log

__all__ = ["KEYS", "Statistic", "statistics"]

KEYS = {"day": "operation_day", "interface": "api_code", "institution": "institution_code"}
"""What can be counted by -> its column."""

_ORDER = ("day", "institution", "interface")


@attrs.define
class Statistic:
    """One group. Durations in milliseconds; ``p95`` is exact to 5 %. Amounts are of completed settlements."""

    key: dict[str, str]
    count: int = 0
    success: int = 0
    failed: int = 0
    """Refused by gateway or bureau."""
    in_doubt: int = 0
    not_sent: int = 0
    pending: int = 0
    average_ms: float | None = None
    p95_ms: int | None = None
    amounts: dict[str, Decimal] = attrs.field(factory=dict)
    _total_ms: int = 0
    _classes: Counter[int] = attrs.field(factory=Counter)

    def add(self, status: str, number: int, duration: int | None, total_ms: int | None) -> None:
        """Count rows of one status and class of duration."""
        self.count += number
        if status in ("success", "failed", "in_doubt", "not_sent", "pending"):
            setattr(self, status, getattr(self, status) + number)
        if duration is not None:
            self._classes[duration] += number
            self._total_ms += int(total_ms or 0)

    def close(self) -> None:
        """Work out average and percentile."""
        ended, passed = self._classes.total(), 0
        if not ended:
            return
        self.average_ms = round(self._total_ms / ended, 1)
        for duration in sorted(self._classes):
            passed += self._classes[duration]
            if passed * 100 >= ended * 95:
                self.p95_ms = class_limit(duration)
                return


async def statistics(
    address: Address, *, by: Sequence[str] = ("day",), since: dt.date | None = None, until: dt.date | None = None,
    interfaces: Iterable[str] = (), institutions: Iterable[str] = (),
) -> list[Statistic]:  # fmt: skip
    """Groups in order of their keys; ``until`` is the last day counted. Raises ``StoreError``."""
    keys = [key for key in _ORDER if key in by]
    limits = {
        "since": since,
        "until": until,
        "interfaces": tuple(interfaces),
        "institutions": tuple(institutions),
    }
    groups: dict[tuple[str, ...], Statistic] = {}

    def group(values: tuple[str, ...]) -> Statistic:
        found = groups.get(values)
        if found is None:
            found = groups[values] = Statistic(dict(zip(keys, values, strict=True)))
        return found

    async with connected(address) as connection:
        for *values, status, duration, number, total_ms in await _counted(
            connection, [KEYS[key] for key in keys], limits
        ):
            group(tuple(values)).add(status, int(number), duration, total_ms)
        for row in await _amounts(connection, [KEYS[key] for key in keys], limits):
            found = group(tuple(getattr(row, KEYS[key]) for key in keys))
            found.amounts = {name: _decimal(getattr(row, name)) for name in AMOUNTS}
    for statistic in groups.values():
        statistic.close()
    return [groups[values] for values in sorted(groups)]


async def _counted(connection: AsyncConnection, names: list[str], limits: dict[str, Any]) -> Sequence[Any]:
    """Grouped in the index's own order first, which needs no sorting; what is left is few rows."""
    columns = [
        log.c[name] for name in ("operation_day", "institution_code", "api_code", "status", "duration_class")
    ]
    query = select(*columns, func.count().label("number"), func.sum(log.c.duration_ms).label("total_ms"))
    fine = _limited(query, log, limits).group_by(*columns).subquery("fine")
    kept = [fine.c[name] for name in (*names, "status", "duration_class")]
    coarse = select(*kept, func.sum(fine.c.number), func.sum(fine.c.total_ms)).group_by(*kept)
    return (await connection.execute(coarse)).all()


async def _amounts(connection: AsyncConnection, names: list[str], limits: dict[str, Any]) -> Sequence[Any]:
    table = BUSINESS["settlement_business"]
    columns = [table.c[name] for name in names]

    def total(name: str) -> Any:
        if connection.dialect.name == "sqlite":
            return func.sum(cast(func.replace(table.c[name], ".", ""), Integer)).label(name)
        return func.sum(table.c[name] * 100).label(name)

    query = select(*columns, *(total(name) for name in AMOUNTS))
    query = query.where(table.c.settlement_subtype == "settlement", table.c.settlement_status == "completed")
    query = _limited(query, table, limits)
    rows = (await connection.execute(query.group_by(*columns) if columns else query)).all()
    return [row for row in rows if any(getattr(row, name) is not None for name in AMOUNTS)]


def _limited(query: Any, table: Any, limits: dict[str, Any]) -> Any:
    if limits["since"] is not None:
        query = query.where(table.c.operation_day >= limits["since"].isoformat())
    if limits["until"] is not None:
        query = query.where(table.c.operation_day <= limits["until"].isoformat())
    if limits["interfaces"]:
        query = query.where(table.c.api_code.in_(limits["interfaces"]))
    if limits["institutions"]:
        query = query.where(table.c.institution_code.in_(limits["institutions"]))
    return query


def _decimal(cents: Any) -> Decimal:
    return (Decimal(str(cents or 0)) / 100).quantize(Decimal("0.01"))
