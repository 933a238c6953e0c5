"""How an attempt leaves its state: the answer's verdict, a resolution, or what someone saw at the centre.

Every move is compare-and-set on (state, version, owner epoch) and appends an event. Who loses the race leaves
evidence, and an alarm when it contradicts what is recorded.
"""

from __future__ import annotations

import json
from typing import Final

import attrs
import msgspec

from mi_core.journal.keyring import KeyRing
from mi_core.journal.persons import fold
from mi_core.journal.records import Ended, Resolution, Ticket, Verdict
from mi_core.journal.refusals import MoveRefused
from mi_core.journal.states import MOVES, NO_EFFECT, OPEN_STATES, OUTCOME_STATE, AttemptState, operation_after
from mi_core.journal.transaction import Transaction
from mi_core.types import Outcome

__all__ = [
    "NOTHING",
    "Sealed",
    "contradicts",
    "end",
    "move",
    "observe",
    "resolve",
    "seal",
    "settle_reversals",
    "took_back",
]

_END: Final = """UPDATE attempt SET state = ?, version = version + 1, open = ?, evidence = ?, infcode = ?,
    likely_refused = ?, response_ct = ?, identifier_ct = ?, identifier_hash = ?, source = ?, event_writer = ?,
    event_seq = ?, ended_at = ? WHERE msgid = ? AND state = 'SENT' AND version = ? AND owner_epoch = ?"""
_MOVE: Final = """UPDATE attempt SET state = ?, version = version + 1, open = ?, source = ?, reason = ?,
    missing = ?, identifier_ct = coalesce(?, identifier_ct), identifier_hash = coalesce(?, identifier_hash),
    result_ct = coalesce(?, result_ct), event_writer = ?, event_seq = ?, ended_at = ?
    WHERE msgid = ? AND state = ? AND version = ? AND owner_epoch = ?"""
_OPERATION: Final = (
    "UPDATE operation SET state = ?, version = version + 1, updated_at = ? WHERE id = ? AND last_msgid = ?"
)
_REVERSALS: Final = """SELECT r.msgid, r.state, t.msgid, t.state FROM attempt r JOIN attempt t ON t.msgid = r.reverses
    WHERE r.open = 1 AND r.state <> 'SENT'"""
_REVERSALS_OF: Final = _REVERSALS + " AND r.reverses = ?"
_TAKEN_BACK: Final = "SELECT 1 FROM attempt WHERE reverses = ? AND state <> 'NOT_SENT' LIMIT 1"
_EXECUTED: Final = frozenset({AttemptState.CONFIRMED, AttemptState.EXECUTED_UNIDENTIFIED})
_BY_BEGIN: Final = frozenset({AttemptState.REVERSING, AttemptState.SUPERSEDED})
_FOLLOW: Final = {
    AttemptState.REVERSED: AttemptState.CONFIRMED,
    AttemptState.CONFIRMED: AttemptState.NOT_EXECUTED,
    AttemptState.NOT_EXECUTED: AttemptState.NOT_EXECUTED,
    AttemptState.MANUAL: AttemptState.MANUAL,
}
"""What becomes of a reversal still in doubt when its target is settled."""


def contradicts(outcome: Outcome, state: AttemptState) -> bool:
    """Whether an answer with ``outcome`` cannot be true together with the recorded ``state``."""
    if outcome is Outcome.CONFIRMED:
        return state in NO_EFFECT
    return outcome in (Outcome.REJECTED, Outcome.NOT_SENT) and state in _EXECUTED


@attrs.frozen
class Sealed:
    """What of an answer is encrypted or hashed; made in the caller's thread."""

    response: bytes | None
    identifier: bytes | None
    identifier_hash: bytes | None


def seal(ring: KeyRing, msgid: str, institution: str, interface: str, answer: Verdict | Resolution) -> Sealed:
    """Encrypt body and identifier of an answer to ``msgid``; a resolution's body goes to its own column."""
    column = "response" if isinstance(answer, Verdict) else "result"
    body, identifier = answer.response, answer.identifier
    return Sealed(
        None if body is None else ring.seal(body, f"attempt/{msgid}/{column}"),
        None if identifier is None else ring.seal(identifier.encode(), f"attempt/{msgid}/identifier"),
        None if identifier is None else ring.digest(f"result {institution} {interface} {identifier}"),
    )


NOTHING: Final = Sealed(None, None, None)


