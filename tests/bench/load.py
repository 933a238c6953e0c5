"""Many calls: 100 in flight against a gateway that takes 50 ms, and 20,000 in one process, against plain aiohttp."""

from __future__ import annotations

import asyncio
import time
from statistics import median

from tests.bench.callers import Post, pair, times
from tests.bench.harness import Row
from tests.bench.loopback import gateway

__all__ = ["measure"]

IN_FLIGHT, CALLS, ROUNDS = 100, 4_000, 5
LIFE, PART = 20_000, 2_000


async def seconds_per_call(post: Post, calls: int) -> float:
    """With :data:`IN_FLIGHT` workers."""
    turns = iter(range(calls))

    async def worker() -> None:
        for _ in turns:
            await post()

    start = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    return (time.perf_counter() - start) / calls


async def throughput(url: str) -> Row:
    """Best round of each; both have 100 connections."""
    best = {"ours": float("inf"), "raw aiohttp": float("inf")}
    async with pair(f"{url}/slow", "5203", profile="csb", pool=IN_FLIGHT) as callers:
        for post in (callers.ours, callers.raw):
            await seconds_per_call(post, 2 * IN_FLIGHT)
        for _ in range(ROUNDS):
            for name, post in (("ours", callers.ours), ("raw aiohttp", callers.raw)):
                best[name] = min(best[name], await seconds_per_call(post, CALLS))
    targets = {"raw aiohttp": 0.90}
    return Row("throughput: seconds per call", f"{IN_FLIGHT} in flight, gateway takes 50 ms", best, targets)


async def growth(url: str) -> Row:
    """p50 of the first and the last calls of a process's life. Each is told in units of the raw posts between them,
    so that a machine that became slower meanwhile does not count as ours."""
    async with pair(f"{url}/fast", "5203", profile="csb") as callers:
        await times(callers, PART // 4)
        parts = [await times(callers, PART) for _ in range(LIFE // PART)]
    (first, raw_first), (last, raw_last) = parts[0], parts[-1]
    return Row(
        f"growth of p50 over {LIFE} calls", f"last {PART} against first {PART}",
        {"ours": last * median((raw_first, raw_last)) / raw_last, "first": first * median((raw_first, raw_last)) / raw_first},
        {"first": 1 / 1.05},
        beside={"first as measured": first, "last as measured": last, "raw first": raw_first, "raw last": raw_last},
    )  # fmt: skip


def measure() -> list[Row]:
    """Both."""
    with gateway() as url:
        return [asyncio.run(throughput(url)), asyncio.run(growth(url))]
