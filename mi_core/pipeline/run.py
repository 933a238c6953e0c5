"""One call from start to end: the stages in order, the visit held, reads repeated, nothing else ever repeated."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

from mi_core.errors import BureauRefused, GatewayRefused, MiError, NotSent, ReplyUnreadable, StoreError
from mi_core.journal import Intent, Stored
from mi_core.model import Request, Response
from mi_core.overload import CallLane, Place, Signal, signal_of
from mi_core.pipeline import journalled
from mi_core.pipeline.attachments import attached
from mi_core.pipeline.contexts import CallOptions, InputCtx, RequestCtx, ResponseCtx
from mi_core.pipeline.departure import Departure
from mi_core.pipeline.exchange import (
    begin,
    begin_later,
    exchange,
    finish,
    hands_over,
    take_back,
    uninterrupted,
)
from mi_core.pipeline.identifiers import Identifiers, identifiers_of
from mi_core.pipeline.intents import intent_of
from mi_core.pipeline.prepare import SIGN_IN, encode, envelope_and_seal, prepare, sign_in_applies, validate
from mi_core.pipeline.reading import decode, raise_unless_confirmed
from mi_core.pipeline.repeated import decode_stored
from mi_core.pipeline.runtime import Runtime
from mi_core.pipeline.sign_in_errors import sign_in_failed
from mi_core.pipeline.tokens import token_headers
from mi_core.retry import repeat_read
from mi_core.types import Effect

__all__ = ["run_call"]

_QUOTES_KEPT: Final = 10_000
_log = logging.getLogger("mi_core.call")


async def run_call(runtime: Runtime, request: Request[Any], options: CallOptions) -> Response:
    """The typed reply, or an error of :mod:`mi_core.errors`."""
    runtime = attached(runtime, options)
    asked = prepare(runtime, request, options)
    if not asked.effect.exact:  # a settlement that was done already is told whatever the load
        runtime.gate.check(*_lane(asked), where=asked.where())
    before = _snapshot(asked) if len(runtime.validators) > 1 else None
    asked = validate(runtime, asked)
    input_json = encode(asked)
    if before is not None and before != input_json:
        raise NotSent(
            "校验插件改动了请求，未发送", "a validator plugin changed the request, nothing was sent",
            hint_zh="停用该插件", hint_en="take the plugin out", **asked.where(),
        )  # fmt: skip
    identifiers = identifiers_of(asked.behaviour, input_json)
    call = _Call(runtime, asked, input_json, identifiers)
    if asked.effect.retried:
        loop = asyncio.get_running_loop()
        return await repeat_read(call.read, runtime.budget, lambda: asked.deadline - loop.time())
    if asked.effect.exact:
        call.intent = intent_of(runtime, asked, identifiers)
    if not identifiers.locks:
        return await call.attempt()
    return await _on_visit(call)


def _lane(asked: InputCtx) -> tuple[str, Effect, CallLane, float]:
    """What the gate must know. A sign-in changes nothing and every lane needs it, so it counts as a question."""
    lane: CallLane = asked.lane
    if lane == "normal" and asked.behaviour.timeout == "download":
        lane = "bulk"
    effect = Effect.QUERY if asked.interface.code == SIGN_IN else asked.effect
    return asked.served.key, effect, lane, asked.deadline


def _snapshot(asked: InputCtx) -> bytes:
    """What was asked for, before third parties' validators see it; a request that cannot be encoded is invalid anyway."""
    try:
        return encode(asked)
    except Exception:  # validation will say what is wrong
        return b""


async def _on_visit(call: _Call) -> Response:
    """A changing call, alone on its visit in this process; the journal sees to the others and to what is in doubt."""
    asked, locks = call.asked, call.identifiers.locks
    place = (asked.institution.gateway.url, asked.institution.code)
    hold = await call.runtime.visits.enter(
        [(*place, *lock) for lock in locks],
        asked.operation_id,
        wait_until=asked.deadline if asked.effect is Effect.UPLOAD else None,
        where=asked.where(),
    )
    try:
        if call.intent is None:
            await journalled.visit_is_free(call.runtime, asked, locks)
        return await call.attempt()
    finally:
        call.runtime.visits.leave(hold)


