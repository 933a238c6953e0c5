"""How a worker knows that it may still send: a lease in the database, measured here by a clock that nobody sets."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

__all__ = ["Lease", "since_boot"]

_BOOTTIME: int | None = getattr(time, "CLOCK_BOOTTIME", None)
_MARGIN = 0.1
"""Part of the lease that we do not use: our clock and the server's may run at slightly different speeds."""


def since_boot() -> float:
    """Seconds; goes on while the machine sleeps, which :func:`time.monotonic` does not on Linux."""
    return time.monotonic() if _BOOTTIME is None else time.clock_gettime(_BOOTTIME)


class Lease:
    """The lease of this process; also what the local journal's ``Slot`` is. Written by the writer's thread only."""

    def __init__(self, seconds: float, clock: Callable[[], float] = since_boot) -> None:
        self.seconds, self.clock = seconds, clock
        self.number, self.epoch = -1, 0
        """Slot and epoch of the present incarnation."""
        self._until = float("-inf")
        self._pid = os.getpid()
        self._closed = False

    def entered(self, number: int, epoch: int, since: float) -> None:
        """A new incarnation, registered by a transaction that began at ``since``."""
        self.number, self.epoch = number, epoch
        self.renewed(since)

    def renewed(self, since: float) -> None:
        """Renewed by a statement sent after ``since``, so the server counts from a later moment than we do."""
        self._until = since + self.seconds * (1 - _MARGIN)

    def lost(self) -> None:
        """The server says so."""
        self._until = float("-inf")

    def covers(self, epoch: int) -> bool:
        """Whether what ``epoch`` began may still be sent: nobody can have taken over."""
        return self.mine and epoch == self.epoch and self.clock() < self._until

    @property
    def mine(self) -> bool:
        """False after release and in a forked child, which must open its own journal."""
        return not self._closed and self._pid == os.getpid()

    def release(self) -> None:
        """The journal was closed; twice does no harm."""
        self._closed = True
