"""What the journal says of an earlier request: done, not done, taken back, or not known yet. Reading sends nothing."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from mi_core.config import Institution
from mi_core.desk.words import evidence_words
from mi_core.errors import OutcomeUnknown
from mi_core.journal import AttemptRecord, OperationState
from mi_core.masking import scrub
from mi_core.pipeline.reading import parse
from mi_core.serve.refusals import Refusal
from mi_core.serve.service import Service
from mi_core.serve.stored import stored_reply
from mi_core.serve.told import Told, told_error

__all__ = ["told_by_journal", "with_what_followed"]

_CANCELLED: Final = (
    "SELECT c.id, c.interface FROM operation o JOIN operation c ON c.id = o.cancelled_by WHERE o.id = ?"
)


async def told_by_journal(service: Service, institution: Institution, latest: AttemptRecord) -> Told:
    """The answer for who repeats a request that the journal knows; ``latest``: its last attempt."""
    match latest.operation_state:
        case OperationState.DONE:
            return await with_what_followed(
                service, Told(200, stored_reply(institution, latest)), latest.operation_id
            )
        case OperationState.REVERSED:
            return told_error(_reversed(latest), latest.operation_id)
        case OperationState.FAILED:
            return told_error(_not_executed(institution, latest), latest.operation_id)
        case _:
            return told_error(_unknown(institution, latest), latest.operation_id)


async def with_what_followed(service: Service, told: Told, operation: str) -> Told:
    """A reply, with what took its business back since then."""
    if told.english is not None:
        return told
    reader = service.client.journal.read
    rows = await asyncio.to_thread(reader.ask, lambda rows, _: rows(_CANCELLED, (operation,)))
    if not rows:
        return told
    by, interface = rows[0]
    notice = {
        "field": "", "label": "", "path": "", "rule": "taken_back",
        "message": f"此笔已由 {interface}（操作 {by}）撤销，以下是原来的结果；再办请用新的 Idempotency-Key",
        "message_en": f"{interface} (operation {by}) has taken it back; this is the earlier result; to do it again use a new key",
    }  # fmt: skip
    body: dict[str, Any] = {**told.body, "cancelled_by": str(by)}
    return Told(told.status, {**body, "warnings": [*body.get("warnings", []), notice]})


def _not_executed(institution: Institution, latest: AttemptRecord) -> Refusal:
    zh, en = evidence_words(latest.evidence)
    said = _reason(institution, latest)
    return Refusal(
        "not_executed", f"此单未办理：{said or zh}", f"it was not done: {said or en}", status=409, operation=latest.operation_id,
        hint_zh="已查实未办理；涉及金额的先重新预结算", hint_en="that is proven; where money is involved get a new quote first",
    )  # fmt: skip


def _reason(institution: Institution, latest: AttemptRecord) -> str:
    """The bureau's own words, where it refused."""
    try:
        reply = parse(institution.interface(latest.interface), latest.response or b"")
        return scrub(reply.err_msg or "")
    except Exception:  # words only: what is known does not depend on them
        return ""


def _reversed(latest: AttemptRecord) -> Refusal:
    return Refusal(
        "key_used", "此单已办理并已冲正", "this bill was done and taken back", status=409, operation=latest.operation_id,
    )  # fmt: skip


def _unknown(institution: Institution, latest: AttemptRecord) -> OutcomeUnknown:
    zh, en = evidence_words(latest.evidence)
    where = f"/v1/institutions/{institution.code}/operations/{latest.operation_id}"
    return OutcomeUnknown(
        f"此前已发出，是否已执行不确定：{zh}；本次未发送", f"sent before, and it may or may not have been executed: {en}; not sent now",
        hint_zh=f"不要换编号重做；程序会自动查证，用 GET {where}?wait=30 等结果",
        hint_en=f"do not do it again under another key; it is being found out: GET {where}?wait=30",
        evidence=latest.evidence or "", likely_refused=latest.likely_refused, interface=latest.interface,
        institution=institution.code, operation_id=latest.operation_id, msgid=latest.msgid,
    )  # fmt: skip
