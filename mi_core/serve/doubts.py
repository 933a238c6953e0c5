"""Calls in doubt over HTTP: the same lists and the same rules as ``mi doubt``.

A decision is made under the token's name. Where the rules of the desk want two persons, the first request proposes and
another token's request, with the same content, decides.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from aiohttp import web

from mi_core.desk import doubts, trail
from mi_core.desk.deciding import subject
from mi_core.desk.details import source_words
from mi_core.desk.doubts import Doubt
from mi_core.desk.showing import reply_lines, request_lines
from mi_core.desk.steps import steps
from mi_core.desk.words import STATES, beijing, clue_words, evidence_words, yuan
from mi_core.errors import InvalidInput
from mi_core.journal import AttemptRecord, Reader
from mi_core.model import Problem
from mi_core.serve.bodies import answer, read_json
from mi_core.serve.operations import find_attempts
from mi_core.serve.refusals import no_such_operation
from mi_core.serve.service import SERVICE, Service, institution_of, lang_of, need

__all__ = ["list_doubts", "resolve_doubt", "show_doubt"]

_OUTCOMES: Final = ("executed", "not_executed")


async def list_doubts(request: web.Request) -> web.Response:
    """``GET …/doubts``: what is unresolved at the institution, oldest first, and how much money it is about."""
    service = request.app[SERVICE]
    need("doubts")
    code, pick = institution_of(request).code, _pick(request)

    def look() -> dict[str, Any]:
        reader, now = service.client.journal.read, time.time_ns() // 1_000_000
        found = doubts.find(reader, service.config, doubts.Wanted(institutions=(code,)), now)
        foot = next(line for line in doubts.totals(reader, service.config, found) if line.institution == code)
        return {
            "doubts": [_row(doubt, pick) for doubt in found],
            "totals": {
                "operations": foot.operations, "amount": yuan(foot.amount), "exposed": foot.exposed,
                "exposed_amount": yuan(foot.exposed_amount), "limit": foot.limit, "intake_closed": foot.closed,
            },
        }  # fmt: skip

    return answer(request, await asyncio.to_thread(look))


async def show_doubt(request: web.Request) -> web.Response:
    """``GET …/doubts/{operation}``: what happened, the evidence, and how to decide; personal data masked."""
    service = request.app[SERVICE]
    need("doubts")
    code, pick, name = institution_of(request).code, _pick(request), request.match_info["operation"]
    if not await find_attempts(service, code, name):
        raise no_such_operation()
    return answer(request, await asyncio.to_thread(_report, service, name, pick))


async def resolve_doubt(request: web.Request) -> web.Response:
    """``POST …/doubts/{operation}/resolve`` ``{"outcome": "executed"|"not_executed", "identifier", "reason"}``."""
    service, token = request.app[SERVICE], need("decide")
    code, name = institution_of(request).code, request.match_info["operation"]
    body = await read_json(request, service.config.serve.body_seconds)
    if not await find_attempts(service, code, name):
        raise no_such_operation()
    _check(body)
    decided = await service.client.resolve(
        name, executed=body["outcome"] == "executed", by=token.name, identifier=body.get("identifier") or None,
        reason=body["reason"], against_evidence=body.get("against_evidence", False),
    )  # fmt: skip
    report = await asyncio.to_thread(_report, service, name, _pick(request))
    return answer(
        request,
        {"decided": decided, "waits_for_second_person": not decided, **report},
        200 if decided else 202,
    )


def _check(body: dict[str, Any]) -> None:
    kinds = {"outcome": str, "identifier": str, "reason": str, "against_evidence": bool}
    problems = [
        Problem(path=f"/{name}", field=name[:60], label="", rule="unknown_field", zh="没有此项", en="unknown")
        for name in body if name not in kinds
    ]  # fmt: skip
    for name, kind in kinds.items():
        value = body.get(name)
        if value is None and name in ("outcome", "reason"):
            problems.append(
                Problem(path=f"/{name}", field=name, label="", rule="required", zh="必填", en="required")
            )
        elif value is not None and not isinstance(value, kind):
            problems.append(
                Problem(
                    path=f"/{name}", field=name, label="", rule="type", zh="类型不对", en="of the wrong type"
                )
            )
    if isinstance(body.get("outcome"), str) and body["outcome"] not in _OUTCOMES:
        problems.append(Problem(path="/outcome", field="outcome", label="", rule="enum", zh="应为 executed 或 not_executed",
                                en="executed or not_executed"))  # fmt: skip
    if problems:
        raise InvalidInput(problems)


def _row(doubt: Doubt, pick: int) -> dict[str, Any]:
    row = {k: v[pick] if isinstance(v, tuple) else v for k, v in doubts.row(doubt).items()}
    attempt, proposed = doubt.attempt, doubt.proposal
    row["operation"] = row.pop("operation_id")
    return row | {
        "state": attempt.state.value, "state_text": STATES[attempt.state.value][pick], "msgid": attempt.msgid,
        "likely_refused": attempt.likely_refused, "contradicted": doubt.contradicted,
        "proposed_by": "" if proposed is None else proposed.by.name,
    }  # fmt: skip


def _report(service: Service, name: str, pick: int) -> dict[str, Any]:
    reader, now = service.client.journal.read, time.time_ns() // 1_000_000
    attempt = subject(reader, name)
    doubt, attempts = doubts.operation(reader, service.config, attempt.operation_id, now)
    how = steps(doubt.attempt, service.config, doubt.proposal, contradicted=doubt.contradicted)
    return _row(doubt, pick) | {
        "amounts": {path: yuan(value) for path, value in attempts[-1].amounts.items()},
        "attempts": [_attempt(one, pick) for one in attempts],
        "events": [trail.line_dict(line, pick) for line in trail.of_operation(reader, attempt.operation_id)],
        "seen": [line for one in attempts for line in _seen(reader, one, pick)],
        "how": [step[pick] for step in how],
    }  # fmt: skip


def _attempt(one: AttemptRecord, pick: int) -> dict[str, Any]:
    lines = {"request": request_lines(one), "reply": reply_lines(one)}
    return {
        "number": one.number, "msgid": one.msgid, "state": one.state.value, "sent": beijing(one.sent_at),
        "evidence": evidence_words(one.evidence)[pick], "infcode": one.infcode or "", "identifier": one.identifier or "",
        **{name: [{"path": p, "label": label, "value": v} for p, label, v in found] for name, found in lines.items()},
    }  # fmt: skip


def _seen(reader: Reader, one: AttemptRecord, pick: int) -> list[dict[str, Any]]:
    return [
        {"at": beijing(clue.at), "text": clue_words(clue)[pick], "origin": source_words(clue.source)[pick]}
        for clue in trail.evidence_of(reader, one.msgid)
    ]


def _pick(request: web.Request) -> int:
    return 1 if lang_of(request) == "en" else 0
