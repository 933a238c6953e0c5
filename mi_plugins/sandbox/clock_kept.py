"""A moved clock is kept in the books: after a restart the days that were skipped are not there again."""

from __future__ import annotations

from typing import Final

from mi_plugins.sandbox.clock import SandboxClock
from mi_plugins.sandbox.database import Books

__all__ = ["find_clock", "keep_clock"]

_NAMES: Final = ("clock centre", "clock gateway")
"""In table ``counter``: milliseconds."""


def keep_clock(books: Books, clock: SandboxClock) -> None:
    """Write down how far it is moved."""
    for name, shift in zip(_NAMES, clock.shifts, strict=True):
        books.run("INSERT OR REPLACE INTO counter VALUES (?, ?)", name, shift)


def find_clock(books: Books, clock: SandboxClock) -> None:
    """Move ``clock`` as it stood; write down where a new one starts."""
    found = [books.one("SELECT value FROM counter WHERE name = ?", name) for name in _NAMES]
    centre, gateway = found
    if centre is None or gateway is None:
        if any(clock.shifts):
            with books.transaction():
                keep_clock(books, clock)
        return
    clock.restore(centre["value"], gateway["value"])
