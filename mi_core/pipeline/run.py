"""One call from start to end: the stages in order, the visit held, reads repeated, nothing else ever repeated."""

from __future__ import annotations

import asyncio
from typing import Any

from mi_core.errors import BureauRefused, MiError, NotSent
from mi_core.model import Request, Response
from mi_core.pipeline.contexts import CallOptions, InputCtx, RequestCtx, ResponseCtx
from mi_core.pipeline.exchange import begin, exchange, finish, uninterrupted
from mi_core.pipeline.identifiers import Identifiers, identifiers_of
from mi_core.pipeline.prepare import encode, envelope_and_seal, prepare, sign_in_applies, validate
from mi_core.pipeline.reading import decode, raise_unless_confirmed
from mi_core.pipeline.runtime import Runtime
from mi_core.pipeline.visits import Hold
from mi_core.retry import repeat_read
from mi_core.types import Effect, Outcome

__all__ = ["run_call"]


async def run_call(runtime: Runtime, request: Request[Any], options: CallOptions) -> Response:
    """The typed reply, or an error of :mod:`mi_core.errors`."""
    asked = prepare(runtime, request, options)
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
    if not identifiers.locks:
        return await call.attempt(None)
    return await _on_visit(call)


def _snapshot(asked: InputCtx) -> bytes:
    """What was asked for, before third parties' validators see it; a request that cannot be encoded is invalid anyway."""
    try:
        return encode(asked)
    except Exception:  # validation will say what is wrong
        return b""


async def _on_visit(call: _Call) -> Response:
    """A changing call, alone on its visit."""
    asked = call.asked
    place = (asked.institution.gateway.url, asked.institution.code)
    hold = await call.runtime.visits.enter(
        [(*place, *lock) for lock in call.identifiers.locks],
        asked.operation_id,
        wait_until=asked.deadline if asked.effect is Effect.UPLOAD else None,
        where=asked.where(),
    )
    try:
        return await call.attempt(hold)
    finally:
        if not hold.in_doubt:
            call.runtime.visits.leave(hold)


class _Call:
    """The attempts of one call."""

    def __init__(
        self, runtime: Runtime, asked: InputCtx, input_json: bytes, identifiers: Identifiers
    ) -> None:
        self.runtime, self.asked, self.input_json, self.identifiers = runtime, asked, input_json, identifiers
        self.attempts = 0

    async def read(self) -> Response:
        """One attempt of a read; once more when its sign-in number had expired."""
        try:
            return await self.attempt(None)
        except BureauRefused as refusal:
            if not self._expired(refusal.reason):
                raise
            return await self.attempt(None)

    async def attempt(self, hold: Hold | None) -> Response:
        """One message: its own id, its own row, exactly one send."""
        runtime, asked = self.runtime, self.asked
        sign_no = await self._sign_no()
        self.attempts += 1
        operation_id = asked.operation_id if self.attempts == 1 else f"{asked.operation_id}.{self.attempts}"
        ready = envelope_and_seal(runtime, asked, self.input_json, self.identifiers, sign_no, operation_id)
        if hold is not None:
            hold.msgid = ready.msgid.value
        runtime.in_flight.add(operation_id)
        try:
            await begin(runtime, ready)
            got, cancelled = await self._exchange(ready, hold)
            logged, cancelled_late = await self._finish(ready, got, already_cancelled=cancelled is not None)
        finally:
            runtime.in_flight.discard(operation_id)
        if cancelled or cancelled_late:
            raise cancelled or cancelled_late or asyncio.CancelledError
        if asked.effect is not Effect.QUERY and got.verdict.infcode not in (None, "0"):
            self._expired(got.verdict.reason)
        raise_unless_confirmed(got)
        if self.identifiers.reverses:
            runtime.visits.resolve(msgid=self.identifiers.reverses)
        return decode(got, logged=logged).response

    async def _exchange(
        self, ready: RequestCtx, hold: Hold | None
    ) -> tuple[ResponseCtx, asyncio.CancelledError | None]:
        """Send; a visit whose changing call is in doubt stays closed, also when the interpreter is being stopped."""
        visits, exact = self.runtime.visits, self.asked.effect.exact
        try:
            got, cancelled = await exchange(self.runtime, ready)
        except BaseException:
            if hold is not None and exact:
                visits.keep(hold)
            raise
        if hold is not None and exact and got.verdict.outcome is Outcome.IN_DOUBT:
            visits.keep(hold)
        return got, cancelled

    async def _finish(
        self, ready: RequestCtx, got: ResponseCtx, *, already_cancelled: bool
    ) -> tuple[bool, asyncio.CancelledError | None]:
        """Complete the row; for changing calls, and after a cancellation, whatever the caller does meanwhile."""
        work = finish(self.runtime, ready, got)
        waits = not getattr(self.runtime.store.end, "at_once", False)
        if waits and (self.asked.effect.exact or already_cancelled):
            return await uninterrupted(work)
        return await work, None

    async def _sign_no(self) -> str:
        asked = self.asked
        if not sign_in_applies(asked) or asked.operator is None:
            return ""
        try:
            async with asyncio.timeout_at(asked.deadline):
                return await self.runtime.sign_numbers.number(asked.institution, asked.operator)
        except (MiError, TimeoutError) as error:
            why = error.zh if isinstance(error, MiError) else "超时"
            reason = error.en if isinstance(error, MiError) else "timeout"
            raise NotSent(
                f"签到（9001）未成功，本次调用未发送：{why}", f"sign-in (9001) failed, this call was not sent: {reason}",
                hint_zh="排除原因后重新调用；本地区不用签到时在 mi.toml 设 sign_in = false",
                hint_en="call again when it works; where sign-in is not used set sign_in = false in mi.toml",
                **asked.where(),
            ) from error  # fmt: skip

    def _expired(self, reason: str) -> bool:
        """Forget a sign-in number that was refused as expired, so that the next message has a new one."""
        asked = self.asked
        if not sign_in_applies(asked) or asked.operator is None:
            return False
        return self.runtime.sign_numbers.expired(asked.institution, asked.operator, reason)
