"""Rows of the operation log made once more, from what the journal knows of an attempt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import msgspec

from mi_core.interfaces import by_code
from mi_core.journal import AttemptRecord, AttemptState
from mi_core.model import Behaviour
from mi_core.pipeline.identifiers import Identifiers, identifiers_of
from mi_core.pipeline.journalled import log_name
from mi_core.plugin import OperationEnd, OperationStart, OperationStatus
from mi_core.types import CHINA_TIME, Outcome

__all__ = ["STATUS", "end_of", "start_of"]

STATUS: Final[Mapping[AttemptState, OperationStatus]] = {
    AttemptState.CONFIRMED: "success",
    AttemptState.EXECUTED_UNIDENTIFIED: "success",
    AttemptState.REJECTED: "failed",
    AttemptState.NOT_EXECUTED: "failed",
    AttemptState.REVERSED: "failed",
    AttemptState.NOT_SENT: "not_sent",
}
"""What the log says of an attempt whose outcome is known; of all others that it is in doubt."""
_OUTCOME: Final[Mapping[AttemptState, Outcome]] = {
    AttemptState.CONFIRMED: Outcome.CONFIRMED,
    AttemptState.REJECTED: Outcome.REJECTED,
    AttemptState.NOT_SENT: Outcome.NOT_SENT,
    AttemptState.IN_DOUBT: Outcome.IN_DOUBT,
}


def start_of(attempt: AttemptRecord) -> OperationStart:
    """The row that precedes the send, as it would have been; only the client's address is not known any more."""
    title, behaviour = _known(attempt.interface)
    head, ids = _parts(behaviour, attempt.request)
    return OperationStart(
        operation_id=log_name(attempt.operation_id, attempt.number),
        msgid=attempt.msgid,
        api_code=attempt.interface,
        api_name=title,
        effect=attempt.effect,
        business_category=behaviour.log_category or "其他业务",
        business_type=behaviour.log_type or "other",
        institution_code=attempt.institution,
        operator_id=attempt.operator,
        operator_name=head,
        operation_time=_beijing(attempt.signed_at),
        request=attempt.request,
        psn_no=ids.psn_no,
        certno=ids.certno,
        mdtrt_id=ids.mdtrt_id,
        operation_key=None if ids.business_key else "\x1f".join(attempt.business_key),
        trace_id=attempt.operation_id,
    )


def end_of(attempt: AttemptRecord) -> OperationEnd:
    """Its completion, as far as the journal knows the outcome."""
    state = attempt.state
    rejected = state is AttemptState.REJECTED
    return OperationEnd(
        operation_id=log_name(attempt.operation_id, attempt.number),
        status=STATUS.get(state, "in_doubt"),
        outcome=_OUTCOME.get(state),
        complete_time=_beijing(attempt.ended_at or attempt.sent_at),
        evidence=attempt.evidence or f"resolved: {state.value.lower()}",
        error_code=attempt.infcode if rejected else None,
        response=attempt.response,
    )


def _known(code: str) -> tuple[str, Behaviour]:
    """Title and behaviour; a region's own interface has its code for a title and nothing that is told by paths."""
    try:
        interface = by_code(code)
    except KeyError:
        return code, Behaviour()
    return interface.title, interface.behaviour


def _parts(behaviour: Behaviour, request: bytes) -> tuple[str, Identifiers]:
    """The operator's name in the head, and whom the message is about."""
    try:
        if behaviour.envelope == "none":
            return "", identifiers_of(behaviour, request)
        parts = msgspec.json.decode(request, type=dict[str, msgspec.Raw])
        name = msgspec.json.decode(parts["opter_name"]) if "opter_name" in parts else ""
        return str(name or ""), identifiers_of(behaviour, bytes(parts["input"]))
    except (msgspec.MsgspecError, KeyError, ValueError, ArithmeticError):
        return "", Identifiers()  # a profile with a form of its own: the row comes without them


def _beijing(ms: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(ms / 1000, CHINA_TIME).replace(tzinfo=None)
