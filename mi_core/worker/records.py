"""What comes out of the bridge's tables and what goes back: frozen values."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from typing import Literal

import attrs

from mi_core.types import CHINA_TIME

__all__ = ["Claimed", "Later", "Result", "Status"]

Status = Literal["COMPLETED", "ERROR", "IN_DOUBT"]


@attrs.frozen(kw_only=True)
class Claimed:
    """A request that this worker has in its hands."""

    request_id: int
    interface_code: str
    input_data: str = attrs.field(repr=False)
    options: str | None = attrs.field(repr=False)
    create_time: dt.datetime
    """Beijing time."""
    age: float
    """Seconds since its submission, by the server's clock."""
    claimed_at: int = attrs.field(factory=lambda: time.time_ns() // 1_000_000)
    """Milliseconds since 1970, by this machine's clock."""
    attempts: int
    """How often it was taken up, this time included."""
    interrupted: int
    """How often the worker that had it died."""
    begun: bool
    """An upload that must not be repeated blindly was begun."""
    priority: int
    incarnation: str
    """Of the bridge: request numbers begin anew in another one."""
    worker_id: str

    @property
    def asked_at(self) -> int:
        """When it was submitted, by this machine's clock; ms since 1970."""
        return self.claimed_at - round(self.age * 1000)

    @property
    def key(self) -> str:
        """The operation key of calls that have no business key of their own: one request, one operation, whoever runs it.

        The time is part of it because numbers come back when an older copy of the HIS's database is put in its place.
        """
        return f"bridge-{self.incarnation}-{self.request_id}-{self._millisecond}"

    def operation_id(self, attempt: int) -> str:
        """The name of the operation that taking it up for the ``attempt``-th time begins; as the journal's own it begins
        with the time. Whoever takes the request up later finds by it what became of that."""
        digest = hashlib.sha256(f"{self.key} {attempt}".encode()).hexdigest()
        return f"{self._millisecond:012x}{digest[:20]}"

    @property
    def _millisecond(self) -> int:
        return round(self.create_time.replace(tzinfo=CHINA_TIME).timestamp() * 1000)


@attrs.frozen(kw_only=True)
class Result:
    """What a request came to. ``status`` and ``infcode`` make the view's ``result_status``."""

    status: Status
    data: str = attrs.field(repr=False)
    """JSON."""
    infcode: str | None = None
    err_msg: str | None = attrs.field(default=None, repr=False)
    error_code: str | None = None
    operation_id: str | None = None
    msgid: str | None = None


@attrs.frozen
class Later:
    """Proven not sent: to be tried again after ``seconds``; ``result`` is what it is if it never can be."""

    seconds: float
    result: Result
