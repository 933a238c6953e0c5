"""Flows over HTTP: ``POST …/flows/{kind}/{key}/{step}``, with the step's own arguments as the body.

The routes are the flows' own methods: ``outpatient`` has ``open diagnose charge quote settle refund plan_refund refund_part
abandon resume``, and so on. A step may be sent again at any time: it answers with what was done, or goes on where it
stopped. A step that changes money or state at the bureau needs an ``Idempotency-Key`` as a call does, so that a repetition
that comes after its refund is no new settlement. ``GET …/flows/{kind}/{key}`` says where things stand. A visit's further bills
are reached by ``bill`` (their ``chrg_bchno``) in the body, or in the query of the GET.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import inspect
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import attrs
from aiohttp import web

from mi_core.errors import InvalidInput, MiError
from mi_core.flows import Flow, OutpatientVisit, Standing
from mi_core.flows.outpatient import OutpatientBill
from mi_core.journal import new_operation_id
from mi_core.model import Response
from mi_core.serve.addresses import place_of
from mi_core.serve.arguments import arguments, wrong_argument
from mi_core.serve.bodies import answer, canonical, read_json
from mi_core.serve.calls import closing, told
from mi_core.serve.idempotency import Claim, claimed_step, key_of
from mi_core.serve.keys import About
from mi_core.serve.refusals import bad_request, no_such_thing, not_json
from mi_core.serve.service import SERVICE, institution_of, need
from mi_core.serve.steps import PLAN, kinds, needs_key, only_asks, steps
from mi_core.serve.waiting import patience_of

__all__ = ["run_step", "show_flow"]

_LONGEST: Final = 64
_OWN: Final = ("operator", "patience", "bill")
"""Members of a body that go to the flow, not to the step."""
_CONSENT: Final = "accept"
"""Said after the same request was found to have other amounts: it makes no other request of it."""


async def show_flow(request: web.Request) -> web.Response:
    """Where a flow stands, without a call."""
    need("flow")
    flow = _flow(request, {"bill": request.query["bill"]} if "bill" in request.query else {})
    return answer(request, _where(flow, await flow.standing()))


async def run_step(request: web.Request) -> web.Response:
    """One step, waited for or left to be polled."""
    service, token = request.app[SERVICE], need("flow")
    institution, step = institution_of(request), request.match_info["step"]
    patience = patience_of(request)
    body = await read_json(request, service.config.serve.body_seconds, empty=True)
    own: dict[str, Any] = {name: body.pop(name) for name in _OWN if name in body}
    flow = _flow(request, own)
    if step not in steps(type(flow)):
        raise no_such_thing()
    if service.closing.is_set():
        raise closing()
    key = None  # to a question an earlier answer is none
    if not only_asks(institution, flow.kind, step):
        key = key_of(request, required=needs_key(institution, flow.kind, step))
    given = arguments(type(flow), step, body)
    operation, name = new_operation_id(time.time_ns() // 1_000_000), f"{flow.kind}.{step}"
    about = About(institution.code, name, f"/flows/{flow.kind}/{flow.key}")
    claim = await claimed_step(service, about, key, _content(flow, step, body), operation)
    if claim.told is not None:
        return claim.told.again(request)
    work = service.running.begin(
        operation, institution.code, name, token.name, _run(flow, step, given, operation, claim)
    )
    await work.wait(patience)
    return told(request, work)


def _content(flow: Flow, step: str, body: Mapping[str, Any]) -> bytes:
    """What must be the same when a key is used again: the flow, the step and its arguments."""
    try:
        asked = {name: value for name, value in body.items() if name != _CONSENT}
        bill = [flow.chrg_bchno] if isinstance(flow, OutpatientBill) else []
        return canonical(["flow", flow.kind, flow.key, step, asked, *bill])
    except ValueError:
        raise not_json("a number is out of range") from None


def _flow(request: web.Request, own: Mapping[str, Any]) -> Flow:
    institution = institution_of(request)
    kind, key = request.match_info["kind"], place_of(request, "key")
    if kind not in kinds():
        raise no_such_thing()
    if not key.strip() or len(key) > _LONGEST or not key.isprintable():
        raise bad_request(
            f"key 应为不超过 {_LONGEST} 个字符", f"key has at most {_LONGEST} characters", field="key"
        )
    operator = own.get("operator")
    patience = own.get("patience", 0)
    problems = []
    if operator is not None and not (
        isinstance(operator, dict)
        and {"id", "name"} <= set(operator) <= {"id", "name", "type"}
        and all(isinstance(v, str) for v in operator.values())
    ):
        problems.append(wrong_argument("operator", "应给出 id 和 name", "give id and name"))
    if isinstance(patience, bool) or not isinstance(patience, int | Decimal) or not 0 <= patience <= 600:
        problems.append(wrong_argument("patience", "应为 0 至 600 的秒数", "0 to 600 seconds"))
    if problems:
        raise InvalidInput(problems)
    client = request.app[SERVICE].client
    flow = kinds()[kind](
        client, key, institution=institution.code, operator=operator, patience=float(patience)
    )
    return flow if own.get("bill") is None else _bill(flow, own["bill"])


def _bill(flow: Flow, chrg_bchno: object) -> Flow:
    """One more bill of a visit, by its ``chrg_bchno``."""
    if isinstance(flow, OutpatientVisit) and isinstance(chrg_bchno, str):
        with contextlib.suppress(ValueError):
            return flow.bill(chrg_bchno)
    raise InvalidInput(
        [
            wrong_argument(
                "bill",
                "应为门诊就诊的收费批次号，1 至 30 个字符，不可为 0000",
                "a batch of an outpatient visit, 1 to 30 characters, not 0000",
            )
        ]
    )


async def _run(flow: Flow, step: str, given: dict[str, Any], operation: str, claim: Claim) -> dict[str, Any]:
    """The step itself; its key follows its outcome."""
    try:
        if PLAN in inspect.signature(getattr(flow, step)).parameters:
            given = {PLAN: await flow.plan_refund(**given)}  # type: ignore[attr-defined]  # who takes a plan makes plans
        result = await getattr(flow, step)(**given)
        standing = await flow.standing()
    except MiError as error:
        await claim.failed(error)
        raise
    reply = {
        "operation": operation, "status": "done", "interface": f"{flow.kind}.{step}", "title": flow.title[0], "msgid": "",
        "repeated": _stored(result), **_where(flow, standing), "step": step, "result": _plain(result),
    }  # fmt: skip
    await claim.done(reply)
    return reply


def _stored(result: Any) -> bool:
    """Whether it was done before and nothing was sent now: under a key of its own it is no second settlement, no second refund."""
    result = getattr(result, "settlement", result)
    reply = getattr(result, "reply", None)
    return reply is not None and bool(reply.meta.repeated)


def _where(flow: Flow, standing: Standing) -> dict[str, Any]:
    bill = {"bill": flow.chrg_bchno} if isinstance(flow, OutpatientBill) else {}
    return {
        "flow": flow.kind,
        "key": flow.key,
        **bill,
        "standing": {**attrs.asdict(standing), "message": standing.message()},
    }


def _plain(value: Any) -> Any:
    """A step's result as data; a reply as its content."""
    if isinstance(value, Response):
        return value.to_dict()
    if attrs.has(type(value)):
        return {name: _plain(getattr(value, name)) for name in attrs.fields_dict(type(value))}
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(inner) for inner in value]
    if isinstance(value, str | int | Decimal | dt.date | None):
        return value
    return str(value)
