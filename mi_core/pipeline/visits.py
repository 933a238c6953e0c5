"""One changing call per visit at a time, in the whole process, and none while the outcome of an earlier one is unknown.

State of the process: two clients that speak to the same gateway for the same institution must not overtake each other.
"""

from __future__ import annotations

import asyncio
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
    owner: object = attrs.field(repr=False)
    msgid: str | None = None
    in_doubt: bool = False
    changed: Future[None] | None = attrs.field(default=None, repr=False)
    """Made by the first who waits."""


_lock = threading.Lock()
_holds: dict[Key, Hold] = {}


class Visits:
    """One client's share of the process-wide table; closing the client frees nothing whose outcome is unknown."""

    async def enter(
        self, keys: Sequence[Key], operation_id: str, *, wait_until: float | None, where: dict[str, Any]
    ) -> Hold:
        """Occupy all ``keys``. ``wait_until``: loop time to queue until (uploads); ``None``: refuse at once.

        Raises :class:`VisitBusy` naming the operation in the way.
        """
        hold = Hold(tuple(keys), operation_id, self)
        while True:
            with _lock:
                other = next((_holds[k] for k in keys if k in _holds), None)
                if other is None:
                    _holds.update(dict.fromkeys(hold.keys, hold))
                    return hold
                in_doubt = other.in_doubt
                changed = other.changed = other.changed or Future()
            if in_doubt or wait_until is None:
                raise _busy(other, where)
            try:
                async with asyncio.timeout_at(wait_until):
                    await asyncio.shield(asyncio.wrap_future(changed))
            except TimeoutError:
                raise _busy(other, where) from None

    def leave(self, hold: Hold) -> None:
        """The outcome is known: the visit is free."""
        with _lock:
            for key in hold.keys:
                if _holds.get(key) is hold:
                    del _holds[key]
            _wake(hold)

    def keep(self, hold: Hold) -> None:
        """The outcome is unknown: the visit stays occupied until :meth:`resolve` or a confirmed reversal."""
        with _lock:
            hold.in_doubt = True
            _wake(hold)

    def resolve(self, *, operation_id: str | None = None, msgid: str | None = None) -> Hold | None:
        """Free the visit whose call in doubt has this id; returns its hold, if there is one."""
        with _lock:
            found = next(
                (h for h in _holds.values() if h.in_doubt and (h.operation_id == operation_id or (msgid and h.msgid == msgid))),
                None,
            )  # fmt: skip
        if found is not None:
            self.leave(found)
        return found

    def close(self) -> None:
        """The client ends: what it still had in flight is in doubt, and what is in doubt stays closed until resolved."""
        with _lock:
            mine = {id(h): h for h in _holds.values() if h.owner is self and not h.in_doubt}
        for hold in mine.values():
            self.keep(hold)


def _wake(hold: Hold) -> None:
    if hold.changed is not None and not hold.changed.done():
        hold.changed.set_result(None)


def _busy(other: Hold, where: dict[str, Any]) -> VisitBusy:
    where = {**where, "operation_id": other.operation_id}
    if other.in_doubt:
        return VisitBusy(
            f"本次就诊的操作 {other.operation_id} 结果未知，未发送",
            f"operation {other.operation_id} of this visit is unresolved, nothing was sent",
            hint_zh="先查明该操作是否已执行，再调用 resolve(operation_id, executed=…) 放行，或冲正",
            hint_en="find out whether it was executed, then call resolve(operation_id, executed=…), or reverse it",
            **where,
        )
    return VisitBusy(
        f"本次就诊有操作 {other.operation_id} 正在进行，未发送",
        f"operation {other.operation_id} of this visit is in flight, nothing was sent",
        hint_zh="等它结束后重试",
        hint_en="try again when it has ended",
        **where,
    )
