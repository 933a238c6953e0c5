"""What a program pays before its first call: import times (in fresh processes) and the generator's run time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.harness import Row

__all__ = ["measure"]

ROOT = Path(__file__).resolve().parents[2]
FLOOR = "import attrs, cattrs, pluggy, msgspec, decimal, datetime"
STEPS = f"""
import json, time
{FLOOR}
t = [time.perf_counter()]
import mi_core
t.append(time.perf_counter())
from mi_core import AsyncClient
t.append(time.perf_counter())
from mi_core.interfaces import OutpatientSettlementRequest
t.append(time.perf_counter())
print(json.dumps([b - a for a, b in zip(t, t[1:])]))
"""
TRIES = 12


def imports() -> list[Row]:
    """Best of several fresh processes, byte code cached."""
    best = [float("inf")] * 3
    with tempfile.TemporaryDirectory() as cache:
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        environment |= {"PYTHONPYCACHEPREFIX": cache, "PYTHONPATH": str(ROOT)}
        for _ in range(TRIES):
            done = subprocess.run(
                [sys.executable, "-c", STEPS], capture_output=True, text=True, check=True, env=environment
            )
            best = [min(a, b) for a, b in zip(best, json.loads(done.stdout), strict=True)]
    above = "above attrs+cattrs+pluggy+msgspec"
    return [
        Row("import mi_core", above, {"ours": best[0]}, {"": 0.020}),
        Row("from mi_core import AsyncClient", above, {"ours": best[0] + best[1]}),
        Row("first use of 2207", "after AsyncClient", {"ours": best[2]}, {"": 0.010}),
    ]


def generator() -> list[Row]:
    """``mi codegen`` of the whole catalogue into an empty folder, and ``--check``."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "mi_codegen", "--output", folder]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "codegen")])}
        for name, arguments, limit in (("generate", [], 15.0), ("--check", ["--check"], 10.0)):
            start = time.perf_counter()
            subprocess.run([*command, *arguments], capture_output=True, check=True, env=environment)
            rows.append(
                Row(f"mi codegen {name}", "212 + 303", {"ours": time.perf_counter() - start}, {"": limit})
            )
    return rows


def measure() -> list[Row]:
    """Both."""
    return [*imports(), *generator()]
