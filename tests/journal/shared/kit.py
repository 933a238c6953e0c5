"""What the tests of the shared journal share: journals under a virtual clock, workers in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mi_core.journal import Journal
from tests.journal.kit import Clock, ring
from tests.stores.servers import Server

WORKER = Path(__file__).with_name("worker.py")
LEASE = 30.0


def now() -> int:
    return time.time_ns() // 1_000_000


def open_virtual(url: str, clock: Clock, **options: Any) -> Journal:
    """The journal's clock, the server's and the process's are all ``clock``: a lease ends when the test says so."""
    keys = options.pop("keys", None) or ring()
    options = {"slots": 4, "lease": LEASE, "slot_wait": 0.0} | options
    return Journal.open_shared(url, keys, clock=clock, lease_clock=(clock, lambda: clock() / 1000), **options)


def open_real(url: str, **options: Any) -> Journal:
    return Journal.open_shared(url, ring(), **({"slots": 4, "slot_wait": 30.0} | options))


@contextmanager
def worker(url: str, mode: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, str(WORKER), url, mode, *options],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()


def tell(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdin is not None
    process.stdin.write(text + "\n")
    process.stdin.flush()


def lines(process: subprocess.Popen[str], until: str) -> list[str]:
    """What the worker says up to the line that begins with ``until``, without that line."""
    assert process.stdout is not None
    found: list[str] = []
    while not found or not found[-1].startswith(until):
        line = process.stdout.readline()
        assert line, f"the worker ended: {found}"
        found.append(line.strip())
    return found[:-1]


def kill(server: Server) -> None:
    """The power goes out: every process of the server at once."""
    os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait(30)


def eventually(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until it holds; tests do not depend on how long that takes."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)
