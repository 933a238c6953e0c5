"""Ends of many requests into the HIS's tables, whatever one of them is like: what the server does not take is found out and
written in short, and keeps no other from being written."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from mi_core.worker.connecting import Unwritable
from mi_core.worker.groups import Ends
from mi_core.worker.records import Result
from mi_core.worker.results import shortened

__all__ = ["write_all"]

_log: Final = logging.getLogger("mi_core.worker")


async def write_all(write: Callable[[Ends], Awaitable[int]], ends: Ends) -> int:
    """``write`` them, by halves where the server refuses them together; how many were still as they must be.

    Raises ``StoreError`` when nothing can be written at the moment; some may be written by then, and may be given again.
    """
    try:
        return await write(ends)
    except Unwritable as error:
        if len(ends) > 1:
            items = list(ends.items())
            half = len(items) // 2
            return await write_all(write, dict(items[:half])) + await write_all(write, dict(items[half:]))
        ((number, (owner, end)),) = ends.items()
        if not isinstance(end, Result):
            raise
        _log.error("request %s: its result cannot be written, a short one is: %s", number, error.en)
        return await write({number: (owner, shortened(end))})
