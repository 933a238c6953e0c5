"""Beside the rounds: content for what people confirmed, and an end for what waits for people and 3202 shows by its msgid.

Both are asked at once by ``mi recover``, and ever more rarely in the background.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

import attrs

from mi_core.config import Config
from mi_core.journal import (
    AttemptRecord,
    AttemptState,
    Finding,
    Journal,
    MoveRefused,
    Resolution,
    Sight,
    rule,
)
from mi_core.journal.completing import complete_job, hollow, manual
from mi_core.journal.findings import Doubt
from mi_core.recovery.asked import Silence
from mi_core.recovery.asking import Asker
from mi_core.recovery.knowing import facts_of, policy_of, terms_of
from mi_core.recovery.pace import Tempo
from mi_core.recovery.reconciled import Reconciled
from mi_core.recovery.report import Line
from mi_core.recovery.telling import told

__all__ = ["Completer"]

_log = logging.getLogger("mi_core.recovery")
_DAY: Final = 24 * 3600 * 1000


@attrs.define(eq=False)
class Completer:
    """Asks about messages that are decided, or are for people to decide."""

    journal: Journal
    config: Config
    asker: Asker
    books: Reconciled
    clock: Callable[[], int]
    tempo: Tempo
    _tries: dict[str, tuple[int, int]] = attrs.field(factory=dict, init=False)
    """How often each was asked about, and when it is asked again."""

    async def look(self, institution: str | None = None, *, at_once: bool = False) -> tuple[list[Line], int]:
        """All that are due, or with ``at_once`` all: the lines of what was resolved, and how many records were completed."""
        lines: list[Line] = []
        completed = 0
        for code in self.config.institutions if institution is None else (institution,):
            for msgid in await self._due(hollow, code, at_once):
                completed += await self.complete(msgid)
            for msgid in await self._due(manual, code, at_once):
                line = await self._decide(msgid)
                lines += [] if line is None else [line]
        return lines, completed

    async def complete(self, msgid: str) -> bool:
        """Ask about one message that people confirmed: by its id, then by its msgid in 3202. Whether it is complete now."""
        attempt = await asyncio.to_thread(self.journal.read.attempt, msgid)
        if (
            attempt is None
            or attempt.source != "person"
            or attempt.identifier is None
            or attempt.result is not None
        ):
            return False
        found: Finding | Silence = Silence("nothing to ask")
        if questions := await self.asker.named(attempt, attempt.identifier):
            found = await self.asker.look(questions)
        if not _whole(found) and _in_books(self.config, attempt):
            found = await self.books.look(attempt, self._since())
        if not isinstance(found, Finding) or not _whole(found):
            return False
        _log.info("%s: confirmed by people, completed by %s", msgid, found.source)
        return await asyncio.to_thread(self.journal.wait, complete_job(self.journal.read.ring, msgid, found))

    async def _decide(self, msgid: str) -> Line | None:
        """3202 names the message itself: that is stronger than the time that has passed."""
        attempt = await asyncio.to_thread(self.journal.read.attempt, msgid)
        if attempt is None or attempt.state is not AttemptState.MANUAL or not _in_books(self.config, attempt):
            return None
        found = await self.books.look(attempt, self._since())
        if not isinstance(found, Finding):
            return None
        facts = await asyncio.to_thread(facts_of, self.journal, attempt, True)
        terms = terms_of(self.config, attempt.institution)
        ruling = rule(facts, (found,), self.clock(), terms, policy_of(self.config, attempt, ()))
        if not isinstance(ruling, Resolution):
            return None
        try:
            ended = await self.journal.resolve(msgid, ruling)
        except MoveRefused:  # people were faster
            return None
        doubt = Doubt(
            msgid,
            attempt.operation_id,
            attempt.institution,
            attempt.interface,
            attempt.state,
            attempt.signed_at,
        )
        return told(doubt, ended.state, "3202 has the message") if ended.applied else None

    async def _due(self, which: Callable[..., list[str]], institution: str, at_once: bool) -> list[str]:
        now = self.clock()
        waiting = await asyncio.to_thread(
            self.journal.read.ask, lambda rows, _: which(rows, institution, now)
        )
        due = [msgid for msgid in waiting if at_once or self._tries.get(msgid, (0, 0))[1] <= now]
        for msgid in due:
            tries = self._tries.get(msgid, (0, 0))[0]
            self._tries[msgid] = (tries + 1, now + min(self.tempo.gap(tries, self.tempo.watch), _DAY))
        return due

    def _since(self) -> int:
        return self.clock() - round(self.tempo.recon * 1000)


def _whole(found: Finding | Silence) -> bool:
    return (
        isinstance(found, Finding)
        and found.sight is Sight.FOUND
        and bool(found.identifier and found.response)
    )


def _in_books(config: Config, attempt: AttemptRecord) -> bool:
    behaviour = config.behaviour(attempt.institution, attempt.interface)
    return any(query.interface == "3202" for query in behaviour.outcome_queries)
