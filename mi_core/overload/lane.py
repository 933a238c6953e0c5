"""The lanes of one gateway: each its own bounded queue, all of them the gateway's places."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs

from mi_core.errors import MiError
from mi_core.overload.limiter import Limit
from mi_core.overload.state import LaneState

__all__ = ["Lane", "Places", "Waiter"]

_SMOOTH: Final = 0.1


@attrs.define(eq=False)
class Waiter:
    """A call in the queue. ``turn`` gets a result with a place, an exception with a refusal."""

    institution: str
    where: Mapping[str, Any] = attrs.field(repr=False)
    turn: asyncio.Future[None] = attrs.field(repr=False)
    granted: bool = False
    epoch: int = 0
    """Of the limit under which it got its place."""

    def refuse(self, error: MiError) -> None:
        """It will not get a place."""
        if not self.turn.done():
            self.turn.set_exception(error)


class Lane:
    """A bulkhead: at most ``most`` calls under way and ``queue`` waiting; institutions take turns.

    ``weight``: what part of scarce places is its own; ``None``: it has places of its own and shares none.
    """

    def __init__(self, most: int, queue: int, weight: int | None) -> None:
        self.most, self.weight = most, weight
        self._queue = queue
        self.in_flight = 0
        self.waiting = 0
        self.refused = 0
        self._waiters: dict[str, deque[Waiter]] = {}
        """By institution, in the order of their turns; no entry is empty."""
        self._typical = 0.0

    @property
    def full(self) -> bool:
        """No more may wait."""
        return self.waiting >= self._queue

    def wait(self, waiter: Waiter) -> None:
        """Stand at the end of the institution's queue."""
        self._waiters.setdefault(waiter.institution, deque()).append(waiter)
        self.waiting += 1

    def forget(self, waiter: Waiter) -> None:
        """A waiter that went away, or whose time was over."""
        queue = self._waiters.get(waiter.institution)
        if queue is not None and waiter in queue:
            queue.remove(waiter)
            self.waiting -= 1
            if not queue:
                del self._waiters[waiter.institution]

    def next(self) -> Waiter | None:
        """Whose turn it is; taken out of the queue."""
        while self.waiting:
            institution, queue = next(iter(self._waiters.items()))
            waiter = queue.popleft()
            self.waiting -= 1
            del self._waiters[institution]
            if queue:
                self._waiters[institution] = queue  # the end of the line of institutions
            if not waiter.turn.done():  # else cancelled, and not yet gone
                return waiter
        return None

    def dismiss(self) -> list[Waiter]:
        """Empty the queue; the caller refuses those who stood in it."""
        found = [waiter for queue in self._waiters.values() for waiter in queue]
        self._waiters.clear()
        self.waiting = 0
        return found

    def held(self, seconds: float) -> None:
        """How long an answered call occupied its place."""
        self._typical += (seconds - self._typical) * (_SMOOTH if self._typical else 1.0)

    def expected_wait(self, institution: str, places: float) -> float:
        """Seconds until a newcomer of that institution would have its turn, if the lane has so many places; 0 when
        nothing is known yet."""
        own = len(self._waiters.get(institution, ())) + 1
        ahead = sum(min(len(queue), own) for code, queue in self._waiters.items() if code != institution)
        return (own + ahead) * self._typical / max(1.0, places)

    def state(self) -> LaneState:
        """For people."""
        return LaneState(self.most, self.in_flight, self.waiting, self.refused, self._typical)


class Places:
    """Who may be at the gateway. Whoever took a place leaves it, exactly once.

    Lanes with a weight share what the gateway takes (``limit``); when that is scarce a free place goes to the lane that
    has the least for its weight. Every lane may always have one call under way, so that none stops another.
    """

    def __init__(self, limit: Limit, lanes: Iterable[Lane]) -> None:
        self.limit = limit
        self._lanes = tuple(lanes)
        self.in_use = 0
        """By lanes that share."""

    def take(self, lane: Lane) -> bool:
        """A place at once, unless others wait for it or there is none."""
        if lane.waiting or not self.room(lane):
            return False
        self.occupy(lane)
        return True

    def occupy(self, lane: Lane) -> None:
        """A place even when there is none (a probe)."""
        lane.in_flight += 1
        if lane.weight is not None:
            self.in_use += 1
            if self.in_use >= self.limit.now:
                self.limit.pressed = True

    def leave(self, lane: Lane) -> None:
        """Give the place back, to whoever is next."""
        lane.in_flight -= 1
        if lane.weight is not None:
            self.in_use -= 1
        self.serve()

    def serve(self) -> None:
        """Give free places to those who wait."""
        while True:
            ready = [lane for lane in self._lanes if lane.waiting and self.room(lane)]
            if not ready:
                return
            lane = min(ready, key=_share)
            waiter = lane.next()
            if waiter is not None:
                self.occupy(lane)
                waiter.granted, waiter.epoch = True, self.limit.epoch
                waiter.turn.set_result(None)

    def expected_wait(self, lane: Lane, institution: str) -> float:
        """Seconds for which a newcomer would wait: the lane has what it occupies now, or its share where that is more."""
        if lane.weight is None:
            return lane.expected_wait(institution, lane.most)
        busy = sum(each.weight for each in self._lanes if each.weight and (each.in_flight or each.waiting))
        share = min(lane.most, self.limit.usual * lane.weight / max(busy, lane.weight))
        return lane.expected_wait(institution, max(lane.in_flight, share))

    def room(self, lane: Lane) -> bool:
        """Whether one more call of that lane may be at the gateway."""
        if lane.in_flight >= lane.most:
            return False
        return lane.weight is None or not lane.in_flight or self.in_use < self.limit.now


def _share(lane: Lane) -> float:
    """What it has for its weight; lanes with places of their own come first."""
    return -1.0 if lane.weight is None else lane.in_flight / lane.weight
