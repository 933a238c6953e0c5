"""One gateway address: its lanes, its breaker, and what its answers mean for both."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from mi_core.config import LimitSettings
from mi_core.overload.breaker import Breaker
from mi_core.overload.lane import Lane, Places
from mi_core.overload.limiter import Limit
from mi_core.overload.refusals import overloaded
from mi_core.overload.signals import Signal
from mi_core.overload.state import GatewayState, LaneName

__all__ = ["Gateway", "Probe", "most_of"]

Probe = Callable[[str], Awaitable[bool]]
"""Asks an address for a sign of life; ``False`` or an exception: it gave none."""
_WEIGHTS: Final[Mapping[LaneName, int | None]] = {"money": 6, "read": 3, "bulk": 1, "recovery": None}
"""Whose are scarce places: mostly the cash desk's. Recovery has its own."""
_PATIENCE: Final = 1.0
"""Seconds that a probe waits for a question to come along before the transport is asked."""
_FRESH: Final = 60.0
_SMOOTH: Final = 0.2
_log = logging.getLogger("mi_core.overload")


def most_of(settings: LimitSettings, pool: int) -> dict[LaneName, tuple[int, int]]:
    """Per lane the most places and the most that wait. A small connection pool makes the lanes small too."""
    return {
        "money": (min(settings.money, pool), settings.money_queue),
        "read": (min(settings.read, pool), settings.read_queue),
        "bulk": (min(settings.bulk, max(1, pool // 4)), settings.bulk_queue),
        "recovery": (min(settings.recovery, max(1, pool // 8)), settings.recovery_queue),
    }


class Gateway:
    """State of one address. Belongs to one event loop."""

    def __init__(
        self, url: str, settings: LimitSettings, pool: int, probe: Probe | None, changed: Callable[[Gateway], None]
    ) -> None:  # fmt: skip
        self.url = url
        self.name = _without_user(url)
        """For people."""
        self.breaker = Breaker(settings.failures)
        self.lanes: dict[LaneName, Lane] = {
            name: Lane(most, queue, _WEIGHTS[name]) for name, (most, queue) in most_of(settings, pool).items()
        }
        shared = sum(lane.most for lane in self.lanes.values() if lane.weight is not None)
        self.limit = Limit(shared, adaptive=settings.adaptive)
        self.places = Places(self.limit, self.lanes.values())
        self._probe, self._changed = probe, changed
        self._answers: dict[str, tuple[float, float]] = {}
        """Interface -> (usual seconds until the answer, when last seen)."""
        self._timer: asyncio.TimerHandle | None = None
        self._asking: asyncio.Task[None] | None = None
        self._quiet = False

    def usual(self, interface: str, now: float) -> float:
        """Seconds that this gateway takes for that interface; 0 when nothing recent is known."""
        mean, at = self._answers.get(interface, (0.0, now))
        return mean if now - at < _FRESH else 0.0

    def ended(
        self, interface: str, signal: Signal, *, elapsed: float, started: float, epoch: int | None
    ) -> None:
        """An ordinary call ended like that; ``epoch`` of the limit it was let out under, ``None``: it was under none."""
        now = asyncio.get_running_loop().time()
        if signal is Signal.NOTHING:
            return
        if signal is Signal.ANSWERED:
            self._answered(interface, elapsed, epoch, now)
        elif epoch is not None and signal is not Signal.FAILED:
            news = self.limit.busy(epoch, now)
            if signal is Signal.BUSY and not news:  # one of a burst that was too much, and was acted upon
                return
        if self.breaker.record(ok=not signal.failure, started=started, now=now):
            self.opened(now)

    def probed(self, ok: bool | None) -> None:
        """The probe ended; ``None``: without saying anything."""
        self.breaker.probed(ok, asyncio.get_running_loop().time())
        if self.breaker.state == "closed":
            _log.warning("%s answers again: calls are let out", self.name)
            self.limit.restart()
            self._changed(self)
        elif self.breaker.state == "open":
            self._probe_later()

    def state(self) -> GatewayState:
        """For people."""
        return GatewayState(
            self.name, self.breaker.state, self.breaker.in_a_row, self.breaker.opened,
            self.limit.now,
            {name: lane.state() for name, lane in self.lanes.items()},
        )  # fmt: skip

    def stop(self) -> None:
        """No more probes."""
        self._quiet = True
        if self._timer is not None:
            self._timer.cancel()
        if self._asking is not None:
            self._asking.cancel()

    def _answered(self, interface: str, elapsed: float, epoch: int | None, now: float) -> None:
        mean, at = self._answers.get(interface, (elapsed, now))
        mean = elapsed if now - at >= _FRESH else mean + (elapsed - mean) * _SMOOTH
        self._answers[interface] = (mean, now)
        if epoch is not None:
            self.limit.answered(interface, elapsed, epoch, now)

    def opened(self, now: float) -> None:
        """The breaker opened: nobody waits for what does not come."""
        pause = max(0.0, self.breaker.until - now)
        _log.error("%s does not answer (%d in a row): calls are refused until it does", self.name,
                   self.breaker.in_a_row)  # fmt: skip
        for lane in self.lanes.values():
            for waiter in lane.dismiss():
                lane.refused += 1
                waiter.refuse(overloaded("gateway_down", pause + _PATIENCE, waiter.where))
        self._probe_later()
        self._changed(self)

    def _probe_later(self) -> None:
        """When no question comes along in time, the transport is asked."""
        if self._timer is not None:
            self._timer.cancel()
        if self._probe is not None and not self._quiet:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(self.breaker.until + _PATIENCE, self._ask)

    def _ask(self) -> None:
        loop = asyncio.get_running_loop()
        if not self._quiet and self.breaker.may_probe(loop.time()):
            self._asking = loop.create_task(self._sign_of_life())

    async def _sign_of_life(self) -> None:
        assert self._probe is not None
        try:
            alive = await self._probe(self.url)
        except Exception as error:
            _log.info("%s: no sign of life (%s)", self.name, type(error).__name__)
            alive = False
        self.probed(alive)


def _without_user(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