class _Call:
    """The attempts of one call."""

    def __init__(
        self, runtime: Runtime, asked: InputCtx, input_json: bytes, identifiers: Identifiers
    ) -> None:
        self.runtime, self.asked, self.input_json, self.identifiers = runtime, asked, input_json, identifiers
        self.intent: Intent | None = None
        """Only exact calls have one."""
        self.attempts = 0
        self.token_refused = False
        """The last attempt was answered with HTTP 401 to its token."""

    async def read(self) -> Response:
        """One attempt of a read; once more when its sign-in number or its token had expired."""
        try:
            return await self.attempt()
        except BureauRefused as refusal:
            if not self._expired(refusal.reason):
                raise
            return await self.attempt()
        except (GatewayRefused, ReplyUnreadable):
            if not self.token_refused:
                raise
            return await self.attempt()

    async def attempt(self) -> Response:
        """One message: its own id, its own row, exactly one send — or the stored result of the same business."""
        runtime, asked, intent = self.runtime, self.asked, self.intent
        where = asked.where()
        way = runtime.gate.enter(*_lane(asked), interface=asked.interface.code, where=where)
        if intent is not None and not self._goes_at_once(way):
            done = await journalled.standing(runtime, asked, intent, self.identifiers)
            if done is not None:
                return decode_stored(asked, done)
        sign_no, token = await self._sign_no(), await token_headers(self.asked, self.runtime.transport)
        async with way as place:
            return await self._sent(sign_no, token, place)

    def _goes_at_once(self, place: Place) -> bool:
        """Nothing stands between here and the journal, which then finds out in one step whether it may be sent."""
        asked = self.asked
        if asked.served.tokens is not None or not place.free():
            return False
        who = asked.operator
        return (
            who is None
            or not sign_in_applies(asked)
            or self.runtime.sign_numbers.known(asked.institution, who)
        )

    async def _sent(self, sign_no: str, token: Mapping[str, str] | None, place: Place) -> Response:
        """The attempt that may go: nothing of it was signed or journalled while it waited for its place."""
        runtime, asked, intent = self.runtime, self.asked, self.intent
        self.attempts += 1
        operation_id = asked.operation_id if self.attempts == 1 else f"{asked.operation_id}.{self.attempts}"
        msgid = await journalled.next_msgid(runtime, asked)
        ready = envelope_and_seal(
            runtime, asked, self.input_json, self.identifiers, sign_no, operation_id, msgid, token
        )
        runtime.in_flight.add(operation_id)
        try:
            noted, departure = True, None
            if intent is None:
                await begin(runtime, ready)
            else:
                begun, departure = await self._write_ahead(ready, intent)
                if isinstance(begun, Stored):
                    return decode_stored(asked, begun)
                ready = begun
                noted = not hands_over(runtime) or begin_later(runtime, ready)
            got, cancelled = await self._exchange(ready, departure)
            self._note_token(got, token)
            place.report(_signal(got), got.elapsed)
            journal_ok, cancelled_too = await self._journal(got)
            logged, cancelled_late = await self._finish(
                ready, got, already_cancelled=(cancelled or cancelled_too) is not None
            )
        finally:
            runtime.in_flight.discard(operation_id)
        if pending := cancelled or cancelled_too or cancelled_late:
            raise pending
        if asked.effect is not Effect.QUERY and got.verdict.infcode not in (None, "0"):
            self._expired(got.verdict.reason)
        raise_unless_confirmed(got)
        await self._note_quote(got)
        return decode(got, logged=logged and noted, journalled=journal_ok).response

    async def _write_ahead(
        self, ready: RequestCtx, intent: Intent
    ) -> tuple[RequestCtx | Stored, Departure | None]:
        """The last step before the send. A log that has to be waited for comes first, because without its row nothing may
        leave; its row is completed when it does not come to a send."""
        waits = not hands_over(self.runtime)
        if waits:
            await begin(self.runtime, ready)
        departure = Departure.of(self.runtime, ready)
        try:
            begun = await journalled.write_ahead(self.runtime, ready, intent, self.input_json)
        except BaseException as error:
            if departure is not None:
                departure.abandon()
            if waits:
                await take_back(self.runtime, ready, getattr(error, "code", type(error).__name__))
            raise
        if isinstance(begun, Stored):
            if departure is not None:
                departure.abandon()
            if waits:
                await take_back(self.runtime, ready, "done already")
        return begun, departure

    async def _exchange(
        self, ready: RequestCtx, departure: Departure | None
    ) -> tuple[ResponseCtx, asyncio.CancelledError | None]:
        """Send; also when the interpreter is being stopped the journal learns that the outcome is open."""
        try:
            return await exchange(self.runtime, ready, departure)
        except BaseException as error:
            journalled.lost(self.runtime, ready, error)
            raise

    async def _journal(self, got: ResponseCtx) -> tuple[bool, asyncio.CancelledError | None]:
        """``False``: the reply is the truth, but the journal could not take it; the attempt is asked about later."""
        if self.intent is None:
            return True, None
        try:
            return True, await journalled.end(self.runtime, got, self.intent)
        except StoreError as error:
            _log.error("%s: the journal did not take the outcome: %s", got.sent.msgid, error.en)
            return False, None

    async def _finish(
        self, ready: RequestCtx, got: ResponseCtx, *, already_cancelled: bool
    ) -> tuple[bool, asyncio.CancelledError | None]:
        """Complete the row; for changing calls, and after a cancellation, whatever the caller does meanwhile."""
        work = finish(self.runtime, ready, got)
        waits = not getattr(self.runtime.store.end, "at_once", False)
        if waits and (self.asked.effect.exact or already_cancelled):
            return await uninterrupted(work)
        return await work, None

    async def _note_quote(self, got: ResponseCtx) -> None:
        """A quote (2206, 2303) allows to settle again after a send that was not executed."""
        visit, quotes = self.identifiers.mdtrt_id, self.runtime.quotes
        if visit is not None and self.asked.effect is Effect.QUERY:
            key = (self.asked.institution.code, visit, self.asked.interface.code)
            quotes.pop(key, None)
            quotes[key] = got.sent.signed_ms
            while len(quotes) > _QUOTES_KEPT:
                del quotes[next(iter(quotes))]
            await journalled.note_quote(self.runtime, self.asked, visit, got.sent.signed_ms)

    def _note_token(self, got: ResponseCtx, token: Mapping[str, str] | None) -> None:
        tokens = self.asked.served.tokens
        self.token_refused = token is not None and got.status == 401
        if self.token_refused and tokens is not None and token is not None:
            tokens.refused(token)

    async def _sign_no(self) -> str:
        asked = self.asked
        if not sign_in_applies(asked) or asked.operator is None:
            return ""
        try:
            async with asyncio.timeout_at(asked.deadline):
                return await self.runtime.sign_numbers.number(asked.institution, asked.operator)
        except (MiError, TimeoutError) as error:
            raise sign_in_failed(asked, error) from error

    def _expired(self, reason: str) -> bool:
        """Forget a sign-in number that was refused as expired, so that the next message has a new one."""
        asked = self.asked
        if not sign_in_applies(asked) or asked.operator is None:
            return False
        return self.runtime.sign_numbers.expired(asked.institution, asked.operator, reason)


def _signal(got: ResponseCtx) -> Signal:
    """How the gateway took it."""
    verdict = got.verdict
    return signal_of(
        verdict.outcome,
        verdict.evidence,
        status=got.status,
        understood=got.reply is not None,
        elapsed=got.elapsed,
    )
