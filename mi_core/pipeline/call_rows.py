"""The log's row of a call: written before the send, completed afterwards, whatever the caller does meanwhile."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from mi_core.classify import Verdict
from mi_core.errors import MiError, NotSent
from mi_core.pipeline.contexts import RequestCtx, ResponseCtx
from mi_core.pipeline.runtime import Runtime
from mi_core.plugin import OperationEnd, OperationStart, OperationStatus
from mi_core.types import CHINA_TIME, Effect, Outcome

__all__ = ["begin", "begin_later", "finish", "hands_over", "take_back", "uninterrupted"]

STORE_PATIENCE = 10.0
"""Seconds the completed row may take; the result of a call does not wait longer for its log."""

T = TypeVar("T")
_log = logging.getLogger("mi_core.call")


def hands_over(runtime: Runtime) -> bool:
    """Whether the log takes rows of exact calls without being waited for (:class:`OperationLogStore`)."""
    store = runtime.store
    return hasattr(store, "begin_later") and hasattr(store, "end_later")


def begin_later(runtime: Runtime, ready: RequestCtx) -> bool:
    """Hand over the row of a call that the journal has on disk; ``False`` when the log does not take it.

    That stops nothing: the journal is the truth, and the next start adds the row.
    """
    try:
        runtime.store.begin_later(_start(runtime, ready))  # type: ignore[attr-defined]  # see hands_over
    except Exception as error:
        _log.error("operation %s: the log took no row: %s", ready.operation_id, type(error).__name__)
        return False
    return True


async def begin(runtime: Runtime, ready: RequestCtx) -> None:
    """Write the row. If it cannot be written nothing is sent: raises :class:`NotSent`."""
    asked, start = ready.asked, _start(runtime, ready)
    write = runtime.store.begin
    try:
        if getattr(write, "at_once", False):
            await write(start)
        else:
            async with asyncio.timeout_at(asked.deadline):
                await write(start)
    except asyncio.CancelledError:
        await take_back(runtime, ready, "cancelled before the send")
        raise
    except Exception as error:
        if isinstance(error, TimeoutError):
            _finish_later(runtime, ready, _never_left(ready, "log too slow"))
        why = error.zh if isinstance(error, MiError) else f"{type(error).__name__}"
        raise NotSent(
            f"操作日志无法写入，未发送：{why}", f"the operation log cannot be written, nothing was sent: {error}",
            hint_zh="运行 mi doctor 检查日志数据库；恢复后可重新调用", hint_en="run: mi doctor; call again when it works",
            **ready.where(),
        ) from error  # fmt: skip


def _start(runtime: Runtime, ready: RequestCtx) -> OperationStart:
    asked, ids = ready.asked, ready.identifiers
    return OperationStart(
        operation_id=ready.operation_id,
        msgid=ready.msgid.value,
        api_code=asked.interface.code,
        api_name=asked.interface.title,
        effect=asked.effect,
        business_category=asked.behaviour.log_category or "其他业务",
        business_type=asked.behaviour.log_type or "other",
        institution_code=asked.institution.code,
        operator_id=asked.operator.id if asked.operator else "",
        operator_name=asked.operator.name if asked.operator else "",
        operation_time=ready.signed_at,
        request=ready.body,
        psn_no=ids.psn_no,
        certno=ids.certno,
        mdtrt_id=ids.mdtrt_id,
        operation_key=asked.operation_key,
        trace_id=asked.operation_id,
        client_ip=runtime.client_ip,
    )


async def take_back(runtime: Runtime, ready: RequestCtx, evidence: str) -> None:
    """Complete the row of a message that never left; whatever the caller does meanwhile."""
    await uninterrupted(finish(runtime, ready, _never_left(ready, evidence)))


async def finish(runtime: Runtime, ready: RequestCtx, got: ResponseCtx) -> bool:
    """Complete the row and tell observers; ``False`` when the row could not be completed. Never raises.

    A read needs no wait, and the outcome of an exact call is in the journal already; only an upload has nothing but its row.
    """
    verdict = got.verdict
    if runtime.plugins.observed("after_call"):
        runtime.plugins.observe(
            "after_call",
            call=ready.seen(),
            outcome=verdict.outcome,
            evidence=verdict.evidence,
            elapsed=got.elapsed,
        )
    for discrepancy in verdict.discrepancies:
        _log.error("%s %s: %s", ready.asked.interface.code, ready.msgid, discrepancy.rule)
        runtime.plugins.observe("discrepancy", call=ready.seen(), discrepancy=discrepancy)
    end = OperationEnd(
        operation_id=ready.operation_id,
        status=_status(verdict),
        outcome=verdict.outcome,
        complete_time=dt.datetime.now(CHINA_TIME).replace(tzinfo=None),
        evidence=verdict.evidence,
        error_code=None if verdict.outcome is Outcome.CONFIRMED else verdict.infcode,
        error_message=verdict.reason or None,
        response=got.raw if got.body is None else got.body,
    )
    write = runtime.store.end
    later = None if ready.asked.effect is Effect.UPLOAD else getattr(runtime.store, "end_later", None)
    try:
        if later is not None:
            later(end)
        elif getattr(write, "at_once", False):
            await write(end)
        else:
            async with asyncio.timeout(STORE_PATIENCE):
                await write(end)
    except Exception as error:
        _log.error(
            "operation %s: the log row was not completed: %s", ready.operation_id, type(error).__name__
        )
        return False
    return True


def _status(verdict: Verdict) -> OperationStatus:
    match verdict.outcome:
        case Outcome.CONFIRMED:
            return "success"
        case Outcome.REJECTED:
            return "failed"
        case Outcome.NOT_SENT:
            return "not_sent"
        case Outcome.IN_DOUBT:
            return "in_doubt"


def _finish_later(runtime: Runtime, ready: RequestCtx, got: ResponseCtx) -> None:
    """The caller's time is over and nothing was sent: the row is completed when the log can be written again."""
    task = asyncio.ensure_future(finish(runtime, ready, got))
    runtime.later.add(task)
    task.add_done_callback(runtime.later.discard)


def _never_left(ready: RequestCtx, evidence: str) -> ResponseCtx:
    return ResponseCtx(sent=ready, verdict=Verdict(Outcome.NOT_SENT, evidence), elapsed=0.0)


async def uninterrupted(work: Coroutine[Any, Any, T]) -> tuple[T, asyncio.CancelledError | None]:
    """Finish ``work`` although the caller is cancelled; the cancellation is returned, to be raised by the caller."""
    task = asyncio.ensure_future(work)
    pending: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as cancelled:
            if task.cancelled():
                raise
            pending = cancelled
    return task.result(), pending
