"""Finding operations: by interface, category, person, visit, time, status and trace."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any

import attrs
from sqlalchemy import ColumnElement, select, tuple_

from mi_core.plugin import OperationRecord
from mi_plugins.stores.business_tables import BUSINESS
from mi_plugins.stores.sealing import Sealer
from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.engine import connected
from mi_plugins.stores.sql.rows import IDENTIFIERS, record
from mi_plugins.stores.tables import operation_log as log

__all__ = ["AMOUNTS", "LISTED", "Wanted", "find", "pages", "read"]

LISTED = (
    "operation_time", "api_code", "api_name", "business_category", "institution_code", "status", "outcome", "error_code",
    "duration_ms", "operator_id", "operator_name", "msgid", "trace_id", "operation_id",
)  # fmt: skip
"""Columns of a list: nothing personal."""

AMOUNTS = ("medfee_sumamt", "fund_pay_sumamt", "psn_part_amt")
"""Of the settlement that belongs to an operation."""

_PAGE = 500


@attrs.frozen
class Wanted:
    """What is looked for; everything given must hold. Times are naive, UTC+8; ``until`` is not included."""

    interfaces: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    psn_no: str | None = None
    certno: str | None = None
    mdtrt_id: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    trace_id: str | None = None
    msgid: str | None = None

    @property
    def needs_key(self) -> bool:
        """Persons and visits are found by keyed hash only."""
        return any(getattr(self, name) is not None for name in IDENTIFIERS)

    def conditions(self, sealer: Sealer | None) -> list[ColumnElement[bool]]:
        """As conditions on the log; ``sealer`` may be ``None`` when no key is needed."""
        lists = {"api_code": self.interfaces, "business_category": self.categories, "institution_code": self.institutions,
                 "status": self.statuses}  # fmt: skip
        out: list[ColumnElement[bool]] = [log.c[name].in_(values) for name, values in lists.items() if values]
        for name in IDENTIFIERS:
            value = getattr(self, name)
            if value is not None:
                assert sealer is not None
                out.append(log.c[f"{name}_hash"] == sealer.fingerprint(name, value))
        for name in ("trace_id", "msgid"):
            value = getattr(self, name)
            if value is not None:
                out.append(log.c[name] == value)
        if self.since is not None:
            out.append(log.c.operation_time >= self.since)
        if self.until is not None:
            out.append(log.c.operation_time < self.until)
        return out


async def find(address: Address, wanted: Wanted, sealer: Sealer | None, limit: int) -> list[dict[str, Any]]:
    """The newest matching rows, newest first, with the columns of :data:`LISTED`. Raises ``StoreError``."""
    rows: list[dict[str, Any]] = []
    async for page in pages(address, wanted, sealer, limit=limit):
        rows += page
    return rows


async def pages(
    address: Address,
    wanted: Wanted,
    sealer: Sealer | None,
    *,
    limit: int | None = None,
    amounts: bool = False,
) -> AsyncIterator[list[dict[str, Any]]]:
    """Matching rows, newest first, some hundred at a time, so that any number can be exported."""
    conditions, after, left = wanted.conditions(sealer), None, limit
    async with connected(address) as connection:
        while left is None or left > 0:
            size = _PAGE if left is None else min(_PAGE, left)
            query = select(log.c.id, *(log.c[name] for name in LISTED)).where(*conditions)
            if after is not None:
                query = query.where(tuple_(log.c.operation_time, log.c.id) < after)
            query = query.order_by(log.c.operation_time.desc(), log.c.id.desc()).limit(size)
            rows = [dict(row) for row in (await connection.execute(query)).mappings()]
            if amounts and rows:
                table = BUSINESS["settlement_business"]
                columns = (table.c.settlement_id, *(table.c[name] for name in AMOUNTS))
                of = select(*columns).where(table.c.settlement_id.in_([row["operation_id"] for row in rows]))
                found = {row["settlement_id"]: row for row in (await connection.execute(of)).mappings()}
                for row in rows:
                    money: Mapping[Any, Any] = found.get(row["operation_id"], {})
                    row.update({name: _decimal(money.get(name)) for name in AMOUNTS})
            if rows:
                after = (rows[-1]["operation_time"], rows[-1]["id"])
                yield rows
            if len(rows) < size:
                return
            left = None if left is None else left - len(rows)


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


async def read(address: Address, operation_id: str, sealer: Sealer) -> OperationRecord | None:
    """One operation with its bodies, decrypted; by operation id, trace id or message id."""
    async with connected(address) as connection:
        for name in ("operation_id", "msgid", "trace_id"):
            query = (
                select(log).where(log.c[name] == operation_id).order_by(log.c.operation_time.desc()).limit(1)
            )
            row = (await connection.execute(query)).mappings().first()
            if row is not None:
                return record(dict(row), sealer)
    return None
