"""The shapes of providers. A plugin registers a *factory* under a name; the configuration chooses the name.

Factories get frozen settings and return an object of these shapes. Methods may be async where marked; hooks never are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from mi_core.model import Interface, Problem, Request
from mi_core.plugin.values import (
    HttpReply,
    HttpRequest,
    OperationEnd,
    OperationRecord,
    OperationStart,
    ProbeReply,
    Sending,
    StoreSettings,
    Token,
    TransportSettings,
)

__all__ = [
    "GatewayAuth", "GatewayFactory", "InboundGateway", "OperationLogStore", "StoreFactory", "TokenGateway", "Transport", "TransportFactory",
    "Validator", "ValidatorFactory", "at_once",
]  # fmt: skip

M = TypeVar("M", bound=Callable[..., Any])


class GatewayAuth(Protocol):
    """Addresses, signs and opens messages for one gateway profile. Must not perform input or output.

    Attributes that a profile may have:

    ``settings_class``
        The attrs class of its configuration, see :mod:`mi_core.plugin.settings`. Without one: ``GatewaySettings``.
    ``envelopes``
        Envelopes it speaks, when they are others than ``national`` and ``none``.
    ``bare = True``
        Its messages have no national head: ``seal`` gets the bare ``input``, and no sign-in number is fetched for it.
        ``open`` then gives a reply in the national form (``infcode err_msg output``) all the same.
    ``certain_401 = True``
        ``{"code":401,"message":…}`` is this gateway's own word that it passed nothing on. Without it such an answer to
        a changing call leaves the call in doubt.
    """

    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        """The POST that carries ``body`` for interface ``infno``. ``now_ms``: Unix time in milliseconds, the ``signed_at``.

        Raising means that nothing is sent; the texts of a ``MiError`` are shown to the caller.
        """
        ...

    def open(self, reply: HttpReply) -> bytes:
        """The body of a reply, verified and decrypted; raises ``TransportFailure`` when it cannot be trusted.

        A changing call is then in doubt, a read or upload is unreadable.
        """
        ...


class TokenGateway(GatewayAuth, Protocol):
    """A gateway whose messages carry a token that has to be fetched first.

    The profile makes and reads the messages, the pipeline carries them: before sealing it uses the token it holds, or
    POSTs ``token_request`` and keeps what ``token_reply`` returns until it expires. When that fails nothing is sent. A
    reply with HTTP status 401 makes the token be forgotten; a read is then sent once more with a new one.
    """

    def token_request(self, now_ms: int) -> HttpRequest:
        """The POST that asks for a token."""
        ...

    def token_reply(self, reply: HttpReply, now_ms: int) -> Token:
        """The token in the answer; ``now_ms``: when it was asked for. Raises ``TransportFailure`` when there is none."""
        ...


class InboundGateway(GatewayAuth, Protocol):
    """A gateway whose platform also calls the institution (notifications); see :mod:`mi_core.inbound`.

    May have an attribute ``inbound``: interface code → last part of the address that the platform sends it to, where that
    is another than the code itself.
    """

    def receive(self, body: bytes) -> bytes:
        """``input`` of the message as JSON, verified and decrypted; raises ``TransportFailure`` when it cannot be trusted."""
        ...

    def acknowledge(self, output: bytes, now_ms: int, *, accepted: bool, text: str) -> bytes:
        """The answer that carries ``output`` (JSON of the interface's reply nodes). ``text``: for people, nothing personal."""
        ...


class Transport(Protocol):
    """Carries one POST and its reply: exactly one send per call, no retry, no redirect followed.

    One that raises at its ``deadline`` by itself may say so with an attribute ``keeps_deadline = True``; the pipeline
    then sets no second clock around it. One that awaits ``sending.cleared()`` between its connection and
    ``sending.bytes_leave()`` may say ``awaits_clearance = True``: changing calls are then given to it while their row is
    still being written, so that the connection is made meanwhile. One that heeds ``request.file`` and ``request.save``
    says ``carries_files = True``; through others no file is sent or fetched.
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

    A ``begin`` or ``end`` that never waits for anything may be marked :func:`mi_core.plugin.at_once`.

    The truth about a settlement is the journal's, which is durable before the send. So a store may also have these,
    and the pipeline then waits for no log where it has a journal:

    ``begin_later(start) -> None``, ``end_later(end) -> None``
        Take the row, or its completion, and return at once; may raise ``StoreError`` only when the log is not open.
        Everything handed over, awaited or not, is written in the order it came, so that an end never overtakes its
        begin. It is written before ``close`` returns: an orderly stop loses nothing. While the database cannot be
        written, rows are kept (embedded log: in memory, tried again; servers: in the local spool, synced). What can
        never be written is logged by the store.
    ``async flush() -> None``
        Returns when all that was handed over is written (servers: on the server or in the spool).
    ``async states(operation_ids) -> Mapping[str, OperationStatus]``
        The status of each operation that has a row; those without one are absent. Raises ``StoreError`` while the
        database cannot be asked or has not caught up with the spool.
    ``async catch_up(ends, starts=()) -> CaughtUp``
        After a crash: rows of ``starts`` (``OperationStart`` made from the journal) that are missing are added, rows of
        ``ends`` that are pending, or in doubt and now resolved, are completed; what is written already stays as it is.
        May be repeated with the same values at any time, also by several processes. Raises ``StoreError``; call it
        again later then. How to use it after a start, cheaply: ask ``states`` for the journal's recent attempts and
        give ``catch_up`` those that are absent, pending, or in doubt here and resolved there.
    ``durable = False``
        Rows go with the process: nothing that is missing at a start is added.

    A completion writes the log row, its business row and the statistics of its day in one transaction.
    """

    async def open(self) -> None:
        """Prepare; raises ``mi_core.errors.StoreError`` with what to do."""
        ...

    async def begin(self, start: OperationStart) -> None:
        """Write the row that precedes a send."""
        ...

    async def end(self, end: OperationEnd) -> None:
        """Complete the row: once per ``begin``, and once more when an outcome in doubt was resolved.

        The same end again (status and time) changes nothing; raises ``StoreError`` when there is no open row.
        """
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
    """Looks at a typed request before anything is sent. Must not change it; raising counts as *not checked* and stops the call.

    One that also has ``check_at(interface, request, institution)`` is asked so instead, with the institution's code. A
    factory marked ``takes_config = True`` is called with the :class:`mi_core.config.Config`, and may return ``None``.
    """

    def check(self, interface: Interface[Any], request: Request[Any]) -> Sequence[Problem]:
        """Everything that is wrong."""
        ...


def at_once(method: M) -> M:
    """Mark an ``async`` method that never waits: the pipeline calls it without a clock. An override is unmarked again."""
    method.at_once = True  # type: ignore[attr-defined]  # functions take attributes, Callable does not say so
    return method


GatewayFactory = Callable[[Any], GatewayAuth]
"""Takes the profile's own settings: an object of its ``settings_class``, or ``GatewaySettings``."""
TransportFactory = Callable[[TransportSettings], Transport]
StoreFactory = Callable[[StoreSettings], OperationLogStore]
ValidatorFactory = Callable[[], Validator]
