"""Rows of the business tables, made from what the log knows of a call by the mapping in the catalogue."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import attrs
import msgspec
from sqlalchemy import Column, Date, DateTime, LargeBinary, Numeric, String

from mi_core.catalog import Projection, read_projection
from mi_plugins.stores.business_tables import BUSINESS, own_id, prefix
from mi_plugins.stores.sealing import Sealer

__all__ = ["exact", "project", "project_safely"]

_log = logging.getLogger("mi_plugins.stores")
_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder().encode

Made = tuple[str, dict[str, Any]]

_LIMIT = Decimal(10) ** 14
_CENT = Decimal("0.01")
_DIGITS = re.compile(r"\d+")
_NO_VALUES = frozenset((list, dict, bool))
_PLAIN = {8: "%Y%m%d", 14: "%Y%m%d%H%M%S"}


def project(log: Mapping[str, Any], request: bytes, response: bytes | None, sealer: Sealer) -> Made | None:
    """The table and the row for one log row that has ended; ``None`` when its interface is logged only.

    ``log`` holds the row's plain columns (a ``dict``). The result depends on nothing else, so that a rebuild gives the same rows.
    A value that does not fit its column stays away; it is in the log's body in any case.
    """
    plan = _plan(str(log["api_code"]))
    if plan is None or log["status"] == "pending":
        return None
    operation, short = str(log["operation_id"]), plan.short
    asked = _regional(_part(request, "input"), plan.nodes)
    message = {"input": asked, "output": _part(response, "output"), "log": dict(log)}
    row: dict[str, Any] = dict(plan.empty)
    row["id"] = row["operation_log_id"] = log["id"]
    row[plan.own_id] = operation
    row["operation_time"] = row["created_at"] = log["operation_time"]
    row["operation_day"] = log["operation_time"].date().isoformat()
    row["institution_code"], row["api_code"] = log["institution_code"], log["api_code"]
    row[f"{short}_status"] = _status(message, plan.mapping) if log["status"] == "success" else log["status"]
    row["updated_at"] = log["complete_time"]
    for filled in plan.filled:
        value = None
        for path in filled.paths:
            value = _value(_find(message, path), filled.fit)
            if value is not None:
                break
        if filled.hashed:
            row[f"{filled.name}_hash"] = sealer.fingerprint(filled.name, value)
        row[filled.name] = value
    row[f"{short}_detail"] = _detail(message, plan.mapping)
    for name in plan.sealed:
        content = row[name]
        if content is not None:
            row[name] = sealer.seal(content.encode(), f"{operation}/{plan.table}/{name}")
    return plan.table, row


def project_safely(
    log: Mapping[str, Any], request: bytes, response: bytes | None, sealer: Sealer
) -> Made | None:
    """:func:`project`; what goes wrong is reported and must not keep the log from its row: a rebuild makes up for it."""
    try:
        return project(log, request, response, sealer)
    except Exception:
        _log.exception("no business row for operation %s", log["operation_id"])
        return None


def exact(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row for SQLite: amounts as texts with two places."""
    return {name: f"{value:.2f}" if isinstance(value, Decimal) else value for name, value in row.items()}


@attrs.frozen
class _Filled:
    """A column that the messages fill: ``fit`` makes its value of what was found, or ``None``."""

    name: str
    paths: tuple[tuple[str, ...], ...]
    fit: Callable[[Any], Any]
    hashed: bool


@attrs.frozen
class _Plan:
    """What is the same for every row of an interface."""

    table: str
    short: str
    own_id: str
    mapping: Projection
    empty: Mapping[str, Any]
    filled: tuple[_Filled, ...]
    sealed: tuple[str, ...]
    nodes: tuple[str, ...]
    """Of ``input``, by the base specification."""


@lru_cache(maxsize=512)
def _plan(code: str) -> _Plan | None:
    mapping = read_projection(code)
    if mapping is None:
        return None
    table = BUSINESS[mapping.table]
    filled = tuple(
        _Filled(name, paths, _fitting(table.columns[name]), f"{name}_hash" in table.columns)
        for name, paths in mapping.paths.items()
    )
    return _Plan(
        table.name, prefix(mapping.table), own_id(mapping.table), mapping,
        {column.name: None for column in table.columns} | dict(mapping.constants), filled,
        tuple(c.name for c in table.columns if isinstance(c.type, LargeBinary)),
        tuple({p[1]: None for paths in mapping.paths.values() for p in paths if p[0] == "input" and len(p) == 3}),
    )  # fmt: skip


def _fitting(column: Column[Any]) -> Callable[[Any], Any]:
    kind = column.type
    if isinstance(kind, Numeric):
        return _money
    if isinstance(kind, DateTime):
        return _moment
    if isinstance(kind, Date):
        return lambda found: moment.date() if (moment := _moment(found)) else None
    length = kind.length if isinstance(kind, String) else None
    return lambda found: str(found)[:length]


def _part(body: bytes | None, key: str) -> Any:
    """``input`` or ``output`` of a message; the message itself where an interface has no national envelope."""
    if not body:
        return {}
    try:
        message = _decode(body)
    except (ValueError, RecursionError, msgspec.MsgspecError):
        return {}
    if isinstance(message, dict) and key in message:
        return message[key]
    return message


def _regional(content: Any, nodes: tuple[str, ...]) -> Any:
    """``input`` as a region words it: a node that it does not have under the base's name is its first node of one row, or
    ``input`` itself. The row depends on the message alone, so that a rebuild gives the same."""
    if type(content) is not dict or all(name in content for name in nodes):
        return content
    first = next((node for node in content.values() if type(node) is dict), content)
    return {**dict.fromkeys(nodes, first), **content}


def _find(message: Any, path: tuple[str, ...]) -> Any:
    found = message
    for name in path:
        while type(found) is list:
            found = found[0] if found else None
        if type(found) is not dict:
            return None
        found = found.get(name)
    return found


def _value(found: Any, fit: Callable[[Any], Any]) -> Any:
    return None if found is None or found == "" or type(found) in _NO_VALUES else fit(found)


def _status(message: Any, mapping: Projection) -> str:
    """Of a call that succeeded: what the reply's own status stands for, where the mapping says so."""
    found = _find(message, mapping.status_path) if mapping.status_path else None
    return mapping.statuses.get(str(found), mapping.status)


def _money(found: Any) -> Decimal | None:
    try:
        amount = Decimal(str(found)).quantize(_CENT)
    except InvalidOperation:
        return None
    return amount if abs(amount) < _LIMIT else None


def _moment(found: Any) -> dt.datetime | None:
    """``2024-03-01 12:00:01`` with or without its time or parts of it, ``20240301120001``, ``20240301``."""
    if isinstance(found, dt.datetime):
        return found
    text = str(found)
    try:
        if _DIGITS.fullmatch(text):
            form = _PLAIN.get(len(text))
            moment = dt.datetime.strptime(text, form) if form else None
        else:
            moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is None and moment.year >= 1900 else None


def _detail(message: Any, mapping: Projection) -> str | None:
    kept = {".".join(path): node for path in mapping.detail if (node := _find(message, path))}
    return _encode(kept).decode() if kept else None
