"""When a gateway counts as down, and how it is found to be back: pure state on a clock that is handed in."""

from __future__ import annotations

from collections import deque
from typing import Final

from mi_core.overload.state import BreakerName

__all__ = ["Breaker"]

_WINDOW: Final = 30.0
_RATED: Final = 20
"""Results younger than the window that a ratio needs."""
_FIRST: Final = 1.0
_MOST: Final = 4.0
"""Longest pause after a probe that failed: a gateway that is back is used again within 10 s."""
_MOST_RELAPSE: Final = 60.0
"""Longest pause for one that answers probes and fails with real calls."""


class Breaker:
    """Closed; open after ``failures`` in a row or half of the last twenty; then one probe at a time decides.

    After a probe succeeded it is closed *on trial*: the first failure opens it again, for longer.
    Only calls that started in the present closed period count.
    """

    def __init__(self, failures: int = 5) -> None:
        self.state: BreakerName = "closed"
        self.opened = 0
        self.in_a_row = 0
        self.until = 0.0
        """When the next probe may go."""
        self._limit = failures
        self._since = float("-inf")
        self._trial = False
        self._pause = _FIRST
        self._relapse = _FIRST
        self._results: deque[tuple[float, bool]] = deque(maxlen=2 * _RATED)

    def record(self, *, ok: bool, started: float, now: float) -> bool:
        """The result of an ordinary call; ``True`` when the breaker opened because of it."""
        if self.state != "closed" or started < self._since:
            return False
        self._results.append((now, ok))
        if ok:
            self.in_a_row = 0
            if self._trial:
                self._trial, self._relapse = False, _FIRST
            return False
        self.in_a_row += 1
        if self._trial:
            self._relapse = min(2 * self._relapse, _MOST_RELAPSE)
            self._open(now, self._relapse)
            return True
        if self.in_a_row >= self._limit or self._half_failed(now):
            self._open(now, _FIRST)
            return True
        return False

    def may_probe(self, now: float) -> bool:
        """Whether a probe may go now; if so it is this one, and :meth:`probed` must follow."""
        if self.state != "open" or now < self.until:
            return False
        self.state = "probing"
        return True

    def probed(self, ok: bool | None, now: float) -> None:
        """The probe's result; ``None``: it ended without saying anything, so that the next may go at once."""
        if self.state != "probing":
            return
        if ok is None:
            self.state, self.until = "open", now
        elif ok:
            self.state, self._since, self._trial, self.in_a_row = "closed", now, True, 0
            self._pause = _FIRST
            self._results.clear()
        else:
            self._pause = min(2 * self._pause, _MOST)
            self.state, self.until = "open", now + self._pause

    def _half_failed(self, now: float) -> bool:
        recent = [ok for at, ok in self._results if now - at < _WINDOW]
        return len(recent) >= _RATED and 2 * recent.count(False) >= len(recent)

    def _open(self, now: float, pause: float) -> None:
        self.state, self.until, self._trial = "open", now + pause, False
        self._pause = _FIRST
        self.opened += 1
        self._results.clear()
