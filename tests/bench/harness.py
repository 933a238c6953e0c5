"""A tiny harness: the candidates take turns in one run, the best time of each counts, ratios are told.

Alternating and taking the best keeps the noise of a shared machine out of a ratio as far as that is possible.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from typing import Any

import attrs

__all__ = ["Row", "race"]


@attrs.frozen
class Row:
    """One measured statement: ours against others, with the target where the design names one."""

    name: str
    payload: str
    seconds: Mapping[str, float]
    """Best time of one operation."""
    targets: Mapping[str, float] = attrs.Factory(dict)
    """Other -> how many times its speed ours should have; ``""`` = an upper limit in seconds for ours itself."""
    beside: Mapping[str, float] = attrs.Factory(dict)
    """Seconds measured in the same run that explain ours; not compared."""

    @property
    def ratios(self) -> dict[str, float]:
        """How many times as fast ours is."""
        return {name: other / self.seconds["ours"] for name, other in self.seconds.items() if name != "ours"}

    @property
    def missed(self) -> dict[str, float]:
        """Targets that were not reached, with what was measured."""
        out = {n: r for n, r in self.ratios.items() if n in self.targets and r < self.targets[n]}
        limit = self.targets.get("")
        return out | (
            {"": self.seconds["ours"]} if limit is not None and self.seconds["ours"] > limit else {}
        )

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name, "payload": self.payload, "seconds": dict(self.seconds), "ratios": self.ratios,
            "targets": dict(self.targets), "missed": self.missed, "beside": dict(self.beside),
        }  # fmt: skip


def race(
    name: str, payload: str, candidates: Mapping[str, Callable[[], object]], targets: Mapping[str, float] | None = None,
    *, rounds: int = 60, slice_seconds: float = 0.01,
) -> Row:  # fmt: skip
    """Let the candidates (one must be called ``ours``) take turns and keep the best time of each."""
    loops = {n: _loops(f, slice_seconds) for n, f in candidates.items()}
    best = dict.fromkeys(candidates, float("inf"))
    enabled = gc.isenabled()
    gc.disable()
    try:
        for _ in range(rounds):
            for n, f in candidates.items():
                best[n] = min(best[n], _time(f, loops[n]))
    finally:
        if enabled:
            gc.enable()
    return Row(name, payload, best, targets or {})


def _loops(f: Callable[[], object], seconds: float) -> int:
    f()  # the first call builds decoders and fills caches; counted, it would make the slices of ``f`` too short
    n = 1
    while True:
        taken = min(_time(f, n), _time(f, n)) * n
        if taken >= seconds / 2 or n > 1_000_000:
            return max(1, round(n * seconds / max(taken, 1e-9)))
        n *= 4


def _time(f: Callable[[], object], n: int) -> float:
    start = time.perf_counter()
    for _ in range(n):
        f()
    return (time.perf_counter() - start) / n
