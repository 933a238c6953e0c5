"""A file that one process holds at a time, freed by its end however it comes."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from mi_core.journal.owners import take_lock

__all__ = ["hold", "let_go"]


def hold(path: Path) -> int | None:
    """The open and locked file, made where there is none; ``None`` when a living process has it. Raises ``OSError``.

    It is locked under the name it has *now*: a holder may have removed it between our opening and locking it.
    """
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        taken = take_lock(fd)
        with contextlib.suppress(FileNotFoundError):
            if taken and os.path.samestat(path.stat(), os.fstat(fd)):
                return fd
        os.close(fd)
        if not taken:
            return None


def let_go(path: Path, fd: int, *, remove: bool = True) -> None:
    """Free it; ``remove``: the file goes, too."""
    if remove:
        with contextlib.suppress(OSError):  # a system that does not remove open files keeps it
            path.unlink(missing_ok=True)
    os.close(fd)
