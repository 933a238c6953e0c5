"""What the end of an exchange says about the gateway, whatever it says about the business."""

from __future__ import annotations

from enum import Enum
from typing import Final

from mi_core.types import Outcome

__all__ = ["Signal", "signal_of"]

_TIMEOUTS: Final = frozenset({"timeout", "connect timeout"})
_OURS: Final = frozenset(
    {"cancelled", "closed", "deadline", "reply too large", "invalid url", "tls configuration"}
)
_BUSY: Final = frozenset({429, 503, 504})
_UNDERSTOOD: Final = frozenset({200, 401})
SHORTEST_SILENCE: Final = 1.0
"""Seconds. Silence for less than this says more about the caller's deadline than about the gateway."""


class Signal(Enum):
    """How the gateway took a call."""

    ANSWERED = "answered"
    """A reply of the bureau or the gateway, refusals included: it works, and its latency counts."""
    BUSY = "busy"
    """It says that it has too much (429, 503, 504)."""
    SILENT = "silent"
    """It said nothing until the deadline."""
    FAILED = "failed"
    """It could not be reached, broke off, or sent something that is no reply."""
    NOTHING = "nothing"
    """The exchange ended for a reason of our own."""

    @property
    def failure(self) -> bool:
        """Counts for the breaker."""
        return self is Signal.FAILED or self is Signal.BUSY or self is Signal.SILENT


def signal_of(
    outcome: Outcome, evidence: str, *, status: int | None, understood: bool, elapsed: float
) -> Signal:
    """From a verdict. ``understood``: the reply could be read as a reply; ``elapsed``: seconds at the gateway."""
    if outcome in (Outcome.CONFIRMED, Outcome.REJECTED):
        return Signal.ANSWERED
    if status is not None and status not in _UNDERSTOOD:
        return Signal.BUSY if status in _BUSY else Signal.FAILED
    if understood:
        return Signal.ANSWERED
    if evidence in _OURS:
        return Signal.NOTHING
    if evidence in _TIMEOUTS:
        if elapsed < SHORTEST_SILENCE:
            return Signal.NOTHING
        return Signal.SILENT if outcome is Outcome.IN_DOUBT else Signal.FAILED
    return Signal.FAILED
