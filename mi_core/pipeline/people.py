"""What a person found out about a call in doubt, and how the operation log learns of any resolution."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Sequence

from mi_core.errors import StoreError
from mi_core.journal import AttemptRecord, AttemptState, Resolution
from mi_core.journal.states import OPEN_STATES
from mi_core.pipeline.runtime import Runtime
from mi_core.plugin import OperationEnd
from mi_core.types import CHINA_TIME

__all__ = ["log_resolution", "resolve"]

_log = logging.getLogger("mi_core.call")
_SUCCESS = frozenset({AttemptState.CONFIRMED, AttemptState.EXECUTED_UNIDENTIFIED})
_FAILURE = frozenset({AttemptState.NOT_EXECUTED, AttemptState.REVERSED})


async def resolve(
    runtime: Runtime, operation_id: str, executed: bool, by: str | Sequence[str], identifier: str | None, reason: str
) -> None:  # fmt: skip
    """Apply a person's conclusion to the open attempt of an operation. Raises ``StoreError``, ``MoveRefused``."""
    attempts = await asyncio.to_thread(runtime.journal.read.attempts, operation_id)
    attempt = next((a for a in reversed(attempts) if a.state in OPEN_STATES), None)
    if attempt is None or attempt.state is AttemptState.SENT:
        raise _not_open(operation_id, in_flight=attempt is not None)
    operator = runtime.config.institution(attempt.institution).operator
    persons = (by,) if isinstance(by, str) else tuple(by)
    resolution = Resolution(
        to=AttemptState.CONFIRMED if executed else AttemptState.NOT_EXECUTED,
        source="person",
        reason=reason or ("found to be executed" if executed else "found not to be executed"),
        identifier=identifier,
        persons=persons or ((operator.id,) if operator else ()),
    )
    ended = await runtime.journal.resolve(attempt.msgid, resolution)
    if not ended.applied:
        raise _not_open(operation_id, in_flight=False)
    await log_resolution(runtime, attempt, ended.state)


async def log_resolution(runtime: Runtime, attempt: AttemptRecord, state: AttemptState) -> None:
    """Complete the log's row of a message whose outcome is known now. The journal is the truth: a log that cannot be
    written is told, not raised.
    """
    if state not in _SUCCESS | _FAILURE:
        return
    executed = state in _SUCCESS
    try:
        rows = await runtime.store.find(msgid=attempt.msgid, limit=1)
        if rows:
            await runtime.store.end(
                OperationEnd(
                    operation_id=rows[0].start.operation_id,
                    status="success" if executed else "failed",
                    outcome=None,
                    complete_time=dt.datetime.now(CHINA_TIME).replace(tzinfo=None),
                    evidence=f"resolved: {state.value.lower()}",
                )
            )
    except Exception as error:
        _log.error("%s: the log row was not completed: %s", attempt.msgid, type(error).__name__)


def _not_open(operation_id: str, *, in_flight: bool) -> StoreError:
    if in_flight:
        return StoreError(f"操作 {operation_id} 正在进行", f"operation {operation_id} is in flight")
    return StoreError(
        f"没有名为 {operation_id} 的未决操作", f"no operation {operation_id} is in doubt",
        hint_zh="用 mi doubt list 查看", hint_en="see: mi doubt list",
    )  # fmt: skip
