"""mypy and pyright infer what the design promises."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a checker in the project's folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)


def test_mypy_infers_replies_and_refuses_mistakes() -> None:
    pytest.importorskip("mypy")
    files = ["tests/typing/client_calls.py", "tests/typing/wrong_calls.py"]
    done = run(
        sys.executable, "-m", "mypy", "--strict", "--warn-unused-ignores", "--follow-imports=silent", *files
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_pyright_infers_replies() -> None:
    pytest.importorskip("pyright")
    done = run(
        sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "tests/typing/client_calls.py"
    )
    if "error" in done.stderr.lower() and "getaddrinfo" in done.stderr:
        pytest.skip("pyright cannot fetch its program here")
    assert done.returncode == 0, done.stdout + done.stderr
