"""What a gate shows of itself: for people, metrics and tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs

__all__ = ["BreakerName", "GatewayState", "LaneName", "LaneState"]

LaneName = Literal["money", "read", "bulk", "recovery"]
BreakerName = Literal["closed", "open", "probing"]


@attrs.frozen
class LaneState:
    """One lane now. Times in seconds."""

    most: int
    """Calls it lets out at the same time at most."""
    in_flight: int
    waiting: int
    refused: int
    """Since the start."""
    typical: float
    """How long a call usually occupies its place; 0 when not known."""


@attrs.frozen
class GatewayState:
    """One gateway address now."""

    url: str
    """Without user name and password."""
    breaker: BreakerName
    failures: int
    """In a row, just now."""
    opened: int
    """How often the breaker has opened since the start."""
    places: int
    """Calls it is given at the same time at present, recovery's apart."""
    lanes: Mapping[LaneName, LaneState]
