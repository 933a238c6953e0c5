"""The sandbox in a process of its own, so that the demo talks to it as to any gateway."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from mi_core.cli.text import t, working
from mi_core.errors import MiError

__all__ = ["running_sandbox"]


@contextlib.contextmanager
def running_sandbox(seed: int) -> Iterator[dict[str, Any]]:
    """Start ``python -m mi_plugins.sandbox`` on a free port and yield what it says about itself; stop it afterwards."""
    command = [
        sys.executable,
        "-m",
        "mi_plugins.sandbox",
        "--port",
        "0",
        "--seed",
        str(seed),
        "--json",
        "--exit-with-parent",
        "--blank-setl-id",
    ]
    process = subprocess.Popen(  # noqa: S603  # our own module, no shell, no input of others
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        assert process.stdout is not None
        with working(t("启动沙箱", "starting the sandbox")):
            line = process.stdout.readline()
        if not line:
            raise MiError(
                f"沙箱没有启动（退出码 {process.wait()}）", f"the sandbox did not start (exit code {process.wait()})",
                hint_zh="运行 mi sandbox 查看原因", hint_en="run `mi sandbox` to see why",
            )  # fmt: skip
        yield json.loads(line)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
