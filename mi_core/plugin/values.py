"""What providers receive and return: frozen values without behaviour, so that a plugin cannot change a call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Literal

import attrs

from mi_core.plugin.secret import Secret
from mi_core.types import Effect, Outcome

__all__ = [
    "CallSeen", "CaughtUp", "FilePart", "GatewaySettings", "HttpReply", "HttpRequest", "OperationEnd", "OperationRecord", "OperationStart",
    "OperationStatus", "Partial", "ProbeReply", "SaveTo", "Sending", "StoreSettings", "Token", "TransportFailure", "TransportSettings",
    "without_user",
]  # fmt: skip

OperationStatus = Literal["pending", "success", "failed", "not_sent", "in_doubt"]
"""State of a row of the operation log. ``pending`` means: may have left, the end is not written (yet)."""

_NO_HEADERS: Mapping[str, str] = {}


def _hidden_headers(headers: Mapping[str, str]) -> str:
    """Names of headers without their values: signatures and access keys stay out of logs."""
    return "{" + ", ".join(sorted(headers)) + "}"


def without_user(url: str) -> str:
    """An address without the user name and password it may carry."""
    scheme, separator, rest = url.partition("://")
    return repr(f"{scheme}{separator}{rest.rpartition('@')[2]}")


@attrs.frozen
class GatewaySettings:
    """How one institution reaches and signs for its gateway. A profile of its own kind of keys has a subclass that
    describes them (:mod:`mi_core.plugin.settings`); one without a ``settings_class`` gets this class."""

    profile: str
    """Name of a registered gateway provider, e.g. ``csb``."""
    url: str
    """Address of the gateway; with the profile's URL rule, the beginning of its addresses."""
    access_key: Secret = attrs.field(factory=lambda: Secret(""))
    secret_key: Secret = attrs.field(factory=lambda: Secret(""))
    api_version: str = "1.0.0"


@attrs.frozen
class TransportSettings:
    """How bytes travel. Times in seconds, sizes in bytes."""

    kind: str = "aiohttp"
    """Name of a registered transport provider."""
    proxy: str = attrs.field(default="", repr=without_user)
    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    pool: int = 100
    """Connections open at the same time."""
    connect_timeout: float = 10.0
    keepalive: float = 15.0
    """Idle connections older than this are not used again: the gateway may have closed them."""
    max_reply: int = 16 * 1024 * 1024


@attrs.frozen
class StoreSettings:
    """Where operations are logged: ``memory``, ``sqlite:///path``, ``mysql://…`` or ``postgresql://…``."""

    operation_log: str = attrs.field(default="memory", repr=without_user)
    key_file: Path | None = None
    """Key of the encrypted columns; beside the database when not given."""


Moved = Callable[[int, int | None], None]
"""``(bytes so far, bytes in all or None)``; called in the thread of the client's loop or of its disk, must not block."""


@attrs.frozen
class FilePart:
    """A file that travels beside the message (9101)."""

    filename: str
    content: bytes | Path = attrs.field(repr=False)
    """The bytes, or the file that has them; a file is read while it is sent."""
    progress: Moved | None = attrs.field(default=None, repr=False, eq=False)
    """Told what was read so far, of how much; a transport may leave it out."""


@attrs.define
class Partial:
    """What came of a file before its transfer broke, where the server offers to go on from there."""

    size: int = 0
    """Bytes that stand in :attr:`SaveTo.path` and are the file's own; 0: it has to come from its beginning."""
    validator: str = ""
    """The server's ``ETag`` of the file: only the rest of the very same file is asked for."""


@attrs.frozen
class SaveTo:
    """Where a reply that is a file goes (9102)."""

    path: Path
    """Written from its beginning; what is left there after a failure is the caller's to delete."""
    limit: int
    """Bytes at most."""
    progress: Moved | None = attrs.field(default=None, repr=False, eq=False)
    """Told what came so far, and of how much where the server says it; a transport may leave it out."""
    partial: Partial | None = attrs.field(default=None, repr=False, eq=False)
    """Kept from one attempt to the next; a transport that cannot go on leaves it as it is."""

    def is_file(self, status: int, content_type: str, beginning: bytes) -> bool:
        """Whether a reply is the file itself. A refusal comes as JSON, a proxy's word as HTML, whatever type they claim.

        The rest of a file (206) begins anywhere, so there only the type is looked at.
        """
        if status == 206:
            return self.partial is not None and self.partial.size > 0 and "json" not in content_type.lower()
        kind = content_type.partition(";")[0].strip().lower()
        text = kind.startswith("text/") or kind.endswith(("json", "xml", "html"))
        start = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        return status == 200 and not text and start not in (b"{", b"<", b"")


@attrs.frozen
class HttpRequest:
    """One POST, ready to be sent."""

    url: str
    headers: Mapping[str, str] = attrs.field(repr=_hidden_headers)
    body: bytes = attrs.field(repr=False)
    single: bool = False
    """On a connection of its own (changing calls): what comes on it can only be the reply to this request."""
    file: FilePart | None = None
    """With a file the request is ``multipart/form-data``: ``body`` is its part ``jsonStr``, the file its part ``file``."""
    save: SaveTo | None = None
    """A reply that is a file is written there instead of being held in memory."""


