"""How the operation log learns of an outcome that was found out later."""

from __future__ import annotations

import datetime as dt
import logging

from mi_core.journal import AttemptState
from mi_core.plugin import OperationEnd, OperationLogStore
from mi_core.types import CHINA_TIME

__all__ = ["complete_row"]

_log = logging.getLogger("mi_core.call")
_SUCCESS = frozenset({AttemptState.CONFIRMED, AttemptState.EXECUTED_UNIDENTIFIED})
_FAILURE = frozenset({AttemptState.NOT_EXECUTED, AttemptState.REVERSED})


async def complete_row(store: OperationLogStore, msgid: str, state: AttemptState) -> None:
    """Complete the log's row of a message whose outcome is known now. The journal is the truth: a log that cannot be
    written is told, not raised.
    """
    if state not in _SUCCESS | _FAILURE:
        return
    executed = state in _SUCCESS
    try:
        rows = await store.find(msgid=msgid, limit=1)
        if rows:
            await store.end(
                OperationEnd(
                    operation_id=rows[0].start.operation_id,
                    status="success" if executed else "failed",
                    outcome=None,
                    complete_time=dt.datetime.now(CHINA_TIME).replace(tzinfo=None),
                    evidence=f"resolved: {state.value.lower()}",
                )
            )
    except Exception as error:
        _log.error("%s: the log row was not completed: %s", msgid, type(error).__name__)
