"""What is known of a gateway (the fence) and of an attempt (what was learnt), and what of it a restart must know."""

from __future__ import annotations

import attrs

from mi_core.config import Config
from mi_core.journal import (
    AttemptRecord,
    AttemptState,
    Facts,
    FenceTerms,
    Finding,
    Journal,
    Policy,
    Sight,
    fences,
)
from mi_core.model.outcome import OutcomeQuery
from mi_core.recovery.asked import Kept

__all__ = ["Memory", "facts_of", "policy_of", "terms_of", "too_soon", "worth_noting"]


def terms_of(config: Config, institution: str) -> FenceTerms:
    """The fence of an institution's gateway, as configured."""
    return fences.terms_of(config.institution(institution).recovery)


def facts_of(journal: Journal, attempt: AttemptRecord, queryable: bool) -> Facts:
    """What the rules need to know of an attempt; blocking."""
    reversals = journal.read.reversals(attempt.msgid)
    done = [r.ended_at for r in reversals if r.state is AttemptState.CONFIRMED]
    return Facts(
        state=attempt.state, signed_at=attempt.signed_at, likely_refused=attempt.likely_refused,
        reversible=attempt.reversible and bool(attempt.psn_no), queryable=queryable,
        reversal_done_at=done[0] if done else None,
        reversals=sum(r.state is not AttemptState.NOT_SENT for r in reversals),
    )  # fmt: skip


def policy_of(config: Config, attempt: AttemptRecord, questions: tuple[OutcomeQuery, ...]) -> Policy:
    """The limits of patience. A query without identifiers will not find ids however often it is asked."""
    known = config.institution(attempt.institution).recovery
    unidentified = attempt.state is AttemptState.EXECUTED_UNIDENTIFIED
    hopeless = unidentified and bool(questions) and not any(query.identifier for query in questions)
    return Policy(
        questions=0 if hopeless else known.questions, reversals=known.reversals, reverse_unknown=known.reverse_unknown
    )  # fmt: skip


@attrs.define
class Memory:
    """What this process knows of an attempt beside the journal."""

    state: AttemptState
    findings: list[Finding] | None = None
    tries: int = 0
    due: int = 0
    silent_since: int | None = None
    """When an outage last counted as an unusable answer, or began."""
    unsent: int = 0
    """Reversals in a row that could not leave."""
    kept: Kept = attrs.field(factory=Kept)

    @property
    def absent(self) -> bool:
        """What was found last is nothing."""
        return bool(self.findings) and self.findings is not None and self.findings[-1].sight is Sight.ABSENT

    def lasts(self, now: int, silence: float) -> bool:
        """Nobody answers: whether that has lasted so long (seconds) that it counts as an unusable answer."""
        if self.silent_since is None:
            self.silent_since = now
        if now - self.silent_since < silence * 1000:
            return False
        self.silent_since = now
        return True


def too_soon(before: Finding | None, found: Finding, pace: float) -> bool:
    """Another unusable 3202 within its pace (seconds) uses up no patience: short-lived programs may ask one after the
    other.
    """
    if before is None or found.sight is not Sight.UNKNOWN or found.source != "recon":
        return False
    same = before.sight is found.sight and before.source == found.source
    return same and found.asked_at - before.asked_at < pace * 900


def worth_noting(state: AttemptState, found: Finding, before: Finding | None, fence: int | None) -> bool:
    """Whether a restart has to know it: unusable answers count, "absent" counts once, and again after the fence.

    What is found is concluded at once, so that it need not be noted; after a reversal every answer counts.
    """
    if state is AttemptState.REVERSING:
        return True
    if found.sight is Sight.FOUND:
        return False
    if state is AttemptState.EXECUTED_UNIDENTIFIED:
        return True
    if found.sight is Sight.UNIDENTIFIED:
        return False
    same = before is not None and before.sight is found.sight and before.source == found.source
    if found.sight is Sight.ABSENT and same:
        return found.day_closed or (fence is not None and found.asked_at >= fence)
    return True
