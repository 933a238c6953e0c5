"""Waiting for the outcome of a call in doubt, whoever finds it out: this worker, another one, or people."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from mi_core.errors import StoreError
from mi_core.journal import Journal, OperationState

if TYPE_CHECKING:
    from mi_core.recovery import Recovery

__all__ = ["outcome_of"]

_LOOK_AGAIN: Final = 0.2
"""Seconds between looks at an operation that another worker resolves."""


async def outcome_of(
    recovery: Recovery, journal: Journal, operation_id: str, patience: float
) -> OperationState:
    """The operation's state once it is no longer open, or ``OPEN`` after ``patience`` seconds."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    while True:
        await recovery.settle(operation_id, timeout=max(until - loop.time(), 0.0))
        attempts = await asyncio.to_thread(journal.read.attempts, operation_id)
        if not attempts:
            raise StoreError(
                f"交易日志中没有操作 {operation_id}", f"the journal has no operation {operation_id}",
                hint_zh="用 mi doubt list 查看", hint_en="see: mi doubt list",
            )  # fmt: skip
        state = attempts[-1].operation_state
        if state is not OperationState.OPEN or loop.time() >= until:
            return state
        await asyncio.sleep(min(_LOOK_AGAIN, max(until - loop.time(), 0.0)))
