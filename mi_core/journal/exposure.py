"""Invariant I12: how much may be in doubt at one institution before money intake closes."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import attrs

from mi_core.journal.database import Row
from mi_core.journal.records import Intent
from mi_core.journal.refusals import IntakeClosed
from mi_core.types import Effect

__all__ = ["EXPOSURE_SQL", "Exposure", "ExposureLimit", "check_exposure", "exceeds"]

EXPOSURE_SQL: Final = """SELECT count(*) AS n, coalesce(sum(at_risk), 0) AS sum FROM attempt
    WHERE institution = ? AND state IN ('IN_DOUBT', 'EXECUTED_UNIDENTIFIED', 'REVERSING') AND likely_refused = 0
    AND effect = 'money'"""
"""Answered by the partial index ``attempt_doubt``, which is nearly always empty. MANUAL is not counted: a person has it
already, and it must not stop the cash desk for days."""


@attrs.frozen
class ExposureLimit:
    """Per institution: more open in-doubt operations than ``operations``, or more yuan than ``amount``, closes intake."""

    operations: int = 20
    amount: Decimal | None = None


@attrs.frozen
class Exposure:
    """What is in doubt at one institution now."""

    operations: int
    amount: Decimal

    @classmethod
    def of(cls, row: Row) -> Exposure:
        """From a row of :data:`EXPOSURE_SQL`."""
        return cls(int(row[0]), Decimal(int(row[1])).scaleb(-2))


def exceeds(exposure: Exposure, limit: ExposureLimit) -> bool:
    """The limit is passed: no further money call may leave."""
    return exposure.operations > limit.operations or (
        limit.amount is not None and exposure.amount > limit.amount
    )


def check_exposure(exposure: Exposure | None, intent: Intent, limit: ExposureLimit) -> None:
    """Raise :class:`IntakeClosed` for a money call while too much is in doubt; reversals, states and reads pass."""
    if exposure is None or intent.effect is not Effect.MONEY:
        return
    if exceeds(exposure, limit):
        raise IntakeClosed(
            f"有 {exposure.operations} 笔业务结果未定（{exposure.amount} 元），暂停新的结算",
            f"{exposure.operations} calls are in doubt ({exposure.amount} yuan); no further money call is let out",
            hint_zh="网关恢复后会自动查证；可用 mi doubt list 查看", hint_en="they are being resolved; see mi doubt list",
            interface=intent.interface, institution=intent.institution,
        )  # fmt: skip
