"""A hospital, its journal and the bureau under a virtual clock; the invariants are checked after every step.

Used by the stateful test (hypothesis chooses the steps) and by the mutants (a seeded generator chooses them).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import attrs

from mi_core.errors import NotSent
from mi_core.journal import (
    Ask,
    AttemptRecord,
    AttemptState,
    CancelTarget,
    ExposureLimit,
    Facts,
    FenceTerms,
    Finding,
    Intent,
    Journal,
    Policy,
    Resolution,
    Reverse,
    Sight,
    Stored,
    Ticket,
    Verdict,
    rule,
)
from mi_core.types import Effect, Outcome
from tests.journal.centre import DAY, KNOWN, PROCESSING, Execution
from tests.journal.invariants import PROOF, Laws, demand
from tests.journal.kit import (
    INSTITUTION,
    REFUSED,
    TIMEOUT,
    UNSENT,
    Clock,
    before,
    crash,
    open_journal,
    reversal,
)

FAULTS = (
    "ok", "ok", "refuse", "not_sent", "drop_before", "drop_after", "late", "slow", "late_reply", "unlisted",
    "unlisted_executed", "blank", "lost_task", "crash_before", "crash_after", "crash_late",
)  # fmt: skip
LIMIT = 2
PATIENT = Policy(questions=3, reversals=4, reverse_unknown=True)


@attrs.define
class World(Laws):
    """``verdict_of`` and ``write_first`` are what a faulty caller would do otherwise (controls)."""

    path: Path
    terms: FenceTerms = KNOWN
    policy: Policy = PATIENT
    verdict_of: Callable[[str], Verdict] = lambda _: TIMEOUT
    write_first: bool = True
    clock: Clock = attrs.Factory(Clock)
    findings: dict[tuple[str, str], list[Finding]] = attrs.Factory(dict)
    late: list[tuple[Ticket, Verdict]] = attrs.Factory(list)

    def __attrs_post_init__(self) -> None:
        self.journal = self._open()

    def _open(self) -> Journal:
        return open_journal(self.path, self.clock, limit=ExposureLimit(LIMIT))

    # steps -------------------------------------------------------------------------------------------------------

    def settle(self, visit: str, batch: str, amount: str, fault: str, delay: int = 0) -> None:
        key = (visit, batch)
        intent = Intent(
            institution=INSTITUTION, interface="2207", effect=Effect.MONEY, business_key=key, lock_keys=(visit,),
            amounts={"medfee_sumamt": Decimal(amount)}, at_risk=Decimal(amount), reversible=True,
        )  # fmt: skip
        sending = before(self.journal, signed_at=self.clock.now)
        execution = Execution(sending.msgid, key, amount, self.clock.now, blank=fault == "blank")
        if not self.write_first and fault == "crash_after":
            self.centre.deliver(execution, self.clock.now, self.clock.now)
            self.sent[sending.msgid] = key
            return self.crash()
        busy = self._unresolved(visit)
        exposed = self._count("IN_DOUBT", "EXECUTED_UNIDENTIFIED", "REVERSING")
        previous = self._states(key)
        try:
            ticket = self.journal.wait(self.journal.begin_job(intent, sending))
        except NotSent:
            return None
        if isinstance(ticket, Stored):
            found = self.centre.ledger.get(ticket.msgid)
            return demand(found is not None and found.amount == amount, "I8 the caller was told the truth")
        demand(not busy, "I9 order per visit")
        demand(exposed <= LIMIT, "I12 exposure bounded")
        demand(
            all(state in PROOF or msgid in self._cancelled() for msgid, state in previous),
            "I7 proof before resend",
        )
        demand(ticket.msgid not in self.begun, "I5 msgid unique")
        self.begun.add(ticket.msgid)
        self._send(ticket, execution, fault, delay)
        return None

    def _send(self, ticket: Ticket, execution: Execution, fault: str, delay: int) -> None:
        now = self.clock.now
        if fault != "not_sent":
            self.sent[ticket.msgid] = execution.key
            self._written(ticket.msgid)
        executed = Verdict(outcome=Outcome.CONFIRMED, evidence="infcode 0", identifier=f"S{ticket.msgid}")
        if fault in (
            "ok",
            "drop_after",
            "late_reply",
            "lost_task",
            "unlisted_executed",
            "blank",
            "crash_after",
        ):
            self.centre.deliver(execution, now, now)
            self.centre.tick(now)
        elif fault in ("late", "crash_late"):
            self.centre.deliver(execution, now, now + delay, delay % PROCESSING)
        elif fault == "slow":
            self.centre.deliver(execution, now, now, min(delay, PROCESSING))
        if fault.startswith("crash"):
            return self.crash()
        if fault == "late_reply":
            self.late.append((ticket, executed))
        if fault == "lost_task":
            self.late.append((ticket, TIMEOUT))
            self.clock.now += 61_000
            self.journal.wait(self.journal.sweep_job(grace=0))
            return None
        verdict = {"ok": executed, "refuse": REFUSED, "not_sent": UNSENT}.get(fault) or self.verdict_of(fault)
        if fault.startswith("unlisted") and verdict.outcome is Outcome.IN_DOUBT:
            verdict = attrs.evolve(verdict, likely_refused=True, evidence="unlisted -1")
        self.journal.wait(self.journal.end_job(ticket, verdict))
        return None

    def cancel(self, pick: int) -> None:
        """2208 of a confirmed settlement, always answered."""
        rows = self._rows(
            "SELECT msgid FROM attempt WHERE interface = '2207' AND state = 'CONFIRMED' ORDER BY msgid"
        )
        if not rows:
            return
        msgid = rows[pick % len(rows)][0]
        key = self.sent[msgid]
        intent = Intent(
            institution=INSTITUTION, interface="2208", effect=Effect.MONEY, business_key=(f"S{msgid}",),
            lock_keys=(key[0],), cancels=CancelTarget(("2207",), f"S{msgid}"),
        )  # fmt: skip
        try:
            ticket = self.journal.wait(
                self.journal.begin_job(intent, before(self.journal, signed_at=self.clock.now))
            )
        except NotSent:
            return
        if isinstance(ticket, Ticket):
            demand(self.centre.undo(msgid, self.clock.now), "I3 no ghost")
            verdict = Verdict(outcome=Outcome.CONFIRMED, evidence="infcode 0", identifier=f"C{msgid}")
            self.journal.wait(self.journal.end_job(ticket, verdict))

    def advance(self, milliseconds: int) -> None:
        self.clock.now += milliseconds
        self.centre.tick(self.clock.now)

    def crash(self) -> None:
        crash(self.journal)
        self.findings.clear()
        self.journal = self._open()

    def answer_late(self) -> None:
        """A reply that the client had given up on."""
        if self.late:
            ticket, verdict = self.late.pop(0)
            self.journal.wait(self.journal.end_job(ticket, verdict))

    def recover(self, choose: random.Random, trouble: float = 0.2) -> None:
        for attempt in self.journal.read.unresolved(epoch=self.journal.epoch):
            if attempt.reverses is None and attempt.state is not AttemptState.SENT:
                self._recover(attempt, choose, trouble)
        self.journal.wait(self.journal.settle_reversals_job())

    def _recover(self, attempt: AttemptRecord, choose: random.Random, trouble: float) -> None:
        if attempt.state is AttemptState.MANUAL:
            return
        findings = self.findings.setdefault((attempt.msgid, attempt.state.value), [])
        reversals = self.journal.read.reversals(attempt.msgid)
        confirmed = [r.ended_at for r in reversals if r.state is AttemptState.CONFIRMED]
        facts = Facts(
            state=attempt.state, signed_at=attempt.signed_at, likely_refused=attempt.likely_refused,
            reversible=attempt.reversible, reversal_done_at=confirmed[0] if confirmed else None, reversals=len(reversals),
        )  # fmt: skip
        match rule(facts, tuple(findings), self.clock.now, self.terms, self.policy):
            case Resolution() as resolution:
                self.journal.wait(self.journal.resolve_job(attempt.msgid, resolution))
            case Ask(means=means):
                if choose.random() < trouble:
                    findings.append(Finding(sight=Sight.UNKNOWN, source=means, asked_at=self.clock.now))
                else:
                    findings.append(self.centre.ask(
                        attempt.msgid, self.clock.now, recon=means == "recon", signed_at=attempt.signed_at
                    ))  # fmt: skip
            case Reverse():
                self._reverse(attempt.msgid, choose, trouble)

    def _reverse(self, target: str, choose: random.Random, trouble: float) -> None:
        state = self._rows(f"SELECT state FROM attempt WHERE msgid = '{target}'")[0][0]
        demand(state != "CONFIRMED", "never 2601 a CONFIRMED attempt")
        try:
            ticket = self.journal.wait(self.journal.begin_job(reversal(target), before(self.journal)))
        except NotSent:
            return
        if isinstance(ticket, Stored):
            return
        self.begun.add(ticket.msgid)
        lost_before, lost_after = choose.random() < trouble, choose.random() < trouble
        undone = False if lost_before else self.centre.undo(target, self.clock.now)
        if lost_before or lost_after:
            verdict = TIMEOUT
        elif undone:
            verdict = Verdict(outcome=Outcome.CONFIRMED, evidence="infcode 0")
        else:
            verdict = attrs.evolve(REFUSED, evidence="not found")
            finding = Finding(sight=Sight.ABSENT, source="reversal", asked_at=self.clock.now)
            self.findings.setdefault((target, "REVERSING"), []).append(finding)
        self.journal.wait(self.journal.end_job(ticket, verdict))

    def calm(self, choose: random.Random) -> None:
        """Faults stop; recovery runs for some days. Then everything is terminal or MANUAL with a reason (I10)."""
        while self.late:
            self.answer_late()
        for _ in range(60):
            self.recover(choose, trouble=0.0)
            self.advance(DAY // 12)
        rows = self._rows("SELECT state, reason FROM attempt WHERE open = 1")
        demand(
            all(state == "MANUAL" and reason for state, reason in rows),
            "I10 terminal or MANUAL with a reason",
        )
        self.check()
        if not rows:
            booked = self._rows("""SELECT o.amounts FROM operation o WHERE o.interface = '2207' AND o.state = 'DONE'
                                   AND o.cancelled_by IS NULL""")
            here = sum(Decimal(row[0].partition("=")[2]) for row in booked)
            demand(here == sum(Decimal(e.amount) for e in self.centre.alive()), "I11 sums equal")


def run(world: World, seed: int, steps: int = 60) -> None:
    """A random life of a hospital; raises :class:`Broken` with the invariant's name."""
    choose = random.Random(seed)
    try:
        for _ in range(steps):
            what = choose.random()
            if what < 0.45:
                world.settle(
                    f"M{choose.randrange(6)}", f"B{choose.randrange(2)}", choose.choice(("10.00", "12.50")),
                    choose.choice(FAULTS), choose.choice((1, 20, 29, 40)) * 60_000,
                )  # fmt: skip
            elif what < 0.70:
                world.recover(choose)
            elif what < 0.85:
                world.advance(choose.choice((1_000, 60_000, 600_000, 2_400_000)))
            elif what < 0.90:
                world.cancel(choose.randrange(100))
            elif what < 0.95:
                world.answer_late()
            else:
                world.crash()
            world.check()
        world.calm(choose)
    finally:
        crash(world.journal)
