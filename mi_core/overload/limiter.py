"""How many calls a gateway takes at the same time, learnt from how quickly it answers.

A gateway with C workers that gets more than C calls answers the rest later: latency tells how full it is, long before
anything fails. The latency of a round of answers is compared with the gateway's own time for those interfaces (about the
least mean seen), and the limit

- grows while answers stay below :data:`TOLERANCE` times that and all places were used: doubling at first (until a doubling
  only made the answers come half as fast), then slowly;
- shrinks in proportion when they are above it, and by half when the gateway says 503 or nothing at all;
- at its lowest, learns the gateway's own time anew: with two calls in flight it is not our load that makes it slow;
- under lasting pressure *dips* now and then for a round, so that the gateway's own time is seen without our load.
"""

from __future__ import annotations

from math import isqrt
from typing import Final

import attrs

__all__ = ["Limit"]

LOWEST: Final = 2
START: Final = 4
TOLERANCE: Final = 2.5
_ROUND: Final = 16
"""Answers that a judgement needs at least; half of it while growing fast."""
_FLOOR: Final = 0.02
"""Seconds; below this it is the event loop that is measured, not the gateway."""
_IN_VAIN: Final = 1.6
"""Answers slower by this much after a doubling: all that was gained stands in the gateway's queue."""
_MEMORY: Final = 30.0
"""Seconds for which a limit that was too much is not tried again."""
_FIRST_DIP, _LAST_DIP, _LONGEST_DIP = 5.0, 60.0, 10.0


@attrs.define
class _Typical:
    """One interface at one gateway."""

    own: float | None = None
    """The gateway's own time, seconds."""
    total: float = 0.0
    count: int = 0

    def add(self, latency: float) -> None:
        self.total += latency
        self.count += 1
        if self.count >= (_ROUND if self.own is not None else _ROUND // 2):
            mean = self.total / self.count
            if self.own is None or mean < self.own:  # half way: one lucky round is not the gateway's own time
                self.own = mean if self.own is None else (self.own + mean) / 2
            self.forget()

    def forget(self) -> None:
        self.total, self.count = 0.0, 0


class Limit:
    """The places at one gateway. ``now`` is how many there are; ``epoch`` changes with it (answers to calls that started
    under another limit say nothing about this one)."""

    def __init__(self, most: int, *, adaptive: bool = True) -> None:
        self.most, self._adaptive = most, adaptive
        self._lowest = min(LOWEST, most)
        self._value = min(START, most) if adaptive else most
        self.now = self._value
        self.epoch = 0
        self.pressed = False
        """Set from outside when a call took the last place or had to wait."""
        self._typical: dict[str, _Typical] = {}
        self._fast = True
        self._doubled: tuple[int, float] | None = None
        """The limit before it was doubled, and how slow answers were then."""
        self._ceiling, self._ceiling_until = most, 0.0
        self._ratios, self._rated, self._answers = 0.0, 0, 0
        self._dip_began: float | None = None
        self._next_dip: float | None = None
        self._every = _FIRST_DIP

    @property
    def usual(self) -> int:
        """``now``, but for a dip, which is over soon."""
        return self._value

    def restart(self) -> None:
        """The gateway was away: begin with the fewest, grow fast."""
        if self._adaptive:
            self._fast, self._doubled, self._dip_began, self._ceiling_until = True, None, None, 0.0
            self._value = self._lowest
            self._show(self._value)

    def answered(self, interface: str, latency: float, epoch: int, now: float) -> None:
        """An answer came after ``latency`` seconds to a call let out in ``epoch``."""
        if not self._adaptive or epoch != self.epoch:
            return
        typical = self._typical.get(interface)
        if typical is None:
            typical = self._typical[interface] = _Typical()
        if self._dip_began is None:
            typical.add(latency)
        else:
            typical.total, typical.count = typical.total + latency, typical.count + 1
        if typical.own is not None:
            self._ratios += max(latency, _FLOOR) / max(typical.own, _FLOOR)
            self._rated += 1
        self._answers += 1
        if self._answers >= max(_ROUND // 2 if self._fast else _ROUND, self.now):
            self._judge(now)

    def busy(self, epoch: int, now: float) -> bool:
        """The gateway said that it has too much, or nothing: half, once per epoch.

        ``False``: it was not this limit that was too much, so that it says nothing new.
        """
        if not self._adaptive:
            return True
        if epoch != self.epoch:
            return False
        lowest = self._value <= self._lowest
        self._ceiling = max(self._lowest, self._value * 5 // 8 if self._fast else self._value * 7 // 8)
        self._ceiling_until = now + _MEMORY
        self._fast, self._doubled, self._dip_began = False, None, None
        self._value = max(self._lowest, self._value // 2)
        if not lowest:
            self._show(self._value)
        return True

    def waited(self, now: float) -> None:
        """A call found no place."""
        self.pressed = True
        if self._dip_began is not None and now - self._dip_began > _LONGEST_DIP:
            self._end_dip(now)

    def _judge(self, now: float) -> None:
        seen, known = self._rated > 0, 4 * self._rated >= self._answers
        ratio = self._ratios / self._rated if known else 1.0
        pressed, self.pressed = self.pressed, False
        doubled, self._doubled = self._doubled, None
        self._ratios, self._rated, self._answers = 0.0, 0, 0
        if self._dip_began is not None:
            self._end_dip(now)
        elif known and doubled is not None and ratio > _IN_VAIN * doubled[1]:
            self._fast = False
            self._set(doubled[0])
            self._next_dip = (
                now  # the calls before it were too many already: the gateway's own time is not known
            )
        elif ratio > TOLERANCE:
            self._shrink(ratio)
        elif pressed and seen:
            if self._value > self._lowest and self._dip_is_due(now):
                self._begin_dip(now)
            else:
                self._grow(ratio, now)

    def _shrink(self, ratio: float) -> None:
        self._fast = self._value <= self._lowest
        if self._fast:
            self._typical.clear()
        else:
            self._set(max(self._lowest, int(self._value * max(0.5, 0.9 * TOLERANCE / ratio))))

    def _grow(self, ratio: float, now: float) -> None:
        most = self._ceiling if now < self._ceiling_until else self.most
        step = self._value if self._fast else max(1, isqrt(self._value) // 2)
        if self._fast and self._value < most:
            self._doubled = (self._value, ratio)
        self._set(min(self._value + step, max(most, self._value)))

    def _dip_is_due(self, now: float) -> bool:
        """Asked under pressure only; the first asking starts the clock."""
        if self._next_dip is None:
            self._next_dip = now + self._every
        return now >= self._next_dip

    def _begin_dip(self, now: float) -> None:
        self._dip_began = now
        for typical in self._typical.values():
            typical.forget()
        self._show(max(self._lowest, int(self._value / (2 * TOLERANCE))))

    def _end_dip(self, now: float) -> None:
        """What was seen counts instead of what was believed."""
        self._dip_began = None
        self._every = min(2 * self._every, _LAST_DIP)
        self._next_dip = now + self._every
        for typical in self._typical.values():
            if typical.count >= _ROUND // 4:
                typical.own = typical.total / typical.count
            typical.forget()
        self._show(self._value)

    def _set(self, value: int) -> None:
        if value != self._value:
            self._value = value
            self._show(value)

    def _show(self, places: int) -> None:
        self.now = places
        self.epoch += 1
        self._ratios, self._rated, self._answers = 0.0, 0, 0
