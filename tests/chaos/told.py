"""What each call was told, and how far each story came: append-only, on disk before anybody acts on it.

A hospital's own record. A worker that starts again reads its own and goes on where it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from pathlib import Path
from typing import Any

__all__ = ["Record"]


class Record:
    """One worker's file. Lines are JSON objects: answers (``what``) and facts of stories (``story``, ``fact``)."""

    def __init__(self, path: Path) -> None:
        self.facts: dict[int, dict[str, str]] = {}
        if path.exists():
            self._read(path)
        self._fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        self._lock = asyncio.Lock()
        self._written = self._durable = 0
        if path.exists() and not path.read_bytes().endswith(b"\n"):
            os.write(self._fd, b"\n")  # a line that was cut short stays one bad line

    def _read(self, path: Path) -> None:
        for line in path.read_bytes().splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                one = json.loads(line)
                if "fact" in one:
                    self.facts.setdefault(one["story"], {})[one["fact"]] = one["value"]

    async def told(self, what: str, infno: str, **more: Any) -> None:
        """An answer to a call."""
        await self._write({"what": what, "infno": infno, **more})

    async def fact(self, story: int, name: str, value: str) -> None:
        """How far a story is."""
        await self._write({"story": story, "fact": name, "value": value})
        self.facts.setdefault(story, {})[name] = value

    async def _write(self, content: dict[str, Any]) -> None:
        os.write(self._fd, json.dumps(content).encode() + b"\n")
        self._written += 1
        mine = self._written
        async with self._lock:
            if self._durable < mine:
                reached = self._written
                await asyncio.to_thread(os.fsync, self._fd)
                self._durable = reached