def end(tx: Transaction, ticket: Ticket, verdict: Verdict, sealed: Sealed, ring: KeyRing) -> Ended:
    """Record the answer to a send. Loses against a takeover or resolution, and is evidence then."""
    state = OUTCOME_STATE[verdict.outcome]
    still_open = state in OPEN_STATES
    confirmed = state is AttemptState.CONFIRMED
    chain = tx.chain
    changed = tx.run(
        _END,
        (
            state.value, int(still_open), verdict.evidence, verdict.infcode, int(verdict.likely_refused),
            sealed.response, sealed.identifier, sealed.identifier_hash if confirmed else None,
            "reply" if confirmed else None, chain.writer, chain.seq + 1,
            None if still_open else tx.now, ticket.msgid, ticket.version, ticket.epoch,
        ),
    )  # fmt: skip
    if changed != 1:
        return _late(tx, ticket, verdict, ring)
    data = msgspec.json.encode({"evidence": verdict.evidence}).decode()
    tx.event("ended", ticket.operation_id, ticket.msgid, "SENT", state.value, data)
    _after(tx, ticket.operation_id, ticket.msgid, state, ticket.cancels, ticket.more_locks)
    if still_open and ticket.reverses is not None:
        settle_reversals(tx, ticket.reverses)
    if verdict.discrepancy:
        kind = "discrepancy" if confirmed else "executed_in_doubt"
        tx.alarm(kind, ticket.msgid, ticket.operation_id, verdict.evidence)
    return Ended(state, True)


def move(
    tx: Transaction, msgid: str, to: AttemptState, *, source: str, reason: str, sealed: Sealed = NOTHING,
    missing: tuple[str, ...] = (), persons: tuple[str, ...] = (),
) -> None:  # fmt: skip
    """One move of the machine inside the running transaction; raises :class:`MoveRefused` when there is no such move."""
    row = tx.rows(
        """SELECT a.state, a.version, a.owner_epoch, a.operation_id, a.institution, o.cancels
           FROM attempt a JOIN operation o ON o.id = a.operation_id WHERE a.msgid = ?""",
        (msgid,),
    )
    if not row:
        raise _no_move(msgid, "?", to)
    state, version, epoch, operation_id, institution, cancels = row[0]
    if to not in MOVES[AttemptState(state)]:
        raise _no_move(msgid, state, to)
    still_open = to in OPEN_STATES
    changed = tx.run(
        _MOVE,
        (
            to.value, int(still_open), source, reason, json.dumps(missing) if missing else None,
            sealed.identifier, sealed.identifier_hash, sealed.response, tx.chain.writer, tx.chain.seq + 1, None if still_open else tx.now,
            msgid, state, version, epoch,
        ),
    )  # fmt: skip
    if changed != 1:
        raise _no_move(msgid, state, to)
    data = {"source": source, "reason": reason} | ({"persons": list(persons)} if persons else {})
    tx.event(
        "moved", operation_id, msgid, state, to.value, json.dumps(data, ensure_ascii=False), sealed.response
    )
    _after(tx, operation_id, msgid, to, cancels, True)
    if to is AttemptState.NOT_EXECUTED:
        tx.run(
            "INSERT INTO tombstone (msgid, operation_id, institution, created_at) VALUES (?, ?, ?, ?)",
            (msgid, operation_id, institution, tx.now),
        )
    if to in _FOLLOW:
        settle_reversals(tx, msgid)


def resolve(tx: Transaction, msgid: str, resolution: Resolution, ring: KeyRing, epoch: int) -> Ended:
    """Apply what a query, 3202, a verified reversal, a limit or people concluded about an unresolved attempt.

    Raises :class:`MoveRefused` for a move that does not exist or lacks its persons; a line of 3202 with the message's own
    id confirms what is MANUAL without them, unless a 2601 may have taken it back since that line was asked for. When
    another owner has the attempt or it was resolved meanwhile, nothing changes and ``applied`` is False.
    """
    row = tx.rows("SELECT state, owner_epoch, institution, interface FROM attempt WHERE msgid = ?", (msgid,))
    if not row:
        raise _no_move(msgid, "?", resolution.to)
    state, owner, institution, interface = AttemptState(row[0][0]), *row[0][1:]
    by_people = resolution.source == "person"
    proven = (
        state is AttemptState.MANUAL
        and resolution.to is AttemptState.CONFIRMED
        and resolution.source == "recon"
        and resolution.identifier is not None
        and not tx.rows(_TAKEN_BACK, (msgid,))
    )
    if state not in OPEN_STATES or (owner != epoch and not by_people and not proven):
        ended = observe(tx, msgid, resolution.to in _EXECUTED, resolution.source, resolution.response, ring)
        return Ended(state, False, ended.contradiction)
    needed = 0 if proven else 2 if state is AttemptState.MANUAL else int(by_people)
    if (
        resolution.to in _BY_BEGIN
        or state is AttemptState.SENT
        or len({fold(name) for name in resolution.persons} - {""}) < needed
    ):
        raise _no_move(msgid, state.value, resolution.to)
    move(
        tx, msgid, resolution.to, source=resolution.source, reason=resolution.reason,
        sealed=seal(ring, msgid, institution, interface, resolution), missing=resolution.missing,
        persons=resolution.persons,
    )  # fmt: skip
    return Ended(resolution.to, True)


