"""Bringing a log up to what the journal knows: rows that a crash or a lost power supply kept out of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Protocol

from mi_core.errors import StoreError
from mi_core.plugin import CaughtUp, OperationEnd, OperationStart, OperationStatus

__all__ = ["catch_up"]

_AT_ONCE = 500
_log = logging.getLogger("mi_plugins.stores")


class _Log(Protocol):
    async def begin(self, start: OperationStart) -> None: ...
    async def end(self, end: OperationEnd) -> None: ...
    async def flush(self) -> None: ...
    async def states(self, operation_ids: Sequence[str]) -> Mapping[str, OperationStatus]: ...


async def catch_up(log: _Log, ends: Iterable[OperationEnd], starts: Iterable[OperationStart]) -> CaughtUp:
    """Add the rows of ``starts`` that are missing, then complete those of ``ends`` that are open; any number of times.

    Of several ends of one operation the last counts. Raises ``StoreError`` when the log cannot be read or written.
    """
    begins = {start.operation_id: start for start in starts}
    wanted = {end.operation_id: end for end in ends}
    every = list(dict.fromkeys((*begins, *wanted)))
    begun = completed = 0
    missing: list[str] = []
    contradicting: list[str] = []
    await log.flush()
    for first in range(0, len(every), _AT_ONCE):
        some = every[first : first + _AT_ONCE]
        known = await log.states(some)
        fresh = [op for op in some if op not in known and op in begins]
        await _all(log, {op: log.begin(begins[op]) for op in fresh}, lambda _, found: found is not None)
        begun += len(fresh)
        now = {**known, **dict.fromkeys(fresh, "pending")}
        open_ = [op for op in some if op in wanted and _is_open(now.get(op), wanted[op])]
        await _all(
            log, {op: log.end(wanted[op]) for op in open_}, lambda op, found: not _is_open(found, wanted[op])
        )
        completed += len(open_)
        missing += [op for op in some if op in wanted and op not in now]
        contradicting += [
            op
            for op in some
            if op in wanted and op not in open_ and now.get(op, wanted[op].status) != wanted[op].status
        ]
    for operation in contradicting:
        _log.error("operation %s ended otherwise in the log than in the journal", operation)
    return CaughtUp(begun, completed, tuple(missing), tuple(contradicting))


def _is_open(status: str | None, end: OperationEnd) -> bool:
    return end.status != "pending" and (
        status == "pending" or (status == "in_doubt" and end.status != "in_doubt")
    )


async def _all(
    log: _Log, work: Mapping[str, Coroutine[Any, Any, None]], done: Callable[[str, str | None], bool]
) -> None:
    """Together, so that they share commits; what another process did meanwhile is no error."""
    results = await asyncio.gather(*work.values(), return_exceptions=True)
    failed = {op: r for op, r in zip(work, results, strict=True) if isinstance(r, BaseException)}
    found = await log.states(list(failed)) if failed else {}
    for operation, error in failed.items():
        if not (isinstance(error, StoreError) and done(operation, found.get(operation))):
            raise error
