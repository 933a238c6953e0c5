"""What malicious plugins raise, and how one settlement is judged after an attack."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

from mi_core import AsyncClient, InvalidInput, NotSent, OutcomeUnknown
from mi_core.interfaces import OutpatientSettlementRequest
from tests.core.calls import settlement
from tests.plugins.bad_server import BadServer


class Evil(BaseException):
    """Neither an ``Exception`` nor anything the standard library knows."""


RAISED = [SystemExit, Evil, asyncio.CancelledError, GeneratorExit, RecursionError, StopIteration]


def named(value: object) -> str:
    """A test's name for a value: the same in every process."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def stop(kind: type[BaseException]) -> Callable[..., Any]:
    def raises(*_: Any, **__: Any) -> Any:
        raise kind("plugin")

    return raises


async def judged(
    mi: AsyncClient, server: BadServer, request: OutpatientSettlementRequest | None = None
) -> str:
    """One settlement tried twice: what the caller was told, held against what arrived."""
    told = []
    for _ in range(2):
        try:
            reply = await asyncio.wait_for(mi.call(request or settlement(), deadline=2), 10)
            told.append("repeated" if reply.meta.repeated else "confirmed")
        except (OutcomeUnknown, NotSent, InvalidInput) as error:
            told.append(type(error).__name__)
    arrived = len(server.requests)
    assert arrived <= 1, f"sent {arrived} times: {told}"
    match told[0]:
        case "confirmed":
            assert (arrived, told[1]) == (1, "repeated")
        case "OutcomeUnknown":
            assert told[1] == "VisitBusy"
        case _:
            assert arrived == 0, f"{told[0]}, and it arrived"
    return told[0]
