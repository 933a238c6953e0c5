"""Making the business tables and the statistics anew from the log, group by group, while the log is in use.

Rows that the first revision wrote have no sealed identifiers of their own; they get them here, from their bodies.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import bindparam, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from mi_plugins.stores.business_tables import BUSINESS
from mi_plugins.stores.projector import project
from mi_plugins.stores.sealing import Sealer
from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.apply import replace_projections
from mi_plugins.stores.sql.counting import count_day, days_there
from mi_plugins.stores.sql.engine import connected
from mi_plugins.stores.sql.rows import IDENTIFIERS
from mi_plugins.stores.tables import operation_log as log

__all__ = ["RESTORED", "rebuild"]

RESTORED = "identifiers_restored"
"""In the counts: log rows that got their sealed identifiers."""

_GROUP = 300
_COLUMNS = (
    log.c.id, log.c.operation_id, log.c.operation_time, log.c.status, log.c.complete_time, log.c.api_code,
    log.c.institution_code, log.c.request_data, log.c.response_data, *(log.c[name] for name in IDENTIFIERS),
    *(log.c[f"{name}_hash"] for name in IDENTIFIERS),
)  # fmt: skip
_WIRE = {"psn_no": ("psn_no", "psnNo"), "certno": ("certno", "certNo"), "mdtrt_id": ("mdtrt_id", "mdtrtId")}
_RESTORE = (
    update(log)
    .where(log.c.id == bindparam("row_id"), log.c.operation_time == bindparam("row_time"))
    .values({name: bindparam(f"new_{name}", type_=log.c[name].type) for name in IDENTIFIERS})
)


async def rebuild(address: Address, sealer: Sealer) -> dict[str, int]:
    """Replace the business row of every log row that has ended; returns the number of rows by table, and :data:`RESTORED`.

    A group of rows is replaced in one transaction, so that readers never find a gap. Business rows whose log row was
    dropped with its month are kept as they are, and so are its days' statistics. Raises ``StoreError``, also when a body
    cannot be decrypted.
    """
    counts = dict.fromkeys((*BUSINESS, RESTORED), 0)
    after: tuple[Any, int] | None = None
    async with connected(address) as connection:
        if connection.dialect.name == "mysql":
            await connection.execution_options(isolation_level="REPEATABLE READ")
        while True:
            await _writing(connection)
            query = select(*_COLUMNS).order_by(log.c.operation_time, log.c.id).limit(_GROUP)
            if after is not None:
                query = query.where(tuple_(log.c.operation_time, log.c.id) > after)
            if connection.dialect.name in ("mysql", "postgresql"):
                query = query.with_for_update()
            found = [dict(row) for row in (await connection.execute(query)).mappings()]
            if not found:
                await connection.commit()
                break
            after = (found[-1]["operation_time"], found[-1]["id"])
            await _replace(connection, found, sealer, counts)
            await connection.commit()
        for day in await days_there(connection):
            await connection.commit()
            await _writing(connection)
            await count_day(connection, day)
            await connection.commit()
    return counts


async def _writing(connection: AsyncConnection) -> None:
    """On SQLite: keep other writers out from here to the commit, so that what is read is still so when it is replaced."""
    if connection.dialect.name == "sqlite":
        await connection.execute(text("DELETE FROM operation_log_days WHERE day_key = ''"))


async def _replace(
    connection: AsyncConnection, found: list[dict[str, Any]], sealer: Sealer, counts: dict[str, int]
) -> None:
    rows: dict[str, list[dict[str, Any]]] = {}
    restored = []
    for row in found:
        operation = row["operation_id"]
        request = sealer.unseal(bytes(row["request_data"]), f"{operation}/request")
        blob = row["response_data"]
        response = None if blob is None else sealer.unseal(bytes(blob), f"{operation}/response")
        made = project(row, request, response, sealer)
        if made is not None:
            rows.setdefault(made[0], []).append(made[1])
            counts[made[0]] += 1
        if any(row[name] is None and row[f"{name}_hash"] is not None for name in IDENTIFIERS):
            values = {f"new_{name}": _sealed(name, row, request, sealer) for name in IDENTIFIERS}
            if any(values[f"new_{name}"] is not None and row[name] is None for name in IDENTIFIERS):
                restored.append({"row_id": row["id"], "row_time": row["operation_time"], **values})
    if restored:
        await connection.execute(_RESTORE, restored)
        counts[RESTORED] += len(restored)
    await replace_projections(
        connection, rows, {name: [row["operation_id"] for row in found] for name in BUSINESS}
    )


def _sealed(name: str, row: dict[str, Any], request: bytes, sealer: Sealer) -> bytes | None:
    """The identifier of a row: as it is, or the value in its body whose keyed hash the row has."""
    if row[name] is not None or row[f"{name}_hash"] is None:
        kept: bytes | None = row[name]
        return kept
    try:
        body = msgspec.json.decode(request)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    for value in _values(body, _WIRE[name]):
        if sealer.fingerprint(name, value) == row[f"{name}_hash"]:
            return sealer.seal(value.encode(), f"{row['operation_id']}/{name}")
    return None


def _values(node: Any, names: tuple[str, ...]) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _values(item, names)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in names and isinstance(value, str):
                yield value
            else:
                yield from _values(value, names)
