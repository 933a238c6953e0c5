"""``POST /v1/institutions/{institution}/calls/{infno}``: one call through the client, hence through the journal.

The body is ``{"input": {…}, …}`` with the options of :meth:`mi_core.AsyncClient.call`; the reply ``{"output": {…}, …}``.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from typing import Any, Final

import attrs
from aiohttp import web

from mi_core.config import Institution
from mi_core.errors import InvalidInput, MiError
from mi_core.journal import new_operation_id
from mi_core.model import Problem, Request, Response
from mi_core.pipeline import CallOptions, options_of
from mi_core.pipeline.raw import request_from
from mi_core.serve.bodies import answer, canonical, read_json
from mi_core.serve.idempotency import Claim, claimed, claimed_step, key_of
from mi_core.serve.keys import About
from mi_core.serve.problems import flat
from mi_core.serve.refusals import Refusal, no_such_thing, not_json
from mi_core.serve.running import Work
from mi_core.serve.service import SERVICE, Service, institution_of, lang_of, need
from mi_core.serve.waiting import patience_of

__all__ = ["OPTIONS", "call", "closing", "error_of", "reply_of", "told"]

OPTIONS: Final = ("insuplc_admdvs", "operator", "deadline", "amounts_accepted")
"""Members of the body beside ``input``."""
POLL: Final = "1"
"""Seconds after which a caller may ask again."""


async def call(request: web.Request) -> web.Response:
    """Take a call, run it, answer with its reply, its error, or where it can be asked for."""
    service, token = request.app[SERVICE], need("call")
    institution = institution_of(request)
    infno = request.match_info["infno"]
    try:
        interface = institution.interface(infno)
    except KeyError:
        raise no_such_thing() from None
    patience = patience_of(request)
    body = await read_json(request, service.config.serve.body_seconds)
    if service.closing.is_set():
        raise closing()
    data, options = _asked(body, institution)
    operation = new_operation_id(time.time_ns() // 1_000_000)
    exact, asks = interface.behaviour.exact, interface.behaviour.effect == "query"
    key = None if asks else key_of(request, required=exact)
    typed = request_from(infno, data, institution)
    options = attrs.evolve(options, operation_key=key if exact else None, operation_id=operation)
    if exact and key is not None:
        claim = await claimed(service, institution, infno, key, _content(infno, body), operation)
    else:
        content = b"" if key is None else _content(infno, body)
        claim = await claimed_step(service, About(institution.code, infno), key, content, operation)
    if claim.told is not None:
        return claim.told.again(request)
    work = service.running.begin(
        operation, institution.code, infno, token.name, _run(service, typed, options, claim)
    )
    await work.wait(patience)
    return told(request, work)


def _asked(body: Mapping[str, Any], institution: Institution) -> tuple[Any, CallOptions]:
    unknown = [name for name in body if name not in ("input", *OPTIONS)]
    problems = [
        Problem(path=f"/{name}", field=name[:60], label="", rule="unknown_field",
                zh=f"没有此项；可用 input、{'、'.join(OPTIONS)}，接口字段写在 input 内",
                en=f"unknown; use input, {', '.join(OPTIONS)}; the interface's fields stand in input")
        for name in unknown
    ]  # fmt: skip
    if "input" not in body:
        problems.append(
            Problem(path="", field="input", label="交易输入", rule="required", zh='必填：{"input": {…}}', en='required: {"input": {…}}')
        )  # fmt: skip
    if not isinstance(body.get("amounts_accepted", False), bool):
        problems.append(
            Problem(path="/amounts_accepted", field="amounts_accepted", label="", rule="type", zh="应为 true 或 false",
                    en="true or false")
        )  # fmt: skip
    given = {name: body[name] for name in OPTIONS if body.get(name) is not None}
    if "deadline" in given and not isinstance(given["deadline"], bool):
        with contextlib.suppress(TypeError, ValueError, OverflowError):
            given["deadline"] = float(given["deadline"])  # a time, not an amount
    try:
        options = options_of(**given, institution=institution.code)
    except InvalidInput as wrong:
        problems += wrong.problems
    if problems:
        raise InvalidInput(problems, institution=institution.code)
    return body["input"], options


def _content(infno: str, body: Mapping[str, Any]) -> bytes:
    """What must be the same when a key is used again: the interface and its input."""
    try:
        return canonical([infno, body["input"]])
    except ValueError:
        raise not_json("a number is out of range") from None


async def _run(service: Service, typed: Request[Any], options: CallOptions, claim: Claim) -> dict[str, Any]:
    """The call itself; its key follows its outcome."""
    try:
        reply = await service.client.call_with(typed, options)
    except MiError as error:
        await claim.failed(error)
        raise
    content = reply_of(reply)
    await claim.done(content, reply.meta.operation_id)
    return content


def reply_of(reply: Response) -> dict[str, Any]:
    """A reply as data, without anything that depends on the caller's language."""
    meta, interface = reply.meta, reply.__interface__
    return {
        "operation": meta.operation_id or "", "status": "done", "interface": interface.code, "title": interface.title,
        "msgid": meta.msgid or "", "inf_refmsgid": meta.inf_refmsgid or "", "repeated": meta.repeated, "source": meta.source,
        "missing": list(meta.missing), "output": reply.to_dict(), "extra": dict(reply.extra), "cancelled_by": "",
        "warnings": [_noticed(p) for p in meta.warnings], "problems": [_noticed(p) for p in meta.problems],
        "discrepancies": [{"rule": d.rule, "message": d.zh, "message_en": d.en} for d in meta.discrepancies],
    }  # fmt: skip


def _noticed(problem: Problem) -> dict[str, Any]:
    return {"field": problem.field, "label": problem.label, "path": problem.path, "rule": problem.rule,
            "message": problem.message("zh"), "message_en": problem.message("en")}  # fmt: skip


def told(request: web.Request, work: Work) -> web.Response:
    """What is known of a call when its caller's patience is over: reply, error, or where to ask for it."""
    if not work.task.done():
        lang = lang_of(request)
        where = f"/v1/institutions/{work.institution}/operations/{work.operation}"
        body = {
            "code": "running", "status": "running", "operation": work.operation, "operation_url": where, "field": "",
            "message": "正在办理，结果请查询该操作" if lang == "zh" else "under way; ask for the operation",
            "hint": f"GET {where}?wait=30；不要换编号重做" if lang == "zh" else f"GET {where}?wait=30; not again under another key",
        }  # fmt: skip
        headers = {"Location": where, "Retry-After": POLL, "Preference-Applied": "respond-async"}
        return answer(request, body, 202, headers)
    if work.reply is not None:
        return answer(request, work.reply)
    if isinstance(work.error, Exception):
        raise work.error
    raise RuntimeError("the call was taken away")


def error_of(work: Work, lang: str) -> dict[str, Any]:
    """The flat error of a call that has ended with one."""
    if isinstance(work.error, MiError):
        return flat(work.error, lang)
    return flat(Refusal("error", "服务内部错误", "an internal error", status=500), lang)


def closing() -> Refusal:
    """The refusal of a service that ends."""
    return Refusal(
        "closing", "服务正在停止，不再受理新的业务，未发送", "the service is stopping and takes no new calls, nothing was sent",
        hint_zh="稍后再提交", hint_en="call again later", status=503,
    )  # fmt: skip
