"""Completing a row of the embedded log: with it, in the same transaction, its business row and its day's statistics."""

from __future__ import annotations

import datetime as dt
import sqlite3
from decimal import Decimal
from functools import lru_cache
from typing import Any

from mi_core.catalog import read_projection
from mi_core.errors import StoreError
from mi_core.plugin import OperationEnd
from mi_plugins.stores.days import Changes, amounts_of
from mi_plugins.stores.durations import duration_class, exchange_ms
from mi_plugins.stores.recent import Recent
from mi_plugins.stores.sealing import Sealer
from mi_plugins.stores.sqlite_rows import UPDATE, end_values

__all__ = ["complete"]

_ROW = (
    "SELECT id, operation_id, operation_time, api_code, institution_code, status, complete_time, duration_ms, "
    "duration_class FROM business_operation_logs WHERE operation_id = ?"
)
_DAY = "SELECT * FROM operation_log_days WHERE day_key = ?"


def complete(end: OperationEnd, recent: Recent, connection: sqlite3.Connection, sealer: Sealer) -> None:
    """Complete the row; nothing happens if it was completed with the same end. Raises ``StoreError`` if it is not open."""
    row = connection.execute(_ROW, (end.operation_id,)).fetchone()
    values = end_values(end, sealer)
    if row is None or row["status"] not in ("pending", "in_doubt"):
        if row is not None and (row["status"], row["complete_time"]) == (end.status, values["complete_time"]):
            return
        raise StoreError(
            f"操作 {end.operation_id} 没有待完成的日志行",
            f"operation {end.operation_id} has no open row in the log",
        )
    begun = dt.datetime.fromisoformat(row["operation_time"])
    ms = exchange_ms(row, begun, end.complete_time)
    values["duration_ms"], values["duration_class"] = ms, duration_class(ms)
    connection.execute(UPDATE, values)
    made = _project(connection, row, begun, end, recent.get(end.operation_id), sealer)
    changes = Changes()
    changes.ended(row, end.status, ms, values["duration_class"], amounts_of(made))
    old = {key: found for key in changes.day_keys() if (found := connection.execute(_DAY, (key,)).fetchone())}
    for day in changes.rows(old):
        connection.execute(_replacing("operation_log_days", tuple(day)), list(day.values()))
    if end.status != "in_doubt":
        recent.forget(end.operation_id)


def _project(
    connection: sqlite3.Connection, row: sqlite3.Row, begun: dt.datetime, end: OperationEnd,
    request: bytes | None, sealer: Sealer,
) -> tuple[str, dict[str, Any]] | None:  # fmt: skip
    """Make or replace the business row."""
    if read_projection(row["api_code"]) is None:
        return None
    from mi_plugins.stores.projector import project_safely

    operation, response = end.operation_id, end.response
    if request is None or (response is None and row["status"] == "in_doubt"):
        bodies = connection.execute(
            "SELECT request_data, response_data FROM business_operation_logs WHERE id = ?", (row["id"],)
        ).fetchone()
        request = sealer.unseal(bodies["request_data"], f"{operation}/request")
        if response is None and bodies["response_data"] is not None:
            response = sealer.unseal(bodies["response_data"], f"{operation}/response")
    log = {**dict(row), "status": end.status, "complete_time": end.complete_time, "operation_time": begun}
    made = project_safely(log, request, response, sealer)
    if made is not None:
        connection.execute(_replacing(made[0], tuple(made[1])), [_sqlite(v) for v in made[1].values()])
    return made


@lru_cache(maxsize=64)
def _replacing(table: str, names: tuple[str, ...]) -> str:
    return f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608  # names from the metadata


def _sqlite(value: Any) -> Any:
    kind = type(value)
    if kind is dt.datetime:
        return value.isoformat(sep=" ", timespec="microseconds")
    if kind is dt.date:
        return value.isoformat()
    return f"{value:.2f}" if kind is Decimal else value
