"""Sign-in numbers (9001): one per operator and day, fetched when first needed, by one call however many wait for it."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import socket
import uuid
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import attrs

from mi_core.config import Institution, Operator
from mi_core.types import CHINA_TIME

__all__ = ["SignIn", "Station", "station_for"]

Fetch = Callable[[Institution, Operator], Awaitable[str]]
_Key = tuple[str, str, str, dt.date]


@attrs.frozen
class Station:
    """This machine as 9001 wants it."""

    mac: str
    ip: str


def station_for(url: str) -> Station:
    """The address this machine uses towards ``url`` and its network card's number. Blocks for a name lookup."""
    number = f"{uuid.getnode():012X}"
    mac = "-".join(number[i : i + 2] for i in range(0, 12, 2))
    parts = urlsplit(url)
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            parts.hostname, parts.port or 443, type=socket.SOCK_DGRAM
        )[0]
        with socket.socket(family, kind) as probe:
            probe.connect(address)  # a datagram socket: nothing is sent
            return Station(mac, str(probe.getsockname()[0]))
    except OSError:
        return Station(mac, "127.0.0.1")


class SignIn:
    """Keeps the numbers of one client. ``fetch`` performs 9001; it is given by the client."""

    def __init__(
        self, fetch: Fetch, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(CHINA_TIME)
    ) -> None:
        self._fetch, self._now = fetch, now
        self._numbers: dict[_Key, asyncio.Task[str]] = {}

    async def number(self, institution: Institution, operator: Operator) -> str:
        """Today's number. Raises what 9001 raised; the next caller then tries again."""
        key = self._key(institution, operator)
        task = self._numbers.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            self._drop_old_days(key[3])
            task = asyncio.ensure_future(self._fetch(institution, operator))
            task.add_done_callback(_retrieved)
            self._numbers[key] = task
        return await asyncio.shield(task)

    def known(self, institution: Institution, operator: Operator) -> bool:
        """Whether :meth:`number` has today's at hand."""
        task = self._numbers.get(self._key(institution, operator))
        return task is not None and task.done() and not task.cancelled() and task.exception() is None

    def expired(self, institution: Institution, operator: Operator, reason: str) -> bool:
        """Forget the number when ``reason`` is one of the institution's texts for an expired sign-in."""
        if not any(_matches(pattern, reason) for pattern in institution.sign_in_expired):
            return False
        key = self._key(institution, operator)
        task = self._numbers.get(key)
        if task is not None and task.done():
            del self._numbers[key]
        return True

    async def close(self) -> None:
        """Stop a sign-in that is under way."""
        tasks = [t for t in self._numbers.values() if not t.done()]
        self._numbers.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _key(self, institution: Institution, operator: Operator) -> _Key:
        return (institution.code, operator.type, operator.id, self._now().astimezone(CHINA_TIME).date())

    def _drop_old_days(self, today: dt.date) -> None:
        for key in [k for k, task in self._numbers.items() if k[3] != today and task.done()]:
            del self._numbers[key]


def _retrieved(task: asyncio.Task[str]) -> None:
    """Every waiter may have been cancelled; the exception is kept for the next one, not reported as lost."""
    if not task.cancelled():
        task.exception()


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text.strip(), re.DOTALL) is not None
