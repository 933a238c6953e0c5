"""An end that the centre contradicts, corrected by two persons: a new event of the chain, nothing is rewritten.

What was concluded as without effect (or as reversed) and was seen alive at the centre has a contradicted tombstone. Two
persons may say that it was executed, with its id, or that it has been reversed since. What is confirmed so becomes the
newest generation of its business key: the same business asked again gets its result instead of a second send. Where a
later generation is unresolved, or settled as well, nothing is corrected: the refusal says what to do first.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import attrs
import msgspec

from mi_core.journal import ending
from mi_core.journal.admission import key_text
from mi_core.journal.clues import Rows
from mi_core.journal.keyring import KeyRing
from mi_core.journal.records import Resolution
from mi_core.journal.refusals import MoveRefused
from mi_core.journal.states import (
    BINDING,
    CORRECTIONS,
    OPEN_STATES,
    AttemptState,
    OperationState,
    operation_after,
)
from mi_core.journal.transaction import Transaction

__all__ = ["check_later", "contradicted", "correct", "wrong_end", "wrong_ends"]

_CONTRADICTED: Final = """SELECT a.msgid, a.state FROM attempt a JOIN tombstone t ON t.msgid = a.msgid
    WHERE a.operation_id = ? AND t.contradicted = 1 AND t.closed_at IS NULL ORDER BY a.number DESC"""
_WRONG: Final = """SELECT t.msgid, a.state FROM tombstone t JOIN attempt a ON a.msgid = t.msgid
    WHERE t.contradicted = 1 AND t.closed_at IS NULL AND a.open = 0"""
_WRONG_KEY: Final = """SELECT o.id, a.state FROM operation o JOIN attempt a ON a.operation_id = o.id
    JOIN tombstone t ON t.msgid = a.msgid WHERE o.key_hash = ? AND t.contradicted = 1 AND t.closed_at IS NULL"""
_CORRECT: Final = """UPDATE attempt SET state = ?, version = version + 1, source = 'person', reason = ?,
    identifier_ct = coalesce(?, identifier_ct), identifier_hash = coalesce(?, identifier_hash), event_writer = ?,
    event_seq = ?, ended_at = ? WHERE msgid = ? AND state = ?"""
_OTHERS: Final = "SELECT id, generation, state, cancelled_by FROM operation WHERE key_hash = ? AND id <> ?"
_SIBLINGS: Final = "SELECT state FROM attempt WHERE operation_id = ? AND msgid <> ?"
_SAME_VISIT: Final = """SELECT b.operation_id FROM attempt a JOIN attempt b ON b.institution = a.institution
    AND b.sent_at >= a.sent_at AND b.interface = a.interface AND b.lock_hash = a.lock_hash AND b.state = 'CONFIRMED'
    AND b.operation_id <> a.operation_id JOIN operation o ON o.id = b.operation_id
    WHERE a.msgid = ? AND a.effect = 'money' AND o.cancelled_by IS NULL ORDER BY b.sent_at"""


@attrs.frozen
class _Other:
    """Another generation of the same business key."""

    id: str
    generation: int
    state: OperationState
    cancelled: bool


def contradicted(rows: Rows, operation_id: str) -> tuple[str, AttemptState] | None:
    """The attempt of an operation whose end the centre contradicts and nobody has corrected, with its state."""
    found = [(str(m), AttemptState(s)) for m, s in rows(_CONTRADICTED, (operation_id,))]
    return next((one for one in found if one[1] in CORRECTIONS), None)


def wrong_ends(rows: Rows) -> list[str]:
    """The messages whose end the centre contradicts and nobody has corrected."""
    found = rows(_WRONG, ())
    return [str(msgid) for msgid, state in found if AttemptState(state) in CORRECTIONS]


def wrong_end(rows: Rows, key_hashes: Sequence[bytes]) -> str | None:
    """An operation of a business key whose end the centre contradicts: the same business must not be sent again."""
    for digest in key_hashes:
        for operation_id, state in rows(_WRONG_KEY, (digest,)):
            if AttemptState(state) in CORRECTIONS:
                return str(operation_id)
    return None


def check_later(
    tx: Transaction, ring: KeyRing, operation_id: str, msgid: str, to: AttemptState | None, *, certain: bool
) -> None:
    """Raises :class:`MoveRefused` when a later send of the same business stands in the way; ``to`` is None for a 2601.

    ``certain``: the persons know that a later settlement of the same visit under another number is another business.
    """
    siblings = {AttemptState(state) for (state,) in tx.rows(_SIBLINGS, (operation_id, msgid))}
    later = _later(tx, ring, operation_id)
    unclear = [one.id for one in later if one.state in (OperationState.OPEN, OperationState.MANUAL)]
    unclear += [operation_id] * bool(siblings & OPEN_STATES)
    if unclear:
        raise MoveRefused(
            f"同一业务后来又发送过，结果未定（操作号 {unclear[0]}），暂不能更正",
            f"the same business was sent again and is unresolved (operation {unclear[0]}); nothing can be corrected yet",
            hint_zh=f"先查清后一笔：mi recover 或 mi doubt show {unclear[0]}，再重新执行本命令",
            hint_en=f"first find out about the later one: mi recover, or mi doubt show {unclear[0]}; then come back",
            msgid=msgid, operation_id=operation_id,
        )  # fmt: skip
    done = [one.id for one in later if one.state is OperationState.DONE and not one.cancelled]
    done += [operation_id] * bool(siblings & BINDING)
    if done and to is AttemptState.CONFIRMED:
        raise MoveRefused(
            f"同一业务后来已另行办理成功（操作号 {done[0]}），中心有两笔，不能再把本笔定为已执行",
            f"the same business was done again (operation {done[0]}): the bureau has two, this one cannot be confirmed as well",
            hint_zh=f"保留后一笔：由两人 mi doubt reverse {operation_id} --force 冲正本笔；"
            "要保留本笔：先用撤销接口（如 2208）撤销后一笔，再执行本命令",
            hint_en=f"to keep the later one: two persons, mi doubt reverse {operation_id} --force; "
            "to keep this one: first cancel the later one (e.g. by 2208), then come back",
            msgid=msgid, operation_id=operation_id,
        )  # fmt: skip
    if to is AttemptState.CONFIRMED and not certain and (same := tx.rows(_SAME_VISIT, (msgid,))):
        raise MoveRefused(
            f"本次就诊后来另有一笔同类业务已成功（操作号 {same[0][0]}），请核对它是不是本笔的补办",
            f"a later call of this kind was done for the same visit (operation {same[0][0]}): is it the repeat of this one?",
            hint_zh=f"是补办：由两人 mi doubt reverse {operation_id} --force 冲正本笔；确属两笔业务：加 --against-evidence",
            hint_en=f"if it is: two persons, mi doubt reverse {operation_id} --force; if they are two: add --against-evidence",
            msgid=msgid, operation_id=operation_id,
        )  # fmt: skip


def correct(
    tx: Transaction, ring: KeyRing, operation_id: str, msgid: str, resolution: Resolution
) -> AttemptState:
    """Record what two persons found out about a contradicted end; every check has passed before (:func:`check_later`)."""
    ((state, institution, interface, cancels, generation),) = tx.rows(
        """SELECT a.state, a.institution, a.interface, o.cancels, o.generation FROM attempt a
           JOIN operation o ON o.id = a.operation_id WHERE a.msgid = ?""", (msgid,),
    )  # fmt: skip
    sealed, to = ending.seal(ring, msgid, institution, interface, resolution), resolution.to
    newest = max((one.generation for one in _later(tx, ring, operation_id)), default=0) + 1
    turn = max(int(generation), newest) if to is AttemptState.CONFIRMED else int(generation)
    tx.run(
        _CORRECT,
        (to.value, resolution.reason, sealed.identifier, sealed.identifier_hash, tx.chain.writer, tx.chain.seq + 1,
         tx.now, msgid, state),
    )  # fmt: skip
    data: dict[str, object] = {
        "source": "person",
        "reason": resolution.reason,
        "persons": list(resolution.persons),
    }
    if turn != generation:
        data["generation"] = turn
    tx.event("corrected", operation_id, msgid, state, to.value, json.dumps(data, ensure_ascii=False))
    tx.run(
        "UPDATE operation SET state = ?, version = version + 1, updated_at = ?, last_msgid = ?, generation = ? WHERE id = ?",
        (operation_after(to).value, tx.now, msgid, turn, operation_id),
    )
    ending.took_back(tx, operation_id, to, cancels)
    tx.run("UPDATE tombstone SET closed_at = ?, closed_by = 'corrected' WHERE msgid = ?", (tx.now, msgid))
    ending.settle_reversals(tx, msgid)
    return to


def _later(tx: Transaction, ring: KeyRing, operation_id: str) -> list[_Other]:
    """The generations of the same business key after this operation, whatever key wrote their hashes."""
    ((institution, interface, generation, sealed),) = tx.rows(
        "SELECT institution, interface, generation, identity_ct FROM operation WHERE id = ?", (operation_id,)
    )
    key, _ = msgspec.json.decode(ring.open(bytes(sealed), f"operation/{operation_id}"))
    found = [
        _Other(str(row[0]), int(row[1]), OperationState(row[2]), row[3] is not None)
        for digest in ring.digests(key_text(institution, interface, key))
        for row in tx.rows(_OTHERS, (digest, operation_id))
    ]
    return [one for one in found if one.generation > int(generation)]
