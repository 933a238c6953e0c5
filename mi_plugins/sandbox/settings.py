"""What can be set when a sandbox is started."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from typing import Final, Literal

import attrs

from mi_core.types import CHINA_TIME
from mi_plugins.sandbox.clock import SandboxClock
from mi_plugins.sandbox.institutions import Institution
from mi_plugins.sandbox.persons import Person

__all__ = ["ACCESS_KEY", "MOODS", "PROFILES", "SECRET_KEY", "Settings", "china_now"]

PROFILES: Final = ("csb", "csb-seconds", "tif", "zj-ca", "oauth-sm", "none", "envelope-sm")
"""Gateway profiles that the sandbox speaks, all at once."""

MOODS: Final = ("amounts_string", "infcode_string", "empty_strings", "single_object", "success_text")
"""Faults of that name for every reply and together (:mod:`mi_plugins.sandbox.faults`); ``success_text``: ``err_msg`` says
成功 instead of ``null``."""

ACCESS_KEY: Final = "sandbox-access-key"
SECRET_KEY: Final = "sandbox-secret-key"  # noqa: S105  # published, see below
"""Published on purpose: these keys protect nothing but a server of invented people on localhost."""


def china_now() -> dt.datetime:
    """Naive Beijing time, whatever the host's zone."""
    return dt.datetime.now(CHINA_TIME).replace(tzinfo=None)


@attrs.frozen
class Settings:
    """One sandbox. The defaults are what the documentation and the demo use."""

    database: str = ":memory:"
    """SQLite file, or ``:memory:``; a file keeps its state between runs."""
    seed: int = 1
    """Decides the crowd of people and all generated replies."""
    crowd: int = 200
    """Generated people besides the ten documented ones."""
    access_key: str = ACCESS_KEY
    secret_key: str = attrs.field(default=SECRET_KEY, repr=False)
    control_token: str = attrs.field(factory=lambda: secrets.token_urlsafe(18), repr=False)
    """Must be sent as ``X-Sandbox-Token`` to the control endpoints."""
    require_sign_in: bool = False
    """Refuse calls without a sign-in number of today (an empty ``sign_no`` passes otherwise)."""
    allow_repeats: bool = False
    """Take a settlement, refund or admission again that was done already, instead of refusing it.

    So a client that sends twice does settle twice and shows in the ledger. For chaos tests.
    """
    acceptance: float = 1800.0
    """Seconds: the gateway takes a message whose time stamp differs less from its own clock when all of it has come."""
    processing: float | None = None
    """Seconds: the centre drops what it has not begun this long after it was taken (fault ``late``); ``None``: never."""
    blank_setl_id: bool = False
    """5203 takes an empty ``setl_id`` and tells all settlements of the visit, as some regions' gateways do."""
    payment_seconds: float = 0.0
    """How long an order shows 结算中 (``ordStas`` 2) after 6202 paid it; 6302 is sent then."""
    notify: str = ""
    """Address of an institution that 7108, 7109, 6302 and 6204 are pushed to; ``{institution}`` in it stands for its code. Empty: to
    nobody, until the control endpoint names one."""
    notify_again: float = 1.0
    """Seconds after which a notification that was not acknowledged is sent again; doubled each time, at most a minute."""
    token_seconds: float = 7200.0
    """How long a token of profile ``oauth-sm`` is taken."""
    gateway_refusal_status: int = 200
    """HTTP status of the gateway's own refusals; the specification does not say."""
    region: str = ""
    """Name or folder of a region whose documents are spoken; empty: the base catalogue."""
    moods: frozenset[str] = frozenset()
    """How every reply is written, of :data:`MOODS`; regions differ in it."""
    catalogue_rows: int = 200_000
    """Entries of the drug catalogue (1301); the other catalogues are in proportion. Made when they are asked for."""
    stock: Literal["warn", "refuse"] = "warn"
    """What becomes of goods that go out although less is there (3502, 3504, 3505): taken, with a remark, or refused."""
    page_limit: int | None = None
    """Queries by pages refuse a larger ``page_size``; ``None``: any size."""
    people: tuple[Person, ...] = ()
    """Further people (a scenario's)."""
    institutions: tuple[Institution, ...] = ()
    """Further institutions."""
    start_shift: dt.timedelta = dt.timedelta()
    """How far the centre's clock is ahead at the start (:mod:`mi_plugins.sandbox.clock`)."""
    clock: Callable[[], dt.datetime] = china_now
    """Naive Beijing time; a test can pass another clock."""

    def now_ms(self) -> int:
        """The clock in milliseconds since 1970, as the gateway compares it."""
        read = self.clock.gateway if isinstance(self.clock, SandboxClock) else self.clock
        return round(read().replace(tzinfo=CHINA_TIME).timestamp() * 1000)

    @property
    def window_ms(self) -> int:
        """:attr:`acceptance` in milliseconds."""
        return round(self.acceptance * 1000)
