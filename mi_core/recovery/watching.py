"""What was concluded as not executed is watched until its day is reconciled: evidence that comes late must be seen."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from typing import Final

import attrs

from mi_core.config import Config
from mi_core.journal import AttemptState, Finding, Journal, Sight, Tombstone
from mi_core.model.outcome import Source
from mi_core.recovery.asked import Silence
from mi_core.recovery.asking import Asker
from mi_core.recovery.pace import Tempo

__all__ = ["Watch"]

_log = logging.getLogger("mi_core.recovery")
_WEEK: Final = 7 * 24 * 3600
_EXECUTED: Final = frozenset({Sight.FOUND, Sight.UNIDENTIFIED, Sight.REFUNDED})


@attrs.define(eq=False)
class Watch:
    """Looks at tombstones, ever more rarely. Only questions that name the message itself count: a later call of the
    same business may have been executed, and that is no contradiction.
    """

    journal: Journal
    config: Config
    asker: Asker
    clock: Callable[[], int]
    tempo: Tempo
    _looked: dict[str, int] = attrs.field(factory=dict, init=False)

    async def look(self) -> int:
        """All that are due; how many contradict what was concluded (each is an alarm of the journal)."""
        wrong = 0
        for institution in self.config.institutions:
            for stone in await asyncio.to_thread(self.journal.read.tombstones, institution):
                if not stone.contradicted and self._due(stone):
                    wrong += await self._one(stone)
        return wrong

    def _due(self, stone: Tombstone) -> bool:
        age, first = (self.clock() - stone.created_at) / 1000, self.tempo.watch
        if stone.msgid not in self._looked:
            # What is older than this process was looked at before it: a restart must not ask about a whole week at once.
            self._looked[stone.msgid] = math.floor(math.log2(age / first)) + 1 if age >= 2 * first > 0 else 0
        after = first * (1 << min(self._looked[stone.msgid], 30))
        return after <= min(age, _WEEK)

    async def _one(self, stone: Tombstone) -> int:
        self._looked[stone.msgid] += 1
        attempt = await asyncio.to_thread(self.journal.read.attempt, stone.msgid)
        if attempt is None or attempt.state is not AttemptState.NOT_EXECUTED:
            return 0
        behaviour = self.config.behaviour(attempt.institution, attempt.interface)
        if not any(_by_msgid(query.match) for query in behaviour.outcome_queries):
            return 0
        questions = [one for one in await self.asker.questions(attempt) if _by_msgid(one[0].match)]
        found = await self.asker.look(questions)
        if isinstance(found, Silence) and found.unsent:
            self._looked[stone.msgid] -= 1  # not even asked: the next look makes up for it
        if not isinstance(found, Finding) or found.sight not in _EXECUTED:
            return 0
        seen = await self.journal.observe(stone.msgid, True, "query", found.response)
        _log.error("%s was executed although it had been absent", stone.msgid)
        return int(seen.contradiction)


def _by_msgid(match: tuple[tuple[str, Source], ...]) -> bool:
    return any(source.own == "msgid" for _, source in match)
