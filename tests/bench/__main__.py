"""``python -m tests.bench [decoding encoding …] [--output DIR]``: the table of numbers, printed and written as JSON.

Every module beside this one that has a ``measure()`` takes part. Targets are the design's; nothing is asserted.
"""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import sys
from pathlib import Path

from tests.bench.harness import Row

FOLDER = Path(__file__).parent


def modules() -> list[str]:
    """Names of the modules that measure."""
    return sorted(p.stem for p in FOLDER.glob("*.py") if "\ndef measure(" in p.read_text(encoding="utf-8"))


def line(row: Row) -> str:
    """One row for people."""
    times = "  ".join(f"{name} {_time(seconds)}" for name, seconds in row.seconds.items())
    beside = "".join(f"  {name} {_time(seconds)}" for name, seconds in row.beside.items())
    ratios = "  ".join(f"{ratio:.2f}× {name}{_target(row, name)}" for name, ratio in row.ratios.items())
    limit = row.targets.get("")
    bound = "" if limit is None else f"target ≤ {_time(limit)}{' MISSED' if '' in row.missed else ''}"
    return f"{row.name:38} {row.payload:34} {times:62} {ratios}{bound}{beside}"


def _target(row: Row, name: str) -> str:
    if name not in row.targets:
        return ""
    return f" (target ≥ {row.targets[name]:g}{' MISSED' if name in row.missed else ''})"


def _time(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def main() -> None:
    """Measure, print, write ``bench.json``."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(modules())}; all without a name")
    parser.add_argument("--output", type=Path, default=Path("bench-results"), help="folder of bench.json")
    arguments = parser.parse_args()
    rows: list[Row] = []
    for name in arguments.names or modules():
        for row in importlib.import_module(f"tests.bench.{name}").measure():
            print(line(row), flush=True)
            rows.append(row)
    arguments.output.mkdir(parents=True, exist_ok=True)
    result = {
        "python": sys.version.split()[0],
        "machine": platform.machine(),
        "rows": [r.to_dict() for r in rows],
    }
    text = json.dumps(result, ensure_ascii=False, indent=2)
    (arguments.output / "bench.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
