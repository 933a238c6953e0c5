"""The business rows of the embedded log, written by its own thread in the transaction that completes the log row."""

from __future__ import annotations

import datetime as dt
import sqlite3
from typing import Any

from mi_core.catalog import read_projection
from mi_core.plugin import OperationEnd
from mi_plugins.stores.durations import duration_class, duration_ms
from mi_plugins.stores.sealing import Sealer

__all__ = ["OPEN_ROW", "durations", "write_business_row"]

OPEN_ROW = (
    "SELECT id, operation_id, operation_time, api_code, institution_code FROM business_operation_logs "
    "WHERE operation_id = ? AND status IN ('pending', 'in_doubt')"
)
"""What the end of an operation needs of its row."""


def durations(row: sqlite3.Row, end: OperationEnd) -> dict[str, int]:
    """``duration_ms`` and ``duration_class`` of an operation that ends."""
    ms = duration_ms(dt.datetime.fromisoformat(row["operation_time"]), end.complete_time)
    return {"duration_ms": ms, "duration_class": duration_class(ms)}


def write_business_row(
    connection: sqlite3.Connection, row: sqlite3.Row, end: OperationEnd, sealer: Sealer
) -> None:
    """Make or replace the business row of an operation whose log row was just completed."""
    if read_projection(row["api_code"]) is None:
        return
    from mi_plugins.stores.projector import project_safely

    operation = end.operation_id
    bodies = connection.execute(
        "SELECT request_data, response_data FROM business_operation_logs WHERE id = ?", (row["id"],)
    ).fetchone()
    response = end.response
    if response is None and bodies["response_data"] is not None:
        response = sealer.unseal(bodies["response_data"], f"{operation}/response")
    log = {
        **dict(row), "status": end.status, "complete_time": end.complete_time,
        "operation_time": dt.datetime.fromisoformat(row["operation_time"]),
    }  # fmt: skip
    made = project_safely(
        log, sealer.unseal(bodies["request_data"], f"{operation}/request"), response, sealer
    )
    if made is None:
        return
    table, values = made
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    connection.execute(
        f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})",  # noqa: S608  # names from the metadata, values bound
        {name: _sqlite(value) for name, value in values.items()},
    )


def _sqlite(value: Any) -> Any:
    from decimal import Decimal

    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="microseconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    return f"{value:.2f}" if isinstance(value, Decimal) else value
