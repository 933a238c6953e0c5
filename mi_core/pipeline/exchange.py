"""The exchange: exactly one send, and the classification of what came. The row around it: :mod:`call_rows`."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import attrs

from mi_core.classify import Sent, Verdict, classify_failure, classify_reply, refused_by_status
from mi_core.pipeline.call_rows import begin, begin_later, finish, hands_over, take_back, uninterrupted
from mi_core.pipeline.contexts import RequestCtx, ResponseCtx
from mi_core.pipeline.departure import Departure
from mi_core.pipeline.faults import Fault, fault_of
from mi_core.pipeline.prepare import SIGN_IN
from mi_core.pipeline.reading import parse
from mi_core.pipeline.runtime import Runtime
from mi_core.plugin import (
    HttpReply,
    HttpRequest,
    Sending,
    TransportFailure,
)
from mi_core.types import Effect, Outcome
from mi_core.wire import ReplyEnvelope, ReplyMalformed

__all__ = ["begin", "begin_later", "exchange", "finish", "hands_over", "take_back", "uninterrupted"]

_log = logging.getLogger("mi_core.call")


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
