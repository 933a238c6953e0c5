"""How fast recovery goes: never in bulk, sooner where it helps a waiting patient, later where nothing is to be had."""

from __future__ import annotations

import asyncio

import attrs

__all__ = ["Pace", "Tempo"]


@attrs.frozen(kw_only=True)
class Tempo:
    """Seconds, unless said otherwise. Tests and the chaos harness use shorter ones."""

    first: float = 2.0
    """Between two looks at the same attempt at first; doubled each time …"""
    longest: float = 300.0
    """… up to this."""
    recon: float = 900.0
    """Between two 3202 of the same day."""
    silence: float = 3600.0
    """No answer at all counts as an unusable one only this often: an outage is no reason to call people."""
    people: float = 3600.0
    """Absent, but no time proves anything here and 3202 does not show the interface: from then on people decide."""
    reversal: float = 10.0
    """Between two 2601 of the same attempt; doubled each time, up to ``longest``."""
    idle: float = 1.0
    """Between two looks into the journal."""
    neighbours: float = 15.0
    """Between two looks at workers that may have died."""
    watch: float = 60.0
    """The first look at what was concluded as not executed; doubled each time, for a week."""
    questions_per_second: float = 50.0
    reversals_per_second: float = 1.0
    concurrency: int = 4

    def gap(self, tries: int, first: float | None = None) -> int:
        """Milliseconds until the next look after ``tries`` looks."""
        base = self.first if first is None else first
        return int(min(base * 2 ** min(tries, 20), max(self.longest, base)) * 1000)


class Pace:
    """Lets one through every ``1 / per_second`` seconds; who comes too early waits its turn."""

    def __init__(self, per_second: float) -> None:
        self._gap, self._next = 1.0 / per_second, 0.0

    async def wait(self) -> None:
        """Until it is this caller's turn."""
        now = asyncio.get_running_loop().time()
        turn = max(now, self._next)
        self._next = turn + self._gap
        if turn > now:
            await asyncio.sleep(turn - now)
