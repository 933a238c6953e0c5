"""One run of the recovery for a person who waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import attrs

from mi_core.client import AsyncClient
from mi_core.config import Config
from mi_core.desk.doubts import Doubt, Wanted, find
from mi_core.journal.states import OPEN_STATES
from mi_core.recovery import Line, Recovery

__all__ = ["Outcome", "recover"]

_SHORTEST = 0.05


@attrs.frozen
class Outcome:
    """What a run did: ``lines`` the last word on each attempt it looked at, ``left`` everything that is still open."""

    lines: tuple[Line, ...]
    left: tuple[Doubt, ...]
    elsewhere: frozenset[str]
    """Operations that belong to another running program, which resolves them itself."""
    taken_over: int
    completed: int = 0
    """Records of what people confirmed that have their content now."""

    @property
    def resolved(self) -> int:
        """Attempts that have ended."""
        return sum(line.resolved for line in self.lines)


async def recover(config: Config, *, institution: str | None, wait: float, now: Callable[[], int]) -> Outcome:
    """Look at everything that no running program owns; with ``wait`` (seconds) again when the time for it has come.

    Raises ``StoreError`` (journal), ``ConfigError``.
    """
    alone = attrs.evolve(config, journal=attrs.evolve(config.journal, recover=False))
    async with AsyncClient(alone) as mi:
        taken = mi.journal.taken_over
        lines, completed = await _run(mi.recovery, institution, wait, now)
        wanted = Wanted(institutions=() if institution is None else (institution,))
        left = await asyncio.to_thread(find, mi.journal.read, config, wanted, now())
        epoch = mi.journal.epoch
    elsewhere = frozenset(d.attempt.operation_id for d in left if d.attempt.epoch != epoch)
    return Outcome(tuple(lines.values()), tuple(left), elsewhere, taken.in_doubt + taken.adopted, completed)


async def _run(
    recovery: Recovery, institution: str | None, wait: float, now: Callable[[], int]
) -> tuple[dict[str, Line], int]:
    loop = asyncio.get_running_loop()
    until, lines, completed = loop.time() + wait, dict[str, Line](), 0
    while True:
        report = await recovery.once(institution)
        completed += report.completed
        for line in report.lines:
            first = lines.get(line.msgid)
            lines[line.msgid] = line if first is None else attrs.evolve(line, before=first.before)
        due = [
            line.due
            for line in report.lines
            if line.due is not None and line.after in OPEN_STATES and not line.manual
        ]
        pause = max((min(due, default=0) - now()) / 1000, _SHORTEST)
        if not due or loop.time() + pause > until:
            return lines, completed
        await asyncio.sleep(pause)
