"""The pure rules, each with the case it is for."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_core.journal import (
    Ask,
    AttemptState,
    Facts,
    FenceTerms,
    Finding,
    Policy,
    Resolution,
    Reverse,
    Ruling,
    Sight,
    Wait,
    fence_end,
    rule,
)
from mi_core.journal.states import MOVES

SIGNED, MINUTE = 1_000_000, 60_000
TERMS = FenceTerms(acceptance=30 * MINUTE, processing=2 * MINUTE, lag=3 * MINUTE)
FENCE = SIGNED + 35 * MINUTE
DOUBT = Facts(state=AttemptState.IN_DOUBT, signed_at=SIGNED, reversible=True)
REVERSING = attrs.evolve(DOUBT, state=AttemptState.REVERSING, reversals=1)
BLANK = attrs.evolve(DOUBT, state=AttemptState.EXECUTED_UNIDENTIFIED)
UNKNOWN_TERM = [
    attrs.evolve(TERMS, acceptance=None),
    attrs.evolve(TERMS, processing=None),
    attrs.evolve(TERMS, lag=None),
]


def found(sight: Sight, at: int = SIGNED, source: str = "query", **more: object) -> Finding:
    return Finding(sight=sight, source=source, asked_at=at, **more)  # type: ignore[arg-type]  # fields of Finding


def after(
    facts: Facts, *findings: Finding, now: int = FENCE, terms: FenceTerms = TERMS, **policy: object
) -> Ruling:
    return rule(facts, findings, now, terms, Policy(**policy))  # type: ignore[arg-type]  # fields of Policy


def to(ruling: Ruling) -> AttemptState | None:
    return ruling.to if isinstance(ruling, Resolution) else None


def test_absent_is_not_executed_only_after_the_fence() -> None:
    assert fence_end(SIGNED, TERMS) == FENCE
    assert after(DOUBT, now=SIGNED) == Ask("query", "outcome unknown")
    early = found(Sight.ABSENT, FENCE - 1)
    assert after(DOUBT, early, now=FENCE - 1) == Wait(FENCE, "absent, but it may still arrive")
    assert isinstance(after(DOUBT, early, now=FENCE), Ask)
    assert to(after(DOUBT, early, found(Sight.ABSENT, FENCE))) is AttemptState.NOT_EXECUTED


@pytest.mark.parametrize("terms", UNKNOWN_TERM)
def test_with_an_unknown_term_time_alone_concludes_nothing(terms: FenceTerms) -> None:
    ages = found(Sight.ABSENT, SIGNED + 10**12)
    assert fence_end(SIGNED, terms) is None
    assert after(DOUBT, ages, now=SIGNED + 10**12, terms=terms) == Ask(
        "recon", "a term of the fence is unknown: absence proves nothing yet"
    )
    closed = found(Sight.ABSENT, source="recon", day_closed=True)
    assert to(after(DOUBT, ages, closed, terms=terms)) is AttemptState.NOT_EXECUTED
    assert to(after(REVERSING, found(Sight.ABSENT, SIGNED + 10**12), terms=terms)) is None


def test_found_confirms_with_its_ids_and_what_lacks() -> None:
    ruling = after(DOUBT, found(Sight.FOUND, identifier="S1", missing=("inscp_scp_amt",)), now=SIGNED)
    assert isinstance(ruling, Resolution)
    assert (ruling.to, ruling.identifier, ruling.source) == (AttemptState.CONFIRMED, "S1", "query")
    assert ruling.missing == ("inscp_scp_amt",)


def test_blank_ids() -> None:
    assert to(after(DOUBT, found(Sight.UNIDENTIFIED, source="recon"))) is AttemptState.EXECUTED_UNIDENTIFIED
    assert isinstance(after(BLANK), Ask)
    assert to(after(BLANK, found(Sight.FOUND, identifier="S1"))) is AttemptState.CONFIRMED
    many = [found(Sight.ABSENT)] * 8
    assert isinstance(after(BLANK, *many), Reverse)
    assert to(after(attrs.evolve(BLANK, reversible=False), *many)) is AttemptState.MANUAL


def test_contradictions_go_to_people() -> None:
    for facts in (DOUBT, BLANK, REVERSING):
        assert to(after(facts, found(Sight.CONTRADICTION))) is AttemptState.MANUAL
    assert to(after(DOUBT, found(Sight.REFUNDED))) is AttemptState.MANUAL


def test_likely_refused_is_asked_after_the_short_fence() -> None:
    likely = attrs.evolve(DOUBT, likely_refused=True)
    assert isinstance(after(likely, now=SIGNED + 9_999), Wait)
    assert isinstance(after(likely, now=SIGNED + 10_000), Ask)


def test_reverse_comes_last_and_only_where_allowed() -> None:
    silence = [found(Sight.UNKNOWN)] * 8
    assert to(after(DOUBT, *silence)) is AttemptState.MANUAL
    assert isinstance(after(DOUBT, *silence, reverse_unknown=True), Reverse)
    assert to(after(DOUBT, *silence, now=FENCE - 1, reverse_unknown=True)) is AttemptState.MANUAL
    assert (
        to(after(attrs.evolve(DOUBT, reversible=False), *silence, reverse_unknown=True))
        is AttemptState.MANUAL
    )
    assert isinstance(after(attrs.evolve(DOUBT, queryable=False)), Ask)


def test_a_reversal_is_verified() -> None:
    assert isinstance(after(REVERSING), Reverse)
    assert to(after(attrs.evolve(REVERSING, reversals=5))) is AttemptState.MANUAL
    done = attrs.evolve(REVERSING, reversal_done_at=FENCE)
    assert after(done) == Ask("query", "the reversal has to be verified")
    assert isinstance(after(done, found(Sight.FOUND, FENCE)), Wait)
    assert to(after(done, found(Sight.FOUND, FENCE + TERMS.lag))) is AttemptState.MANUAL  # type: ignore[operator]  # known here
    assert to(after(done, found(Sight.REFUNDED))) is AttemptState.REVERSED
    assert to(after(done, found(Sight.ABSENT, FENCE))) is AttemptState.REVERSED
    assert to(after(done, *[found(Sight.UNKNOWN)] * 8)) is AttemptState.MANUAL


def test_not_found_of_2601_before_the_fence_proves_nothing() -> None:
    early = found(Sight.ABSENT, FENCE - 1, source="reversal")
    assert isinstance(after(REVERSING, early, now=FENCE - 1), Wait)
    assert isinstance(after(REVERSING, early, now=FENCE), Reverse)
    assert to(after(REVERSING, found(Sight.ABSENT, FENCE, source="reversal"))) is AttemptState.REVERSED


FINDINGS = st.lists(
    st.builds(
        Finding, sight=st.sampled_from(Sight), source=st.sampled_from(("query", "recon", "reversal")),
        asked_at=st.integers(SIGNED, 2 * FENCE), day_closed=st.booleans(), identifier=st.sampled_from((None, "S1")),
    ),
    max_size=10,
)  # fmt: skip
OPEN = (AttemptState.IN_DOUBT, AttemptState.EXECUTED_UNIDENTIFIED, AttemptState.REVERSING)


@given(
    state=st.sampled_from(OPEN), findings=FINDINGS, now=st.integers(SIGNED, 2 * FENCE), likely=st.booleans(),
    reversible=st.booleans(), reversals=st.integers(0, 6), terms=st.sampled_from([TERMS, *UNKNOWN_TERM]),
)  # fmt: skip
def test_every_ruling_is_a_move_that_exists(
    state: AttemptState, findings: list[Finding], now: int, likely: bool, reversible: bool, reversals: int,
    terms: FenceTerms,
) -> None:  # fmt: skip
    facts = Facts(
        state=state, signed_at=SIGNED, likely_refused=likely, reversible=reversible, reversals=reversals
    )
    ruling = rule(facts, tuple(findings), now, terms)
    if isinstance(ruling, Resolution):
        assert ruling.to in MOVES[state] and ruling.reason
        assert ruling.to not in (AttemptState.REJECTED, AttemptState.REVERSING, AttemptState.SUPERSEDED)
    if isinstance(ruling, Wait):
        assert ruling.until > now
    if isinstance(ruling, Reverse):
        assert reversible or state is AttemptState.REVERSING
