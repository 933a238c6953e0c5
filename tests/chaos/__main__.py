"""Process chaos: real clients killed and stopped at random against a bureau that misbehaves, judged by an independent checker.

``python -m tests.chaos --ops N --kills K --seed S`` is one run and prints one line::

    ops= kills= in_doubt= executed_in_doubt= doubled= orphan= ghost= open= manual= …

==================  ==============================================================================================
``bureau``          the simulator: the sandbox in its own process, with a durable ledger and no deduplication
``weather``         which calls are hit by which fault
``worker``          one process of the hospital: the real client on the real journal
``cashier``         what happens at its counters: settlements, refunds, admissions, double clicks, retries
``told``            what each call was told, written down before anybody acts on it
``killer``          SIGKILL and SIGSTOP
``checker``         the figures, from the two ledgers and what was told; knows nothing of the project's code
``mutants``         the client built wrongly, in ways that must show in the figures
``policies``        two hospitals without a journal, which must fail: naive retry and at-most-once
``suite``           what CI runs: a run, every mutant, both policies
==================  ==============================================================================================
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos.mutants import MUTANTS
from tests.chaos.run import Options, run
from tests.chaos.weather import TRUE_FENCE

POLICIES = ("journal", "naive", "at-most-once")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos", description="Without arguments: the suite that CI runs."
    )
    parser.add_argument("--ops", type=int, default=1000, help="operations, at least about")
    parser.add_argument("--kills", type=int, default=50, help="how often a worker is killed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--p", type=float, default=0.2, help="share of all calls that are hit by a fault")
    parser.add_argument(
        "--journal",
        default="sqlite",
        help="sqlite, mysql or postgresql (a private server), or an address mysql://…",
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--mutant", choices=sorted(MUTANTS))
    parser.add_argument("--policy", choices=POLICIES, default="journal")
    parser.add_argument(
        "--scale",
        type=float,
        default=1.0,
        help="longer times (fence 2.4 s, patience 0.45 s) for a busy machine",
    )
    parser.add_argument("--keep", type=Path, help="folder in which everything of the run stays")
    parser.add_argument("--suite", metavar="NAME", help="what CI runs, as far as it has NAME in its name")
    return parser


def main() -> int:
    """Exit code 0 when every figure is as it must be."""
    given = _arguments().parse_args()
    if len(sys.argv) == 1 or given.suite is not None:
        from tests.chaos.suite import suite

        return suite(given.suite or "")
    folder = given.keep or Path(tempfile.mkdtemp(prefix="mi-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    simple = given.policy != "journal"
    outcome = run(
        Options(ops=given.ops, kills=given.kills, seed=given.seed, p=given.p, workers=given.workers, journal=given.journal,
                mutant=given.mutant, policy=given.policy, simple=simple, timing=TRUE_FENCE.scaled(given.scale)), folder,
    )  # fmt: skip
    print(outcome.line(), flush=True)
    if outcome.figures.bad:
        print(
            f"FAILED: {', '.join(outcome.figures.bad)} (seed {given.seed}; everything is in {folder})",
            file=sys.stderr,
        )
        return 1
    if given.keep is None:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
