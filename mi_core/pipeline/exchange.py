"""The exchange: a row before the send, exactly one send, classification, the row completed — whatever happens in between."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

import attrs

from mi_core.classify import Sent, Verdict, classify_failure, classify_reply, refused_by_status
from mi_core.errors import MiError, NotSent
from mi_core.pipeline.contexts import RequestCtx, ResponseCtx
from mi_core.pipeline.departure import Departure
from mi_core.pipeline.faults import Fault, fault_of
from mi_core.pipeline.prepare import SIGN_IN
from mi_core.pipeline.reading import parse
from mi_core.pipeline.runtime import Runtime
from mi_core.plugin import (
    HttpReply,
    HttpRequest,
    OperationEnd,
    OperationStart,
    OperationStatus,
    Sending,
    TransportFailure,
)
from mi_core.types import CHINA_TIME, Effect, Outcome
from mi_core.wire import ReplyEnvelope, ReplyMalformed

__all__ = ["begin", "begin_later", "exchange", "finish", "hands_over", "take_back", "uninterrupted"]

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


async def exchange(
    runtime: Runtime, ready: RequestCtx, departure: Departure | None = None
) -> tuple[ResponseCtx, asyncio.CancelledError | None]:
    """Send once and classify. A cancellation is returned with what is known, to be raised once that is recorded.

    ``departure``: the send that has begun while the journal wrote.
    """
    loop = asyncio.get_running_loop()
    sending = _sending(runtime, ready) if departure is None else departure.sending
    started = loop.time()

    def failed(
        evidence: str, failure: TransportFailure | None = None, fault: Fault | None = None
    ) -> ResponseCtx:
        return ResponseCtx(
            sent=ready, elapsed=loop.time() - started, fault=fault,
            verdict=classify_failure(nothing_left=sending.nothing_left, evidence=evidence),
            status=failure.status if failure else None, raw=failure.raw if failure else None,
        )  # fmt: skip

    if runtime.closed.is_set() or started >= ready.asked.deadline:
        sending.promise()
        if departure is not None:
            departure.abandon()
        return failed("closed" if runtime.closed.is_set() else "deadline"), None
    try:
        if departure is not None:
            departure.clear(ready.ticket)
            return _classified(runtime, ready, await departure.reply, loop.time() - started), None
        http, deadline, transport = (
            _with_plugin_headers(runtime, ready),
            ready.asked.deadline,
            runtime.transport,
        )
        if ready.asked.effect.exact:
            http = attrs.evolve(http, single=True)
        if getattr(transport, "keeps_deadline", False):
            reply = await transport.send(http, deadline=deadline, sending=sending)
        else:
            async with asyncio.timeout_at(deadline):
                reply = await transport.send(http, deadline=deadline, sending=sending)
        return _classified(runtime, ready, reply, loop.time() - started), None
    except asyncio.CancelledError as cancelled:
        return failed("cancelled"), cancelled
    except TimeoutError:
        return failed("connect timeout" if sending.nothing_left else "timeout"), None
    except TransportFailure as failure:
        return failed(failure.evidence, failure), None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin's SystemExit ends no program
        fault = _transport_fault(runtime, error)
        _log.exception("%s", fault.en)
        return failed(type(error).__name__, fault=fault), None


def _transport_fault(runtime: Runtime, error: BaseException) -> Fault:
    plugins, kind = runtime.plugins, runtime.config.transport.kind
    return fault_of("transport", kind, plugins.origin(plugins.transports, kind), error)


def _sending(runtime: Runtime, ready: RequestCtx) -> Sending:
    """A journalled attempt leaves only while this worker owns it."""
    ticket = ready.ticket
    return Sending() if ticket is None else Sending(may_leave=lambda: runtime.journal.holds(ticket))


def _with_plugin_headers(runtime: Runtime, ready: RequestCtx) -> HttpRequest:
    plugins = runtime.plugins
    if plugins.observed("before_send"):
        plugins.observe("before_send", call=ready.seen())
    if not plugins.adds_headers:
        return ready.http
    return attrs.evolve(ready.http, headers=plugins.headers(ready.seen(), ready.http.headers))


def _classified(runtime: Runtime, ready: RequestCtx, http: HttpReply, elapsed: float) -> ResponseCtx:
    """Open, parse and classify what came. What cannot be read is InDoubt with the reason as evidence."""
    reply: ReplyEnvelope | None = None
    body: bytes | None = None
    fault: Fault | None = None
    if not _is_reply(http):
        fault = _transport_fault(runtime, TypeError("send returns an HttpReply"))
        _log.error("%s", fault.en)
        verdict = Verdict(Outcome.IN_DOUBT, "no reply")
        return ResponseCtx(sent=ready, verdict=verdict, elapsed=elapsed, fault=fault)
    try:
        body = _opened(ready, http)
        reply = parse(ready.asked.interface, body)
    except ReplyMalformed as error:
        evidence = f"http {http.status}" if http.status != 200 else f"unreadable: {error}"
        verdict = Verdict(Outcome.IN_DOUBT, evidence)
    except TransportFailure as error:
        evidence = f"http {http.status}: {error.evidence}" if http.status != 200 else error.evidence
        verdict = Verdict(Outcome.IN_DOUBT, evidence)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin's SystemExit ends no program
        fault = ready.asked.served.fault(error)
        _log.exception("the reply was not opened: %s", fault.en)
        verdict = Verdict(Outcome.IN_DOUBT, f"unopened: {type(error).__name__}")
    else:
        sent = Sent(ready.msgid.value, ready.identifiers.person)
        refusals = runtime.refusals[ready.asked.institution.code]
        verdict = classify_reply(
            ready.asked.behaviour,
            http.status,
            reply,
            sent,
            refusals,
            certain_401=ready.asked.served.certain_401,
        )
    if verdict.outcome is Outcome.IN_DOUBT and _changes_nothing(ready):
        verdict = refused_by_status(http.status, reply, http.body) or verdict
    return ResponseCtx(
        sent=ready,
        verdict=verdict,
        elapsed=elapsed,
        status=http.status,
        raw=http.body,
        body=body,
        reply=reply,
        fault=fault,
    )


def _changes_nothing(ready: RequestCtx) -> bool:
    return ready.asked.effect is Effect.QUERY or ready.asked.interface.code == SIGN_IN


def _is_reply(http: Any) -> bool:
    """Whether a transport returned what it says; anything else must not reach the journal."""
    return isinstance(http, HttpReply) and http.body.__class__ is bytes and http.status.__class__ is int


def _opened(ready: RequestCtx, http: HttpReply) -> bytes:
    body: object = ready.asked.served.auth.open(http)
    if not isinstance(body, bytes):
        raise TypeError("open returns bytes")
    return body


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
