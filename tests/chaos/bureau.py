"""The simulator: the sandbox in its own process, with a durable ledger and no deduplication."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import aiohttp

from tests.chaos import ledgers
from tests.chaos.people import Patient
from tests.chaos.weather import Timing, orders
from tests.sandbox.hospital import Hospital

__all__ = ["Bureau"]

TOKEN = "chaos"  # of a sandbox on this machine that lives for one test


class Bureau:
    """A running simulator. Stop it with :meth:`stop`."""

    def __init__(self, folder: Path, seed: int, timing: Timing) -> None:
        self.path, self.timing, self.seed = folder / "bureau.db", timing, seed
        self._weather = folder / "weather.json"
        self._weather.write_text("[]")
        self._log = (folder / "bureau.log").open("ab")
        self._hits = 0
        self._process, self.url = self._start("0")
        self.since = 0
        """The last execution that the harness itself caused."""

    def _start(self, port: str) -> tuple[subprocess.Popen[bytes], str]:
        command = [
            sys.executable, "-m", "mi_plugins.sandbox", "--port", port, "--json", "--exit-with-parent", "--allow-repeats",
            "--blank-setl-id", "--db", str(self.path), "--control-token", TOKEN, "--acceptance", str(self.timing.acceptance),
            "--processing", str(self.timing.processing), "--faults", str(self._weather),
        ]  # fmt: skip
        root = str(Path(__file__).resolve().parents[2])
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, "PYTHONPATH": root},
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the simulator did not start, see {self.path.with_name('bureau.log')}")
        return process, str(json.loads(line)["url"])

    def storm(self, p: float, only: frozenset[str] = frozenset()) -> None:
        """Faults on ``p`` of all calls from now on."""
        found = orders(p, self.timing, self.seed * 100, only)
        self._weather.write_text(json.dumps(found))
        self._control("POST", found)

    def outage(self) -> None:
        """SIGKILL, and back on the same port: for a second nobody can connect. What was answered is in the ledger."""
        self._hits += self._hit()
        self._end()
        self._process, _ = self._start(self.url.rpartition(":")[2])

    def calm(self) -> int:
        """No faults any more; how many calls were hit."""
        self._hits += self._hit()
        self._control("DELETE")
        return self._hits

    def _hit(self) -> int:
        return sum(int(one["hits"]) for one in self._control("GET")["faults"])

    def register(self, patients: list[Patient]) -> None:
        """Visits that exist before the story begins."""
        asyncio.run(self._register(patients))
        self.since = max((e.number for e in ledgers.bureau(self.path).executions), default=0)

    async def _register(self, patients: list[Patient]) -> None:
        async with aiohttp.ClientSession() as session:
            for patient in patients:
                patient.hospital = Hospital(session, self.url, TOKEN, patient.institution)
                await patient.register()

    def stop(self) -> None:
        """The ledger stays."""
        self._end()
        self._log.close()

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _control(self, method: str, content: Any = None) -> Any:
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(
            f"{self.url}/_control/faults", data=data, method=method, headers={"X-Sandbox-Token": TOKEN}
        )
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)
