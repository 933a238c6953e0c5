"""What a ``call`` costs above a plain aiohttp post of the same bytes to the same server in another process."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path
from statistics import median

from mi_core.journal import Journal, Key, KeyRing
from tests.bench.callers import REQUESTS, pair, times
from tests.bench.harness import Row
from tests.bench.journal_rate import journal_operation
from tests.bench.loopback import gateway

__all__ = ["measure"]

ROUNDS, CALLS = 15, 200


def disk_sync(folder: str) -> float:
    """p50 of appending a page and syncing it: what a row that must be durable cannot be faster than."""
    taken = []
    with (Path(folder) / "sync").open("wb", buffering=0) as file:
        for _ in range(100):
            start = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - start)
    return median(taken)


async def journal_alone(folder: str) -> float:
    """p50 of one operation in the journal, SENT and CONFIRMED each synced, one at a time: the part of a settlement's
    overhead that a faster pipeline cannot take away."""
    journal = Journal.open(Path(folder) / "alone.db", KeyRing(Key(1, bytes(32))), slots=1)
    taken = []
    try:
        for number in range(1, 301):
            start = time.perf_counter()
            await journal_operation(journal, number)
            taken.append(time.perf_counter() - start)
    finally:
        await asyncio.to_thread(journal.close)
    return median(taken)


async def overhead(
    url: str, code: str, profile: str, log: str, limit: float, beside: dict[str, float]
) -> Row:
    """Ours minus raw, both p50 of a round in which they take turns; the median of the rounds."""
    async with pair(f"{url}/fast", code, profile=profile, log=log) as callers:
        await times(callers, CALLS)
        rounds = [await times(callers, CALLS) for _ in range(ROUNDS)]
    return Row(
        f"call {code}: p50 above a raw post",
        f"{profile}, {log.partition(':')[0]} log",
        {"ours": median(ours - raw for ours, raw in rounds)},
        {"": limit},
        beside={
            "call": median(ours for ours, _ in rounds), "raw aiohttp": median(raw for _, raw in rounds),
            "best round": min(ours - raw for ours, raw in rounds), **beside,
        },
    )  # fmt: skip


def measure() -> list[Row]:
    """Without a log that lasts; with HMAC (2207 is journalled always); then with the SQLite log as well."""
    rows = []
    with gateway() as url, tempfile.TemporaryDirectory() as folder:
        kept = f"sqlite:///{Path(folder) / 'log.db'}"
        for profile, log, limit in (
            ("none", "memory", 0.25e-3),
            ("csb", "memory", 0.25e-3),
            ("csb", kept, 0.9e-3),
        ):
            with tempfile.TemporaryDirectory() as alone:
                beside = {
                    "disk sync": disk_sync(folder),
                    "journal alone": asyncio.run(journal_alone(alone)),
                }
            rows += [
                asyncio.run(overhead(url, code, profile, log, 0.9e-3 if code == "2207" else limit, beside))
                for code in REQUESTS
            ]
    return rows
