"""Making the business tables anew from the log, group by group, while the log is in use."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from mi_plugins.stores.business_tables import BUSINESS
from mi_plugins.stores.projector import project
from mi_plugins.stores.sealing import Sealer
from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.apply import replace_projections
from mi_plugins.stores.sql.engine import connected
from mi_plugins.stores.tables import operation_log as log

__all__ = ["rebuild"]

_GROUP = 300
_COLUMNS = (
    log.c.id, log.c.operation_id, log.c.operation_time, log.c.status, log.c.complete_time, log.c.api_code,
    log.c.institution_code, log.c.request_data, log.c.response_data,
)  # fmt: skip


async def rebuild(address: Address, sealer: Sealer) -> dict[str, int]:
    """Replace the business row of every log row that has ended; returns the number of rows by table.

    A group of rows is replaced in one transaction, so that readers never find a gap. Business rows whose log row was
    dropped with its month are kept as they are. Raises ``StoreError``, also when a body cannot be decrypted.
    """
    counts = dict.fromkeys(BUSINESS, 0)
    after: tuple[Any, int] | None = None
    async with connected(address) as connection:
        while True:
            query = select(*_COLUMNS).order_by(log.c.operation_time, log.c.id).limit(_GROUP)
            if after is not None:
                query = query.where(tuple_(log.c.operation_time, log.c.id) > after)
            if connection.dialect.name in ("mysql", "postgresql"):
                query = query.with_for_update()
            found = [dict(row) for row in (await connection.execute(query)).mappings()]
            if not found:
                await connection.commit()
                return counts
            after = (found[-1]["operation_time"], found[-1]["id"])
            await _replace(connection, found, sealer, counts)
            await connection.commit()


async def _replace(
    connection: AsyncConnection, found: list[dict[str, Any]], sealer: Sealer, counts: dict[str, int]
) -> None:
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        operation = row["operation_id"]
        request = sealer.unseal(bytes(row["request_data"]), f"{operation}/request")
        blob = row["response_data"]
        response = None if blob is None else sealer.unseal(bytes(blob), f"{operation}/response")
        made = project(row, request, response, sealer)
        if made is not None:
            rows.setdefault(made[0], []).append(made[1])
            counts[made[0]] += 1
    await replace_projections(
        connection, rows, {name: [row["operation_id"] for row in found] for name in BUSINESS}
    )
