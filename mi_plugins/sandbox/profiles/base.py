"""What a gateway profile is here: it looks at a message that arrived, and at the reply that leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import attrs

__all__ = ["Admitted", "Arrival", "Profile", "Refused", "interface_of", "stale"]

_INFNO: Final = re.compile(r"\d{4,6}[A-Z]?")
Leave = Callable[[dict[str, Any]], dict[str, Any]]


@attrs.frozen
class Arrival:
    """A message as it came: nothing of it is believed yet."""

    path: str
    """Below the profile's own address, without ``/`` at its ends."""
    headers: Mapping[str, str]
    """By name, in any case."""
    body: bytes = attrs.field(repr=False)
    """As sent; of ``multipart/form-data`` its part ``jsonStr``."""
    now_ms: int
    window_ms: int


def _unchanged(answer: dict[str, Any]) -> dict[str, Any]:
    return answer


@attrs.frozen
class Admitted:
    """A message that the gateway lets pass to the bureau."""

    body: bytes = attrs.field(repr=False)
    """Plain JSON: a whole message, or with :attr:`business` only the business object."""
    api_name: str | None
    """The interface that the address or a header names; ``None`` when only the message does."""
    leave: Leave = _unchanged
    """What the gateway does to the reply (before it is written as JSON)."""
    business: bool = False
    """``body`` is what stands in ``input.data``, without head (``envelope-sm``)."""


class Refused(Exception):
    """The gateway's own no. Its text is the sandbox's: what real gateways of these profiles say is not known.

    ``body`` replaces the text where a form is known (``csb``, RFC 6749).
    """

    def __init__(
        self, text: str, *, status: int = 401, body: object = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(text)
        self.status, self.body, self.headers = status, body, dict(headers or {})


class Profile(Protocol):
    """One way in which regions' gateways are addressed and signed to."""

    @property
    def name(self) -> str:
        """As in the configuration; also its path at the sandbox."""
        ...

    def admit(self, arrival: Arrival) -> Admitted:
        """Check the message; raises :class:`Refused`."""
        ...

    def config(self, url: str) -> dict[str, Any]:
        """Keys of ``[institutions.X.gateway]`` for a sandbox at ``url`` (scheme and host), without ``profile``."""
        ...


def interface_of(path: str) -> str | None:
    """The interface named by the last part of an address such as ``api/1101``; ``None`` when it names none."""
    last = path.rsplit("/", 1)[-1]
    return last if _INFNO.fullmatch(last) else None


def stale(stamp: str, digits: int, arrival: Arrival) -> str | None:
    """What is wrong with a time stamp of 13 (milliseconds) or 10 digits (seconds); ``None`` when nothing is."""
    unit = "毫秒" if digits == 13 else "秒"
    if len(stamp) != digits or not (stamp.isascii() and stamp.isdigit()):
        return f"沙箱网关：时间戳须为{digits}位数字（{unit}）"
    sent = int(stamp) if digits == 13 else int(stamp) * 1000
    return None if abs(arrival.now_ms - sent) <= arrival.window_ms else "沙箱网关：时间戳超出时间窗"
