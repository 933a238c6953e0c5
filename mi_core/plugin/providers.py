"""The shapes of providers. A plugin registers a *factory* under a name; the configuration chooses the name.

Factories get frozen settings and return an object of these shapes. Methods may be async where marked; hooks never are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from mi_core.model import Interface, Problem, Request
from mi_core.plugin.values import (
    GatewaySettings,
    HttpReply,
    HttpRequest,
    OperationEnd,
    OperationRecord,
    OperationStart,
    ProbeReply,
    Sending,
    StoreSettings,
    TransportSettings,
)

__all__ = [
    "GatewayAuth", "GatewayFactory", "OperationLogStore", "StoreFactory", "Transport", "TransportFactory", "Validator",
    "ValidatorFactory", "at_once",
]  # fmt: skip

M = TypeVar("M", bound=Callable[..., Any])


class GatewayAuth(Protocol):
    """Addresses, signs and opens messages for one gateway profile. Must not perform input or output.

    A profile that speaks other envelopes than ``national`` and ``none`` says so in an attribute ``envelopes``.
    """

    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        """The POST that carries ``body`` for interface ``infno``. ``now_ms``: Unix time in milliseconds, the ``signed_at``."""
        ...

    def open(self, reply: HttpReply) -> bytes:
        """The body of a reply, verified and decrypted; raises ``TransportFailure`` when it cannot be trusted."""
        ...


class Transport(Protocol):
    """Carries one POST and its reply: exactly one send per call, no retry, no redirect followed.

    One that raises at its ``deadline`` by itself may say so with an attribute ``keeps_deadline = True``; the pipeline
    then sets no second clock around it.
    """

    async def send(self, request: HttpRequest, *, deadline: float, sending: Sending) -> HttpReply:
        """Send once. ``deadline`` is a value of the running loop's monotonic clock. Raises ``TransportFailure``."""
        ...

    async def probe(self, url: str, *, timeout: float) -> ProbeReply:  # noqa: ASYNC109  # passed to a connect limit
        """A harmless request that asks for a sign of life; raises ``TransportFailure``."""
        ...

    async def close(self) -> None:
        """Give up all connections."""
        ...


class OperationLogStore(Protocol):
    """The operation log. ``begin`` returns only when the row is safe; if it raises, nothing is sent.

    A ``begin`` or ``end`` that never waits for anything may be marked :func:`mi_core.plugin.at_once`. A store may have
    ``end_later(end) -> None``, which takes the completion of a row and returns at once: a read then does not wait for
    its log. Rows handed over that way are written before ``close`` returns; what goes wrong is logged by the store.
    """

    async def open(self) -> None:
        """Prepare; raises ``mi_core.errors.StoreError`` with what to do."""
        ...

    async def begin(self, start: OperationStart) -> None:
        """Write the row that precedes a send."""
        ...

    async def end(self, end: OperationEnd) -> None:
        """Complete the row: once per ``begin``, and once more when an outcome in doubt was resolved."""
        ...

    async def get(self, operation_id: str) -> OperationRecord | None:
        """One row with its bodies."""
        ...

    async def find(
        self, *, psn_no: str | None = None, certno: str | None = None, mdtrt_id: str | None = None,
        msgid: str | None = None, status: str | None = None, limit: int = 100,
    ) -> list[OperationRecord]:  # fmt: skip
        """Rows that match all given values, newest first."""
        ...

    async def close(self) -> None:
        """Write what is queued and let go of the file."""
        ...


class Validator(Protocol):
    """Looks at a typed request before anything is sent. Must not change it; raising counts as *not checked* and stops the call."""

    def check(self, interface: Interface[Any], request: Request[Any]) -> Sequence[Problem]:
        """Everything that is wrong."""
        ...


def at_once(method: M) -> M:
    """Mark an ``async`` method that never waits: the pipeline calls it without a clock. An override is unmarked again."""
    method.at_once = True  # type: ignore[attr-defined]  # functions take attributes, Callable does not say so
    return method


GatewayFactory = Callable[[GatewaySettings], GatewayAuth]
TransportFactory = Callable[[TransportSettings], Transport]
StoreFactory = Callable[[StoreSettings], OperationLogStore]
ValidatorFactory = Callable[[], Validator]
