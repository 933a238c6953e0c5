"""Who is alive: one lock file of the operating system per worker slot.

A worker holds its file's lock as long as its process lives; the system frees it at death, however it comes, and not
before. So a free lock *proves* that the owner is dead, and a suspended process (SIGSTOP) is never robbed.
"""

from __future__ import annotations

import os
import sys
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mi_core.errors import StoreError

__all__ = ["Slot", "acquire", "probing", "take_lock"]

if sys.platform == "win32":
    import msvcrt

    def _try_lock(fd: int) -> bool:
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


def take_lock(fd: int) -> bool:
    """Lock an open file for as long as it stays open; ``False`` when a living process has it."""
    return _try_lock(fd)


class Slot:
    """A held worker slot; freed by :meth:`release` or by the death of the process."""

    def __init__(self, number: int, fd: int) -> None:
        self.number, self._fd, self.pid = number, fd, os.getpid()
        _held.add(self)

    def release(self) -> None:
        """Give the slot back; twice does no harm."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    @property
    def mine(self) -> bool:
        """False after release and in a forked child, which must open its own journal."""
        return self._fd >= 0 and self.pid == os.getpid()


_held: weakref.WeakSet[Slot] = weakref.WeakSet()


def _forget_in_child() -> None:
    for slot in list(_held):  # else a forked child would keep the parent's slot alive after its death
        slot.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)


def _open(journal: Path, number: int) -> int | None:
    path = journal.with_name(f"{journal.name}.slot-{number}")
    fd = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    if _try_lock(fd):
        return fd
    os.close(fd)
    return None


def acquire(journal: Path, slots: int, wait: float = 10.0) -> Slot:
    """The first free slot of ``slots``; :class:`StoreError` when living workers hold all of them for ``wait`` seconds.

    It waits because a neighbour that looks for the dead holds the free locks for a moment.
    """
    end = time.monotonic() + wait
    while True:
        for number in range(slots):
            fd = _open(journal, number)
            if fd is not None:
                return Slot(number, fd)
        if time.monotonic() >= end:
            break
        time.sleep(0.02)
    raise StoreError(
        f"日志 {journal} 的 {slots} 个工作进程位都被占用", f"all {slots} worker slots of {journal} are in use",
        hint_zh="停掉多余的进程或调大 slots", hint_en="stop a process that is not needed or raise slots",
    )  # fmt: skip


@contextmanager
def probing(journal: Path, numbers: list[int]) -> Iterator[list[int]]:
    """Those of ``numbers`` whose owner is dead; their locks are held inside the block, so that nobody starts there."""
    held: dict[int, int] = {}
    try:
        for number in numbers:
            fd = _open(journal, number)
            if fd is not None:
                held[number] = fd
        yield list(held)
    finally:
        for fd in held.values():
            os.close(fd)
