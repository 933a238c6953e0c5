"""From nothing and from the first revision, on every database; nothing written is lost."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from mi_plugins.stores import migrate
from mi_plugins.stores.business_tables import BUSINESS
from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.engine import connected
from mi_plugins.stores.sql.schema import status, upgrade
from mi_plugins.stores.tables import metadata


async def test_from_nothing(any_url: str) -> None:
    address = Address.read(any_url)
    assert await status(address) is None
    assert await upgrade(address) == (None, migrate.HEAD)
    assert await upgrade(address) == (migrate.HEAD, migrate.HEAD) and await status(address) == migrate.HEAD
    async with connected(address) as connection:
        found = await connection.run_sync(
            lambda c: compare_metadata(
                MigrationContext.configure(c, opts={"include_name": _ours, "compare_type": address.server}),
                metadata,
            )
        )
        tables = await connection.run_sync(lambda c: set(inspect(c).get_table_names()))
    assert tables >= {"business_operation_logs", *BUSINESS} and len(BUSINESS) == 6
    assert [d for d in found if not _differs_by_design(d, address)] == []


def _ours(name: str | None, kind: str, parents: Any) -> bool:
    """The months of the log are no tables of their own."""
    return kind != "table" or not (name or "").startswith("business_operation_logs_")


def _differs_by_design(difference: Any, address: Address) -> bool:
    """Unique ids live in ``operation_log_ids`` on the servers, and there is no such table on SQLite."""
    kind, thing = (difference[0], difference[1]) if isinstance(difference, tuple) else (None, None)
    if not address.server:
        return getattr(thing, "name", "") == "operation_log_ids" or (
            kind == "add_index" and thing.table.name == "operation_log_ids"
        )
    names = {
        "ix_operation_log_msgid",
        "ix_operation_log_id",
        "ix_operation_log_operation",
        "ix_operation_log_time",
    }
    return kind in ("add_index", "remove_index", "add_constraint") and (
        thing.name in names or (thing.table.name == "business_operation_logs" and thing.name is None)
    )


async def _insert(
    connection: AsyncConnection, number: int, at: dt.datetime, ended: dt.datetime | None
) -> None:
    values: dict[str, Any] = {
        "operation_id": f"op{number}", "msgid": f"m{number}", "api_code": "2207", "api_name": "门诊结算", "effect": "money",
        "business_category": "结算业务", "business_type": "outpatient", "institution_code": "H1", "psn_no_hash": "h",
        "request_data": bytes(range(256)), "status": "success" if ended else "pending", "operation_time": at,
        "complete_time": ended, "operator_id": "1", "operator_name": "收费员", "created_at": at, "updated_at": at,
    }  # fmt: skip
    names = ", ".join(values)
    marks = ", ".join(f":{n}" for n in values)
    values = (
        values
        if connection.dialect.name != "sqlite"
        else values | {k: str(v) for k, v in values.items() if isinstance(v, dt.datetime)}
    )
    await connection.execute(text(f"INSERT INTO business_operation_logs ({names}) VALUES ({marks})"), values)


def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "mi.db"
    migrate.upgrade(path)
    assert path.stat().st_mode & 0o777 == 0o600


async def test_rows_of_the_first_revision_are_kept(any_url: str) -> None:
    address = Address.read(any_url)
    if address.server:
        await upgrade(address, "0001")
    else:
        async with connected(address) as connection:
            await connection.run_sync(migrate.run, "0001")
            await connection.commit()
    begun = dt.datetime(2026, 1, 31, 23, 59, 59)
    async with connected(address) as connection:
        for number in range(1, 1203):
            await _insert(
                connection, number, begun, begun + dt.timedelta(milliseconds=1500) if number % 2 else None
            )
        await connection.commit()
    assert await upgrade(address) == ("0001", migrate.HEAD)
    async with connected(address) as connection:
        rows = (
            (await connection.execute(text("SELECT * FROM business_operation_logs ORDER BY id")))
            .mappings()
            .all()
        )
    assert [r["operation_id"] for r in rows] == [f"op{n}" for n in range(1, 1203)]
    assert rows[0]["request_data"] == bytes(range(256)) and rows[0]["operator_name"] == "收费员"
    assert {r["operation_day"] for r in rows} == {"2026-01-31"}
    assert rows[1]["duration_ms"] is None
    assert rows[0]["duration_ms"] in (1000, 1500, 2000), "MySQL's first revision kept whole seconds"
    async with connected(address) as connection:
        await _insert(connection, 5000, begun, None)
        await connection.commit()
        last = (await connection.execute(text("SELECT max(id) FROM business_operation_logs"))).scalar_one()
    assert last > rows[-1]["id"]
