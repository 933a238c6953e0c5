"""What 3202 says about attempts: asked for all of an institution and day at once, and not often."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

import attrs

from mi_core.config import Config
from mi_core.errors import MiError, NotSent
from mi_core.journal import AttemptRecord, Finding, Journal, fence_end
from mi_core.journal.completing import manual
from mi_core.journal.fences import terms_of
from mi_core.journal.findings import doubts
from mi_core.recovery.asked import Silence
from mi_core.recovery.asking import Call
from mi_core.types import CHINA_TIME

if TYPE_CHECKING:
    from mi_core.reconcile import Shelf

__all__ = ["Findings", "Reconciled", "findings_of_3202"]


class Findings(Protocol):
    """:func:`mi_core.reconcile.findings`: a finding for each message sent on ``day``."""

    def __call__(
        self, call: Call, journal: Journal, config: Config, institution: str, day: dt.date, msgids: Iterable[str]
    ) -> Awaitable[Mapping[str, Finding]]:  # fmt: skip
        """Raises ``MiError`` when the bureau cannot be asked."""
        ...


def findings_of_3202() -> Findings:
    """The real ones, with a shelf of their own; imported when they are needed, because most programs never get there."""
    shelf: list[Shelf] = []

    async def ask(
        call: Call, journal: Journal, config: Config, institution: str, day: dt.date, msgids: Iterable[str]
    ) -> Mapping[str, Finding]:
        from mi_core.reconcile import Shelf, findings

        if not shelf:
            shelf.append(Shelf())
        return await findings(call, journal, config, institution, day, msgids, shelf=shelf[0])

    return ask


@attrs.define(eq=False)
class Reconciled:
    """Keeps an answer for a while, so that many attempts share one file."""

    journal: Journal
    config: Config
    call: Call
    clock: Callable[[], int]
    findings: Findings = attrs.field(factory=findings_of_3202)
    _kept: dict[tuple[str, dt.date], tuple[int, Mapping[str, Finding]]] = attrs.field(
        factory=dict, init=False
    )
    _locks: dict[tuple[str, dt.date], asyncio.Lock] = attrs.field(factory=dict, init=False)

    async def look(self, attempt: AttemptRecord, since: int) -> Finding | Silence:
        """What the books say of it; an answer younger than ``since`` (milliseconds) is used again."""
        institution, day = attempt.institution, _day(attempt.signed_at)
        key = (institution, day)
        fence = fence_end(attempt.signed_at, terms_of(self.config.institution(institution).recovery))
        keep = since
        if fence is not None and fence <= self.clock():
            since = max(since, fence)  # "absent" from before the fence says less than it would now
        async with self._locks.setdefault(key, asyncio.Lock()):
            kept = self._kept.get(key)
            if kept is None or kept[0] < since or attempt.msgid not in kept[1]:
                try:
                    kept = (self.clock(), await self._ask(institution, day, attempt.msgid))
                except MiError as error:
                    return Silence(f"3202: {error.code}", unsent=isinstance(error, NotSent))
                self._kept = {k: v for k, v in self._kept.items() if v[0] >= keep} | {key: kept}
        return kept[1].get(attempt.msgid) or Silence("3202 says nothing of it")

    async def _ask(self, institution: str, day: dt.date, msgid: str) -> Mapping[str, Finding]:
        epoch = self.journal.epoch

        def waiting() -> set[str]:
            known = self.journal.read.ask(lambda rows, _: doubts(rows, epoch, institution))
            people = self.journal.read.ask(lambda rows, _: manual(rows, institution, self.clock()))
            more = [found for one in people if (found := self.journal.read.attempt(one)) is not None]
            sent = [(one.msgid, one.signed_at) for one in known] + [
                (one.msgid, one.signed_at) for one in more
            ]
            return {name for name, signed_at in sent if _day(signed_at) == day}

        msgids = sorted({msgid, *await asyncio.to_thread(waiting)})
        return await self.findings(self.call, self.journal, self.config, institution, day, msgids)


def _day(milliseconds: int) -> dt.date:
    return dt.datetime.fromtimestamp(milliseconds / 1000, CHINA_TIME).date()
