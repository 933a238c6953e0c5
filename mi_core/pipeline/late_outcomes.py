"""How the operation log learns of an outcome that was found out later."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from mi_core.journal import AttemptRecord, AttemptState, Journal
from mi_core.pipeline.journalled import log_name
from mi_core.pipeline.rows_again import STATUS, end_of, start_of
from mi_core.plugin import CaughtUp, OperationEnd, OperationLogStore, OperationRecord, OperationStatus
from mi_core.types import CHINA_TIME

__all__ = ["catch_up", "complete_row"]

_log = logging.getLogger("mi_core.call")
_ROWS: Final = 10_000
_PAGE: Final = 200
"""Attempts that are read and handed to the log at once: a log that was away long lacks thousands."""


async def catch_up(store: OperationLogStore, journal: Journal) -> int:
    """Bring the log up to the journal, which is the truth: rows that a crash kept out of it are added, and rows whose end it
    did not get to write are completed; how many. Called at the start; rows of this program's own calls are left alone.
    """
    done = 0
    if hasattr(store, "states") and hasattr(store, "catch_up") and getattr(store, "durable", True):
        done += await _add_missing(store, journal)
    rows = [
        *await store.find(status="pending", limit=_ROWS),
        *await store.find(status="in_doubt", limit=_ROWS),
    ]
    for page in _pages([row.start.msgid for row in rows]):
        for attempt in (await asyncio.to_thread(journal.read.attempts_of, page)).values():
            if attempt.state in STATUS:
                done += await complete_row(store, attempt.msgid, attempt.state)
    return done


async def _add_missing(store: Any, journal: Journal) -> int:
    recent = {log_name(b.operation_id, b.number): b for b in await asyncio.to_thread(journal.begun)}
    known: Mapping[str, OperationStatus] = await store.states(list(recent))
    wanted: dict[str, OperationStatus | None] = {}
    for name, begun in recent.items():
        has = known.get(name)
        if has not in (None, "pending", "in_doubt") or (has == "in_doubt" and begun.state not in STATUS):
            continue
        if has is None and await store.find(msgid=begun.msgid, limit=1):
            continue  # an older version named it otherwise
        wanted[begun.msgid] = has
    done = 0
    for page in _pages(list(wanted)):
        attempts = await asyncio.to_thread(journal.read.attempts_of, page)
        done += await _add(store, attempts, {msgid: wanted[msgid] for msgid in page})
    return done


async def _add(
    store: Any, attempts: Mapping[str, AttemptRecord], wanted: Mapping[str, OperationStatus | None]
) -> int:
    """``wanted``: what the log has of each, in the order in which they were begun."""
    begun = [
        attempts[msgid]
        for msgid in wanted
        if msgid in attempts and attempts[msgid].state is not AttemptState.SENT  # a living neighbour's
    ]
    if not begun:
        return 0
    starts = [start_of(attempt) for attempt in begun if wanted[attempt.msgid] is None]
    caught: CaughtUp = await store.catch_up([end_of(attempt) for attempt in begun], starts)
    return max(caught.begun, caught.completed)


def _pages(msgids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (msgids[first : first + _PAGE] for first in range(0, len(msgids), _PAGE))


async def complete_row(store: OperationLogStore, msgid: str, state: AttemptState) -> bool:
    """Complete the log's row of a message whose outcome is known now. The journal is the truth: a log that cannot be
    written is told, not raised.
    """
    status = STATUS.get(state)
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
