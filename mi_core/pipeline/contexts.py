"""What is known of a call at each stage. A later context holds the earlier one; nothing is ever changed."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import attrs

from mi_core.classify import Verdict
from mi_core.config import Institution, Operator
from mi_core.journal import MsgId, Ticket
from mi_core.model import Behaviour, Interface, Problem, Request, Response
from mi_core.pipeline.faults import Fault
from mi_core.pipeline.identifiers import Identifiers
from mi_core.pipeline.serving import Served
from mi_core.plugin import CallSeen, FilePart, HttpRequest, SaveTo
from mi_core.types import Effect
from mi_core.wire import ReplyEnvelope

__all__ = ["CallOptions", "InputCtx", "OutputCtx", "RequestCtx", "ResponseCtx"]


@attrs.frozen(kw_only=True)
class CallOptions:
    """What differs per call."""

    insuplc_admdvs: str | None = None
    operator: Operator | None = None
    operation_key: str | None = None
    deadline: float | None = None
    """Seconds for the whole call, waiting and repeats included; default by the interface's class."""
    institution: str | None = None
    amounts_accepted: bool = False
    """The cashier has seen that a new quote differs from what was sent before and not executed."""
    lane: Literal["normal", "bulk", "recovery"] = "normal"
    """Who asks: recovery has connections of its own, and calls in bulk never crowd out a cashier's."""
    blank: tuple[str, ...] = ()
    """Required fields, by pointer, that this region's gateway takes empty (5203 without ``setl_id``)."""
    file: FilePart | None = None
    """Sent beside the message (9101)."""
    save: SaveTo | None = None
    """Where a reply that is a file goes (9102)."""
    operation_id: str | None = None
    """Names the operation for who must tell its name before it ends; default: a new one."""
    asked_at: int | None = None
    """See :attr:`mi_core.journal.Intent.asked_at`."""


@attrs.frozen(kw_only=True)
class InputCtx:
    """The call as asked for, everything resolved."""

    request: Request[Any] = attrs.field(repr=False)
    interface: Interface[Any]
    effect: Effect
    """What the call does at the bureau."""
    institution: Institution
    served: Served
    """The gateway that serves the interface here."""
    operator: Operator | None
    insuplc_admdvs: str
    operation_key: str | None
    operation_id: str
    """Names the call in the log and in errors, across its attempts of a read: ``<id>`` and ``<id>.2`` …"""
    deadline: float
    """On the running loop's monotonic clock."""
    amounts_accepted: bool = False
    asked_at: int | None = None
    lane: Literal["normal", "bulk", "recovery"] = "normal"
    blank: tuple[str, ...] = ()
    home: Interface[Any] | None = attrs.field(default=None, repr=False)
    """The document of the caller's class, where the institution's region has another; the reply comes back as its class."""
    warnings: tuple[Problem, ...] = attrs.field(default=(), repr=False)

    @property
    def behaviour(self) -> Behaviour:
        """What the catalogue says of the interface."""
        return self.interface.behaviour

    @property
    def reply_class(self) -> type[Response]:
        """What the caller gets."""
        return (self.interface if self.home is None else self.home).response

    def where(self) -> dict[str, Any]:
        """Keywords that every error about this call carries."""
        return {
            "interface": self.interface.code, "title": self.interface.title,
            "institution": self.institution.code, "operation_id": self.operation_id, "warnings": self.warnings,
        }  # fmt: skip


@attrs.frozen(kw_only=True)
class RequestCtx:
    """One attempt, ready to leave: signed at ``signed_at``."""

    asked: InputCtx
    operation_id: str
    identifiers: Identifiers
    msgid: MsgId
    body: bytes = attrs.field(repr=False)
    http: HttpRequest = attrs.field(repr=False)
    signed_at: dt.datetime
    signed_ms: int
    """The same as milliseconds since 1970: what the signature carries."""
    ticket: Ticket | None = None
    """For exact calls: the right to end the journalled attempt."""

    def where(self) -> dict[str, Any]:
        """As :meth:`InputCtx.where`, with the message id, and the journal's name of the operation."""
        operation_id = self.operation_id if self.ticket is None else self.ticket.operation_id
        return {**self.asked.where(), "operation_id": operation_id, "msgid": self.msgid.value}

    def seen(self) -> CallSeen:
        """What lifecycle hooks may see."""
        asked = self.asked
        return CallSeen(
            interface=asked.interface.code, title=asked.interface.title, effect=asked.effect,
            institution=asked.institution.code, msgid=self.msgid.value, operation_id=self.operation_id,
        )  # fmt: skip


@attrs.frozen(kw_only=True)
class ResponseCtx:
    """How the attempt ended."""

    sent: RequestCtx
    verdict: Verdict
    elapsed: float
    """Seconds from handing the request over to the last byte read."""
    status: int | None = None
    raw: bytes | None = attrs.field(default=None, repr=False)
    """Everything that came, as it came."""
    body: bytes | None = attrs.field(default=None, repr=False)
    """``raw`` as the gateway plugin opened it."""
    reply: ReplyEnvelope | None = attrs.field(default=None, repr=False)
    fault: Fault | None = None
    """The plugin that failed, where that is why nothing is known."""

    def where(self) -> dict[str, Any]:
        """As :meth:`RequestCtx.where`, with the raw reply and the HTTP status."""
        return {**self.sent.where(), "raw": self.raw, "status": self.status}


@attrs.frozen(kw_only=True)
class OutputCtx:
    """The typed reply."""

    got: ResponseCtx
    response: Response
