"""Stages before anything may leave: prepare, validate, encode, envelope, seal. Every error here is a proven *not sent*."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from typing import Any

import attrs

from mi_core.envelope import HeadForm, RequestHead
from mi_core.errors import InvalidInput, MiError, NotSent
from mi_core.journal import MsgId, new_operation_id
from mi_core.model import Interface, Problem, Request
from mi_core.pipeline.contexts import CallOptions, InputCtx, RequestCtx
from mi_core.pipeline.identifiers import Identifiers
from mi_core.pipeline.runtime import Runtime
from mi_core.plugin import GatewayAuth
from mi_core.types import CHINA_TIME, Effect

__all__ = ["encode", "envelope_and_seal", "prepare", "sign_in_applies", "validate"]

SIGN_IN = "9001"
_HEADS_KEPT = 1_000
_EFFECTS = {effect.value: effect for effect in Effect}
_SPOKEN = frozenset({"national", "none"})


def prepare(runtime: Runtime, request: Request[Any], options: CallOptions) -> InputCtx:
    """Resolve institution, operator, areas and deadline. Raises ``ConfigError`` or ``InvalidInput``."""
    interface: Interface[Any] = request.__interface__
    institution = runtime.config.institution(options.institution)
    behaviour = interface.behaviour
    if behaviour.direction == "inbound":
        raise InvalidInput(
            [_problem("", "direction", "此接口由平台调用医药机构，不能主动调用", "the platform calls this interface, not the institution")],
            interface=interface.code, title=interface.title, institution=institution.code,
        )  # fmt: skip
    seconds = (
        getattr(institution.timeouts, behaviour.timeout) if options.deadline is None else options.deadline
    )
    return InputCtx(
        request=request,
        interface=interface,
        effect=_EFFECTS[behaviour.effect],
        institution=institution,
        operator=options.operator or institution.operator,
        insuplc_admdvs=options.insuplc_admdvs or institution.insuplc_admdvs or institution.mdtrtarea_admvs,
        operation_key=options.operation_key,
        operation_id=new_operation_id(int(time.time() * 1000)),
        deadline=asyncio.get_running_loop().time() + max(float(seconds), 0.0),
        amounts_accepted=options.amounts_accepted,
        lane=options.lane,
        blank=options.blank,
    )


def validate(runtime: Runtime, asked: InputCtx) -> InputCtx:
    """Every problem of every validator at once. Errors raise ``InvalidInput``; warnings travel on to the reply."""
    found: list[Problem] = []
    for validator in runtime.validators:
        try:
            found += validator.check(asked.interface, asked.request)
        except MiError:
            raise
        except Exception as error:
            raise NotSent(
                f"校验程序出错（{type(validator).__name__}），未发送",
                f"validator {type(validator).__name__} failed, nothing was sent",
                hint_zh="检查插件", hint_en="check the plugin", **asked.where(),
            ) from error  # fmt: skip
    if asked.blank:
        found = [p for p in found if p.rule != "required" or p.path not in asked.blank]
    if found and any(p.severity == "error" for p in found):
        raise _invalid(asked, found)
    return attrs.evolve(asked, warnings=tuple(found)) if found else asked


def encode(asked: InputCtx) -> bytes:
    """``input`` as compact JSON in specification order."""
    return asked.interface.encode_input(asked.request)


def sign_in_applies(asked: InputCtx) -> bool:
    """Whether this message carries a sign-in number."""
    return (
        asked.institution.sign_in
        and asked.interface.code != SIGN_IN
        and asked.behaviour.envelope == "national"
    )


def envelope_and_seal(
    runtime: Runtime,
    asked: InputCtx,
    input_json: bytes,
    identifiers: Identifiers,
    sign_no: str,
    operation_id: str,
    msgid: MsgId,
) -> RequestCtx:
    """Give the message its head, check the head, address and sign it. Raises ``InvalidInput``, ``NotSent``."""
    institution = asked.institution
    gateway = runtime.gateways[institution.code]
    _speaks(gateway, asked)
    if asked.behaviour.envelope == "none":
        body = input_json
    else:
        form = _head_form(runtime, asked, sign_no, msgid)
        if form.problems:
            raise _invalid(asked, list(form.problems))
        body = form.message(msgid.value, msgid.time, input_json)
    now = time.time()
    try:
        http = gateway.seal(asked.interface.code, body, int(now * 1000))
    except Exception as error:
        raise NotSent(
            f"签名失败（{type(error).__name__}），未发送", f"signing failed ({type(error).__name__}), nothing was sent",
            hint_zh="检查网关密钥，运行 mi doctor", hint_en="check the gateway's keys, run: mi doctor", **asked.where(),
        ) from error  # fmt: skip
    return RequestCtx(
        asked=asked, operation_id=operation_id, identifiers=identifiers, msgid=msgid, body=body, http=http,
        signed_at=dt.datetime.fromtimestamp(now, CHINA_TIME).replace(tzinfo=None), signed_ms=int(now * 1000),
    )  # fmt: skip


def _head_form(runtime: Runtime, asked: InputCtx, sign_no: str, msgid: MsgId) -> HeadForm:
    """The head of such a message: the same for all of an operator's calls of an interface, hence kept."""
    institution, operator, forms = asked.institution, asked.operator, runtime.head_forms
    person = (operator.type, operator.id, operator.name) if operator else ("", "", "")
    key = (asked.interface.code, institution.code, asked.insuplc_admdvs, sign_no, *person)
    form = forms.get(key)
    if form is None:
        if len(forms) >= _HEADS_KEPT:
            forms.clear()
        form = forms[key] = HeadForm.of(
            RequestHead(
                infno=asked.interface.code,
                msgid=msgid.value,
                mdtrtarea_admvs=institution.mdtrtarea_admvs,
                insuplc_admdvs=asked.insuplc_admdvs,
                recer_sys_code=institution.recer_sys_code,
                dev_no=institution.dev_no,
                dev_safe_info=institution.dev_safe_info,
                signtype=institution.signtype,
                infver=institution.infver,
                opter_type=person[0],
                opter=person[1],
                opter_name=person[2],
                inf_time=msgid.time,
                fixmedins_code=institution.code,
                fixmedins_name=institution.name,
                sign_no=sign_no,
            )
        )
    return form


def _speaks(gateway: GatewayAuth, asked: InputCtx) -> None:
    if asked.behaviour.envelope not in getattr(gateway, "envelopes", _SPOKEN):
        raise NotSent(
            f"网关方式 {asked.institution.gateway.profile} 不支持此接口的报文格式（{asked.behaviour.envelope}），未发送",
            f"gateway profile {asked.institution.gateway.profile} has no {asked.behaviour.envelope!r} envelope, nothing was sent",
            hint_zh="此接口走移动支付中心，须配置支持它的网关插件",
            hint_en="this interface goes to the mobile-payment centre; configure a gateway plugin that speaks to it",
            **asked.where(),
        )


def _invalid(asked: InputCtx, problems: list[Problem]) -> InvalidInput:
    return InvalidInput(
        problems,
        interface=asked.interface.code,
        title=asked.interface.title,
        institution=asked.institution.code,
    )


def _problem(field: str, rule: str, zh: str, en: str) -> Problem:
    return Problem(path="", field=field, label="", rule=rule, zh=zh, en=en)
