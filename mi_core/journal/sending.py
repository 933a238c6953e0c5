"""Write-ahead: an intent and its first (or next) attempt become durable before a byte leaves.

:func:`prepare` does in the caller's thread what costs time (encryption, keyed hashes); :func:`begin` is the
transaction, run by the writer.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from decimal import ROUND_UP, Decimal
from typing import Final

import attrs
import msgspec

from mi_core.journal import admission
from mi_core.journal.admission import Again, Answer, Decision, Fresh
from mi_core.journal.correcting import wrong_end
from mi_core.journal.ending import move
from mi_core.journal.exposure import ExposureLimit, check_exposure
from mi_core.journal.keyring import KeyRing
from mi_core.journal.looking import Found, look, stored
from mi_core.journal.people import granted
from mi_core.journal.records import BeforeSend, Intent, Stored, Ticket
from mi_core.journal.refusals import NoReversal, busy
from mi_core.journal.states import NO_EFFECT, AttemptState
from mi_core.journal.transaction import Rows, Transaction
from mi_core.types import Effect

__all__ = [
    "Prepared", "admit", "answered", "begin", "check_ends", "check_free", "key_of", "lock_hashes", "locks_of",
    "new_operation_id", "prepare", "row_digest_text",
]  # fmt: skip

_ATTEMPT: Final = """INSERT INTO attempt (
    msgid, operation_id, number, institution, interface, effect, endpoint, profile_version, mdtrtarea_admvs,
    insuplc_admdvs, operator, psn_ct, psn_hash, at_risk, reverses, request_ct, fingerprint, signed_at, deadline_at,
    sent_at, owner_epoch, event_writer, event_seq, lock_hash, state, version, open)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'SENT', 1, 1)"""
_TAKES_BACK: Final = """SELECT a.operation_id FROM attempt a JOIN operation o ON o.id = a.operation_id
    WHERE a.open = 1 AND a.institution = ? AND o.cancels = ?"""
_REVERSIBLE: Final = frozenset({"IN_DOUBT", "EXECUTED_UNIDENTIFIED", "REVERSING"})


def new_operation_id(now: int) -> str:
    """Time (ms, 12 hex digits) and 80 random bits: sorts by age, names nobody."""
    return f"{now:012x}{secrets.token_hex(10)}"


def key_of(intent: Intent) -> str:
    """The text whose keyed hash is the business key."""
    return admission.key_text(intent.institution, intent.interface, intent.business_key)


def row_digest_text(columns: Sequence[object]) -> bytes:
    """The attempt's clear columns as one text; its keyed digest stands in the chained event, so that a change shows.

    Order: msgid, interface, institution, endpoint, profile_version, mdtrtarea_admvs, insuplc_admdvs, operator,
    signed_at, deadline_at, amounts, reverses.
    """
    return "\x1f".join(["" if value is None else str(value) for value in columns]).encode()


@attrs.frozen(eq=False)
class Prepared:
    """An intent ready for the transaction: hashed and encrypted."""

    intent: Intent
    before: BeforeSend
    operation_id: str
    """For a new operation: time (ms, 12 hex digits) and 80 random bits."""
    key_hashes: tuple[bytes, ...]
    locks: tuple[tuple[bytes, ...], ...]
    lock_hashes: tuple[bytes, ...]
    """All of ``locks`` in one row, to be searched."""
    amounts: str
    identity: bytes
    psn_ct: bytes | None
    psn_hash: bytes | None
    request_ct: bytes
    fingerprint: bytes
    row: str
    cancel_hashes: tuple[bytes, ...]


def prepare(ring: KeyRing, intent: Intent, before: BeforeSend, now: int) -> Prepared:
    """Encrypt and hash. Raises ``ValueError`` for what cannot be stored (no business key, reversal without target)."""
    if not intent.business_key or not all(intent.business_key):
        raise ValueError("an intent needs a business key without empty parts")
    if (intent.effect is Effect.REVERSAL) != (intent.reverses is not None):
        raise ValueError("a reversal, and only a reversal, names the msgid it reverses")
    if not before.msgid.isascii() or not before.msgid.isalnum():
        raise ValueError("a msgid is made of ASCII letters and digits")
    place = f"attempt/{before.msgid}/"
    psn = intent.psn_no
    amounts = admission.amounts_text(intent.amounts)
    row = row_digest_text((
        before.msgid, intent.interface, intent.institution, before.endpoint, before.profile_version,
        before.mdtrtarea_admvs, before.insuplc_admdvs, before.operator, before.signed_at, before.deadline_at,
        amounts, intent.reverses,
    ))  # fmt: skip
    identity = msgspec.json.encode((intent.business_key, intent.lock_keys))
    operation_id = intent.operation_id or new_operation_id(now)
    cancel = intent.cancels
    locks = locks_of(ring, intent)
    return Prepared(
        intent, before, operation_id, ring.digests(key_of(intent)),
        locks, tuple(value for hashes in locks for value in hashes), amounts,
        ring.seal(identity, f"operation/{operation_id}"),
        None if psn is None else ring.seal(psn.encode(), place + "psn"),
        None if psn is None else ring.digest(f"psn {psn}"),
        ring.seal(before.request, place + "request"), ring.fingerprint(before.content), ring.fingerprint(row).hex(),
        () if cancel is None else tuple(
            value for infno in cancel.interfaces
            for value in ring.digests(f"result {intent.institution} {infno} {cancel.identifier}")
        ),
    )  # fmt: skip


def begin(
    tx: Transaction, p: Prepared, ring: KeyRing, epoch: int, limit: ExposureLimit,
    check: Callable[[Rows, Intent], None] | None = None,
) -> Ticket | Stored:  # fmt: skip
    """The transaction: decide, check locks and exposure, store operation, attempt, locks and the event SENT.

    Nothing is written before every check has passed, so that a refusal costs the group nothing. ``check``: the journal's
    own word on whether such a call may leave now.
    """
    intent, before = p.intent, p.before
    found = look(tx, ring, intent.institution, p.key_hashes, p.lock_hashes, before.content)
    decision = admit(found, intent, limit)
    if isinstance(decision, Answer):
        return answered(tx, ring, decision, intent)
    check_ends(tx, p.key_hashes, decision, intent)
    if check is not None:
        check(tx, intent)
    again = decision if isinstance(decision, Again) else None
    operation_id = p.operation_id if again is None else again.operation_id
    target = None if intent.reverses is None else _target(tx, intent, ring)
    if again is None:
        cancels = _cancelled(tx, p)
        _insert_operation(tx, p, decision.generation, cancels)
        number = 1
    else:
        number, cancels = again.number, _cancelled(tx, p)
        if again.supersedes is not None:
            move(
                tx,
                again.supersedes,
                AttemptState.SUPERSEDED,
                source="resend",
                reason="same omsgid sent again",
            )
        tx.run(
            "UPDATE operation SET state = 'OPEN', version = version + 1, last_msgid = ?, cancels = ?, updated_at = ?"
            " WHERE id = ?",
            (before.msgid, cancels, tx.now, operation_id),
        )
    if target is not None:
        move(tx, target, AttemptState.REVERSING, source="reversal", reason=f"2601 {before.msgid}")
    _insert_attempt(tx, p, operation_id, number, epoch)
    if len(p.locks) > 1:
        tx.many(
            "INSERT INTO more_locks VALUES (?, ?, ?)",
            [(k[0], operation_id, before.msgid) for k in p.locks[1:]],
        )
    return Ticket(
        operation_id, decision.generation, before.msgid, number, 1, epoch, intent.institution, intent.interface,
        cancels, intent.reverses, len(p.locks) > 1,
    )  # fmt: skip


def locks_of(ring: KeyRing, intent: Intent) -> tuple[tuple[bytes, ...], ...]:
    """For each visit lock its hashes by every active key."""
    return lock_hashes(ring, intent.institution, intent.lock_keys)


def lock_hashes(ring: KeyRing, institution: str, lock_keys: Sequence[str]) -> tuple[tuple[bytes, ...], ...]:
    """As :func:`locks_of`, for keys without an intent."""
    return tuple(ring.digests(f"lock {institution} {key}") for key in dict.fromkeys(lock_keys))


def check_free(tx: Rows, ring: KeyRing, institution: str, locks: Sequence[bytes], interface: str) -> None:
    """Raises :class:`mi_core.errors.VisitBusy` when one of the locks is held."""
    for holder in look(tx, ring, institution, (), locks, None).holders:
        raise busy(holder, interface)


def admit(found: Found, intent: Intent, limit: ExposureLimit) -> Decision:
    """All checks on what was found; raises when the call may not be sent."""
    decision = admission.decide(found.standing, intent)
    if isinstance(decision, Answer):
        return decision
    own = decision.operation_id if isinstance(decision, Again) else None
    for holder in found.holders:
        if holder != own:
            raise busy(holder, intent.interface)
    check_exposure(found.exposure, intent, limit)
    return decision


def check_ends(tx: Rows, keys: Sequence[bytes], decision: Decision, intent: Intent) -> None:
    """Raises :class:`mi_core.errors.VisitBusy` where an earlier end of the same business is contradicted by the centre: it
    was executed perhaps, and two persons correct that first. Also what is recorded as never sent can be contradicted."""
    again = isinstance(decision, Again) and decision.supersedes is None
    if again or (isinstance(decision, Fresh) and decision.previous is not None):
        wrong = wrong_end(tx.rows, keys)
        if wrong is not None:
            raise busy(wrong, intent.interface, manual=True)


def answered(tx: Rows, ring: KeyRing, decision: Answer, intent: Intent) -> Stored:
    """The stored result; raises :class:`mi_core.errors.VisitBusy` while a call that takes it back is unresolved, for then
    nobody knows whether it still holds."""
    for (operation_id,) in tx.rows(_TAKES_BACK, (intent.institution, decision.operation_id)):
        raise busy(operation_id, intent.interface)
    return stored(tx, ring, decision)


def _target(tx: Transaction, intent: Intent, ring: KeyRing) -> str | None:
    """The attempt to move to REVERSING, or None when it stays: it is there already, or it is MANUAL or its end is
    contradicted by the centre, and two persons have permitted the 2601 (they decide its end as well)."""
    found = tx.rows(
        """SELECT a.state, a.institution, t.contradicted, a.operation_id FROM attempt a
           LEFT JOIN tombstone t ON t.msgid = a.msgid WHERE a.msgid = ?""",
        (intent.reverses,),
    )
    if found and found[0][1] == intent.institution:
        state, _, contradicted, operation_id = found[0]
        if state in _REVERSIBLE:
            return None if state == "REVERSING" else intent.reverses
        by_people = state == "MANUAL" or (contradicted and AttemptState(state) in NO_EFFECT)
        if by_people and granted(tx.rows, ring, operation_id, intent.reverses or "", tx.now):
            return None
    raise NoReversal(
        f"报文 {intent.reverses} 不允许冲正", f"message {intent.reverses} may not be reversed",
        hint_zh="只有结果未定的报文可以冲正；已成功的业务用撤销接口", hint_en="only what is in doubt is reversed; cancel what is confirmed",
        interface=intent.interface, institution=intent.institution,
    )  # fmt: skip


def _cancelled(tx: Transaction, p: Prepared) -> str | None:
    """The operation that a cancelling intent takes back, when the journal knows it."""
    for value in p.cancel_hashes:
        found = tx.rows(
            "SELECT operation_id FROM attempt WHERE identifier_hash = ? AND state = 'CONFIRMED' ORDER BY sent_at DESC",
            (value,),
        )
        if found:
            return str(found[0][0])
    return None


def _insert_operation(tx: Transaction, p: Prepared, generation: int, cancels: str | None) -> None:
    intent = p.intent
    tx.run(
        "INSERT INTO operation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'OPEN', 1, ?, ?, NULL, ?, ?)",
        (
            p.operation_id, intent.institution, intent.interface, intent.effect.value, p.key_hashes[0], generation,
            p.identity[0], p.identity, p.amounts, int(intent.repeatable),
            int(intent.reversible), p.before.msgid, cancels, tx.now, tx.now,
        ),
    )  # fmt: skip


def _insert_attempt(tx: Transaction, p: Prepared, operation_id: str, number: int, epoch: int) -> None:
    intent, before = p.intent, p.before
    data = f'{{"number":{number},"row":"{p.row}"}}'
    seq = tx.event("sent", operation_id, before.msgid, None, "SENT", data)
    tx.run(
        _ATTEMPT,
        (
            before.msgid, operation_id, number, intent.institution, intent.interface, intent.effect.value,
            before.endpoint, before.profile_version, before.mdtrtarea_admvs, before.insuplc_admdvs, before.operator,
            p.psn_ct, p.psn_hash, _fen(intent.at_risk), intent.reverses, p.request_ct, p.fingerprint,
            before.signed_at, before.deadline_at, tx.now, epoch, tx.chain.writer, seq,
            p.locks[0][0] if p.locks else None,
        ),
    )  # fmt: skip


def _fen(yuan: Decimal) -> int:
    return int((yuan * 100).to_integral_value(ROUND_UP))
