"""What a changing call means to the journal: its business key, its visit, its amounts, what it takes back."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Final

from mi_core.errors import InvalidInput
from mi_core.journal import BeforeSend, CancelTarget, Intent
from mi_core.model import Problem
from mi_core.pipeline.contexts import InputCtx, RequestCtx
from mi_core.pipeline.identifiers import Identifiers
from mi_core.pipeline.runtime import Runtime

__all__ = ["before_send", "intent_of"]

_CALLERS_KEY: Final = ("operation_key",)


def intent_of(runtime: Runtime, asked: InputCtx, identifiers: Identifiers) -> Intent:
    """The intent of an exact call; raises ``InvalidInput`` when nothing names its business."""
    behaviour, institution = asked.behaviour, asked.institution
    key = _business_key(asked, identifiers)
    amounts = identifiers.amounts
    cancelled = behaviour.cancels_all or ((behaviour.cancels,) if behaviour.cancels else ())
    visit = identifiers.mdtrt_id
    quote = (institution.code, visit or "", behaviour.quoted_by or "")
    return Intent(
        institution=institution.code,
        interface=asked.interface.code,
        effect=asked.effect,
        business_key=key,
        lock_keys=()
        if identifiers.reverses
        else tuple(f"{name}={value}" for name, value in identifiers.locks),
        amounts=amounts,
        psn_no=identifiers.person or identifiers.psn_no,
        at_risk=max(amounts.values(), default=Decimal(0)),
        reversible=behaviour.reversible or asked.interface.code in institution.recovery.reversible,
        repeatable=behaviour.action == "change",
        cancels=CancelTarget(cancelled, key[-1]) if cancelled else None,
        reverses=identifiers.reverses,
        quoted_at=runtime.quotes.get(quote),
        quoted_by=behaviour.quoted_by or "",
        quote_required=all(quote),
        amounts_accepted=asked.amounts_accepted,
        asked_at=asked.asked_at,
        operation_id=asked.operation_id,
    )


def _business_key(asked: InputCtx, identifiers: Identifiers) -> tuple[str, ...]:
    if identifiers.business_key:
        return identifiers.business_key
    if asked.operation_key is not None:
        return (asked.operation_key,)
    natural = asked.behaviour.business_key
    if natural and natural != _CALLERS_KEY:
        why_zh = f"缺少 {'、'.join(natural)}，无法识别是否重复提交"
        why_en = f"{', '.join(natural)} missing: a repeated submission could not be told"
    else:
        why_zh = "此交易没有可防重复的业务主键（同一就诊可多次结算）"
        why_en = "nothing in this call tells a repeated submission (a visit may be settled several times)"
    problem = Problem(
        path="", field="operation_key", label="操作键", rule="option",
        zh=f"必填：{why_zh}；给出本单唯一的 operation_key，重试时用同一个",
        en=f"required: {why_en}; pass operation_key=…, unique for this bill and the same when you try again",
    )  # fmt: skip
    raise InvalidInput(
        [problem],
        interface=asked.interface.code,
        title=asked.interface.title,
        institution=asked.institution.code,
    )


def before_send(ready: RequestCtx, input_json: bytes, deadline_at: int) -> BeforeSend:
    """What is stored before the first byte leaves; ``deadline_at`` in milliseconds since 1970."""
    asked = ready.asked
    gateway = asked.served.settings
    return BeforeSend(
        msgid=ready.msgid.value,
        endpoint=gateway.url,
        profile_version=json.dumps([gateway.profile, gateway.api_version, asked.institution.infver]),
        mdtrtarea_admvs=asked.institution.mdtrtarea_admvs,
        insuplc_admdvs=asked.insuplc_admdvs,
        operator=asked.operator.id if asked.operator else "",
        request=ready.body,
        content=input_json,
        signed_at=ready.signed_ms,
        deadline_at=deadline_at,
    )
