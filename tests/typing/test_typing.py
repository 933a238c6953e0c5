"""mypy and pyright know the reply's class from the request's, and find the mistakes that ``mistakes.py`` makes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
Checker = Callable[[Path], tuple[set[int], str]]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a checker in the project's folder, with the project's settings."""
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=500,
    )


def marked(path: Path) -> set[int]:
    """Lines that must be refused."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {n for n, line in enumerate(lines, 1) if "# WRONG" in line}


def mypy(path: Path) -> tuple[set[int], str]:
    """Lines with an error, and what was said."""
    pytest.importorskip("mypy")
    done = run("mypy", "--follow-imports=silent", "--hide-error-context", str(path))
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return {int(n) for n in re.findall(rf"{re.escape(path.name)}:(\d+): error", done.stdout)}, done.stdout


def pyright(path: Path) -> tuple[set[int], str]:
    """Lines with an error, and what was said."""
    pytest.importorskip("pyright")
    done = run("pyright", "--outputjson", "--pythonpath", sys.executable, str(path))
    assert done.returncode in (0, 1), done.stdout + done.stderr
    errors = [d for d in json.loads(done.stdout)["generalDiagnostics"] if d["severity"] == "error"]
    return {d["range"]["start"]["line"] + 1 for d in errors}, json.dumps(errors, ensure_ascii=False, indent=1)


@pytest.mark.parametrize("checker", [mypy, pyright])
@pytest.mark.xdist_group("typing")
def test_calls_are_typed(checker: Checker) -> None:
    wrong, said = checker(HERE / "calls.py")
    assert wrong == set(), said


@pytest.mark.parametrize("checker", [mypy, pyright])
@pytest.mark.xdist_group("typing")
def test_mistakes_are_found(checker: Checker) -> None:
    path = HERE / "mistakes.py"
    assert len(marked(path)) >= 8
    wrong, said = checker(path)
    assert wrong == marked(path), said
