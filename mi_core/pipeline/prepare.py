"""Stages before anything may leave: prepare, validate, encode, envelope, seal. Every error here is a proven *not sent*."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Mapping
from typing import Any

import attrs
import msgspec

from mi_core.envelope import HeadForm, RequestHead
from mi_core.errors import InvalidInput, MiError, NotSent
from mi_core.journal import MsgId, new_operation_id
from mi_core.model import Interface, Problem, Request
from mi_core.pipeline.contexts import CallOptions, InputCtx, RequestCtx
from mi_core.pipeline.dialects import spoken
from mi_core.pipeline.identifiers import Identifiers
from mi_core.pipeline.runtime import Runtime
from mi_core.pipeline.serving import Served
from mi_core.pipeline.validators import findings
from mi_core.plugin import HttpRequest
from mi_core.types import CHINA_TIME, Effect

__all__ = ["encode", "envelope_and_seal", "prepare", "sign_in_applies", "validate"]

SIGN_IN = "9001"
_HEADS_KEPT = 1_000
_encode = msgspec.json.Encoder().encode
_EFFECTS = {effect.value: effect for effect in Effect}


def prepare(runtime: Runtime, request: Request[Any], options: CallOptions) -> InputCtx:
    """Resolve institution, operator, areas and deadline. Raises ``ConfigError`` or ``InvalidInput``."""
    interface: Interface[Any] = request.__interface__
    institution = runtime.config.institution(options.institution)
    home: Interface[Any] | None = None
    if institution.dialect is not None or interface.region:
        said = spoken(request, institution)
        request, interface, home = said.request, said.interface, said.home
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
        served=runtime.gateways.of(institution, interface.code),
        operator=options.operator or institution.operator,
        insuplc_admdvs=options.insuplc_admdvs or institution.insuplc_admdvs or institution.mdtrtarea_admvs,
        operation_key=options.operation_key,
        operation_id=options.operation_id or new_operation_id(int(time.time() * 1000)),
        deadline=asyncio.get_running_loop().time() + max(float(seconds), 0.0),
        amounts_accepted=options.amounts_accepted,
        asked_at=options.asked_at,
        lane=options.lane,
        blank=options.blank,
        home=home,
    )


def validate(runtime: Runtime, asked: InputCtx) -> InputCtx:
    """Every problem of every validator at once. Errors raise ``InvalidInput``; warnings travel on to the reply."""
    found = findings(runtime.validators, asked)
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
        and not asked.served.bare
    )


def envelope_and_seal(
    runtime: Runtime,
    asked: InputCtx,
    input_json: bytes,
    identifiers: Identifiers,
    sign_no: str,
    operation_id: str,
    msgid: MsgId,
    token: Mapping[str, str] | None = None,
) -> RequestCtx:
    """Give the message its head, check the head, address and sign it. Raises ``InvalidInput``, ``NotSent``.

    ``token``: headers of the gateway's token, where it needs one.
    """
    served = asked.served
    _speaks(served, asked)
    if served.bare:
        body = _record(asked, msgid, input_json)
    elif asked.behaviour.envelope == "none":
        body = input_json
    else:
        form = _head_form(runtime, asked, sign_no, msgid)
        if form.problems:
            raise _invalid(asked, list(form.problems))
        body = form.message(msgid.value, msgid.time, input_json)
    now = time.time()
    try:
        http = served.auth.seal(asked.interface.code, input_json if served.bare else body, int(now * 1000))
        if not isinstance(http, HttpRequest):
            raise TypeError("seal returns an HttpRequest")
    except KeyboardInterrupt:
        raise
    except MiError as error:
        raise NotSent(
            f"{error.zh}，未发送", f"{error.en}, nothing was sent", hint_zh=error.hint_zh, hint_en=error.hint_en, **asked.where()
        ) from error  # fmt: skip
    except BaseException as error:  # a plugin's SystemExit ends no program
        fault = served.fault(error)
        raise NotSent(
            f"签名失败，未发送：{fault.zh}", f"signing failed, nothing was sent: {fault.en}",
            hint_zh="检查网关密钥，运行 mi doctor；插件的问题请告知其提供者",
            hint_en="check the gateway's keys, run: mi doctor; a fault of the plugin is its author's", **asked.where(),
        ) from error  # fmt: skip
    if token:
        http = attrs.evolve(http, headers={**http.headers, **token})
    return RequestCtx(
        asked=asked, operation_id=operation_id, identifiers=identifiers, msgid=msgid, body=body, http=http,
        signed_at=dt.datetime.fromtimestamp(now, CHINA_TIME).replace(tzinfo=None), signed_ms=int(now * 1000),
    )  # fmt: skip


def _record(asked: InputCtx, msgid: MsgId, input_json: bytes) -> bytes:
    """What journal and log keep of a message that travels without a head: as much of one as names it."""
    return _encode({
        "infno": asked.interface.code, "msgid": msgid.value, "inf_time": msgid.time.isoformat(" ", "seconds"),
        "fixmedins_code": asked.institution.code, "input": msgspec.Raw(input_json),
    })  # fmt: skip


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
            ),
            institution.head_extras,
            {} if institution.dialect is None else institution.dialect.head_lengths,
        )
    return form


def _speaks(served: Served, asked: InputCtx) -> None:
    if asked.behaviour.envelope not in served.envelopes:
        profile = served.settings.profile
        raise NotSent(
            f"网关方式 {profile} 不支持此接口的报文格式（{asked.behaviour.envelope}），未发送",
            f"gateway profile {profile} has no {asked.behaviour.envelope!r} envelope, nothing was sent",
            hint_zh="此接口走移动支付中心：在 [institutions.X.gateways.名称] 中为它配置 envelope-sm 网关",
            hint_en="it goes to the mobile-payment centre: configure an envelope-sm gateway in [institutions.X.gateways.NAME]",
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
