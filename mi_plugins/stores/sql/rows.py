"""Values of log rows for SQLAlchemy statements, and rows read back as records. Times are naive ``datetime``, UTC+8."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from mi_core.plugin import OperationEnd, OperationRecord, OperationStart
from mi_core.types import CHINA_TIME, Effect, Outcome
from mi_plugins.stores.sealing import Sealer

__all__ = ["IDENTIFIERS", "end_values", "now", "record", "start_values"]

IDENTIFIERS = ("psn_no", "certno", "mdtrt_id")
"""Sealed, and searched by keyed hash."""

_PLAIN = (
    "operation_id", "msgid", "api_code", "api_name", "business_category", "business_type", "institution_code",
    "operator_id", "operator_name", "trace_id", "client_ip", "operation_time",
)  # fmt: skip


def now() -> dt.datetime:
    """The present, naive, UTC+8."""
    return dt.datetime.now(CHINA_TIME).replace(tzinfo=None)


def start_values(start: OperationStart, sealer: Sealer) -> dict[str, Any]:
    """The columns of a row that precedes a send."""
    moment, operation = now(), start.operation_id
    values = {name: getattr(start, name) for name in _PLAIN}
    for name in (*IDENTIFIERS, "operation_key"):
        values[f"{name}_hash"] = sealer.fingerprint(name, getattr(start, name))
    for name in IDENTIFIERS:
        given = getattr(start, name)
        values[name] = None if given is None else sealer.seal(given.encode(), f"{operation}/{name}")
    values["effect"] = start.effect.value
    values["request_data"] = sealer.seal(start.request, f"{operation}/request")
    values["status"] = "pending"
    values["operation_day"] = start.operation_time.date().isoformat()
    values["created_at"] = values["updated_at"] = moment
    return values


def end_values(end: OperationEnd, sealer: Sealer) -> dict[str, Any]:
    """The columns that complete a row; ``duration_*`` follow when its begin is known."""

    def sealed(content: bytes | None, column: str) -> bytes | None:
        return None if content is None else sealer.seal(content, f"{end.operation_id}/{column}")

    return {
        "operation_id": end.operation_id,
        "status": end.status,
        "outcome": end.outcome.value if end.outcome else None,
        "evidence": end.evidence[:200],
        "error_code": end.error_code,
        "error_message": sealed(end.error_message.encode() if end.error_message else None, "error"),
        "response_data": sealed(end.response, "response"),
        "complete_time": end.complete_time,
        "updated_at": now(),
    }


def record(row: Mapping[str, Any], sealer: Sealer) -> OperationRecord:
    """A row as the framework's record, bodies decrypted; raises ``StoreError`` when a bit was changed."""

    def opened(column: str, name: str) -> bytes | None:
        blob = row.get(column)
        return None if blob is None else sealer.unseal(bytes(blob), f"{row['operation_id']}/{name}")

    def text(column: str) -> str | None:
        content = opened(column, column)
        return None if content is None else content.decode()

    known: dict[str, Any] = {name: row[name] for name in _PLAIN} | {name: text(name) for name in IDENTIFIERS}
    start = OperationStart(
        **known,
        effect=Effect(row["effect"]),
        request=opened("request_data", "request") or b"",
    )
    if row["status"] == "pending":
        return OperationRecord(start, None)
    message = opened("error_message", "error")
    return OperationRecord(
        start,
        OperationEnd(
            operation_id=row["operation_id"], status=row["status"],
            outcome=Outcome(row["outcome"]) if row["outcome"] else None, complete_time=row["complete_time"],
            evidence=row["evidence"] or "", error_code=row["error_code"],
            error_message=message.decode() if message is not None else None, response=opened("response_data", "response"),
        ),
    )  # fmt: skip
