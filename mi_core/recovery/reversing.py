"""2601: the last means. One at a time, slowly, and the same ``omsgid`` until the answer is definite."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Final

import attrs

from mi_core.classify import Refusals
from mi_core.config import Config
from mi_core.errors import BureauRefused, MiError, NotSent, OutcomeUnknown
from mi_core.journal import AttemptRecord, Finding, Sight
from mi_core.pipeline import CallOptions
from mi_core.recovery.asked import Silence, answered_at
from mi_core.recovery.asking import Call
from mi_core.recovery.pace import Pace

__all__ = ["Reverser"]

REVERSAL: Final = "2601"


@attrs.define(eq=False)
class Reverser:
    """Sends reversals through the pipeline, which journals them like every changing call."""

    config: Config
    call: Call
    clock: Callable[[], int]
    pace: Pace
    _one: asyncio.Lock = attrs.field(factory=asyncio.Lock, init=False)

    async def reverse(self, attempt: AttemptRecord) -> Finding | Silence | None:
        """Send it. ``None``: the centre says done, the journal knows. A finding: it says that there is no such business.

        Everything else is a silence: the journal counts the reversals, and the next round resends.
        """
        from mi_core.interfaces import by_code

        data = {"psn_no": attempt.psn_no, "omsgid": attempt.msgid, "oinfno": attempt.interface}
        request = by_code(REVERSAL).request.from_dict({"data": data})
        options = CallOptions(
            lane="recovery",
            institution=attempt.institution,
            insuplc_admdvs=attempt.insuplc_admdvs or None,
        )
        async with self._one:
            await self.pace.wait()
            started = self.clock()
            try:
                await self.call(request, options)
            except BureauRefused as refused:
                return self._refused(attempt, refused.reason, refused.raw, started)
            except OutcomeUnknown as unknown:
                said = _text(unknown.raw) if unknown.likely_refused else ""
                return self._refused(attempt, said, unknown.raw, started)
            except NotSent as unsent:
                return Silence(unsent.en, unsent=True)
            except MiError as error:
                return Silence(error.code)
        return None

    def _refused(
        self, attempt: AttemptRecord, said: str, raw: bytes | None, started: int
    ) -> Finding | Silence:
        if said and said in Refusals(self.config.institution(attempt.institution).recovery.absent):
            at = min(started, answered_at(raw) or started)
            return Finding(sight=Sight.ABSENT, source="reversal", asked_at=at, response=raw)
        return Silence("the reversal is not definite")


def _text(raw: bytes | None) -> str:
    """The centre's own words."""
    try:
        top = json.loads(raw or b"null")
    except (ValueError, RecursionError):
        return ""
    said = top.get("err_msg") if isinstance(top, Mapping) else None
    return said if isinstance(said, str) else ""
