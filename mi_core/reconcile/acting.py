"""Writing to the journal what reconciliation found. Nothing here sends anything; no reversal is ever begun here."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from mi_core.config import RecoverySettings
from mi_core.journal import (
    AttemptRecord,
    AttemptState,
    Facts,
    Finding,
    Journal,
    MoveRefused,
    Policy,
    Resolution,
    Sight,
    rule,
)
from mi_core.journal.fences import terms_of
from mi_core.reconcile.asking import span_of
from mi_core.reconcile.books import day_of
from mi_core.reconcile.matrix import Action, Centre, Local
from mi_core.reconcile.report import Applied, Case

__all__ = ["close_tombstones", "conclude", "observe"]

_BY_RULE = (AttemptState.IN_DOUBT, AttemptState.EXECUTED_UNIDENTIFIED, AttemptState.REVERSING)
_RULED = (*_BY_RULE, AttemptState.MANUAL)
_OPEN = frozenset({Local.SENT, *(Local.of(state) for state in _BY_RULE)})


async def conclude(
    journal: Journal, settings: RecoverySettings, attempts: Iterable[AttemptRecord], found: Mapping[str, Finding], now: int
) -> list[Applied]:  # fmt: skip
    """Resolve what is open by the journal's own rules; what they leave to time, questions or reversals stays open."""
    applied: list[Applied] = []
    for attempt in attempts:
        finding = found.get(attempt.msgid)
        if finding is None or finding.sight is Sight.UNKNOWN or attempt.state not in _RULED:
            continue
        facts = await asyncio.to_thread(_facts, journal, attempt)
        ruling = rule(facts, (finding,), now, terms_of(settings), _policy(settings))
        if isinstance(ruling, Resolution):
            applied.append(await _resolve(journal, attempt.msgid, ruling))
    return applied


def _policy(settings: RecoverySettings) -> Policy:
    return Policy(
        questions=settings.questions, reversals=settings.reversals, reverse_unknown=settings.reverse_unknown
    )


def _facts(journal: Journal, attempt: AttemptRecord) -> Facts:
    reversals = journal.read.reversals(attempt.msgid)
    done = [
        one.ended_at for one in reversals if one.state is AttemptState.CONFIRMED and one.ended_at is not None
    ]
    return Facts(
        state=attempt.state, signed_at=attempt.signed_at, likely_refused=attempt.likely_refused,
        reversible=attempt.reversible, reversal_done_at=min(done, default=None), reversals=len(reversals),
    )  # fmt: skip


async def _resolve(journal: Journal, msgid: str, resolution: Resolution) -> Applied:
    try:
        ended = await journal.resolve(msgid, resolution)
    except MoveRefused as error:
        return Applied(msgid, resolution.to.value, False, error.en)
    return Applied(msgid, ended.state.value, ended.applied, resolution.reason)


async def observe(journal: Journal, cases: Iterable[Case]) -> list[Applied]:
    """Every difference becomes an event with the centre's line; contradictions alarm and are watched from then on."""
    applied: list[Applied] = []
    for case in cases:
        if (
            case.msgid is None
            or case.local in _OPEN
            or case.action in (Action.NOTHING, Action.CLOSE, Action.WAIT)
        ):
            continue
        executed = case.action is not Action.FREEZE
        ended = await journal.observe(
            case.msgid, executed, "recon", case.evidence, taken_back=case.centre is Centre.REFUNDED
        )
        applied.append(
            Applied(case.msgid, "seen", True, "contradiction" if ended.contradiction else case.action.value)
        )
    return applied


async def close_tombstones(
    journal: Journal, settings: RecoverySettings, institution: str, days: Sequence[dt.date], now: int
) -> int:
    """``days`` are balanced: stop watching the tombstones that could only have appeared on them; how many."""

    def work() -> int:
        span, lag = span_of(terms_of(settings)), terms_of(settings).lag or 0
        msgids: list[str] = []
        for stone in journal.read.tombstones(institution):
            attempt = None if stone.contradicted else journal.read.attempt(stone.msgid)
            if attempt is None:
                continue
            last = attempt.signed_at + span
            if last + lag < now and {day_of(attempt.signed_at), day_of(last)} <= {*days}:
                msgids.append(stone.msgid)
        if not msgids:
            return 0
        return journal.wait(journal.close_tombstones_job(tuple(msgids), f"recon {max(days).isoformat()}"))

    return await asyncio.to_thread(work)
