"""One attempt, from what is known of it to the next thing that has to happen: facts, rule, question, conclusion."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Final

import attrs

from mi_core.config import Config
from mi_core.journal import (
    Ask,
    AttemptRecord,
    AttemptState,
    FenceTerms,
    Finding,
    Journal,
    MoveRefused,
    Resolution,
    Reverse,
    Sight,
    Wait,
    fence_end,
    rule,
)
from mi_core.journal.findings import Doubt, findings, note_job
from mi_core.journal.states import OPEN_STATES
from mi_core.model.outcome import OutcomeQuery
from mi_core.recovery.asked import Silence
from mi_core.recovery.asking import Asker
from mi_core.recovery.case import Case
from mi_core.recovery.knowing import Memory, facts_of, policy_of, terms_of, too_soon, worth_noting
from mi_core.recovery.pace import Tempo
from mi_core.recovery.reconciled import Reconciled
from mi_core.recovery.report import Line
from mi_core.recovery.reversing import Reverser
from mi_core.recovery.telling import told

__all__ = ["Resolver"]

_log = logging.getLogger("mi_core.recovery")
_STEPS: Final = 12
_MORE: Final = frozenset({AttemptState.IN_DOUBT, AttemptState.EXECUTED_UNIDENTIFIED, AttemptState.REVERSING})


@attrs.define(eq=False)
class Resolver:
    """Resolves attempts of this worker, one call of :meth:`resolve` at a time for each."""

    journal: Journal
    config: Config
    asker: Asker
    reverser: Reverser
    books: Reconciled
    clock: Callable[[], int]
    tempo: Tempo
    memory: dict[str, Memory] = attrs.field(factory=dict)

    def due(self, doubt: Doubt) -> int:
        """When to look at it (milliseconds); what was never looked at, or has changed its state, at once.

        Whoever waits longest is first: what comes new does not overtake what is overdue.
        """
        known = self.memory.get(doubt.msgid)
        if known is None or known.state is not doubt.state:
            return min(doubt.signed_at, self.clock())
        return known.due

    def postpone(self, doubt: Doubt) -> int:
        """Something of ours failed: later again."""
        known = self.memory.setdefault(doubt.msgid, Memory(doubt.state))
        known.tries += 1
        known.due = self.clock() + self.tempo.gap(known.tries)
        return known.due

    def forget(self, waiting: Iterable[Doubt]) -> None:
        """What is not in doubt any more needs no memory."""
        keep = {doubt.msgid for doubt in waiting}
        for msgid in [msgid for msgid in self.memory if msgid not in keep]:
            del self.memory[msgid]

    async def resolve(self, doubt: Doubt) -> Line | None:
        """As far as it goes now; ``None`` when it is not ours any more. Raises ``StoreError`` of the journal."""
        line = None
        used: set[str] = set()
        for _ in range(_STEPS):
            attempt = await asyncio.to_thread(self.journal.read.attempt, doubt.msgid)
            if attempt is None or attempt.epoch != self.journal.epoch:
                return line
            if attempt.state not in _MORE:
                self.memory.pop(doubt.msgid, None)
                return line or told(doubt, attempt.state, attempt.reason or attempt.evidence or "")
            line = await self._step(doubt, attempt, used)
            if line.due is not None:
                return line
        return line

    async def _step(self, doubt: Doubt, attempt: AttemptRecord, used: set[str]) -> Line:
        known = await self._memory(attempt)
        assert known.findings is not None
        questions = await self.asker.questions(attempt)
        terms = terms_of(self.config, attempt.institution)
        facts = await asyncio.to_thread(facts_of, self.journal, attempt, bool(questions))
        policy = policy_of(self.config, attempt, tuple(query for query, _ in questions))
        ruling = rule(facts, tuple(known.findings), self.clock(), terms, policy)
        match ruling:
            case Resolution(to=AttemptState.NOT_EXECUTED) if attempt.infcode == "0":
                return await self._manual(
                    doubt, attempt, "the centre said done, and its books do not have it"
                )
            case Resolution():
                return await self._conclude(doubt, attempt, ruling)
            case Ask(means="query", reason=why):
                return await self._query(doubt, attempt, known, questions, terms, used, why)
            case Ask(reason=why):
                return await self._recon(doubt, attempt, known, questions, terms, used, why)
            case Reverse(reason=why):
                return await self._reverse(doubt, attempt, known, used, why)
            case Wait(until=until, reason=why):
                if self._may_look(attempt, known, questions, terms, used):
                    return await self._query(doubt, attempt, known, questions, terms, used, why)
                return self._later(doubt, attempt, known, self._sooner(known, questions, until), why)

    async def _memory(self, attempt: AttemptRecord) -> Memory:
        known = self.memory.get(attempt.msgid)
        if known is None or known.state is not attempt.state:
            known = self.memory[attempt.msgid] = Memory(attempt.state)
        if known.findings is None:
            noted = await asyncio.to_thread(
                self.journal.read.ask,
                lambda rows, _: findings(rows, attempt.operation_id, attempt.msgid, attempt.state),
            )
            known.findings = list(noted)
        return known

    async def _conclude(self, doubt: Doubt, attempt: AttemptRecord, ruling: Resolution) -> Line:
        try:
            ended = await self.journal.resolve(attempt.msgid, ruling)
        except MoveRefused as refused:
            _log.error("%s: %s", attempt.msgid, refused.en)
            return told(doubt, attempt.state, refused.en, due=self.postpone(doubt))
        if not ended.applied:
            return told(doubt, ended.state, "resolved meanwhile")
        level = logging.WARNING if ended.state is AttemptState.MANUAL else logging.INFO
        _log.log(level, "%s %s: %s (%s)", attempt.interface, attempt.msgid, ended.state.value, ruling.reason)
        if ended.state not in OPEN_STATES or ended.state is AttemptState.MANUAL:
            self.memory.pop(attempt.msgid, None)
        return told(doubt, ended.state, ruling.reason)

    async def _manual(self, doubt: Doubt, attempt: AttemptRecord, why: str) -> Line:
        people = Resolution(to=AttemptState.MANUAL, source="limit", reason=why)
        return await self._conclude(doubt, attempt, people)

    # questions ---------------------------------------------------------------------------------------------------

    async def _query(
        self, doubt: Doubt, attempt: AttemptRecord, known: Memory, questions: list[tuple[OutcomeQuery, Case]],
        terms: FenceTerms, used: set[str], why: str,
    ) -> Line:  # fmt: skip
        now = self.clock()
        if any(query.after_lag for query, _ in questions):
            if terms.lag is None:
                questions = [one for one in questions if not one[0].after_lag]
            elif now < attempt.signed_at + terms.lag:
                until = attempt.signed_at + terms.lag
                return self._later(doubt, attempt, known, until, "a query may lag behind")
        if not questions:
            return await self._manual(
                doubt, attempt, "how far queries lag behind is unknown, so none can tell"
            )
        if "query" in used:
            return self._later(doubt, attempt, known, now + self.tempo.gap(known.tries - 1), why)
        used.add("query")
        known.tries += 1
        known.kept.fresh(now, fence_end(attempt.signed_at, terms))
        found = await self.asker.look(questions, known.kept)
        return await self._took(doubt, attempt, known, found, terms)

    async def _recon(
        self, doubt: Doubt, attempt: AttemptRecord, known: Memory, questions: list[tuple[OutcomeQuery, Case]],
        terms: FenceTerms, used: set[str], why: str,
    ) -> Line:  # fmt: skip
        now, behaviour = self.clock(), self.config.behaviour(attempt.institution, attempt.interface)
        if not any(query.interface == "3202" for query in behaviour.outcome_queries):
            if not questions:
                return await self._manual(
                    doubt, attempt, behaviour.nobody_tells or "nothing here can tell its outcome"
                )
            if now >= attempt.signed_at + self.tempo.people * 1000:
                return await self._manual(
                    doubt, attempt, "absent, but no time here proves that it will not come"
                )
            if "query" not in used:
                return await self._query(doubt, attempt, known, questions, terms, used, why)
            return self._later(doubt, attempt, known, now + self.tempo.gap(known.tries), why)
        if questions and "query" not in used and known.tries and attempt.state is AttemptState.IN_DOUBT:
            return await self._query(doubt, attempt, known, questions, terms, used, why)
        if "recon" in used:
            soon = self.tempo.gap(known.tries) if questions else round(self.tempo.recon * 1000)
            return self._later(doubt, attempt, known, now + soon, why)
        used.add("recon")
        known.tries += 1
        found = await self.books.look(attempt, now - round(self.tempo.recon * 1000))
        return await self._took(doubt, attempt, known, found, terms)

    async def _took(
        self, doubt: Doubt, attempt: AttemptRecord, known: Memory, found: Finding | Silence, terms: FenceTerms
    ) -> Line:
        """An answer, or none: remember it, note it in the journal where a restart must know it."""
        now = self.clock()
        assert known.findings is not None
        if isinstance(found, Silence):
            if found.unsent or not known.lasts(now, self.tempo.silence):
                return self._later(doubt, attempt, known, now + self.tempo.gap(known.tries - 1), found.why)
            found = Finding(sight=Sight.UNKNOWN, source="query", asked_at=now)
        else:
            known.silent_since = None
        before = known.findings[-1] if known.findings else None
        worth = worth_noting(attempt.state, found, before, fence_end(attempt.signed_at, terms))
        if not too_soon(before, found, self.tempo.recon):
            if before is not None and not worth and before.sight is found.sight:
                known.findings.pop()
            known.findings.append(found)
            if worth:
                await self._note(attempt, found)
        if found.sight is Sight.UNKNOWN:
            settings = self.config.institution(attempt.institution).recovery
            if sum(f.sight is Sight.UNKNOWN for f in known.findings) < settings.questions:
                books = found.source == "recon"
                wait = round(self.tempo.recon * 1000) if books else self.tempo.gap(known.tries - 1)
                return self._later(doubt, attempt, known, now + wait, "no usable answer")
        return told(doubt, attempt.state, f"{found.source}: {found.sight.value}")

    async def _note(self, attempt: AttemptRecord, found: Finding) -> None:
        job = note_job(self.journal.read.ring, self.journal.epoch, attempt.msgid, found)
        await asyncio.to_thread(self.journal.wait, job)

    def _may_look(
        self, attempt: AttemptRecord, known: Memory, questions: list[tuple[OutcomeQuery, Case]], terms: FenceTerms,
        used: set[str],
    ) -> bool:  # fmt: skip
        """Before the fence "absent" concludes nothing, but a late execution is found sooner by looking."""
        if attempt.state is not AttemptState.IN_DOUBT or "query" in used:
            return False
        return bool(questions) and known.absent and self.clock() >= known.due

    def _sooner(self, known: Memory, questions: list[tuple[OutcomeQuery, Case]], until: int) -> int:
        looked = questions and known.absent
        return min(until, self.clock() + self.tempo.gap(known.tries)) if looked else until

    # reversal ----------------------------------------------------------------------------------------------------

    async def _reverse(
        self, doubt: Doubt, attempt: AttemptRecord, known: Memory, used: set[str], why: str
    ) -> Line:
        sent = len(await asyncio.to_thread(self.journal.read.reversals, attempt.msgid))
        if (sent or known.unsent) and self.clock() < known.due:
            return self._later(doubt, attempt, known, known.due, why)
        if "reversal" in used:
            wait = self.tempo.gap(sent - 1, self.tempo.reversal) if sent else 0
            return self._later(doubt, attempt, known, self.clock() + wait, why)
        used.add("reversal")
        found = await self.reverser.reverse(attempt)
        if isinstance(found, Silence) and found.unsent:
            return await self._not_reversed(doubt, attempt, found.why)
        known = await self._memory(attrs.evolve(attempt, state=AttemptState.REVERSING))
        known.due = self.clock() + self.tempo.gap(sent, self.tempo.reversal)
        if isinstance(found, Finding):
            assert known.findings is not None
            known.findings.append(found)
            await self._note(attempt, found)
        return told(doubt, AttemptState.REVERSING, "2601")

    async def _not_reversed(self, doubt: Doubt, attempt: AttemptRecord, why: str) -> Line:
        """Nothing left: the gateway is away, or a 2601 of a worker that died is not ours yet. Again, ever more rarely."""
        after = await asyncio.to_thread(self.journal.read.attempt, attempt.msgid)
        known = await self._memory(attempt if after is None else after)
        known.unsent += 1
        level = logging.WARNING if known.unsent == 1 else logging.DEBUG
        _log.log(level, "%s: the reversal was not sent: %s", attempt.msgid, why)
        due = self.clock() + self.tempo.gap(known.unsent - 1, self.tempo.reversal)
        return self._later(doubt, attempt, known, due, why)

    def _later(self, doubt: Doubt, attempt: AttemptRecord, known: Memory, due: int, why: str) -> Line:
        known.due = max(due, self.clock() + 1)
        return told(doubt, attempt.state, why, due=known.due)
