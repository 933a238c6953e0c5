"""The gate: every attempt passes it before it is signed, journalled or sent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Final, Literal, Self

from mi_core.config import LimitSettings
from mi_core.errors import NotSent
from mi_core.overload.gateway import Gateway, Probe, most_of
from mi_core.overload.lane import Waiter
from mi_core.overload.refusals import Why, closing, overloaded
from mi_core.overload.signals import Signal
from mi_core.overload.state import GatewayState, LaneName
from mi_core.types import Effect

__all__ = ["CallLane", "Gate", "Place"]

CallLane = Literal["normal", "bulk", "recovery"]
_QUERY: Final = Effect.QUERY
_EXACT: Final = frozenset(effect for effect in Effect if effect.exact)
_NOWHERE: Final[Mapping[str, Any]] = {}
_WAITING_SHARE: Final = 0.5
"""The part of a call's remaining time that it may spend in the queue: the rest is the gateway's."""
_MARGIN: Final = 1.5
"""How many times the gateway's usual time must be left after waiting."""
_log = logging.getLogger("mi_core.overload")


class Gate:
    """What one client lets out, per gateway address.

    ``institutions``: address by institution code. ``pool``: the transport's connections. ``probe``: asks an address for
    a sign of life when no question does. ``on_change``: told when a breaker opens and closes (an alarm).
    Belongs to the event loop that uses it.
    """

    def __init__(
        self, institutions: Mapping[str, str], settings: LimitSettings | None = None, *, pool: int = 100,
        probe: Probe | None = None, on_change: Callable[[GatewayState], None] | None = None,
    ) -> None:  # fmt: skip
        settings = settings or LimitSettings()
        self._on_change = on_change
        gateways = {
            url: Gateway(url, settings, pool, probe, self._changed) for url in set(institutions.values())
        }
        self._gateways = {code: gateways[url] for code, url in institutions.items()}
        self.closing = False
        self.changing = 0
        """Calls under way that change something: what :meth:`drain` waits for."""
        self._drained: asyncio.Event | None = None
        most = most_of(settings, pool)
        self.connections = sum(most[name][0] for name in ("read", "bulk", "recovery"))
        """Connections that the lanes of calls which may share one need together."""

    def enter(
        self, institution: str, effect: Effect, lane: CallLane, deadline: float, *, interface: str = "",
        where: Mapping[str, Any] = _NOWHERE,
    ) -> Place:  # fmt: skip
        """A place for one attempt, to be used with ``async with``; waits for its turn.

        ``deadline`` on the loop's clock. ``where``: keywords for errors. Raises :class:`Overloaded`, :class:`Closing`.
        """
        gateway = self._gateways[institution]
        name = lane_of(effect, lane)
        return Place(self, gateway, name, institution, effect, deadline, interface, where)

    def check(
        self, institution: str, effect: Effect, lane: CallLane, deadline: float, *, where: Mapping[str, Any] = _NOWHERE
    ) -> None:  # fmt: skip
        """Raise at once what :meth:`enter` would raise now, before time is spent on the call. Takes no place."""
        place = self.enter(institution, effect, lane, deadline, where=where)
        place.check(asyncio.get_running_loop().time())

    def report(self, institution: str, ok: bool) -> None:
        """Tell the breaker of an exchange that had no place of its own."""
        gateway = self._gateways[institution]
        now = asyncio.get_running_loop().time()
        if gateway.breaker.record(ok=ok, started=now, now=now):
            gateway.opened(now)

    def state(self) -> tuple[GatewayState, ...]:
        """Every gateway now, by address."""
        unique = {gateway.url: gateway for gateway in self._gateways.values()}
        return tuple(unique[url].state() for url in sorted(unique))

    def close_intake(self) -> None:
        """From now on calls are refused as :class:`Closing`, those that wait as well. Calls under way go on."""
        self.closing = True
        for gateway in set(self._gateways.values()):
            gateway.stop()
            for lane in gateway.lanes.values():
                for waiter in lane.dismiss():
                    waiter.refuse(closing(waiter.where))

    async def drain(self, timeout: float) -> int:  # noqa: ASYNC109  # running out is a result here, not an error
        """Wait until no call is under way that changes something, at most ``timeout`` seconds; how many still are."""
        if self.changing and timeout > 0:
            self._drained = asyncio.Event()
            try:
                async with asyncio.timeout(timeout):
                    await self._drained.wait()
            except TimeoutError:
                _log.error("%d changing calls were still under way after %.0f s", self.changing, timeout)
        return self.changing

    def left(self) -> None:
        """A changing call ended."""
        self.changing -= 1
        if not self.changing and self._drained is not None:
            self._drained.set()

    def _changed(self, gateway: Gateway) -> None:
        if self._on_change is not None:
            try:
                self._on_change(gateway.state())
            except Exception:
                _log.exception("on_change raised")


