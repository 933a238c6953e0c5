"""The checks of :mod:`mi_core.mapping.checks` for a client: asked before every fee upload when ``[mapping] check`` is on."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from mi_core.catalogues import Catalogue
from mi_core.config import Config
from mi_core.mapping.book import open_book
from mi_core.mapping.checks import Facts, fees_of, findings, has_fees, learn
from mi_core.model import Interface, Problem, Request

__all__ = ["FeeGuard", "check_fees"]

KEPT: Final = 30.0
"""Seconds for which an item that is mapped is not asked for again; one that is not, is asked for every time."""
_MOST_KEPT: Final = 50_000


async def check_fees(config: Config, request: Request[Any], institution: str | None = None) -> list[Problem]:
    """Everything that stands against the fees of a request, whether ``[mapping] check`` is on or not."""
    where = config.institution(institution).code
    fees = fees_of(request.__interface__, request)
    if not fees:
        return []
    return findings(fees, await _facts(config, where, [fee.item for fee in fees]), config, where)


async def _facts(config: Config, institution: str, items: Sequence[str]) -> dict[str, Facts]:
    async with open_book(config, institution) as book:
        return await learn(book, Catalogue(book.database, book.institution), items)


class FeeGuard:
    """A validator. It waits for the database, a few milliseconds for items that it does not know yet; fails closed."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._known: dict[tuple[str, str], tuple[float, Facts]] = {}
        self._lock = threading.Lock()

    def check(self, interface: Interface[Any], request: Request[Any]) -> Sequence[Problem]:
        """As :meth:`check_at`, for the only institution."""
        return self.check_at(interface, request, None)

    def check_at(
        self, interface: Interface[Any], request: Request[Any], institution: str | None
    ) -> Sequence[Problem]:
        """Unmapped items, prices above their ceiling, other self-pay ratios. Raises ``StoreError``: nothing is sent then."""
        if has_fees(type(request)) is None:
            return []
        fees = fees_of(interface, request)
        where = self._config.institution(institution).code
        facts = self._asked(where, list(dict.fromkeys(fee.item for fee in fees)))
        return findings(fees, facts, self._config, where)

    def _asked(self, where: str, items: list[str]) -> dict[str, Facts]:
        now = time.monotonic()
        with self._lock:
            kept = {
                i: found[1]
                for i in items
                if (found := self._known.get((where, i))) is not None and found[0] > now
            }
        missing = [i for i in items if i not in kept]
        if not missing:
            return kept
        with ThreadPoolExecutor(1) as thread:  # the caller's event loop runs on this one
            fresh = thread.submit(asyncio.run, _facts(self._config, where, missing)).result()
        with self._lock:
            if len(self._known) > _MOST_KEPT:
                self._known.clear()
            for key, facts in fresh.items():
                if facts.mapped is not None and facts.mapped.state == "uploaded":
                    self._known[where, key] = (now + KEPT, facts)
        return kept | fresh
