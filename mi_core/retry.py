"""Repeating reads. Only ``query`` interfaces come here; nothing that changes something is ever sent again.

stamina paces the attempts; a budget keeps a broken gateway from being flooded: repeats may be a tenth of the calls.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TypeVar

from mi_core.errors import CallError, GatewayUnreachable, ReplyUnreadable

T = TypeVar("T")
_log = logging.getLogger("mi_core.call")
_ours: ContextVar[bool] = ContextVar("mi_core.retry", default=False)

__all__ = ["ATTEMPTS", "RetryBudget", "repeat_read"]

ATTEMPTS = 3
"""Sends of one read at most, the first included."""


class RetryBudget:
    """Each call earns a tenth of a repeat, a repeat costs one; ``reserve`` are there from the start and the most kept."""

    def __init__(self, reserve: float = 20.0, share: float = 0.1) -> None:
        self._tokens = self._reserve = reserve
        self._share = share
        self._lock = threading.Lock()

    def earn(self) -> None:
        """A call was made."""
        with self._lock:
            self._tokens = min(self._reserve, self._tokens + self._share)

    def spend(self) -> bool:
        """Whether a repeat is allowed now."""
        with self._lock:
            if self._tokens < 1.0:
                return False
            self._tokens -= 1.0
            return True


async def repeat_read(
    send: Callable[[], Awaitable[T]], budget: RetryBudget, remaining: Callable[[], float]
) -> T:
    """Call ``send`` until it answers. Repeats what was not sent or not readable; a refusal is an answer and final.

    ``remaining``: seconds left until the call's deadline; no repeat starts when less than a second is left.
    """
    budget.earn()
    try:
        return await send()
    except (GatewayUnreachable, ReplyUnreadable) as error:
        if not _worth_it(error, budget, remaining):
            raise

    import stamina

    def again(error: Exception) -> bool:
        return isinstance(error, GatewayUnreachable | ReplyUnreadable) and _worth_it(error, budget, remaining)

    attempts = stamina.retry_context(
        on=again, attempts=ATTEMPTS - 1, timeout=remaining(), wait_initial=0.2, wait_max=2.0
    )
    logging.getLogger("stamina").addFilter(_not_ours)  # once: the same function is not added again
    token = _ours.set(True)
    try:
        async for attempt in attempts:
            with attempt:
                return await send()
    finally:
        _ours.reset(token)
    raise AssertionError("stamina ends with a result or an exception")


def _worth_it(error: CallError, budget: RetryBudget, remaining: Callable[[], float]) -> bool:
    if remaining() <= 1.0 or not budget.spend():
        return False
    _log.info("%s %s is asked again: %s", error.interface, error.msgid or "", error.en)
    return True


def _not_ours(_record: logging.LogRecord) -> bool:
    """Our repeats are told by our own line; those of the program's own stamina stay as they are."""
    return not _ours.get()
