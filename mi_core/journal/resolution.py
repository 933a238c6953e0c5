"""What follows from what was found: pure rules for everything unresolved. No clock, no database, no network.

"Not found" is not "not executed": the message may still be on its way. The *fence* is the time after which it can
neither be accepted, nor be in processing, nor be hidden by a replica. Where a term of it is unknown, time alone
concludes nothing: then 3202 decides, or people do.
"""

from __future__ import annotations

from enum import Enum
from typing import Literal

import attrs

from mi_core.journal.records import Resolution
from mi_core.journal.states import AttemptState

__all__ = [
    "Ask",
    "Facts",
    "FenceTerms",
    "Finding",
    "Policy",
    "Reverse",
    "Ruling",
    "Sight",
    "Wait",
    "fence_end",
    "rule",
]


@attrs.frozen(kw_only=True)
class FenceTerms:
    """Profile data of a region's gateway, milliseconds; None means unknown."""

    acceptance: int | None
    """A signed message older than this is refused by the gateway."""
    processing: int | None
    """The longest that the centre works on an accepted message."""
    lag: int | None
    """The longest that a query may not yet see what was done."""
    likely_refused: int = 10_000
    """Before an unlisted refusal is asked about."""


def fence_end(signed_at: int, terms: FenceTerms) -> int | None:
    """From when on "absent" means "not executed"; None when a term is unknown."""
    if terms.acceptance is None or terms.processing is None or terms.lag is None:
        return None
    return signed_at + terms.acceptance + terms.processing + terms.lag


class Sight(str, Enum):
    """What an answer about the attempt said."""

    FOUND = "found"
    """It is there, with its ids."""
    UNIDENTIFIED = "unidentified"
    """Its msgid is there, its ids are blank (3202)."""
    ABSENT = "absent"
    REFUNDED = "refunded"
    """It was there and has been taken back."""
    CONTRADICTION = "contradiction"
    """Another person, another amount, or more than one match."""
    UNKNOWN = "unknown"
    """No usable answer."""


@attrs.frozen(kw_only=True)
class Finding:
    """One answer: from a query, from 3202 (``recon``) or from a 2601 that said "not found" (``reversal``)."""

    sight: Sight
    source: Literal["query", "recon", "reversal"]
    asked_at: int
    """By the centre's own clock where the answer carries its time, so that a clock set forward here cannot end a fence."""
    identifier: str | None = None
    response: bytes | None = attrs.field(default=None, repr=False)
    missing: tuple[str, ...] = ()
    day_closed: bool = False
    """For 3202: asked when nothing of that day can still come."""


@attrs.frozen(kw_only=True)
class Facts:
    """An unresolved attempt as far as the rules need it."""

    state: AttemptState
    signed_at: int
    likely_refused: bool = False
    reversible: bool = False
    queryable: bool = True
    """An interface exists that can tell its outcome here (region data)."""
    reversal_done_at: int | None = None
    """When a 2601 for it was CONFIRMED."""
    reversals: int = 0
    """How many 2601 were sent for it."""


@attrs.frozen(kw_only=True)
class Policy:
    """Limits of patience. Query first, reverse last, never in bulk."""

    questions: int = 8
    """Unusable answers before the next means is taken."""
    reversals: int = 5
    reverse_unknown: bool = False
    """Whether a 2601 may be sent for an attempt whose execution nobody could prove (region data)."""


@attrs.frozen
class Wait:
    """Nothing to do before ``until`` (milliseconds)."""

    until: int
    reason: str


@attrs.frozen
class Ask:
    """Ask by ``means``: ``query`` or ``recon`` (3202)."""

    means: Literal["query", "recon"]
    reason: str


@attrs.frozen
class Reverse:
    """Send a 2601 (again)."""

    reason: str


Ruling = Resolution | Wait | Ask | Reverse


def rule(
    facts: Facts, findings: tuple[Finding, ...], now: int, terms: FenceTerms, policy: Policy = Policy()
) -> Ruling:
    """What to do next. ``findings``: those made since the attempt entered its state, oldest first; the newest usable counts."""
    usable = [found for found in findings if found.sight is not Sight.UNKNOWN]
    last = usable[-1] if usable else None
    if facts.state is AttemptState.MANUAL:
        return _with_people(facts, last, now)
    if last is not None and last.sight is Sight.CONTRADICTION:
        return _manual("the answers contradict the message", last.source)
    if facts.state is AttemptState.REVERSING:
        return _reversing(facts, last, len(findings), now, terms, policy)
    if facts.state is AttemptState.EXECUTED_UNIDENTIFIED:
        return _unidentified(facts, last, len(findings), policy)
    if facts.state is AttemptState.IN_DOUBT:
        return _in_doubt(facts, last, len(findings) - len(usable), now, terms, policy)
    return Wait(now, f"{facts.state.value} is not resolved by rules")


