"""Counts, durations and amounts per day, interface and institution, read from what is kept by day.

The rows of ``operation_log_days`` are written in the transactions that complete the log's rows, so that the figures are
those of the log at any moment; those of months that were dropped stay. Operations under way are counted in the log.
"""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Any

import attrs
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mi_plugins.stores.days import AMOUNTS, NUMBERS, classes_of
from mi_plugins.stores.durations import class_limit
from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.engine import connected
from mi_plugins.stores.tables import operation_log as log
from mi_plugins.stores.tables import operation_log_days as days

__all__ = ["KEYS", "Statistic", "statistics"]

KEYS = {"day": "operation_day", "interface": "api_code", "institution": "institution_code"}
"""What can be counted by -> its column."""

_ORDER = ("day", "institution", "interface")


@attrs.define
class Statistic:
    """One group. Durations are milliseconds of operations that ended; amounts are of completed settlements.

    ``p95_ms`` is the upper limit of the class of 5 % in which the 95th percentile lies (nearest rank): never below the
    true value, at most 5 % and one millisecond above it, also over any number of groups put together.
    """

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
    _classes: list[array[int]] = attrs.field(factory=list, repr=False)

    def add(self, status: str, number: int, total_ms: int, classes: array[int]) -> None:
        """Count operations that ended with one status; ``classes``: how many of each class of duration."""
        self.count += number
        if status in ("success", "failed", "in_doubt", "not_sent"):
            setattr(self, status, getattr(self, status) + number)
        self._total_ms += total_ms
        self._classes.append(classes)

    def add_amounts(self, fen: Sequence[int]) -> None:
        """Add amounts in fen."""
        for name, value in zip(AMOUNTS, fen, strict=True):
            self.amounts[name] = self.amounts.get(name, Decimal("0.00")) + Decimal(int(value)).scaleb(-2)

    def add_pending(self, number: int) -> None:
        """Count operations under way."""
        self.count += number
        self.pending += number

    def close(self) -> None:
        """Work out average and percentile."""
        classes = list(map(sum, zip_longest(*self._classes, fillvalue=0)))
        self._classes.clear()
        ended, passed = sum(classes), 0
        if not ended:
            return
        self.average_ms = round(self._total_ms / ended, 1)
        for duration, number in enumerate(classes):
            passed += number
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

    names = [KEYS[key] for key in keys]
    async with connected(address) as connection:
        columns = [days.c[name] for name in (*names, "status", "durations", *NUMBERS)]
        for row in (await connection.execute(_limited(select(*columns), days, limits))).all():
            values, (status, durations, number, total_ms, settlements, *fen) = (
                row[: len(keys)],
                row[len(keys) :],
            )
            found = group(tuple(values))
            found.add(status, int(number), int(total_ms), classes_of(bytes(durations)))
            if settlements:
                found.add_amounts(fen)
        for *values, number in await _pending(connection, names, limits):
            group(tuple(values)).add_pending(int(number))
    for statistic in groups.values():
        statistic.close()
    return [groups[values] for values in sorted(groups) if groups[values].count]


async def _pending(connection: AsyncConnection, names: list[str], limits: dict[str, Any]) -> Sequence[Any]:
    columns = [log.c[name] for name in names]
    query = _limited(select(*columns, func.count()).where(log.c.status == "pending"), log, limits)
    return (await connection.execute(query.group_by(*columns))).all()


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
