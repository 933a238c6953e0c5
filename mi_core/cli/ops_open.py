"""``mi ops list`` tells of open operations what the journal says: it is the truth, and the log may lag behind after a crash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from mi_core.cli.text import t
from mi_core.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from mi_core.config import Config

__all__ = ["with_open"]

_LISTS = {
    "interface": "api_code", "category": "business_category", "institution": "institution_code", "status": "status",
}  # fmt: skip
_IDS = {"person": "psn_no", "certno": "certno", "visit": "mdtrt_id", "trace": "trace_id", "msgid": "msgid"}


def with_open(
    rows: Sequence[dict[str, Any]], config: str | None, given: Mapping[str, Any], limit: int
) -> list[dict[str, Any]]:
    """The log's rows, newest first, and what the journal has open that is wanted; the journal's word counts.

    A journal that cannot be read is told on standard error; without one there is nothing to add.
    """
    from mi_core.config import load_config
    from mi_core.desk.still_open import still_open

    try:
        settings = load_config(config)
        found = still_open(settings)
    except ConfigError:  # none, or in memory: the log is all there is
        return list(rows)
    except StoreError as error:
        if not _exists(settings):
            return list(rows)
        click.secho(
            t(f"注意：交易日志无法读取，未决业务可能不全：{error.message()}",
              f"note: the journal cannot be read, what is in doubt may be missing: {error.message()}"), fg="yellow", err=True,
        )  # fmt: skip
        return list(rows)
    known = {record.start.msgid for record in found}
    kept = [row for row in rows if row["msgid"] not in known or row["status"] not in ("pending", "in_doubt")]
    there = {row["msgid"] for row in kept}
    added = [_row(record) for record in found if record.start.msgid not in there and _wanted(record, given)]
    merged = sorted([*kept, *added], key=lambda row: row["operation_time"], reverse=True)
    return merged[:limit]


def _exists(config: Config) -> bool:
    from pathlib import Path

    from mi_core.journal.opening import journal_path

    path = journal_path(config)
    return "://" in path or Path(path).exists()


def _row(record: Any) -> dict[str, Any]:
    """As the log lists it."""
    start, end = record.start, record.end
    names = ("operation_time", "api_code", "api_name", "business_category", "institution_code", "operator_id", "operator_name",
             "msgid", "trace_id", "operation_id")  # fmt: skip
    row: dict[str, Any] = {name: getattr(start, name) for name in names}
    outcome = None if end is None or end.outcome is None else end.outcome.value
    return row | {
        "status": "pending" if end is None else end.status, "outcome": outcome, "error_code": None, "duration_ms": None,
    }  # fmt: skip


def _wanted(record: Any, given: Mapping[str, Any]) -> bool:
    row = _row(record)
    if any(given[option] and row[name] not in given[option] for option, name in _LISTS.items()):
        return False
    if any(given[option] not in (None, getattr(record.start, name)) for option, name in _IDS.items()):
        return False
    since, until = given["since"], given["until"]
    at = record.start.operation_time
    return (since is None or at >= since) and (until is None or at < until)
