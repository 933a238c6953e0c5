"""The client as the worker uses it: the same calls, and what the journal knows of the operations behind requests."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from mi_core.client import AsyncClient
from mi_core.errors import OutcomeUnknown, VisitBusy
from mi_core.journal import (
    AmountsDiffer,
    AttemptRecord,
    AttemptState,
    IntakeClosed,
    QuoteNeeded,
    Stored,
    TakenBackSince,
)
from mi_core.model import Interface, Response
from mi_core.pipeline.contexts import InputCtx
from mi_core.pipeline.identifiers import identifiers_of
from mi_core.pipeline.intents import intent_of
from mi_core.pipeline.prepare import encode, prepare
from mi_core.pipeline.reading import parse
from mi_core.pipeline.repeated import decode_stored
from mi_core.worker.reading import Wish
from mi_core.worker.records import Result
from mi_core.worker.results import done, failed, told

__all__ = ["BridgeClient"]

_NOTHING_DONE: Final = {
    AttemptState.NOT_SENT: ("not_sent", "未发送，可重新提交", "it was not sent and may be submitted again"),
    AttemptState.NOT_EXECUTED: (
        "not_executed", "已查明中心未执行，可重新提交（结算须先预结算）",
        "found out: the bureau did not execute it; it may be submitted again (quote before settling)",
    ),
    AttemptState.REVERSED: (
        "reversed", "已执行后冲正（2601），目前没有生效的业务，可重新提交",
        "it was executed and reversed (2601): nothing stands, and it may be submitted again",
    ),
}  # fmt: skip


class BridgeClient(AsyncClient):
    """Opened and closed as :class:`mi_core.AsyncClient`."""

    async def make(self, wish: Wish) -> Response:
        """Make the call; the errors of :meth:`mi_core.AsyncClient.call`."""
        reply: Response = await self._call(wish.request, wish.options)
        return reply

    async def last(self, operation_id: str) -> AttemptRecord | None:
        """The latest attempt of an operation."""
        found = await asyncio.to_thread(self.journal.read.attempts, operation_id)
        return found[-1] if found else None

    async def same(self, wish: Wish, operation_id: str) -> AttemptRecord | None:
        """The latest attempt of that operation if it is the very business of ``wish``, not merely of the same visit."""
        attempt = await self.last(operation_id)
        if attempt is None:
            return None
        runtime, asked = await self._open(), await self._prepared(wish)
        intent = intent_of(runtime, asked, identifiers_of(asked.behaviour, encode(asked)))
        mine = attempt.interface == intent.interface and attempt.business_key == intent.business_key
        return attempt if mine else None

    async def stands(self, wish: Wish) -> Result | None:
        """What the journal says of the same business when no operation has the request's name: a call that was not sent under
        an earlier request goes on under that one's. ``None``: nothing stands. Raises ``NotSent``: it cannot be asked."""
        try:
            reply = await self.done_before(wish.request, wish.options)
        except VisitBusy as busy:
            same = await self.same(wish, busy.operation_id) if busy.operation_id else None
            return None if same is None else doubtful(wish.request.__interface__, same)
        except (AmountsDiffer, IntakeClosed, QuoteNeeded, TakenBackSince):
            return None
        return None if reply is None else done(reply, wish.request.__interface__.code)

    async def became(self, wish: Wish, attempt: AttemptRecord) -> Result | None:
        """What the HIS is to be told of a journalled attempt; ``None`` while it is open. Nothing is ever sent."""
        match attempt.state:
            case AttemptState.CONFIRMED:
                asked = await self._prepared(wish)
                return done(decode_stored(asked, _stored(attempt)), attempt.interface)
            case AttemptState.REJECTED:
                return _refused(wish.request.__interface__, attempt)
            case AttemptState.NOT_SENT | AttemptState.NOT_EXECUTED | AttemptState.REVERSED:
                code, zh, en = _NOTHING_DONE[attempt.state]
                return told(
                    "ERROR", code, zh, en, operation_id=attempt.operation_id, msgid=attempt.msgid,
                    reason=_said(wish.request.__interface__, attempt),
                )  # fmt: skip
            case _:
                return None

    async def _prepared(self, wish: Wish) -> InputCtx:
        return prepare(await self._open(), wish.request, wish.options)


def doubtful(interface: Interface[Any], attempt: AttemptRecord) -> Result:
    """In doubt, for who did not see it happen."""
    manual = attempt.state is AttemptState.MANUAL
    return failed(
        OutcomeUnknown(
            "已发送，结果未定", "it was sent and its outcome is not known",
            hint_zh="转人工处理：mi doubt show" if manual else "请等待查证，不要重复提交，也不要改用其他方式收费",
            hint_en="people decide: mi doubt show" if manual else "wait until it is found out; do not submit it again",
            evidence=attempt.evidence or "", interface=attempt.interface, title=interface.title, msgid=attempt.msgid,
            institution=attempt.institution, operation_id=attempt.operation_id, likely_refused=attempt.likely_refused,
        )
    )  # fmt: skip


def _stored(attempt: AttemptRecord) -> Stored:
    response = attempt.result if attempt.result is not None else attempt.response
    return Stored(
        attempt.operation_id, attempt.generation, attempt.msgid, response, attempt.identifier,
        attempt.source or "reply", attempt.missing,
    )  # fmt: skip


def _refused(interface: Interface[Any], attempt: AttemptRecord) -> Result:
    reason = _said(interface, attempt)
    return told(
        "COMPLETED", "bureau_refused" if attempt.infcode else "gateway_refused", f"已被拒绝：{reason}", f"refused: {reason}",
        operation_id=attempt.operation_id, msgid=attempt.msgid, infcode=attempt.infcode, reason=reason,
    )  # fmt: skip


def _said(interface: Interface[Any], attempt: AttemptRecord) -> str:
    """The bureau's own words, where it had any."""
    if attempt.response is None:
        return attempt.reason or ""
    try:
        return parse(interface, attempt.response).err_msg or attempt.reason or ""
    except Exception:  # whatever was answered: the journal's verdict stands
        return attempt.reason or attempt.evidence or ""
