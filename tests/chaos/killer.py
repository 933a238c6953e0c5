"""SIGKILL and SIGSTOP at random moments; whoever is killed is started again."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

from tests.chaos.worker import Shift

__all__ = ["Crew"]

PRELOAD: Final = [
    "mi_core.client", "tests.chaos.worker", "tests.chaos.policies",
    *(f"mi_core.interfaces.{name}" for name in ("i2207_outpatient_settlement", "i5203_settlement_query")),
]  # fmt: skip
STOPPED: Final = (0.05, 0.3, 1.2, 2.5)
"""Seconds that a process stands still; the longest is longer than the fence."""

MOST_CRASHES: Final = 20


def context() -> ForkServerContext:
    """Workers are forked from a process that has imported everything and has no threads: a restart costs milliseconds."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(PRELOAD)
    return found


class Crew:
    """The hospital's processes and what is done to them."""

    def __init__(self, shifts: list[Shift], seed: int, main: Callable[[Shift], None]) -> None:
        self._context, self._shifts, self._main = context(), shifts, main
        self._chance = random.Random(f"kill-{seed}")
        self._processes: list[BaseProcess] = [self._start(shift) for shift in shifts]
        self._stopped: dict[int, tuple[int, float]] = {}
        self.kills = self.stops = self.crashes = 0

    def _start(self, shift: Shift) -> BaseProcess:
        process = self._context.Process(target=self._main, args=(shift,))
        process.start()
        return process

    def kill_one(self) -> None:
        """SIGKILL, also while it stands still; started again at once or a little later."""
        number = self._chance.randrange(len(self._processes))
        process = self._processes[number]
        if not process.is_alive():
            return
        process.kill()
        process.join()
        self._stopped.pop(number, None)
        self.kills += 1
        time.sleep(self._chance.choice((0.0, 0.0, 0.05, 0.3)))
        self._processes[number] = self._start(self._shifts[number])

    def stop_one(self) -> None:
        """SIGSTOP; :meth:`look_after` lets it go on."""
        number = self._chance.randrange(len(self._processes))
        process = self._processes[number]
        if number in self._stopped or not process.is_alive() or process.pid is None:
            return
        os.kill(process.pid, signal.SIGSTOP)
        self._stopped[number] = (process.pid, time.monotonic() + self._chance.choice(STOPPED))
        self.stops += 1

    def look_after(self, *, all_: bool = False) -> None:
        """Continue whose time has come; start again who died by itself (that is a finding: ``crashes``)."""
        for number, (pid, until) in list(self._stopped.items()):
            if all_ or time.monotonic() >= until:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
                del self._stopped[number]
        for number, process in enumerate(self._processes):
            if not process.is_alive():
                self.crashes += 1
                if self.crashes > MOST_CRASHES:
                    raise RuntimeError("the workers do not stay alive, see worker-*.log")
                self._processes[number] = self._start(self._shifts[number])

    def home(self, patience: float = 10.0) -> None:
        """An orderly end for all; SIGKILL after ``patience`` seconds."""
        self.look_after(all_=True)
        for process in self._processes:
            process.terminate()
        until = time.monotonic() + patience
        for process in self._processes:
            process.join(max(0.0, until - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()

    def idle(self, folder: Path) -> bool:
        """Whether every worker has told all its stories."""
        return all((folder / f"idle-{shift.number}").exists() for shift in self._shifts)