def observe(
    tx: Transaction, msgid: str, executed: bool, source: str, evidence: bytes | None, ring: KeyRing, *,
    taken_back: bool = False,
) -> Ended:  # fmt: skip
    """Record that the centre was seen to have executed (or not to have) an attempt, without moving it.

    Contradictions: seen alive though recorded as without effect, or absent though CONFIRMED (a ghost). They alarm, and
    two persons may correct a contradicted end (:mod:`mi_core.journal.correcting`). ``taken_back``: executed and reversed
    or refunded since.
    """
    row = tx.rows("SELECT state, operation_id, institution FROM attempt WHERE msgid = ?", (msgid,))
    if not row:
        tx.event("foreign", None, msgid, data=json.dumps({"source": source}))
        tx.alarm(
            "contradiction", msgid, None, f"{source}: the centre knows a msgid that the journal does not"
        )
        return Ended(AttemptState.MANUAL, False, True)
    state, operation_id, institution = AttemptState(row[0][0]), row[0][1], row[0][2]
    alive = source == "recon" and not taken_back
    gone = NO_EFFECT | {AttemptState.REVERSED} if alive else NO_EFFECT
    wrong = (executed and state in gone) or (
        not executed and state is AttemptState.CONFIRMED and source == "recon"
    )
    data = json.dumps(
        {"source": source, "executed": executed, "contradiction": wrong}
        | ({"sight": "refunded"} if taken_back else {})
    )
    sealed = None if evidence is None else ring.seal(evidence, f"event/{msgid}")
    tx.event("seen", operation_id, msgid, state.value, state.value, data, sealed)
    if wrong:
        if executed and not tx.run("UPDATE tombstone SET contradicted = 1 WHERE msgid = ?", (msgid,)):
            tx.run(
                "INSERT INTO tombstone (msgid, operation_id, institution, created_at, contradicted)"
                " VALUES (?, ?, ?, ?, 1)",
                (msgid, operation_id, institution, tx.now),
            )
        tx.alarm(
            "contradiction", msgid, operation_id, f"{source}: executed={executed} but recorded {state.value}"
        )
    return Ended(state, False, wrong)


def _late(tx: Transaction, ticket: Ticket, verdict: Verdict, ring: KeyRing) -> Ended:
    row = tx.rows("SELECT state, owner_epoch FROM attempt WHERE msgid = ?", (ticket.msgid,))
    if not row:
        raise _no_move(ticket.msgid, "?", OUTCOME_STATE[verdict.outcome])
    state, owner = AttemptState(row[0][0]), row[0][1]
    confirmed = verdict.outcome is Outcome.CONFIRMED
    if (
        confirmed
        and owner == ticket.epoch
        and AttemptState.CONFIRMED in MOVES[state]
        and state is not AttemptState.MANUAL
    ):
        late = Resolution(
            to=AttemptState.CONFIRMED, source="late", reason=verdict.evidence, response=verdict.response,
            identifier=verdict.identifier,
        )  # fmt: skip
        return resolve(tx, ticket.msgid, late, ring, ticket.epoch)
    wrong = contradicts(verdict.outcome, state)
    if confirmed:
        return observe(tx, ticket.msgid, True, "late", verdict.response, ring)
    data = json.dumps({"evidence": verdict.evidence, "contradiction": wrong}, ensure_ascii=False)
    sealed = None if verdict.response is None else ring.seal(verdict.response, f"event/{ticket.msgid}")
    tx.event("late", ticket.operation_id, ticket.msgid, state.value, state.value, data, sealed)
    if wrong:
        tx.alarm(
            "contradiction",
            ticket.msgid,
            ticket.operation_id,
            f"late {verdict.evidence}, recorded {state.value}",
        )
    return Ended(state, False, wrong)


def _after(
    tx: Transaction, operation_id: str, msgid: str, state: AttemptState, cancels: str | None, more_locks: bool
) -> None:
    tx.run(_OPERATION, (operation_after(state).value, tx.now, operation_id, msgid))
    if more_locks and state not in OPEN_STATES:
        tx.run("DELETE FROM more_locks WHERE msgid = ?", (msgid,))
    took_back(tx, operation_id, state, cancels)


def took_back(tx: Transaction, operation_id: str, state: AttemptState, cancels: str | None) -> None:
    """A confirmed cancelling call has taken back the operation ``cancels``."""
    if cancels is not None and state is AttemptState.CONFIRMED:
        tx.run(
            "UPDATE operation SET cancelled_by = ?, version = version + 1 WHERE id = ?",
            (operation_id, cancels),
        )


def settle_reversals(tx: Transaction, target: str | None = None) -> int:
    """Reversals in doubt learn their own outcome from what became of their target (one target, or all); how many."""
    rows = tx.rows(_REVERSALS) if target is None else tx.rows(_REVERSALS_OF, (target,))
    moved = 0
    for msgid, state, settled, became in rows:
        to = _FOLLOW.get(AttemptState(became))
        if to is not None and to in MOVES[AttemptState(state)]:
            move(tx, msgid, to, source="target", reason=f"{settled} became {became}")
            moved += 1
    return moved


def _no_move(msgid: str, state: str, to: AttemptState) -> MoveRefused:
    return MoveRefused(
        f"报文 {msgid} 不能从 {state} 变为 {to.value}", f"message {msgid} cannot go from {state} to {to.value}",
        hint_zh="转人工的业务须由两名不同的人员处理", hint_en="what is MANUAL needs two different persons", msgid=msgid,
    )  # fmt: skip
