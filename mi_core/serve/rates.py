"""Rate limits: a bucket per token, and one per address for requests without a valid one."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import attrs

__all__ = ["Rates"]

_KEPT: Final = 4096
_BURST: Final = 2.0
"""Seconds' worth of requests that may come at once."""


@attrs.define
class _Bucket:
    level: float
    at: float


class Rates:
    """Buckets of ``rate`` requests per second. Times are seconds of one monotonic clock."""

    def __init__(self, rate: float) -> None:
        self._rate, self._most = rate, max(1.0, rate * _BURST)
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait(self, key: str, now: float) -> float:
        """0 and the request is counted, or the seconds until the next one is taken."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(self._most, now)
            while len(self._buckets) > _KEPT:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        bucket.level = min(self._most, bucket.level + (now - bucket.at) * self._rate)
        bucket.at = now
        if bucket.level < 1.0:
            return (1.0 - bucket.level) / self._rate
        bucket.level -= 1.0
        return 0.0