@attrs.frozen
class Token:
    """A right to send that a gateway gives for a while: headers that every message carries (see ``TokenGateway``)."""

    headers: Mapping[str, str] = attrs.field(repr=_hidden_headers)
    expires_at: int
    """Unix time in milliseconds after which the gateway no longer takes it."""


@attrs.frozen
class HttpReply:
    """What came back, whole: ``body`` as sent by the server, at most ``max_reply`` bytes."""

    status: int
    headers: Mapping[str, str]
    """By name; whether ``content-type`` finds ``Content-Type`` is the transport's choice (aiohttp: yes)."""
    body: bytes = attrs.field(repr=False)
    saved: int | None = None
    """Bytes written to :attr:`HttpRequest.save`; ``None`` when the reply was no file and stands in ``body``."""


@attrs.frozen
class ProbeReply:
    """A sign of life of a gateway: any HTTP status, and its clock when it told one."""

    status: int
    date: dt.datetime | None = None


@attrs.define
class Sending:
    """What the transport has proven about one send. The initial state proves nothing: bytes may have left.

    A transport that can tell calls :meth:`promise` before it starts and :meth:`bytes_leave` before the first byte of
    the request is handed to the system. Only then does a failure in between count as *not sent*.
    """

    _state: Literal["unknown", "nothing", "left"] = "unknown"
    may_leave: Callable[[], bool] = attrs.field(default=lambda: True, repr=False, kw_only=True)
    """Asked when the first byte is about to leave: a worker that was suspended for long may have lost its right."""
    clearance: Awaitable[None] | None = attrs.field(default=None, repr=False, kw_only=True)
    """Done when the row of this send is on disk; see :meth:`cleared`."""

    def promise(self) -> None:
        """From now on nothing has left until :meth:`bytes_leave` is called."""
        if self._state == "unknown":
            self._state = "nothing"

    async def cleared(self) -> None:
        """Wait, with the connection made, until the first byte may leave. Cancelled when it does not come to that."""
        if self.clearance is not None:
            await self.clearance

    def bytes_leave(self) -> None:
        """The first byte is about to leave; there is no way back. Raises :class:`TransportFailure` when it may not."""
        if self._state != "left" and not self.may_leave():
            raise TransportFailure("lease lost", "another worker may have taken over")
        self._state = "left"

    @property
    def nothing_left(self) -> bool:
        """Proven that no byte of the request left this machine."""
        return self._state == "nothing"


class TransportFailure(Exception):
    """The exchange did not yield a whole reply. ``evidence`` is a short stable name (``timeout``, ``connection reset``)."""

    def __init__(
        self, evidence: str, detail: str = "", *, status: int | None = None, raw: bytes | None = None
    ) -> None:
        super().__init__(f"{evidence}: {detail}" if detail else evidence)
        self.evidence, self.detail, self.status, self.raw = evidence, detail, status, raw


@attrs.frozen
class CallSeen:
    """What lifecycle hooks see of a call. No amounts, no personal data, no keys."""

    interface: str
    title: str
    effect: Effect
    institution: str
    msgid: str
    operation_id: str


@attrs.frozen
class OperationStart:
    """A row of the operation log before the send (fields of ``business_operation_logs``)."""

    operation_id: str
    msgid: str
    api_code: str
    api_name: str
    effect: Effect
    business_category: str
    business_type: str
    institution_code: str
    operator_id: str
    operator_name: str
    operation_time: dt.datetime
    """Naive, UTC+8, as everywhere on the wire."""
    request: bytes = attrs.field(repr=False)
    psn_no: str | None = attrs.field(default=None, repr=False)
    certno: str | None = attrs.field(default=None, repr=False)
    mdtrt_id: str | None = attrs.field(default=None, repr=False)
    operation_key: str | None = attrs.field(default=None, repr=False)
    trace_id: str | None = None
    client_ip: str | None = None


@attrs.frozen
class OperationEnd:
    """How the operation ended, as far as it is known."""

    operation_id: str
    status: OperationStatus
    outcome: Outcome | None
    """``None`` for a read or upload without a readable answer, and for an outcome that a person resolved."""
    complete_time: dt.datetime
    evidence: str = ""
    error_code: str | None = None
    error_message: str | None = attrs.field(default=None, repr=False)
    response: bytes | None = attrs.field(default=None, repr=False)


@attrs.frozen
class OperationRecord:
    """A row as read back, bodies decrypted."""

    start: OperationStart
    end: OperationEnd | None


@attrs.frozen
class CaughtUp:
    """What a catch-up of the operation log did: numbers of rows added and completed, and what needs attention."""

    begun: int = 0
    completed: int = 0
    missing: tuple[str, ...] = ()
    """Operations without a row for which only an end was given."""
    contradicting: tuple[str, ...] = ()
    """Operations that ended otherwise in the log; the log's row is left as it is."""