class Place:
    """One attempt's way through the gate: ``async with`` waits for the place and gives it back, whatever happens."""

    __slots__ = (
        "_answered", "_deadline", "_effect", "_epoch", "_gate", "_gateway", "_institution", "_interface", "_lane",
        "_probing", "_since", "_where",
    )  # fmt: skip

    def __init__(
        self, gate: Gate, gateway: Gateway, name: LaneName, institution: str, effect: Effect, deadline: float,
        interface: str, where: Mapping[str, Any],
    ) -> None:  # fmt: skip
        self._gate, self._gateway, self._institution = gate, gateway, institution
        self._effect, self._deadline, self._interface, self._where = effect, deadline, interface, where
        self._lane = gateway.lanes[name]
        self._probing = self._answered = False
        self._since = 0.0
        self._epoch: int | None = None

    def check(self, now: float) -> None:
        """Raise when there is no way through at present."""
        refusal = self._barred(now)
        if refusal is not None and not self._could_probe(now):
            raise refusal
        lane = self._lane
        if refusal is None and (lane.waiting or not self._gateway.places.room(lane)):
            self._latest(now)

    def free(self) -> bool:
        """Whether it could be had now, without waiting and without a refusal."""
        lane, gateway = self._lane, self._gateway
        if self._gate.closing or gateway.breaker.state != "closed":
            return False
        if lane.waiting or not gateway.places.room(lane):
            return False
        now = asyncio.get_running_loop().time()
        usual = gateway.usual(self._interface, now)
        return not usual or self._deadline - now >= usual

    async def __aenter__(self) -> Self:
        now, epoch = asyncio.get_running_loop().time(), self._gateway.limit.epoch
        refusal = self._barred(now)
        if refusal is not None:
            if not (self._could_probe(now) and self._gateway.breaker.may_probe(now)):
                raise refusal
            self._probing = True
            self._gateway.places.occupy(self._lane)
        elif not self._gateway.places.take(self._lane):
            now, epoch = await self._wait(now)
        self._since = now
        self._epoch = None if self._lane.weight is None else epoch
        if self._effect is not _QUERY:
            self._gate.changing += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._probing:
            self._probing = False
            self._gateway.probed(None)
        if self._answered:
            self._lane.held(asyncio.get_running_loop().time() - self._since)
        self._gateway.places.leave(self._lane)
        if self._effect is not _QUERY:
            self._gate.left()

    def report(self, signal: Signal, elapsed: float) -> None:
        """How the gateway took the call, and for how many seconds it had it."""
        self._answered = signal is Signal.ANSWERED
        if self._probing:
            self._probing = False
            self._gateway.probed(None if signal is Signal.NOTHING else self._answered)
            return
        self._gateway.ended(self._interface, signal, elapsed=elapsed, started=self._since, epoch=self._epoch)

    def _barred(self, now: float) -> NotSent | None:
        """Why nothing passes here now, however short the queue."""
        if self._gate.closing:
            return closing(self._where)
        breaker = self._gateway.breaker
        if breaker.state != "closed":
            return self._refusal("gateway_down", max(0.0, breaker.until - now) + 1.0)
        if self._effect in _EXACT:
            usual = self._gateway.usual(self._interface, now)
            if usual and self._deadline - now < usual:
                return self._refusal("too_late", 1.0)
        return None

    def _could_probe(self, now: float) -> bool:
        """A question may find out whether a silent gateway is back; nothing that changes something ever does."""
        breaker = self._gateway.breaker
        return (
            self._effect is _QUERY
            and not self._gate.closing
            and breaker.state == "open"
            and now >= breaker.until
        )

    def _latest(self, now: float) -> float:
        """Until when it may wait; raises when that is too short or the queue too long."""
        lane, remaining = self._lane, self._deadline - now
        usual = self._gateway.usual(self._interface, now)
        longest = max(0.0, min(remaining * _WAITING_SHARE, remaining - _MARGIN * usual))
        expected = self._gateway.places.expected_wait(lane, self._institution)
        if lane.full:
            raise self._refusal("queue_full", expected)
        if expected > longest:
            raise self._refusal("too_long", expected)
        return now + longest

    async def _wait(self, now: float) -> tuple[float, int]:
        """Stand in the queue; when the turn came, and under which limit."""
        loop, lane = asyncio.get_running_loop(), self._lane
        latest = self._latest(now)
        self._gateway.limit.waited(now)
        waiter = Waiter(self._institution, self._where, loop.create_future())
        lane.wait(waiter)
        self._gateway.places.serve()
        timer = loop.call_at(latest, self._give_up, waiter)
        try:
            await waiter.turn
        except BaseException:
            if waiter.granted:  # cancelled between being called and coming
                self._gateway.places.leave(lane)
            else:
                lane.forget(waiter)
            raise
        finally:
            timer.cancel()
        return loop.time(), waiter.epoch

    def _give_up(self, waiter: Waiter) -> None:
        if not waiter.turn.done():
            self._lane.forget(waiter)
            expected = self._gateway.places.expected_wait(self._lane, self._institution)
            waiter.refuse(self._refusal("waited", expected))

    def _refusal(self, why: Why, retry_after: float) -> NotSent:
        self._lane.refused += 1
        return overloaded(why, retry_after, self._where)


def lane_of(effect: Effect, lane: CallLane) -> LaneName:
    """Which lane a call goes by: what changes something exactly goes by ``money``, unless it is recovery's."""
    if lane == "recovery":
        return "recovery"
    if effect in _EXACT:
        return "money"
    return "bulk" if lane == "bulk" or effect is Effect.UPLOAD else "read"
