"""What the gate costs a call when nothing is going on: asking first, entering, reporting, leaving."""

from __future__ import annotations

import asyncio
import time

from mi_core.overload import Gate, Signal
from mi_core.types import Effect
from tests.bench.harness import Row

__all__ = ["measure"]

CALLS, ROUNDS = 500, 200


async def idle(effect: Effect) -> float:
    """Best mean of the rounds."""
    gate = Gate({"H1": "http://127.0.0.1:9/csb"})
    deadline = asyncio.get_running_loop().time() + 3600
    where = {"interface": "2207", "title": "门诊结算"}
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(CALLS):
            if not effect.exact:  # as the pipeline does
                gate.check("H1", effect, "normal", deadline, where=where)
            async with gate.enter("H1", effect, "normal", deadline, interface="2207", where=where) as place:
                place.report(Signal.ANSWERED, 0.05)
        best = min(best, (time.perf_counter() - start) / CALLS)
    return best


def measure() -> list[Row]:
    """Both kinds of call."""
    return [
        Row("gate: cost of an idle call", effect.value, {"ours": asyncio.run(idle(effect))}, {"": 20e-6})
        for effect in (Effect.QUERY, Effect.MONEY)
    ]
