"""Operations: what was asked for, what became of it, and waiting for what is still open.

Calls under way and just ended come from the service, changing calls of any age from the journal. An operation of another
institution does not exist.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any, Final

from aiohttp import web

from mi_core.desk.words import STATES, beijing, evidence_words, title_of, yuan
from mi_core.errors import MiError, OutcomeUnknown
from mi_core.journal import AttemptRecord, OperationState
from mi_core.serve.bodies import answer
from mi_core.serve.calls import error_of
from mi_core.serve.problems import status_of
from mi_core.serve.refusals import bad_request, no_such_thing
from mi_core.serve.roles import allowed
from mi_core.serve.running import Work
from mi_core.serve.service import SERVICE, Service, institution_of, lang_of, need, token_of
from mi_core.serve.stored import stored_reply
from mi_core.serve.waiting import wait_of
from mi_core.types import CHINA_TIME

__all__ = ["find_attempts", "list_operations", "show_operation"]

_STATUS: Final = {
    OperationState.OPEN: "in_doubt", OperationState.MANUAL: "in_doubt", OperationState.DONE: "done",
    OperationState.FAILED: "failed", OperationState.REVERSED: "reversed", OperationState.ABANDONED: "not_sent",
}  # fmt: skip
_MOST: Final = 1000
_DAY: Final = 86_400_000


async def show_operation(request: web.Request) -> web.Response:
    """``GET …/operations/{operation}?wait=30``: one operation by its name or a message id; waits while it is open."""
    service = request.app[SERVICE]
    need("operations")
    institution = institution_of(request)
    name, patience = request.match_info["operation"], wait_of(request)
    begun = asyncio.get_running_loop().time()
    work = service.running.get(name, institution.code)
    if work is not None:
        if not work.task.done():
            await work.wait(patience or 0.0)
        if not work.task.done():
            return answer(request, _running(work))
    attempts = await find_attempts(service, institution.code, name)
    if not attempts and work is None:
        raise no_such_thing()
    error = None if work is None else work.error
    if not attempts and isinstance(error, OutcomeUnknown) and error.operation_id:
        attempts = await find_attempts(
            service, institution.code, error.operation_id
        )  # it went on with an earlier one
    if attempts and attempts[-1].operation_state is OperationState.OPEN and patience:
        left = patience - (asyncio.get_running_loop().time() - begun)
        await service.client.wait_for(attempts[-1].operation_id, timeout=max(left, 0.0))
        attempts = await find_attempts(service, institution.code, name)
    content = allowed(token_of().roles, "content")
    return answer(request, _shown(service, work, attempts, lang_of(request), content=content))


async def list_operations(request: web.Request) -> web.Response:
    """``GET …/operations?date=yyyy-MM-dd&status=&interface=&limit=``: changing calls of a day, newest first; what is under way."""
    service = request.app[SERVICE]
    need("operations")
    institution, lang = institution_of(request), lang_of(request)
    day, limit = _day(request), _limit(request)
    status, interface = request.query.get("status"), request.query.get("interface")
    start = int(dt.datetime.combine(day, dt.time(), CHINA_TIME).timestamp() * 1000)
    found = await asyncio.to_thread(
        service.client.journal.read.between, institution.code, start, start + _DAY
    )
    latest = {attempt.operation_id: attempt for attempt in found}
    rows = [
        _line(attempt, lang)
        for attempt in sorted(latest.values(), key=lambda a: (a.sent_at, a.msgid), reverse=True)
    ]
    rows = [
        r
        for r in rows
        if (not status or r["status"] == status) and (not interface or r["interface"] == interface)
    ]
    under_way = [_running(work) for work in service.running.of(institution.code)]
    return answer(
        request,
        {
            "date": day.isoformat(),
            "operations": rows[:limit],
            "more": len(rows) > limit,
            "running": under_way,
        },
    )


async def find_attempts(service: Service, institution: str, name: str) -> list[AttemptRecord]:
    """The attempts of an operation of that institution, by its name or a message id; empty for somebody else's."""

    def look() -> list[AttemptRecord]:
        reader = service.client.journal.read
        attempts = reader.attempts(name)
        if not attempts and (one := reader.attempt(name)) is not None:
            attempts = reader.attempts(one.operation_id)
        return attempts if attempts and attempts[-1].institution == institution else []

    return await asyncio.to_thread(look)


def _shown(
    service: Service, work: Work | None, attempts: list[AttemptRecord], lang: str, *, content: bool
) -> dict[str, Any]:
    if not attempts:
        assert work is not None
        return _ended(work, lang, content=content)
    last = attempts[-1]
    line = _line(last, lang)
    if line["status"] == "done" and content:
        own = work is not None and work.reply is not None
        reply = (
            work.reply
            if own and work is not None
            else stored_reply(service.config.institutions[last.institution], last)
        )
        return {**(reply or {}), **line}
    if work is not None and work.error is not None:
        return {**line, "error": error_of(work, lang)}
    return line


def _running(work: Work) -> dict[str, Any]:
    return {
        "operation": work.operation,
        "status": "running",
        "interface": work.interface,
        "title": title_of(work.interface),
    }


def _ended(work: Work, lang: str, *, content: bool) -> dict[str, Any]:
    """A query, an upload, or a call that never came to the journal."""
    if work.reply is not None:
        reply = dict(work.reply)
        return (
            reply
            if content
            else {name: reply[name] for name in ("operation", "status", "interface", "title", "msgid")}
        )
    error = work.error
    open_ = not isinstance(error, MiError) or status_of(error) == 504  # a mistake of ours proves nothing
    return {**_running(work), "status": "in_doubt" if open_ else "failed", "error": error_of(work, lang)}


def _line(attempt: AttemptRecord, lang: str) -> dict[str, Any]:
    pick = 1 if lang == "en" else 0
    return {
        "operation": attempt.operation_id, "status": _STATUS[attempt.operation_state], "state": attempt.state.value,
        "state_text": STATES[attempt.state.value][pick], "interface": attempt.interface, "title": title_of(attempt.interface),
        "msgid": attempt.msgid, "generation": attempt.generation, "attempt": attempt.number,
        "amounts": {path: yuan(value) for path, value in attempt.amounts.items()}, "identifier": attempt.identifier or "",
        "operator": attempt.operator, "sent": beijing(attempt.sent_at),
        "ended": "" if attempt.ended_at is None else beijing(attempt.ended_at),
        "evidence": evidence_words(attempt.evidence)[pick],
    }  # fmt: skip


def _day(request: web.Request) -> dt.date:
    text = request.query.get("date")
    if text is None:
        return dt.datetime.now(CHINA_TIME).date()
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise bad_request("date 应为 yyyy-MM-dd", "date is yyyy-MM-dd", field="date") from None


def _limit(request: web.Request) -> int:
    text = request.query.get("limit", "100")
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= _MOST and len(text) < 9):
        raise bad_request(f"limit 应为 1 至 {_MOST}", f"limit is 1 to {_MOST}", field="limit")
    return int(text)
