"""A settlement that the bureau has taken back although no call of this journal did it: another system, or the bureau's desk.

The operation keeps its CONFIRMED attempt, for it was executed; from here on it counts as cancelled, so that the same business
may be settled anew (a new generation) and its stored result is no longer given as one that stands.
"""

from __future__ import annotations

import json

from mi_core.journal.ending import observe
from mi_core.journal.keyring import KeyRing
from mi_core.journal.refusals import MoveRefused
from mi_core.journal.states import AttemptState
from mi_core.journal.transaction import Transaction

__all__ = ["ELSEWHERE", "taken_back_elsewhere"]

ELSEWHERE = "elsewhere"
"""Stands as ``cancelled_by`` where an operation's id would, and is the kind of the event in the audit chain."""
_LIVE = "SELECT operation_id, state FROM attempt WHERE msgid = ?"
_CANCEL = (
    "UPDATE operation SET cancelled_by = ?, version = version + 1 WHERE id = ? AND cancelled_by IS NULL"
    " AND state = 'DONE'"
)


def taken_back_elsewhere(tx: Transaction, ring: KeyRing, msgid: str, evidence: bytes) -> bool:
    """Take over what the bureau's answer ``evidence`` shows of the confirmed settlement ``msgid``; again: nothing, ``False``.

    Raises :class:`MoveRefused` for an attempt that is not CONFIRMED: that one is resolved, never taken over.
    """
    found = tx.rows(_LIVE, (msgid,))
    if not found or AttemptState(found[0][1]) is not AttemptState.CONFIRMED:
        state = str(found[0][1]) if found else "?"
        raise MoveRefused(
            f"报文 {msgid} 状态为 {state}，不能登记为已由他处撤销",
            f"message {msgid} is {state}: it cannot be noted as taken back elsewhere", msgid=msgid,
        )  # fmt: skip
    operation_id = str(found[0][0])
    if not tx.run(_CANCEL, (ELSEWHERE, operation_id)):
        return False
    observe(tx, msgid, True, "query", evidence, ring, taken_back=True)
    tx.event(ELSEWHERE, operation_id, msgid, data=json.dumps({"source": "query"}))
    return True
