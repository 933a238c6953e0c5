"""Ways to build the journal wrongly. Each is a patch that the suite must notice (journal design, proof, 4)."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import attrs
import pytest

from mi_core.journal import (
    AttemptState,
    Resolution,
    Sight,
    Verdict,
    ending,
    msgids,
    resolution,
    sending,
    takeover,
)
from mi_core.journal import admission as admissions
from mi_core.types import CHINA_TIME, Outcome

Patch = pytest.MonkeyPatch


def no_fence(patch: Patch) -> None:
    patch.setattr(resolution, "fence_end", lambda signed_at, terms: signed_at)


def short_fence(patch: Patch) -> None:
    patch.setattr(resolution, "fence_end", lambda signed_at, terms: signed_at + (terms.acceptance or 0) // 2)


def absent_reversal_before_fence(patch: Patch) -> None:
    """ "Not found" of a 2601 taken as the end, though the original may still arrive."""
    real = resolution._reversing

    def wrong(facts, last, asked, now, terms, policy):  # type: ignore[no-untyped-def]  # same signature as the real one
        if last is not None and last.source == "reversal" and last.sight is Sight.ABSENT:
            return Resolution(to=AttemptState.REVERSED, source="reversal", reason="not found")
        return real(facts, last, asked, now, terms, policy)

    patch.setattr(resolution, "_reversing", wrong)


def no_business_key(patch: Patch) -> None:
    patch.setattr(sending, "key_of", lambda intent: secrets.token_hex(8))


def no_generation(patch: Patch) -> None:
    """Every call opens a generation, whatever became of the previous one."""

    def wrong(standing, intent):  # type: ignore[no-untyped-def]  # same signature as the real one
        return admissions.Fresh(1 if standing is None else standing.generation + 1)

    patch.setattr(admissions, "decide", wrong)


def no_compare_and_set(patch: Patch) -> None:
    real = ending._END.partition("WHERE")[0]
    patch.setattr(ending, "_END", real + "WHERE msgid = ? AND ? IS NOT NULL AND ? IS NOT NULL")


def crash_means_not_sent(patch: Patch) -> None:
    patch.setattr(
        takeover, "_DOUBT", takeover._DOUBT.replace("state = 'IN_DOUBT',", "state = 'NOT_SENT', open = 0,", 1)
    )
    real = takeover.doubt

    def wrong(tx, rows, epoch, why):  # type: ignore[no-untyped-def]  # same signature as the real one
        done = real(tx, rows, epoch, why)
        tx.many("UPDATE operation SET state = 'ABANDONED' WHERE id = ?", [(row[1],) for row in rows])
        return done

    patch.setattr(takeover, "doubt", wrong)


def retry_overwrites_msgid(patch: Patch) -> None:
    real = sending._insert_attempt

    def wrong(tx, p, operation_id, number, epoch):  # type: ignore[no-untyped-def]  # same signature as the real one
        tx.run("DELETE FROM attempt WHERE operation_id = ?", (operation_id,))
        real(tx, p, operation_id, number, epoch)

    patch.setattr(sending, "_insert_attempt", wrong)


def counter_in_memory(patch: Patch) -> None:
    """Time and a counter that starts again with the process."""

    def wrong(self: msgids.MsgidAllocator) -> msgids.MsgId:
        import datetime as dt

        time = dt.datetime.fromtimestamp(self._clock() // 1000, CHINA_TIME).replace(tzinfo=None)
        self._next += 1
        return msgids.MsgId(f"{self.prefix}{time:%Y%m%d%H%M%S}{self._next:04d}", time)

    patch.setattr(msgids.MsgidAllocator, "take", wrong)


def no_exposure_limit(patch: Patch) -> None:
    patch.setattr(sending, "check_exposure", lambda exposure, intent, limit: None)


def no_visit_lock(patch: Patch) -> None:
    patch.setattr(sending, "locks_of", lambda ring, intent: ())


JOURNAL: tuple[Callable[[Patch], None], ...] = (
    no_fence, short_fence, absent_reversal_before_fence, no_business_key, no_generation, no_compare_and_set,
    crash_means_not_sent, retry_overwrites_msgid, counter_in_memory, no_exposure_limit, no_visit_lock,
)  # fmt: skip
"""Faults inside the journal."""


def timeout_is_rejected(fault: str) -> Verdict:
    """Naive retry: what got no answer may be sent again."""
    return Verdict(outcome=Outcome.REJECTED, evidence="timeout")


def unlisted_is_rejected(fault: str) -> Verdict:
    outcome = Outcome.REJECTED if fault.startswith("unlisted") else Outcome.IN_DOUBT
    return Verdict(outcome=outcome, evidence="unlisted -1")


def timeout_is_confirmed(fault: str) -> Verdict:
    """Never send twice, and never look: what got no answer counts as done."""
    return attrs.evolve(timeout_is_rejected(fault), outcome=Outcome.CONFIRMED, identifier=f"S{fault}")


CALLER: tuple[Callable[[str], Verdict], ...] = (
    timeout_is_rejected,
    unlisted_is_rejected,
    timeout_is_confirmed,
)
"""Faults of a caller that classifies wrongly."""
