"""Small value types that every layer shares.

``UNSET`` marks a request field that is left out of the message, ``None`` one that is sent empty
(architecture decision 4). The marker is msgspec's own, so that its codec understands it too.
"""

from __future__ import annotations

from datetime import timedelta, timezone
from enum import Enum
from typing import Final

from msgspec import UNSET, UnsetType

__all__ = ["CHINA_TIME", "UNSET", "Effect", "Outcome", "UnsetType"]

CHINA_TIME: Final = timezone(timedelta(hours=8), "UTC+8")
"""The only time zone on the wire; naive values mean it (specification: all times are Beijing time)."""


class Effect(str, Enum):
    """What a call does at the bureau; decides retry, journal and locks."""

    QUERY = "query"
    UPLOAD = "upload"
    STATE = "state"
    MONEY = "money"
    REVERSAL = "reversal"

    @property
    def retried(self) -> bool:
        """Only reads may be sent again by the framework itself."""
        return self is Effect.QUERY

    @property
    def exact(self) -> bool:
        """Calls whose outcome must be known: they are classified strictly and never sent twice."""
        return self._value_ in ("money", "state", "reversal")


class Outcome(str, Enum):
    """What is known about one send (journal design, classifier)."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    NOT_SENT = "not_sent"
    IN_DOUBT = "in_doubt"
