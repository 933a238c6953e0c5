"""What people confirmed gets its content from the centre: the settlement is theirs to say, its amounts are not.

A decision of people stays theirs (``source`` is ``person``); what the centre then told of it is stored beside it with
an event of its own, and the fields that it could not tell are named. Where the centre has the message under another id
than people gave, its id counts, and that alarms.
"""

from __future__ import annotations

import json
from typing import Final

from mi_core.journal.clues import Rows
from mi_core.journal.ending import seal
from mi_core.journal.keyring import KeyRing
from mi_core.journal.records import Resolution
from mi_core.journal.resolution import Finding, Sight
from mi_core.journal.states import AttemptState
from mi_core.journal.transaction import Job, Transaction

__all__ = ["complete_job", "hollow", "manual"]

_SPAN: Final = 40 * 24 * 3600 * 1000
"""Milliseconds for which the centre is asked about what people confirmed: over the next clearing."""
_HOLLOW: Final = """SELECT msgid FROM attempt WHERE source = 'person' AND state = 'CONFIRMED' AND result_ct IS NULL
    AND institution = ? AND sent_at >= ? AND identifier_ct IS NOT NULL ORDER BY sent_at"""
_MANUAL: Final = """SELECT msgid FROM attempt WHERE open = 1 AND state = 'MANUAL' AND reverses IS NULL
    AND institution = ? AND sent_at >= ? ORDER BY sent_at"""
_COMPLETE: Final = """UPDATE attempt SET result_ct = ?, missing = ?, identifier_ct = ?, identifier_hash = ?,
    version = version + 1, event_writer = ?, event_seq = ?
    WHERE msgid = ? AND state = 'CONFIRMED' AND source = 'person' AND result_ct IS NULL"""


def hollow(rows: Rows, institution: str, now: int) -> list[str]:
    """Messages of which people said that they were executed, and nobody knows more than their id; oldest first."""
    return [str(msgid) for (msgid,) in rows(_HOLLOW, (institution, now - _SPAN))]


def manual(rows: Rows, institution: str, now: int) -> list[str]:
    """Messages that wait for people, oldest first; reversals are not in it."""
    return [str(msgid) for (msgid,) in rows(_MANUAL, (institution, now - _SPAN))]


def complete_job(ring: KeyRing, msgid: str, found: Finding) -> Job[bool]:
    """Store what the centre said of a message that people confirmed; False when it is complete already."""
    if found.sight is not Sight.FOUND or not found.identifier or found.response is None:
        raise ValueError("only what was found with its id and content completes a record")
    answer = Resolution(
        to=AttemptState.CONFIRMED, source="person", reason="", response=found.response, identifier=found.identifier,
    )  # fmt: skip

    def job(tx: Transaction) -> bool:
        row = tx.rows(
            "SELECT operation_id, institution, interface, identifier_ct FROM attempt WHERE msgid = ?",
            (msgid,),
        )
        if not row:
            return False
        operation_id, institution, interface, given = row[0]
        sealed = seal(ring, msgid, institution, interface, answer)
        changed = tx.run(
            _COMPLETE,
            (sealed.response, json.dumps(found.missing) if found.missing else None, sealed.identifier,
             sealed.identifier_hash, tx.chain.writer, tx.chain.seq + 1, msgid),
        )  # fmt: skip
        if changed != 1:
            return False
        said = ring.open(bytes(given), f"attempt/{msgid}/identifier").decode()
        other = said != found.identifier
        data = {"source": found.source, "missing": list(found.missing)} | (
            {"another_identifier": True} if other else {}
        )
        confirmed = AttemptState.CONFIRMED.value
        tx.event("completed", operation_id, msgid, confirmed, confirmed, json.dumps(data), sealed.response)
        if other:
            tx.alarm(
                "another_identifier", msgid, operation_id,
                f"{found.source}: the bureau has this message under another id than people gave; its id counts now",
            )  # fmt: skip
        return True

    return job
