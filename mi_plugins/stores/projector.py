"""Rows of the business tables, made from what the log knows of a call by the mapping in the catalogue."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Column, Date, DateTime, LargeBinary, Numeric, String

from mi_core.catalog import Projection, read_projection
from mi_plugins.stores.business_tables import BUSINESS, own_id, prefix
from mi_plugins.stores.sealing import Sealer

__all__ = ["exact", "project", "project_safely"]

_log = logging.getLogger("mi_plugins.stores")

_LIMIT = Decimal(10) ** 14
_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y%m%d%H%M%S", "%Y%m%d")


def project(
    log: Mapping[str, Any], request: bytes, response: bytes | None, sealer: Sealer
) -> tuple[str, dict[str, Any]] | None:
    """The table and the row for one log row that has ended; ``None`` when its interface is logged only.

    ``log`` holds the row's plain columns. The result depends on nothing else, so that a rebuild gives the same rows.
    A value that does not fit its column stays away; it is in the log's body in any case.
    """
    mapping = read_projection(str(log["api_code"]))
    if mapping is None or log["status"] == "pending":
        return None
    table, short = BUSINESS[mapping.table], prefix(mapping.table)
    operation = str(log["operation_id"])
    message = {"input": _part(request, "input"), "output": _part(response, "output"), "log": dict(log)}
    row: dict[str, Any] = {column.name: None for column in table.columns}
    row |= {
        "id": log["id"], "operation_log_id": log["id"], own_id(mapping.table): operation,
        "operation_time": log["operation_time"], "operation_day": log["operation_time"].date().isoformat(),
        "institution_code": log["institution_code"], "api_code": log["api_code"],
        f"{short}_status": mapping.status if log["status"] == "success" else log["status"],
        "created_at": log["operation_time"], "updated_at": log["complete_time"], **mapping.constants,
    }  # fmt: skip
    for name, paths in mapping.paths.items():
        column = table.columns[name]
        value = next((v for v in (_value(message, path, column) for path in paths) if v is not None), None)
        if f"{name}_hash" in table.columns:
            row[f"{name}_hash"] = sealer.fingerprint(name, value)
        row[name] = value
    details = {f"{short}_detail": _detail(message, mapping)}
    for name in [c.name for c in table.columns if isinstance(c.type, LargeBinary)]:
        content = details.get(name, row[name])
        row[name] = (
            None if content is None else sealer.seal(content.encode(), f"{operation}/{table.name}/{name}")
        )
    return mapping.table, row


def project_safely(
    log: Mapping[str, Any], request: bytes, response: bytes | None, sealer: Sealer
) -> tuple[str, dict[str, Any]] | None:
    """:func:`project`; what goes wrong is reported and must not keep the log from its row: a rebuild makes up for it."""
    try:
        return project(log, request, response, sealer)
    except Exception:
        _log.exception("no business row for operation %s", log["operation_id"])
        return None


def exact(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row for SQLite: amounts as texts with two places."""
    return {name: f"{value:.2f}" if isinstance(value, Decimal) else value for name, value in row.items()}


def _part(body: bytes | None, key: str) -> Any:
    """``input`` or ``output`` of a message; the message itself where an interface has no national envelope."""
    if not body:
        return {}
    try:
        message = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return {}
    if isinstance(message, dict) and key in message:
        return message[key]
    return message


def _find(message: Any, path: tuple[str, ...]) -> Any:
    found = message
    for name in path:
        while isinstance(found, list):
            found = found[0] if found else None
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return found


def _value(message: Any, path: tuple[str, ...], column: Column[Any]) -> Any:
    found = _find(message, path)
    if isinstance(found, list | dict | bool) or found is None or found == "":
        return None
    kind = column.type
    if isinstance(kind, Numeric):
        return _money(found)
    if isinstance(kind, DateTime):
        return found if isinstance(found, dt.datetime) else _moment(str(found))
    if isinstance(kind, Date):
        moment = _moment(str(found))
        return moment.date() if moment else None
    text = str(found)
    return text[: kind.length] if isinstance(kind, String) and kind.length else text


def _money(found: Any) -> Decimal | None:
    try:
        amount = Decimal(str(found)).quantize(Decimal("0.01"))
    except InvalidOperation:
        return None
    return amount if abs(amount) < _LIMIT else None


def _moment(text: str) -> dt.datetime | None:
    for form in _FORMS:
        try:
            return dt.datetime.strptime(text, form)
        except ValueError:
            continue
    return None


def _detail(message: Any, mapping: Projection) -> str | None:
    kept = {".".join(path): _find(message, path) for path in mapping.detail}
    kept = {path: node for path, node in kept.items() if node}
    return json.dumps(kept, ensure_ascii=False, default=str) if kept else None
