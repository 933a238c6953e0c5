"""The client built wrongly, one way at a time, in the worker's process. Every one must show in the figures.

Those inside the journal are the patches of :mod:`tests.journal.mutants`; those of the pipeline are here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs
import pytest

from mi_core.classify import Verdict
from mi_core.journal import Journal, Stored, Ticket
from mi_core.pipeline import exchange
from mi_core.pipeline.contexts import ResponseCtx
from mi_core.types import Outcome
from tests.journal import mutants as journal

__all__ = ["IN_PROCESS", "MUTANTS", "apply"]

Patch = pytest.MonkeyPatch


def timeout_is_rejected(patch: Patch) -> None:
    """No answer counts as a refusal."""

    def wrong(*, nothing_left: bool, evidence: str) -> Verdict:
        return Verdict(Outcome.NOT_SENT if nothing_left else Outcome.REJECTED, evidence)

    patch.setattr(exchange, "classify_failure", wrong)


def _rejecting(patch: Patch, is_it: Callable[[Verdict], bool]) -> None:
    real: Any = exchange._classified

    def wrong(*given: Any) -> ResponseCtx:
        got: ResponseCtx = real(*given)
        if got.verdict.outcome is Outcome.IN_DOUBT and is_it(got.verdict):
            return attrs.evolve(got, verdict=attrs.evolve(got.verdict, outcome=Outcome.REJECTED))
        return got

    patch.setattr(exchange, "_classified", wrong)


def http_502_is_rejected(patch: Patch) -> None:
    _rejecting(patch, lambda verdict: verdict.evidence.startswith("http 5"))


def unlisted_is_rejected(patch: Patch) -> None:
    """-1 with a text nobody knows counts as a refusal."""
    _rejecting(patch, lambda verdict: verdict.evidence == "unlisted refusal")


def send_then_write(patch: Patch) -> None:
    """The journal is written when the answer is there."""
    begin, end = Journal.begin, Journal.end
    waiting: dict[str, tuple[Any, Any]] = {}

    async def wrong_begin(self: Journal, intent: Any, before: Any) -> Ticket | Stored:
        done = await self.peek(intent)
        if done is not None:
            return done
        waiting[before.msgid] = (intent, before)
        return Ticket(
            before.msgid,
            1,
            before.msgid,
            1,
            1,
            self.epoch,
            intent.institution,
            intent.interface,
            None,
            intent.reverses,
        )

    async def wrong_end(self: Journal, ticket: Ticket, verdict: Any) -> Any:
        written = await begin(self, *waiting.pop(ticket.msgid))
        return await end(self, written, verdict) if isinstance(written, Ticket) else written

    patch.setattr(Journal, "begin", wrong_begin)
    patch.setattr(Journal, "end", wrong_end)


MUTANTS: Final[Mapping[str, tuple[Callable[[Patch], None], frozenset[str]]]] = {
    "no-fence": (journal.no_fence, frozenset({"orphan", "doubled"})),
    "short-fence": (journal.short_fence, frozenset({"orphan", "doubled"})),
    "send-then-write": (send_then_write, frozenset({"orphan"})),
    "timeout-rejected": (timeout_is_rejected, frozenset({"orphan", "doubled"})),
    "502-rejected": (http_502_is_rejected, frozenset({"orphan", "doubled"})),
    "unlisted-rejected": (unlisted_is_rejected, frozenset({"orphan", "doubled"})),
    "no-business-key": (journal.no_business_key, frozenset({"doubled"})),
    "no-generation": (journal.no_generation, frozenset({"doubled"})),
    "counter-in-memory": (journal.counter_in_memory, frozenset({"msgid_reuse"})),
    "crash-resend": (journal.crash_means_not_sent, frozenset({"orphan", "doubled"})),
    "retry-overwrites-msgid": (journal.retry_overwrites_msgid, frozenset({"lost"})),
}
"""Each with the figures of which one at least must not be 0."""

IN_PROCESS: Final[Mapping[str, str]] = {
    "lease-without-proof-of-death": "test_a_takeover_without_proof_of_death_is_noticed",
    "no-compare-and-set": "test_a_faulty_journal_is_noticed[no_compare_and_set]",
    "absent-reversal-before-fence": "test_a_faulty_journal_is_noticed[absent_reversal_before_fence]",
}
"""What a run of processes does not show reliably, and the test of ``tests/journal/test_mutants.py`` that notices it:
a wrong takeover and a lost compare-and-set need two writers within microseconds, a 2601 before the fence needs a gateway
of which nobody knows the fence."""


def apply(name: str) -> None:
    """Build this process wrongly, for good."""
    MUTANTS[name][0](Patch())
