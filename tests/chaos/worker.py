"""One process of the hospital: the real client, its share of the stories, recovery in the background; until SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import logging
import os
import signal
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from mi_core import AsyncClient, client
from mi_core.background import Background
from mi_core.journal import Journal
from mi_core.recovery import Recovery, Tempo
from tests.chaos import mutants
from tests.chaos.cashier import Cashier
from tests.chaos.people import stories
from tests.chaos.told import Record

__all__ = ["COUNTERS", "Shift", "main", "watch_harness"]

COUNTERS = 32
"""Stories at the same time."""


QUICK: Final = Tempo(
    first=0.1, longest=0.6, recon=0.5, reversal=0.2, idle=0.05, neighbours=0.4, watch=3.0, questions_per_second=300,
    reversals_per_second=50, concurrency=8,
)  # fmt: skip
"""The simulator's fence is two seconds, not half an hour. Recovery must not be late, or a missing fence would not show."""


LEASE: Final = 4.0
"""Seconds, on a database server: longer than any SIGSTOP but not than one on a busy machine, and short against a run."""
GRACE: Final = 1.0


class Hurried(Background):
    """What runs beside the calls, in a hurry."""

    @property
    def recovery(self) -> Recovery:
        if self._recovery is None:
            self._recovery = Recovery(
                self._built.runtime.journal, self._config, self._call,
                on_progress=self._resolved, on_alarm=self._built.tell, tempo=QUICK,
            )  # fmt: skip
        return self._recovery


@attrs.frozen
class Shift:
    """What a worker process is told; passed to it when it starts."""

    folder: Path
    number: int
    workers: int
    count: int
    seed: int
    simple: bool
    patience: float
    mutant: str | None
    harness: int = attrs.field(factory=os.getpid)


def main(shift: Shift) -> None:
    """Entry of the process. Ends when told to (SIGTERM), in an orderly way."""
    log = os.open(shift.folder / f"worker-{shift.number}.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(process)d %(name)s %(message)s")
    if shift.mutant is not None:
        mutants.apply(shift.mutant)
    patch = pytest.MonkeyPatch()
    patch.setattr(client, "Background", Hurried)
    patch.setattr(Journal, "open_shared", functools.partial(Journal.open_shared, lease=LEASE, grace=GRACE))
    asyncio.run(_work(shift))


async def watch_harness(pid: int) -> None:
    """A harness that is gone leaves nobody behind. (It is no parent: that is the fork server, which may outlive it.)"""
    with contextlib.suppress(ProcessLookupError):
        while True:
            os.kill(pid, 0)
            await asyncio.sleep(1.0)
    os._exit(1)


async def _work(shift: Shift) -> None:
    stop, watching = asyncio.Event(), asyncio.create_task(watch_harness(shift.harness))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    visits = json.loads((shift.folder / "visits.json").read_text())
    record = Record(shift.folder / f"told-{shift.number}.jsonl")
    mine = [
        s for s in stories(shift.count, shift.seed, shift.simple) if s.number % shift.workers == shift.number
    ]
    async with AsyncClient.from_config(shift.folder / "mi.toml") as mi:
        assert isinstance(mi._background, Hurried)  # else no missing fence would show
        cashier = Cashier(mi, record, visits, shift.patience)
        queue = iter(mine)

        async def counter() -> None:
            for story in queue:
                await cashier.story(story)

        counters = [asyncio.create_task(counter()) for _ in range(COUNTERS)]
        told = asyncio.gather(*counters)
        either: list[asyncio.Future[Any]] = [asyncio.ensure_future(stop.wait()), told]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if told.done():
            told.result()  # a mistake of the harness ends the process, which is counted
        (shift.folder / f"idle-{shift.number}").touch()
        await stop.wait()
        for one in counters:
            one.cancel()
        await asyncio.gather(*counters, return_exceptions=True)
    watching.cancel()
