"""One changing call per visit at a time in this process: uploads queue here. The journal guards the rest: other
processes, and calls whose outcome is unknown.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import attrs

from mi_core.errors import VisitBusy

__all__ = ["Hold", "Visits"]

Key = tuple[str, ...]
"""(gateway address, institution, wire name, value)."""


@attrs.define(eq=False)
class Hold:
    """A call that occupies its visits until it is released."""

    keys: tuple[Key, ...]
    operation_id: str
    changed: Future[None] | None = attrs.field(default=None, repr=False)
    """Made by the first who waits."""


_lock = threading.Lock()
_holds: dict[Key, Hold] = {}


def _after_fork() -> None:
    """What the parent has under way is for the journal to know; nobody would ever release it here."""
    global _lock
    _lock = threading.Lock()
    _holds.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class Visits:
    """The process-wide table: two clients at the same gateway for the same institution must not overtake each other."""

    async def enter(
        self, keys: Sequence[Key], operation_id: str, *, wait_until: float | None, where: dict[str, Any]
    ) -> Hold:
        """Occupy all ``keys``. ``wait_until``: loop time to queue until (uploads); ``None``: refuse at once.

        Raises :class:`VisitBusy` naming the operation in the way.
        """
        hold = Hold(tuple(keys), operation_id)
        while True:
            with _lock:
                other = next((_holds[k] for k in keys if k in _holds), None)
                if other is None:
                    _holds.update(dict.fromkeys(hold.keys, hold))
                    return hold
                changed = other.changed = other.changed or Future()
            if wait_until is None:
                raise _busy(other, where)
            try:
                async with asyncio.timeout_at(wait_until):
                    await asyncio.shield(asyncio.wrap_future(changed))
            except TimeoutError:
                raise _busy(other, where) from None

    def leave(self, hold: Hold) -> None:
        """The call has ended: the visit is free for the next."""
        with _lock:
            for key in hold.keys:
                if _holds.get(key) is hold:
                    del _holds[key]
            _wake(hold)


def _wake(hold: Hold) -> None:
    if hold.changed is not None and not hold.changed.done():
        hold.changed.set_result(None)


def _busy(other: Hold, where: dict[str, Any]) -> VisitBusy:
    where = {**where, "operation_id": other.operation_id}
    return VisitBusy(
        f"本次就诊有操作 {other.operation_id} 正在进行，未发送",
        f"operation {other.operation_id} of this visit is in flight, nothing was sent",
        hint_zh="等它结束后重试",
        hint_en="try again when it has ended",
        **where,
    )
