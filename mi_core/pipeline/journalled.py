"""Exact calls and the journal: asked before signing, written before the first byte leaves, told how it ended."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import attrs
import msgspec

from mi_core.errors import CallError, NotSent, StoreError
from mi_core.journal import Intent, MsgId, Stored, Ticket
from mi_core.journal import Verdict as JournalVerdict
from mi_core.journal.quotes import Quote, note
from mi_core.pipeline.contexts import InputCtx, RequestCtx, ResponseCtx
from mi_core.pipeline.exchange import hands_over, uninterrupted
from mi_core.pipeline.identifiers import Identifiers, identifiers_of
from mi_core.pipeline.intents import before_send
from mi_core.pipeline.runtime import Runtime
from mi_core.types import Outcome

__all__ = ["end", "log_name", "lost", "next_msgid", "note_quote", "standing", "visit_is_free", "write_ahead"]

_log = logging.getLogger("mi_core.call")


async def next_msgid(runtime: Runtime, asked: InputCtx) -> MsgId:
    """A durable message id. Raises ``NotSent`` when the journal cannot give one."""
    try:
        if (found := runtime.journal.msgid_at_hand(asked.institution.code)) is not None:
            return found
        async with asyncio.timeout_at(asked.deadline):
            return await runtime.journal.msgid(asked.institution.code)
    except (StoreError, TimeoutError) as error:
        raise _closed(asked.where(), error) from error


async def standing(
    runtime: Runtime, asked: InputCtx, intent: Intent, identifiers: Identifiers
) -> Stored | None:
    """The result of the same business when it was done already. Raises ``VisitBusy`` and its siblings (nothing sent)."""
    try:
        async with asyncio.timeout_at(asked.deadline):
            done = await runtime.journal.peek(intent)
            if done is not None:
                await _same_matter(runtime, asked, identifiers, done)
            return done
    except CallError as refusal:
        raise _told(refusal, asked.where()) from refusal.__cause__
    except (StoreError, TimeoutError) as error:
        raise _closed(asked.where(), error) from error


async def note_quote(runtime: Runtime, asked: InputCtx, visit: str, signed_ms: int) -> None:
    """Tell the journal of a quote for what was not executed, for every program that shares it. Never raises."""
    if (
        asked.behaviour.timeout != "settlement"
    ):  # a quote takes as long; what is asked most is none and costs nothing
        return
    code, institution = asked.interface.code, asked.institution

    def settles(infno: str) -> bool:
        return institution.interface(infno).behaviour.quoted_by == code

    quote = Quote(institution.code, f"mdtrt_id={visit}", code, signed_ms)
    try:
        await asyncio.to_thread(note, runtime.journal, quote, settles)
    except Exception as error:  # the quote was answered; who has it in mind may settle all the same
        _log.warning("%s: the journal does not know of this quote: %s", code, type(error).__name__)


async def visit_is_free(runtime: Runtime, asked: InputCtx, locks: tuple[tuple[str, str], ...]) -> None:
    """Before an upload: raises ``VisitBusy`` while a changing call of the visit is unresolved, in whatever process."""
    keys = tuple(f"{name}={value}" for name, value in locks)
    try:
        async with asyncio.timeout_at(asked.deadline):
            await runtime.journal.free(asked.institution.code, keys, asked.interface.code)
    except CallError as refusal:
        raise _told(refusal, asked.where()) from refusal.__cause__
    except (StoreError, TimeoutError) as error:
        raise _closed(asked.where(), error) from error


async def write_ahead(
    runtime: Runtime, ready: RequestCtx, intent: Intent, input_json: bytes
) -> RequestCtx | Stored:
    """On disk as SENT: the context with its ticket. A :class:`Stored` when someone did the same meanwhile."""
    asked = ready.asked
    left = asked.deadline - asyncio.get_running_loop().time()
    before = before_send(ready, input_json, int((time.time() + max(left, 0.0)) * 1000))
    try:
        async with asyncio.timeout_at(asked.deadline):
            begun = await runtime.journal.begin(intent, before)
            if isinstance(begun, Stored):
                await _same_matter(runtime, asked, ready.identifiers, begun)
    except CallError as refusal:
        raise _told(refusal, ready.where()) from refusal.__cause__
    except (StoreError, TimeoutError) as error:
        raise _closed(ready.where(), error) from error
    if not isinstance(begun, Ticket):
        return begun
    named = log_name(begun.operation_id, begun.number) if hands_over(runtime) else ready.operation_id
    return attrs.evolve(ready, ticket=begun, operation_id=named)


def log_name(operation_id: str, number: int) -> str:
    """What an attempt's row is called in the operation log: the journal's name of the operation and, from the second
    attempt on, its number. So a row can be found, or made, from what the journal knows.
    """
    return operation_id if number == 1 else f"{operation_id}.{number}"


async def _same_matter(runtime: Runtime, asked: InputCtx, now: Identifiers, done: Stored) -> None:
    """One key, one person and one visit: else somebody would be told that another's business is theirs."""
    attempt = await asyncio.to_thread(runtime.journal.read.attempt, done.msgid)
    sent = None if attempt is None else attempt.request
    if sent is None:
        return
    if asked.behaviour.envelope != "none":
        sent = bytes(msgspec.json.decode(sent, type=dict[str, msgspec.Raw])["input"])
    earlier = identifiers_of(asked.behaviour, sent)
    if earlier.locks == now.locks and _person(earlier) == _person(now):
        return
    raise NotSent(
        f"同一业务主键已用于另一人或另一次就诊（操作号 {done.operation_id}），未发送",
        f"the same business key was used for another person or visit (operation {done.operation_id}), nothing was sent",
        hint_zh="核对人员编号与就诊 ID；operation_key 每单须唯一",
        hint_en="compare psn_no and mdtrt_id; an operation_key belongs to one bill",
        **{**asked.where(), "operation_id": done.operation_id},
    )


