"""A gate and a gateway of so many workers, both on virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import attrs

from mi_core.config import LimitSettings
from mi_core.overload import CallLane, Closing, Gate, Overloaded, Signal
from mi_core.types import Effect

URL = "http://gateway.test/csb"
ONE = {"H1": URL}


def gate(
    institutions: dict[str, str] | None = None, *, probe: Any = None, on_change: Any = None, **limits: Any
) -> Gate:
    return Gate(institutions or ONE, LimitSettings(**limits), probe=probe, on_change=on_change)


def now() -> float:
    return asyncio.get_running_loop().time()


@attrs.define
class Bureau:
    """``workers`` calls at a time, first come first served; ``seconds()`` each."""

    workers: int
    seconds: Callable[[], float]
    up: bool = True
    refuses_above: int | None = None
    """Says 503 to more than that many at a time."""
    executed: int = 0
    most: int = 0
    """The most calls that were ever there at the same time."""
    inside: int = 0
    _places: asyncio.Semaphore = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._places = asyncio.Semaphore(self.workers)

    async def serve(self) -> bool:
        """``False``: it failed."""
        if self.refuses_above is not None and self.inside >= self.refuses_above:
            return False
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            if not self.up:
                await asyncio.sleep(0.01)
                return False
            async with self._places:
                await asyncio.sleep(self.seconds())
            self.executed += 1
            return True
        finally:
            self.inside -= 1


@attrs.define
class Caller:
    """Calls through a gate to a bureau, and counts what became of them."""

    gate: Gate
    bureau: Bureau
    patience: float = 5.0
    seen: Counter[str] = attrs.field(factory=Counter)
    waits: list[float] = attrs.field(factory=list)

    async def call(
        self, effect: Effect = Effect.QUERY, lane: CallLane = "normal", institution: str = "H1", interface: str = "5203"
    ) -> str:  # fmt: skip
        outcome = await self._call(effect, lane, institution, interface)
        self.seen[outcome] += 1
        return outcome

    async def _call(self, effect: Effect, lane: CallLane, institution: str, interface: str) -> str:
        asked = now()
        deadline = asked + self.patience
        try:
            async with self.gate.enter(institution, effect, lane, deadline, interface=interface) as place:
                sent = now()
                self.waits.append(sent - asked)
                try:
                    async with asyncio.timeout_at(deadline):
                        answered = await self.bureau.serve()
                except TimeoutError:
                    place.report(Signal.SILENT, now() - sent)
                    return "in doubt"
                failure = Signal.BUSY if self.bureau.up else Signal.FAILED
                place.report(Signal.ANSWERED if answered else failure, now() - sent)
                return "done" if answered else "failed"
        except Overloaded as refusal:
            assert now() < deadline
            return refusal.why
        except Closing:
            return "closing"


async def offer(call: Callable[[], Any], rate: float, seconds: float) -> None:
    """Open loop: one call every ``1 / rate`` seconds, whether the earlier ones ended or not; returns when all have."""
    start, tasks = now(), []
    for n in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, start + n / rate - now()))
        tasks.append(asyncio.create_task(call()))
    await asyncio.gather(*tasks)
