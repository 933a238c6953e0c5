"""Operations: what was asked for, what became of it, and waiting for what is still open.

Calls under way and just ended come from the service, changing calls of any age from the journal, flow steps and what
never came to the journal from the keys' file: all of that is known after a restart. An operation of another institution
does not exist, and an operation without a record is ``operation_unknown``, which is never "not done".
"""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any, Final

import attrs
from aiohttp import web

from mi_core.desk.words import STATES, beijing, evidence_words, title_of, yuan
from mi_core.errors import MiError, OutcomeUnknown
from mi_core.flows.errors import FlowStopped
from mi_core.journal import AttemptRecord, AttemptState, OperationState
from mi_core.serve.bodies import answer
from mi_core.serve.calls import error_of
from mi_core.serve.earlier import with_what_followed
from mi_core.serve.keys import Keys, Known
from mi_core.serve.problems import status_of
from mi_core.serve.refusals import Refusal, bad_request, no_such_operation
from mi_core.serve.roles import allowed
from mi_core.serve.running import Work
from mi_core.serve.service import SERVICE, Service, institution_of, lang_of, need, token_of
from mi_core.serve.stored import stored_reply
from mi_core.serve.told import Told, told_error, told_of
from mi_core.serve.waiting import wait_of
from mi_core.types import CHINA_TIME

__all__ = ["find_attempts", "list_operations", "show_operation"]

_STATUS: Final = {
    OperationState.OPEN: "in_doubt", OperationState.MANUAL: "in_doubt", OperationState.DONE: "done",
    OperationState.FAILED: "failed", OperationState.REVERSED: "reversed", OperationState.ABANDONED: "not_sent",
}  # fmt: skip
_MOST: Final = 1000
_DAY: Final = 86_400_000


@attrs.frozen
class _Found:
    """What is known of one operation, from memory, journal and keys."""

    work: Work | None
    attempts: list[AttemptRecord]
    known: Known | None


async def show_operation(request: web.Request) -> web.Response:
    """``GET …/operations/{operation}?wait=30``: one operation by its name, a message id or its ``Idempotency-Key``; waits
    while it is open."""
    service = request.app[SERVICE]
    need("operations")
    code, name, patience = institution_of(request).code, request.match_info["operation"], wait_of(request)
    begun = asyncio.get_running_loop().time()
    found = await _find(service, code, name)
    work = found.work
    if work is not None and not work.task.done():
        await work.wait(patience or 0.0)
        if not work.task.done():
            return answer(request, _running(work))
        found = await _find(service, code, work.operation)
    if found.attempts and found.attempts[-1].operation_state is OperationState.OPEN and patience:
        left = patience - (asyncio.get_running_loop().time() - begun)
        await service.client.wait_for(found.attempts[-1].operation_id, timeout=max(left, 0.0))
        found = attrs.evolve(
            found, attempts=await find_attempts(service, code, found.attempts[-1].operation_id)
        )
    if not found.attempts and found.work is None and found.known is None:
        raise no_such_operation()
    content = allowed(token_of().roles, "content")
    return answer(request, await _shown(service, found, lang_of(request), content=content))


async def _find(service: Service, code: str, name: str) -> _Found:
    work = service.running.get(name, code)
    attempts = await find_attempts(service, code, name)
    known = await asyncio.to_thread(_known, service.keys, code, name)
    if known is not None:
        work = work or service.running.get(known.operation, code) or service.running.get(known.became, code)
        attempts = attempts or await find_attempts(service, code, known.became)
    error = None if work is None else work.error
    if not attempts and isinstance(error, OutcomeUnknown) and error.operation_id:
        attempts = await find_attempts(service, code, error.operation_id)  # it went on with an earlier one
    return _Found(work, attempts, known)


def _known(keys: Keys, code: str, name: str) -> Known | None:
    known = keys.known(name)
    if known is None and (operation := keys.operation_of(code, name)) is not None:
        known = keys.known(operation)
    return known if known is not None and known.about.institution == code else None


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


async def _shown(service: Service, found: _Found, lang: str, *, content: bool) -> dict[str, Any]:
    work = found.work
    if not found.attempts:
        return (
            _kept(found.known, lang, content=content) if work is None else _ended(work, lang, content=content)
        )
    last = found.attempts[-1]
    line = _line(last, lang)
    if line["status"] == "done" and content:
        reply = work.reply if work is not None else None
        told = told_of(found.known.told) if found.known is not None else None
        if reply is None:
            reply = told.body if told is not None and told.english is None else None
        reply = reply or stored_reply(service.config.institutions[last.institution], last)
        return {**(await with_what_followed(service, Told(200, reply), last.operation_id)).body, **line}
    if work is not None and work.error is not None:
        return {**line, "error": error_of(work, lang)}
    return line


def _kept(known: Known | None, lang: str, *, content: bool) -> dict[str, Any]:
    """What an earlier run of the service wrote down: a flow's step, or a call that never came to the journal."""
    assert known is not None
    told = told_of(known.told)
    interface = known.about.interface
    head = {"operation": known.operation, "interface": interface, "title": title_of(interface)}
    if known.state == "open":
        error = told_error(_interrupted(known), known.operation)
        return {**head, "status": "in_doubt", "code": "interrupted", "error": error.error(lang)}
    status = {"done": "done", "refused": "failed", "free": "not_sent"}[known.state]
    error_body = None if told is None else told.error(lang)
    line = {**head, "status": status, "code": status if error_body is None else error_body["code"]}
    if error_body is not None:
        return {**line, "error": error_body}
    return {**told.body, **line} if told is not None and content else line


def _interrupted(known: Known) -> Refusal:
    here = f"/v1/institutions/{known.about.institution}"
    seen = f"；现状：GET {here}{known.about.place}" if known.about.place else ""
    seen_en = f"; where it stands: GET {here}{known.about.place}" if known.about.place else ""
    return Refusal(
        "interrupted", "服务在办理中停止过，此操作的结果没有记下", "the service was stopped meanwhile and its outcome was not written down",
        status=504, operation=known.operation,
        hint_zh=f"用同一 Idempotency-Key、同样内容再提交一次：接着办理，已办理的不会重办{seen}",
        hint_en=f"submit the same content under the same Idempotency-Key: it goes on, what was done is not done again{seen_en}",
    )  # fmt: skip


def _running(work: Work) -> dict[str, Any]:
    return {
        "operation": work.operation,
        "status": "running",
        "code": "running",
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
    error_body = error_of(work, lang)
    if not isinstance(error, MiError) or status_of(error) == 504:
        status = "in_doubt"  # a mistake of ours proves nothing
    elif isinstance(error, FlowStopped) and error.standing.unfinished:
        status = "stopped"  # half way: some of its calls stand
    else:
        status = "failed"
    return {**_running(work), "status": status, "code": error_body["code"], "error": error_body}


def _line(attempt: AttemptRecord, lang: str) -> dict[str, Any]:
    pick, status = 1 if lang == "en" else 0, _STATUS[attempt.operation_state]
    refused = attempt.state is AttemptState.REJECTED
    code = status if status != "failed" else "refused" if refused else "not_executed"
    return {
        "operation": attempt.operation_id, "status": status, "code": code, "state": attempt.state.value,
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
