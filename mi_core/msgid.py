"""Message ids: institution (12) + yyyyMMddHHmmss (14) + sequence (4) = 30 characters (specification, request head).

The bureau returns the id as ``medins_setl_id`` and a reversal names it, so it must never be used twice. Here it is
unique within the process, across threads; the durable allocator comes with the journal.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
import threading
import time
from collections.abc import Callable

import attrs

from mi_core.types import CHINA_TIME

__all__ = ["LENGTH", "MsgId", "MsgIdAllocator", "allocator_for"]

LENGTH = 30
_INSTITUTION = 12
_PER_SECOND = 10_000


@attrs.frozen
class MsgId:
    """One id and the time it carries; ``inf_time`` of the same message must be :attr:`time`."""

    value: str
    time: dt.datetime
    """Naive Beijing time, whole seconds."""

    def __str__(self) -> str:
        return self.value


class MsgIdAllocator:
    """Ids of one institution. The time part never goes backwards, whatever the clock does.

    A code shorter than 12 characters is padded with ``0`` on the right: blanks would not survive the bureau's files.
    The sequence starts at a random number and runs on through the seconds, so that a process restarted within the
    same second, or a second process, is unlikely to meet it.
    """

    def __init__(self, institution: str, clock: Callable[[], float] = time.time) -> None:
        if not institution.isascii() or not institution.isalnum() or len(institution) > _INSTITUTION:
            raise ValueError(
                f"institution code must be 1 to {_INSTITUTION} ASCII letters or digits: {institution!r}"
            )
        self._prefix = institution.ljust(_INSTITUTION, "0")
        self._clock = clock
        self._lock = threading.Lock()
        self._start(0)
        self._sequence = secrets.randbelow(_PER_SECOND)

    def next(self) -> MsgId:
        """A fresh id. More than 10,000 in one second borrow the following seconds."""
        with self._lock:
            now = int(self._clock())
            if now > self._second:
                self._start(now)
            elif self._used == _PER_SECOND:
                self._start(self._second + 1)
            self._used += 1
            self._sequence = (self._sequence + 1) % _PER_SECOND
            return MsgId(f"{self._front}{self._sequence:04d}", self._time)

    def _start(self, second: int) -> None:
        self._second, self._used = second, 0
        self._time = dt.datetime.fromtimestamp(second, CHINA_TIME).replace(tzinfo=None)
        self._front = f"{self._prefix}{self._time:%Y%m%d%H%M%S}"


_allocators: dict[str, MsgIdAllocator] = {}
_allocators_lock = threading.Lock()


def allocator_for(institution: str) -> MsgIdAllocator:
    """The process's one allocator of ``institution``: every client shares it, else two clients could meet."""
    with _allocators_lock:
        if institution not in _allocators:
            _allocators[institution] = MsgIdAllocator(institution)
        return _allocators[institution]


def _after_fork() -> None:
    """A forked child must not continue its parent's sequence, nor inherit a lock another thread held."""
    global _allocators_lock
    _allocators_lock = threading.Lock()
    _allocators.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
