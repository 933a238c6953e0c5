"""Overload, measured as it comes: calls arrive by the clock, whether the earlier ones have ended or not.

    python -m tests.bench.open_loop [--workers 10] [--service 0.25] [--seconds 15] [--json FILE]

Three processes: this one only generates (so that what it measures does not slow it down), one has our client with its
journal on disk, one is a gateway of so many workers. 30 % of the calls are settlements. First the *knee* is looked for:
the highest rate at which at least 95 % is answered. Then five times that is offered, then four fifths of it. Latency
counts from the moment a call was due, not from when it could be handed over. The same flood without the gate's bounds is
told for comparison.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import attrs

from tests.bench.harness import Row

__all__ = ["measure"]

ROOT = Path(__file__).resolve().parents[2]
DEADLINES = {"2207": 6.0, "5203": 4.0}
SETTLEMENTS = 0.3
ANSWERED = 0.95


@attrs.define
class Call:
    """One arrival. Times in seconds of the generator's clock."""

    due: float
    interface: str
    outcome: str = ""
    ended: float = 0.0


@attrs.frozen
class Flood:
    """What became of a stretch of arrivals."""

    calls: list[Call]
    seconds: float

    @property
    def goodput(self) -> float:
        """Answers per second while it lasted."""
        end = self.calls[0].due + self.seconds
        return sum(c.outcome == "done" and c.ended <= end for c in self.calls) / self.seconds

    @property
    def throughput(self) -> float:
        """Answers per second until the last one had come."""
        start, end = self.calls[0].due, max(c.ended for c in self.calls)
        return sum(c.outcome == "done" for c in self.calls) / max(self.seconds, end - start)

    @property
    def answered(self) -> float:
        """Share that was answered."""
        return sum(c.outcome == "done" for c in self.calls) / len(self.calls)

    @property
    def counts(self) -> Counter[str]:
        """By outcome."""
        return Counter(c.outcome for c in self.calls)

    def latency(self, share: float) -> float:
        """Of those answered: the time within which ``share`` of them were."""
        times = sorted(c.ended - c.due for c in self.calls if c.outcome == "done")
        return times[int(share * (len(times) - 1))] if times else float("inf")


