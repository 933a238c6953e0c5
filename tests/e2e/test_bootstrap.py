"""``python3 noxfile.py`` on a bare machine: what goes wrong is told, and nothing is left behind."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("ensurepip") is None, reason="this Python has no ensurepip to make an environment with"
)  # fmt: skip


def start(place: Path) -> subprocess.Popen[str]:
    """A copy of the file alone in a folder, with an index that does not answer."""
    shutil.copy(ROOT / "noxfile.py", place)
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "MI_"))}
    variables |= {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "0",
        "PIP_CONFIG_FILE": os.devnull,
    }
    return subprocess.Popen(
        [sys.executable, "noxfile.py", "demo"], cwd=place, env=variables, text=True, encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def left(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir())


def test_a_failing_index_leaves_nothing(tmp_path: Path) -> None:
    process = start(tmp_path)
    _, err = process.communicate(timeout=180)
    assert process.returncode == 1 and "无法准备环境" in err and "Traceback" not in err
    assert left(tmp_path) == ["noxfile.py"]


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to a process group")
def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    process = start(tmp_path)
    end = time.monotonic() + 60
    while not (tmp_path / ".bootstrap").exists() and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "interrupted" in err
    assert "noxfile.py" not in err and left(tmp_path) == ["noxfile.py"]
