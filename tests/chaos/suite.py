"""What CI runs in three minutes: a run of the project, every mutant, both policies, the in-process mutants.

A mutant is caught when the run of one of a few seeds shows one of its figures; such a run ends as soon as it does.
Runs go side by side, for most of their time is waiting.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from tests.chaos.mutants import IN_PROCESS, MUTANTS
from tests.chaos.run import Options, run

__all__ = ["suite"]

SEEDS: Final = 5
"""Storms that a mutant may live through before it counts as a survivor."""
POLICIES: Final = {"naive": frozenset({"doubled"}), "at-most-once": frozenset({"orphan"})}
SIDE_BY_SIDE: Final = 3
ROOT: Final = Path(__file__).resolve().parents[2]

Check = Callable[[Path], tuple[bool, str]]
"""Whether it is as it must be, and a line for people."""


def suite(only: str = "") -> int:
    """Exit code 0 when the project holds and nothing else does. ``only``: checks with this in their name."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mi-chaos-") as name:
        folder = Path(name)
        checks: list[tuple[str, Check]] = [
            ("the project", _project),
            ("in process", _in_process),
            ("control", _control),
        ]
        checks += [(f"mutant {one}", _mutant(one)) for one in MUTANTS]
        checks += [(f"policy {one}", _policy(one)) for one in POLICIES]
        checks = [one for one in checks if only in one[0]]
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            results = list(pool.map(lambda one: _told(folder, *one), checks))
    wrong = sum(not good for good in results)
    print(
        f"{len(results) - wrong} of {len(results)} as they must be, {time.monotonic() - began:.0f} s",
        flush=True,
    )
    return int(wrong > 0)


def _told(folder: Path, name: str, check: Check) -> bool:
    place = folder / name.replace(" ", "-")
    place.mkdir()
    began = time.monotonic()
    good, line = check(place)
    print(f"{'ok    ' if good else 'WRONG '} {name}: {line} [{time.monotonic() - began:.0f} s]", flush=True)
    return good


def _project(folder: Path) -> tuple[bool, str]:
    outcome = run(Options(ops=400, kills=20, seed=1), folder)
    good = not outcome.figures.bad and outcome.figures.ops >= 300 and not outcome.crashes
    return good and outcome.figures.executed_in_doubt > 10, outcome.line()


def _control(folder: Path) -> tuple[bool, str]:
    """What is waited for in a mutant's run is never seen in the project's, in the mutants' own weather."""
    wanted = frozenset().union(*(figures for _, figures in MUTANTS.values()))
    kinds = frozenset(ONLY.values())
    outcome = run(
        Options(ops=150, kills=15, seed=1, simple=True, until=wanted, only=kinds, outages=1), folder
    )
    return not outcome.figures.bad, outcome.line()


KILLED: Final = frozenset({"crash-resend", "counter-in-memory", "send-then-write"})
"""Mutants that show when a process dies."""
ONLY: Final = {
    "no-fence": "late", "short-fence": "late", "timeout-rejected": "drop_after", "502-rejected": "http_502",
    "unlisted-rejected": "unlisted_refusal", "crash-resend": "hang", "send-then-write": "hang",
}  # fmt: skip
"""The fault by which a mutant shows; all calls but a fifth are as they should be."""


def _mutant(name: str) -> Check:
    only = frozenset({ONLY[name]} if name in ONLY else ())
    return _seen(MUTANTS[name][1], lambda seed, wanted: Options(
        ops=120, kills=20 if name in KILLED else 2, seed=seed, mutant=name, simple=True, until=wanted, calm=12.0, only=only,
        outages=3 if name == "retry-overwrites-msgid" else 0,
    ))  # fmt: skip


def _policy(name: str) -> Check:
    return _seen(POLICIES[name], lambda seed, wanted: Options(
        ops=120, kills=2, seed=seed, policy=name, simple=True, until=wanted, calm=12.0, outages=0
    ))  # fmt: skip


def _seen(wanted: frozenset[str], options: Callable[[int, frozenset[str]], Options]) -> Check:
    def check(folder: Path) -> tuple[bool, str]:
        line = ""
        for seed in range(1, SEEDS + 1):
            place = folder / str(seed)
            place.mkdir()
            outcome = run(options(seed, wanted), place)
            line = outcome.line()
            if wanted.intersection(outcome.figures.bad):
                return (
                    True,
                    f"caught by {', '.join(sorted(wanted.intersection(outcome.figures.bad)))} (seed {seed}): {line}",
                )
        return False, f"SURVIVED {SEEDS} storms: {line}"

    return check


def _in_process(folder: Path) -> tuple[bool, str]:
    """What processes cannot show reliably is caught by the seeded world of the in-process suite."""
    tests = [f"tests/journal/test_mutants.py::{test}" for test in IN_PROCESS.values()]
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", f"--basetemp={folder / 'pytest'}", *tests]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    last = (done.stdout.strip().splitlines() or ["nothing was said"])[-1]
    return done.returncode == 0, f"{', '.join(IN_PROCESS)}: {last}"
