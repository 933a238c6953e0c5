"""Statements and values of the embedded log's rows, and rows read back as records. Times are texts, naive, UTC+8."""

from __future__ import annotations

import datetime as dt
import sqlite3
from typing import Any

from mi_core.plugin import OperationEnd, OperationRecord, OperationStart
from mi_core.types import CHINA_TIME, Effect, Outcome
from mi_plugins.stores.sealing import Sealer

__all__ = ["INSERT", "UPDATE", "end_values", "now", "record", "start_values"]

_SEARCHED = ("psn_no", "certno", "mdtrt_id")

INSERT = """INSERT INTO business_operation_logs (
 operation_id, msgid, api_code, api_name, effect, business_category, business_type, institution_code,
 psn_no_hash, certno_hash, mdtrt_id_hash, operation_key_hash, request_data, status, operation_time,
 operator_id, operator_name, trace_id, client_ip, created_at, updated_at, psn_no, certno, mdtrt_id, operation_day
) VALUES (
 :operation_id, :msgid, :api_code, :api_name, :effect, :business_category, :business_type, :institution_code,
 :psn_no_hash, :certno_hash, :mdtrt_id_hash, :operation_key_hash, :request_data, 'pending', :operation_time,
 :operator_id, :operator_name, :trace_id, :client_ip, :now, :now, :psn_no, :certno, :mdtrt_id, :operation_day)"""

UPDATE = """UPDATE business_operation_logs SET
 status = :status, outcome = :outcome, evidence = :evidence, error_code = :error_code, error_message = :error_message,
 response_data = coalesce(:response_data, response_data), complete_time = :complete_time, updated_at = :now,
 duration_ms = :duration_ms, duration_class = :duration_class
 WHERE operation_id = :operation_id AND status IN ('pending', 'in_doubt')"""


def now() -> str:
    """The present."""
    return _text(dt.datetime.now(CHINA_TIME).replace(tzinfo=None))


def _text(moment: dt.datetime) -> str:
    return moment.isoformat(sep=" ", timespec="microseconds")


def start_values(start: OperationStart, sealer: Sealer) -> dict[str, Any]:
    """For :data:`INSERT`."""
    plain = ("operation_id", "msgid", "api_code", "api_name", "business_category", "business_type", "institution_code",
             "operator_id", "operator_name", "trace_id", "client_ip")  # fmt: skip
    return {
        **{name: getattr(start, name) for name in plain},
        **{
            f"{name}_hash": sealer.fingerprint(name, getattr(start, name))
            for name in (*_SEARCHED, "operation_key")
        },
        **{name: _sealed(name, start, sealer) for name in _SEARCHED},
        "operation_day": start.operation_time.date().isoformat(),
        "effect": start.effect.value,
        "request_data": sealer.seal(start.request, f"{start.operation_id}/request"),
        "operation_time": _text(start.operation_time),
        "now": now(),
    }


def _sealed(name: str, start: OperationStart, sealer: Sealer) -> bytes | None:
    value: str | None = getattr(start, name)
    return None if value is None else sealer.seal(value.encode(), f"{start.operation_id}/{name}")


def end_values(end: OperationEnd, sealer: Sealer) -> dict[str, Any]:
    """For :data:`UPDATE`, without the duration."""

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
        "complete_time": _text(end.complete_time),
        "now": now(),
    }


def record(row: sqlite3.Row, sealer: Sealer) -> OperationRecord:
    """A row as the framework's record, bodies decrypted; raises ``StoreError`` when a bit was changed."""

    def opened(column: str, name: str) -> bytes | None:
        return None if row[column] is None else sealer.unseal(row[column], f"{row['operation_id']}/{name}")

    start = OperationStart(
        operation_id=row["operation_id"], msgid=row["msgid"], api_code=row["api_code"], api_name=row["api_name"],
        effect=Effect(row["effect"]), business_category=row["business_category"], business_type=row["business_type"],
        institution_code=row["institution_code"], operator_id=row["operator_id"], operator_name=row["operator_name"],
        operation_time=dt.datetime.fromisoformat(row["operation_time"]),
        request=opened("request_data", "request") or b"", trace_id=row["trace_id"], client_ip=row["client_ip"],
        **{name: None if (blob := opened(name, name)) is None else blob.decode() for name in _SEARCHED},
    )  # fmt: skip
    if row["status"] == "pending":
        return OperationRecord(start, None)
    message = opened("error_message", "error")
    return OperationRecord(
        start,
        OperationEnd(
            operation_id=row["operation_id"], status=row["status"],
            outcome=Outcome(row["outcome"]) if row["outcome"] else None,
            complete_time=dt.datetime.fromisoformat(row["complete_time"]), evidence=row["evidence"] or "",
            error_code=row["error_code"], error_message=message.decode() if message is not None else None,
            response=opened("response_data", "response"),
        ),
    )  # fmt: skip