def _person(identifiers: Identifiers) -> str:
    return (identifiers.person or identifiers.psn_no or "").strip()


async def end(runtime: Runtime, got: ResponseCtx, intent: Intent) -> asyncio.CancelledError | None:
    """Record the verdict, whatever the caller does meanwhile; a cancellation is returned. Raises ``StoreError``."""
    ticket, verdict = got.sent.ticket, got.verdict
    assert ticket is not None
    confirmed = verdict.outcome is Outcome.CONFIRMED
    told = JournalVerdict(
        outcome=verdict.outcome,
        evidence=verdict.evidence,
        response=got.raw if got.body is None else got.body,
        identifier=(verdict.identifier or intent.business_key[-1]) if confirmed else None,
        infcode=verdict.infcode,
        likely_refused=verdict.likely_refused,
        discrepancy=bool(verdict.discrepancies) or verdict.executed,
    )
    _, cancelled = await uninterrupted(_ended(runtime, ticket, told))
    return cancelled


async def _ended(runtime: Runtime, ticket: Ticket, verdict: JournalVerdict) -> None:
    await runtime.journal.end(ticket, verdict)


def lost(runtime: Runtime, ready: RequestCtx, error: BaseException) -> None:
    """The task ends without a verdict (interpreter stopped, bug): in doubt, without waiting."""
    if ready.ticket is not None:
        runtime.journal.lose(ready.ticket, type(error).__name__)


def _told(refusal: CallError, where: dict[str, Any]) -> CallError:
    """The journal's refusal with what it cannot know: the interface's name, the institution, what validation noticed."""
    refusal.interface, refusal.title = where["interface"], where["title"]
    refusal.institution, refusal.warnings = where["institution"], where["warnings"]
    return refusal


def _closed(where: dict[str, Any], error: Exception) -> NotSent:
    known = error if isinstance(error, StoreError) else StoreError("超时", "time-out")
    return NotSent(
        f"交易日志不可用，未发送：{known.zh}", f"the journal cannot be used, nothing was sent: {known.en}",
        hint_zh=known.hint_zh or "运行 mi doctor 检查交易日志；恢复后可重新调用",
        hint_en=known.hint_en or "run: mi doctor; call again when it works", **where,
    )  # fmt: skip
