"""How the operation log learns of an outcome that was found out later."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Mapping
from typing import Final

from mi_core.journal import AttemptState, Journal
from mi_core.plugin import OperationEnd, OperationLogStore, OperationRecord, OperationStatus
from mi_core.types import CHINA_TIME

__all__ = ["catch_up", "complete_row"]

_log = logging.getLogger("mi_core.call")
_ROWS: Final = 10_000
_STATUS: Final[Mapping[AttemptState, OperationStatus]] = {
    AttemptState.CONFIRMED: "success",
    AttemptState.EXECUTED_UNIDENTIFIED: "success",
    AttemptState.REJECTED: "failed",
    AttemptState.NOT_EXECUTED: "failed",
    AttemptState.REVERSED: "failed",
    AttemptState.NOT_SENT: "not_sent",
}


async def catch_up(store: OperationLogStore, journal: Journal) -> int:
    """Complete rows whose end the log did not get to write (a crash between journal and log); how many.

    The journal is the truth. Called at the start, before anything else writes to those rows.
    """
    done = 0
    for row in [
        *await store.find(status="pending", limit=_ROWS),
        *await store.find(status="in_doubt", limit=_ROWS),
    ]:
        attempt = await asyncio.to_thread(journal.read.attempt, row.start.msgid)
        if attempt is not None and attempt.state in _STATUS:
            done += await complete_row(store, attempt.msgid, attempt.state)
    return done


async def complete_row(store: OperationLogStore, msgid: str, state: AttemptState) -> bool:
    """Complete the log's row of a message whose outcome is known now. The journal is the truth: a log that cannot be
    written is told, not raised.
    """
    status = _STATUS.get(state)
    if status is None:
        return False
    try:
        rows = await store.find(msgid=msgid, limit=1)
        if rows and not _has(rows[0], status):
            await store.end(
                OperationEnd(
                    operation_id=rows[0].start.operation_id,
                    status=status,
                    outcome=None,
                    complete_time=dt.datetime.now(CHINA_TIME).replace(tzinfo=None),
                    evidence=f"resolved: {state.value.lower()}",
                )
            )
    except Exception as error:
        if await _told_meanwhile(store, msgid, status):
            return False
        _log.error("%s: the log row was not completed: %s", msgid, type(error).__name__)
        return False
    return True


async def _told_meanwhile(store: OperationLogStore, msgid: str, status: OperationStatus) -> bool:
    """The background and who waits for an outcome learn of it together; the first of them writes it."""
    try:
        return any(_has(row, status) for row in await store.find(msgid=msgid, limit=1))
    except Exception:  # told by the caller
        return False


def _has(row: OperationRecord, status: OperationStatus) -> bool:
    return row.end is not None and row.end.status == status
