"""The refusal texts in force: those of the configuration and those that people accepted, also while the client runs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Final

from mi_core.classify import Refusals
from mi_core.config import Config
from mi_core.errors import StoreError
from mi_core.journal import Journal
from mi_core.journal.learned import accepted_refusals, refusals_mark

__all__ = ["RefusalLists"]

_LOOK: Final = 30.0
"""Seconds between looks at what people accepted meanwhile (``mi refusals accept``)."""
_log = logging.getLogger("mi_core.call")


class RefusalLists(dict[str, Refusals]):
    """By institution. :meth:`follow` keeps them current."""

    def __init__(self, config: Config, journal: Journal) -> None:
        super().__init__()
        self._config, self._journal = config, journal
        self._mark = ""

    def read(self) -> None:
        """Read what is in force; blocking. Raises :class:`mi_core.errors.StoreError`."""
        mark = refusals_mark(self._journal)
        if mark == self._mark and self:
            return
        for code, institution in self._config.institutions.items():
            self[code] = Refusals((*institution.refusals, *accepted_refusals(self._journal, code)))
        self._mark = mark

    async def follow(self, stop: asyncio.Event) -> None:
        """Until ``stop``. What cannot be read leaves the lists as they are."""
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _LOOK)
            if not stop.is_set():
                try:
                    await asyncio.to_thread(self.read)
                except StoreError as error:
                    _log.error("refusal texts: %s", error.en)
