"""Flows over HTTP: ``POST …/flows/{kind}/{key}/{step}``, with the step's own arguments as the body.

The routes are the flows' own methods: ``outpatient`` has ``open diagnose charge quote settle refund plan_refund refund_part
abandon resume``, and so on. A step may be sent again at any time: it answers with what was done, or goes on where it
stopped, so no ``Idempotency-Key`` is needed. ``GET …/flows/{kind}/{key}`` says where things stand.
"""

from __future__ import annotations

import datetime as dt
import inspect
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import attrs
from aiohttp import web

from mi_core import flows
from mi_core.errors import InvalidInput
from mi_core.flows import Flow, Patient, Standing
from mi_core.journal import new_operation_id
from mi_core.model import Problem, Response
from mi_core.scalars import parse_moment
from mi_core.serve.bodies import answer, read_json
from mi_core.serve.calls import closing, told
from mi_core.serve.refusals import bad_request, no_such_thing
from mi_core.serve.service import SERVICE, institution_of, need
from mi_core.serve.waiting import patience_of

__all__ = ["kinds", "run_step", "show_flow", "steps"]

_NO_STEPS: Final = frozenset({"ask", "standing"})
_LONGEST: Final = 64
_CALLBACKS: Final = frozenset({"agree"})
_PLAN: Final = "plan"
_OWN: Final = ("operator", "patience")
"""Members of a body that go to the flow, not to the step."""


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, type[Flow]]:
    """The flows there are, by name."""
    found = (getattr(flows, name) for name in flows.__all__)
    return {
        one.kind: one
        for one in found
        if inspect.isclass(one) and issubclass(one, Flow) and not inspect.isabstract(one)
    }


def steps(flow: type[Flow]) -> list[str]:
    """The names of a flow's steps."""
    named = (name for name, _ in inspect.getmembers(flow, inspect.iscoroutinefunction))
    return [name for name in named if not name.startswith("_") and name not in _NO_STEPS]


async def show_flow(request: web.Request) -> web.Response:
    """Where a flow stands, without a call."""
    need("flow")
    flow = _flow(request, {})
    return answer(request, _where(flow, await flow.standing()))


async def run_step(request: web.Request) -> web.Response:
    """One step, waited for or left to be polled."""
    service, token = request.app[SERVICE], need("flow")
    institution, step = institution_of(request), request.match_info["step"]
    patience = patience_of(request)
    body = await read_json(request, service.config.serve.body_seconds)
    own: dict[str, Any] = {name: body.pop(name) for name in _OWN if name in body}
    flow = _flow(request, own)
    if step not in steps(type(flow)):
        raise no_such_thing()
    if service.closing.is_set():
        raise closing()
    given = _arguments(flow, step, body)
    operation = new_operation_id(time.time_ns() // 1_000_000)
    work = service.running.begin(
        operation, institution.code, f"{flow.kind}.{step}", token.name, _run(flow, step, given, operation)
    )
    await work.wait(patience)
    return told(request, work)


def _flow(request: web.Request, own: Mapping[str, Any]) -> Flow:
    institution = institution_of(request)
    kind, key = request.match_info["kind"], request.match_info["key"]
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
        problems.append(_problem("operator", "应给出 id 和 name", "give id and name"))
    if isinstance(patience, bool) or not isinstance(patience, int | Decimal) or not 0 <= patience <= 600:
        problems.append(_problem("patience", "应为 0 至 600 的秒数", "0 to 600 seconds"))
    if problems:
        raise InvalidInput(problems)
    client = request.app[SERVICE].client
    return kinds()[kind](
        client, key, institution=institution.code, operator=operator, patience=float(patience)
    )


def _arguments(flow: Flow, step: str, body: dict[str, Any]) -> dict[str, Any]:
    """The body as the step's arguments. Raises ``InvalidInput`` with everything that does not fit."""
    method = getattr(flow, step)
    expected = inspect.signature(method).parameters
    if _PLAN in expected:
        expected = inspect.signature(flow.plan_refund).parameters  # type: ignore[attr-defined]  # who takes a plan makes plans
    open_ = any(p.kind is p.VAR_KEYWORD for p in expected.values())
    named = {
        name: p for name, p in expected.items() if p.kind is not p.VAR_KEYWORD and name not in _CALLBACKS
    }
    problems = [_problem(name, "没有此项", "unknown") for name in body if name not in named and not open_]
    problems += [
        _problem(name, "必填", "required")
        for name, p in named.items()
        if p.default is p.empty and name not in body
    ]
    given = {}
    for name, value in body.items():
        try:
            given[name] = _value(str(named[name].annotation) if name in named else "", value)
        except (TypeError, ValueError) as error:
            problems.append(_problem(name, f"值不对：{error}", f"not right: {error}"))
    if problems:
        raise InvalidInput(problems)
    return given


def _value(annotation: str, value: Any) -> Any:
    if annotation == "Patient":
        known = attrs.fields_dict(Patient)
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise ValueError("object of texts expected")
        if wrong := sorted(set(value) - set(known)):
            raise ValueError(f"unknown: {', '.join(wrong)}"[:200])
        if lacking := sorted(n for n, f in known.items() if f.default is attrs.NOTHING and n not in value):
            raise ValueError(f"required: {', '.join(lacking)}")
        return Patient(**value)
    if annotation.startswith("dt.datetime") and value is not None:
        if not isinstance(value, str):
            raise ValueError("yyyy-MM-dd HH:mm:ss")
        return parse_moment(value)
    if (
        annotation.startswith("Sequence[Fields]")
        and value is not None
        and not (isinstance(value, list) and all(isinstance(row, dict) for row in value))
    ):
        raise ValueError("list of objects expected")
    if annotation.startswith("Choice") and not isinstance(value, str | None):
        raise ValueError("insutype expected")
    if annotation in ("bool", "str") and not isinstance(value, bool if annotation == "bool" else str):
        raise ValueError(f"{annotation} expected")
    return value


async def _run(flow: Flow, step: str, given: dict[str, Any], operation: str) -> dict[str, Any]:
    if _PLAN in inspect.signature(getattr(flow, step)).parameters:
        given = {_PLAN: await flow.plan_refund(**given)}  # type: ignore[attr-defined]  # who takes a plan makes plans
    result = await getattr(flow, step)(**given)
    return {
        "operation": operation, "status": "done", "interface": f"{flow.kind}.{step}", "title": flow.title[0], "msgid": "",
        **_where(flow, await flow.standing()), "step": step, "result": _plain(result),
    }  # fmt: skip


def _where(flow: Flow, standing: Standing) -> dict[str, Any]:
    return {
        "flow": flow.kind,
        "key": flow.key,
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


def _problem(field: str, zh: str, en: str) -> Problem:
    return Problem(path=f"/{field}", field=field[:60], label="", rule="argument", zh=zh, en=en)