def _with_people(facts: Facts, last: Finding | None, now: int) -> Ruling:
    """A row of 3202 that bears the msgid is stronger than the time that has passed; a reversal makes it two-edged."""
    if last is not None and last.sight is Sight.FOUND and last.source == "recon" and not facts.reversals:
        return _confirmed(last)
    return Wait(now, "people decide")


def _in_doubt(
    facts: Facts, last: Finding | None, failures: int, now: int, terms: FenceTerms, policy: Policy
) -> Ruling:
    fence = fence_end(facts.signed_at, terms)
    if last is not None:
        if last.sight is Sight.FOUND:
            return _confirmed(last)
        if last.sight is Sight.UNIDENTIFIED:
            return Resolution(
                to=AttemptState.EXECUTED_UNIDENTIFIED, source=last.source, reason="msgid proven, ids blank",
                response=last.response,
            )  # fmt: skip
        if last.sight is Sight.REFUNDED:
            return _manual("taken back at the centre by someone else", last.source)
        if (fence is not None and last.asked_at >= fence) or (last.source == "recon" and last.day_closed):
            return Resolution(
                to=AttemptState.NOT_EXECUTED, source=last.source, reason="absent after the fence",
                response=last.response,
            )  # fmt: skip
        if fence is None:
            return Ask("recon", "a term of the fence is unknown: absence proves nothing yet")
        if now < fence:
            return Wait(fence, "absent, but it may still arrive")
    if failures >= policy.questions:
        if facts.reversible and policy.reverse_unknown and (fence is None or now >= fence):
            return Reverse("nobody can tell its outcome")
        return _manual(f"{failures} questions without an answer", "limit")
    if not facts.queryable:
        return Ask("recon", "no query can tell its outcome")
    start = facts.signed_at + terms.likely_refused
    if facts.likely_refused and now < start:
        return Wait(start, "probably refused: asked after the short fence")
    return Ask("query", "outcome unknown")


def _unidentified(facts: Facts, last: Finding | None, asked: int, policy: Policy) -> Ruling:
    if last is not None and last.sight is Sight.FOUND:
        return _confirmed(last)
    if asked < policy.questions:
        return Ask("query" if facts.queryable else "recon", "executed, its ids are wanted")
    if facts.reversible:
        return Reverse("executed, and its ids cannot be found")
    return _manual("executed without ids, and not reversible", "limit")


def _reversing(
    facts: Facts, last: Finding | None, asked: int, now: int, terms: FenceTerms, policy: Policy
) -> Ruling:
    fence = fence_end(facts.signed_at, terms)
    gone = last is not None and last.sight in (Sight.ABSENT, Sight.REFUNDED)
    if last is not None and gone:
        if last.sight is Sight.REFUNDED or (last.source == "recon" and last.day_closed):
            return _reversed(last)
        if fence is not None and last.asked_at >= fence:
            return _reversed(last)
        if fence is None:
            return Ask("recon", "a term of the fence is unknown: absence proves nothing yet")
        if now < fence:
            return Wait(fence, "absent, but the original may still arrive")
    done = facts.reversal_done_at
    if done is None:
        if facts.reversals >= policy.reversals:
            return _manual(f"{facts.reversals} reversals without a definite answer", "limit")
        return Reverse("no reversal is definite yet")
    if last is not None and last.sight in (Sight.FOUND, Sight.UNIDENTIFIED):
        if terms.lag is not None and last.asked_at >= done + terms.lag:
            return _manual("reversed by the answer, alive by the query", last.source)
        if terms.lag is not None and now < done + terms.lag:
            return Wait(done + terms.lag, "the replica may not show the reversal yet")
    if asked >= policy.questions:
        return _manual("the reversal could not be verified", "limit")
    return Ask(
        "query" if facts.queryable and terms.lag is not None else "recon", "the reversal has to be verified"
    )


def _confirmed(found: Finding) -> Resolution:
    return Resolution(
        to=AttemptState.CONFIRMED, source=found.source, reason="found at the centre", response=found.response,
        identifier=found.identifier, missing=found.missing,
    )  # fmt: skip


def _reversed(found: Finding) -> Resolution:
    return Resolution(
        to=AttemptState.REVERSED, source=found.source, reason="verified: no longer at the centre",
        response=found.response,
    )  # fmt: skip


def _manual(reason: str, source: str) -> Resolution:
    return Resolution(to=AttemptState.MANUAL, source=source, reason=reason)
