"""Durations of calls in classes of 5 %: the statistics find percentiles by counting them, exact to that width."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

__all__ = ["class_limit", "duration_class", "duration_ms", "exchange_ms"]

_STEP = math.log(1.05)


def duration_ms(begun: dt.datetime, ended: dt.datetime) -> int:
    """Whole milliseconds; never negative, at most what an INTEGER column holds."""
    return min(max(0, round((ended - begun).total_seconds() * 1000)), 2**31 - 1)


def exchange_ms(row: Mapping[str, Any], begun: dt.datetime, ended: dt.datetime) -> int:
    """How long the exchange took: of a call in doubt until its answer failed to come, not until somebody found it out."""
    known = row["duration_ms"] if row["status"] == "in_doubt" else None
    return duration_ms(begun, ended) if known is None else int(known)


def duration_class(ms: int) -> int:
    """0 below one millisecond; otherwise one class more for each 5 %."""
    return 0 if ms < 1 else 1 + int(math.log(ms) / _STEP)


def class_limit(number: int) -> int:
    """The longest duration of a class, in milliseconds."""
    return 0 if number < 1 else math.ceil(math.exp(number * _STEP)) - 1 or 1