@attrs.define
class Generator:
    """Speaks to the client's process."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    dice: random.Random = attrs.field(factory=lambda: random.Random(7))
    number: int = 0
    open: dict[int, Call] = attrs.field(factory=dict)

    async def listen(self) -> None:
        """Outcomes as they come."""
        clock = asyncio.get_running_loop().time
        while line := await self.reader.readline():
            number, outcome = line.split()
            call = self.open.pop(int(number))
            call.outcome, call.ended = outcome.decode(), clock()

    async def offer(self, rate: float, seconds: float) -> list[Call]:
        """Poisson arrivals; returns when the last has been handed over."""
        clock = asyncio.get_running_loop().time
        due = start = clock()
        calls: list[Call] = []
        while due < start + seconds:
            if (wait := due - clock()) > 0:
                await asyncio.sleep(wait)
            interface = "2207" if self.dice.random() < SETTLEMENTS else "5203"
            self.number += 1
            call = self.open[self.number] = Call(due, interface)
            calls.append(call)
            self.writer.write(f"{self.number} {interface} {DEADLINES[interface]}\n".encode())
            due += self.dice.expovariate(rate)
        return calls

    async def quiet(self) -> None:
        """Until everything under way has ended."""
        while self.open:
            await asyncio.sleep(0.02)

    async def flood(self, rate: float, seconds: float) -> Flood:
        """Offer and wait for the rest."""
        calls = await self.offer(rate, seconds)
        await self.quiet()
        return Flood(calls, seconds)


@attrs.frozen
class Found:
    """The figures."""

    knee: float
    flood: Flood
    calm: Flood
    recovery: float
    """Seconds after the load dropped from which on every call was answered."""
    counted: dict[str, int]
    """What the gateway did in the flood and the calm."""

    @property
    def in_doubt(self) -> int:
        return self.flood.counts["doubt"] + self.calm.counts["doubt"]

    @property
    def settled(self) -> int:
        """Settlements that the callers know of, in the flood and the calm."""
        return sum(c.outcome == "done" and c.interface == "2207" for c in self.flood.calls + self.calm.calls)

    def line(self) -> str:
        flood = self.flood
        return (
            f"knee={self.knee:.0f}/s offered={len(flood.calls) / flood.seconds:.0f}/s goodput={flood.goodput:.0f}/s "
            f"ratio={flood.goodput / self.knee:.2f} in_doubt={self.in_doubt} "
            f"p50={flood.latency(0.5):.2f}s p99={flood.latency(0.99):.2f}s recovery={self.recovery:.1f}s "
            f"settled={self.settled} executed={self.counted['2207']} most_waiting_there={self.counted['most_waiting']} "
            f"{dict(flood.counts)}"
        )


@contextmanager
def process(module: str, *arguments: str) -> Iterator[int]:
    """Run a side in a process of its own; yields its port."""
    started = subprocess.Popen(
        [sys.executable, "-m", f"tests.bench.{module}", *arguments], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        assert started.stdout is not None
        yield json.loads(started.stdout.readline())["port"]
    finally:
        assert started.stdin is not None
        started.stdin.close()
        started.wait(timeout=60)


async def knee_of(generator: Generator, nominal: float, seconds: float) -> float:
    """Rising rates until less than 95 % is answered, then between the last two."""
    low, high, best = 0.0, 0.0, 0.0
    for step in (0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0):
        flood = await generator.flood(step * nominal, seconds)
        if flood.answered < ANSWERED:
            high = step
            break
        low, best = step, max(best, flood.throughput)
    for _ in range(2):
        middle = (low + high) / 2
        flood = await generator.flood(middle * nominal, seconds)
        if flood.answered < ANSWERED:
            high = middle
        else:
            low, best = middle, max(best, flood.throughput)
    return best


def recovered_after(calm: list[Call]) -> float:
    """From the drop to the last call that was not answered; nothing bad at all is 0."""
    bad = [c.due for c in calm if c.outcome != "done"]
    return max(bad) - calm[0].due if bad else 0.0


async def story(port: int, counts: Any, nominal: float, seconds: float, knee: float | None) -> Found:
    """``knee``: known already, from the run with bounds."""
    generator = Generator(*await asyncio.open_connection("127.0.0.1", port))
    listening = asyncio.create_task(generator.listen())
    if knee is None:
        await generator.flood(0.5 * nominal, 4.0)  # connections, caches, the number of places
        knee = await knee_of(generator, nominal, seconds / 2)
    before = counts()
    flood = await generator.offer(5 * knee, seconds)
    calm = await generator.offer(0.8 * knee, seconds)
    await generator.quiet()
    after = counts()
    counted = {"2207": after["2207"] - before["2207"], "most_waiting": after["most_waiting"]}
    generator.writer.close()
    await listening
    return Found(knee, Flood(flood, seconds), Flood(calm, seconds), recovered_after(calm), counted)


def run(
    workers: int, service: float, seconds: float, *, shed: bool = True, knee: float | None = None
) -> Found:
    """One gateway, one client."""
    with (
        tempfile.TemporaryDirectory() as folder,
        process("open_loop_gateway", str(workers), str(service)) as gateway,
        process(
            "open_loop_client", f"http://127.0.0.1:{gateway}/csb", folder, "yes" if shed else "no"
        ) as port,
    ):

        def counts() -> dict[str, int]:
            with urllib.request.urlopen(f"http://127.0.0.1:{gateway}/count") as said:
                return dict(json.load(said))

        return asyncio.run(story(port, counts, workers / service, seconds, knee))


def rows(found: Found, bare: Found) -> list[Row]:
    """As the table wants them."""
    shape = "30 % settlements, five times the knee"
    times = {
        "ours": 1 / found.flood.goodput,
        "knee": 1 / found.knee,
        "without bounds": 1 / max(bare.flood.goodput, 0.01),
    }
    return [
        Row("overload: seconds per answer", shape, times, {"knee": 0.90},
            {"p50": found.flood.latency(0.5), "p99": found.flood.latency(0.99)}),
        Row("overload: settlements in doubt (count)", shape, {"ours": float(found.in_doubt)}, {"": 0.0},
            {"without bounds (count)": float(bare.in_doubt)}),
        Row("overload: recovery after the load drops", shape, {"ours": found.recovery}, {"": 10.0},
            {"without bounds": bare.recovery}),
    ]  # fmt: skip


def measure() -> list[Row]:
    """With the gate, and the same flood without its bounds."""
    found = run(10, 0.25, 15.0)
    return rows(found, run(10, 0.25, 15.0, shed=False, knee=found.knee))


def main() -> None:
    """Print both lines; 1 when a target was missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, default=10)
    parser.add_argument("--service", type=float, default=0.25, help="seconds of one call")
    parser.add_argument("--seconds", type=float, default=15.0, help="of the flood, and of the calm after it")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = run(options.workers, options.service, options.seconds)
    print("with the gate  ", found.line(), flush=True)
    bare = run(options.workers, options.service, options.seconds, shed=False, knee=found.knee)
    print("without bounds ", bare.line())
    made = rows(found, bare)
    if options.json:
        options.json.write_text(json.dumps([row.to_dict() for row in made], indent=2) + "\n")
    if any(row.missed for row in made):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
