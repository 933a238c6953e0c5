"""Lost calls made by hand, for questions and answers without a bureau."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import attrs

from mi_core.interfaces import by_code
from mi_core.journal import AttemptRecord, AttemptState, OperationState
from mi_core.model.outcome import OutcomeQuery
from mi_core.recovery.case import Case, case_of
from mi_core.types import CHINA_TIME, Effect

__all__ = ["MSGID", "asked", "case"]

SIGNED = dt.datetime(2026, 11, 21, 23, 30, tzinfo=CHINA_TIME)
MSGID = "H43000000001202611212330000001"


def attempt(interface: str, content: Any) -> AttemptRecord:
    ms = round(SIGNED.timestamp() * 1000)
    return AttemptRecord(
        msgid=MSGID, operation_id="o", number=1, generation=1, interface=interface, institution="H43000000001",
        effect=Effect.MONEY, state=AttemptState.IN_DOUBT, operation_state=OperationState.OPEN, version=1, epoch=1, endpoint="",
        profile_version="", mdtrtarea_admvs="", insuplc_admdvs="", operator="", psn_no="1", business_key=("k",), lock_keys=(),
        amounts={}, request=json.dumps({"infno": interface, "input": content}).encode(), response=None, result=None,
        identifier=None, evidence=None, infcode=None, likely_refused=False, reversible=False, reverses=None, source=None,
        missing=(), reason=None, signed_at=ms, deadline_at=ms, sent_at=ms, ended_at=None, at_risk=Decimal(0),
    )  # fmt: skip


def case(interface: str, content: Any, **more: Any) -> Case:
    return attrs.evolve(case_of(attempt(interface, content)), **more)


def asked(interface: str, number: int = 0) -> OutcomeQuery:
    return [q for q in by_code(interface).behaviour.outcome_queries if q.ask][number]
