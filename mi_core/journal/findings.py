"""What recovery has to do, and what it has learnt so far: it survives a restart, so that no patience starts over.

Questions for :meth:`mi_core.journal.Reader.ask` (plain SQL) and jobs for the writer.
"""

from __future__ import annotations

import json
from typing import Final

import attrs

from mi_core.journal.clues import Rows
from mi_core.journal.keyring import KeyRing
from mi_core.journal.resolution import Finding, Sight
from mi_core.journal.states import AttemptState
from mi_core.journal.transaction import Job, Transaction

__all__ = ["Doubt", "doubts", "findings", "giver", "note_job", "siblings"]

KIND: Final = "asked"

_DOUBTS: Final = """SELECT a.msgid, a.operation_id, a.institution, a.interface, a.state, a.signed_at FROM attempt a
    WHERE a.open = 1 AND a.owner_epoch = ? AND a.state IN ('IN_DOUBT', 'EXECUTED_UNIDENTIFIED', 'REVERSING')
    AND a.reverses IS NULL"""
_ASKED: Final = """SELECT data FROM event WHERE operation_id = ? AND msgid = ? AND kind = 'asked' AND from_state = ?
    ORDER BY at, writer, seq"""
_GIVERS: Final = (
    "SELECT msgid FROM attempt WHERE identifier_hash = ? AND state = 'CONFIRMED' ORDER BY sent_at DESC"
)
_SAME_KEY: Final = """SELECT a.msgid FROM operation t JOIN operation o ON o.key_hash = t.key_hash
    JOIN attempt a ON a.operation_id = o.id WHERE t.id = ? AND a.msgid <> ? AND a.state = 'CONFIRMED'"""
_SAME_PERSON: Final = """SELECT a.msgid FROM attempt t JOIN attempt a ON a.psn_hash = t.psn_hash
    AND a.interface = t.interface AND a.institution = t.institution
    WHERE t.operation_id = ? AND t.msgid = ? AND a.msgid <> t.msgid AND a.state = 'CONFIRMED'"""


@attrs.frozen
class Doubt:
    """An unresolved attempt, as much as deciding when to look at it needs."""

    msgid: str
    operation_id: str
    institution: str
    interface: str
    state: AttemptState
    signed_at: int


def doubts(rows: Rows, epoch: int, institution: str | None = None) -> list[Doubt]:
    """What the owner ``epoch`` has to find out, oldest first. Reversals are not in it: their targets decide them."""
    where, values = (" AND a.institution = ?", (epoch, institution)) if institution else ("", (epoch,))
    found = rows(f"{_DOUBTS}{where} ORDER BY a.sent_at, a.msgid", values)
    return [Doubt(m, o, i, n, AttemptState(s), int(at)) for m, o, i, n, s, at in found]


def findings(rows: Rows, operation_id: str, msgid: str, state: AttemptState) -> tuple[Finding, ...]:
    """What was noted since the attempt entered ``state``, oldest first (without the answers themselves)."""
    out = []
    for (text,) in rows(_ASKED, (operation_id, msgid, state.value)):
        data = json.loads(text)
        out.append(Finding(
            sight=Sight(data["sight"]), source=data["source"], asked_at=data["asked_at"], day_closed=data["day_closed"],
        ))  # fmt: skip
    return tuple(out)


def giver(rows: Rows, ring: KeyRing, institution: str, interface: str, identifier: str) -> str | None:
    """The msgid of the confirmed call of ``interface`` whose reply gave ``identifier`` (a visit, an order, a filing)."""
    for digest in ring.digests(f"result {institution} {interface} {identifier}"):
        if found := rows(_GIVERS, (digest,)):
            return str(found[0][0])
    return None


def siblings(rows: Rows, operation_id: str, msgid: str, same: str) -> list[str]:
    """The msgids of the other confirmed calls of the same business (``key``) or of the same interface and ``person``."""
    sql = _SAME_KEY if same == "key" else _SAME_PERSON
    return [str(found) for (found,) in rows(sql, (operation_id, msgid))]


def note_job(ring: KeyRing, epoch: int, msgid: str, finding: Finding) -> Job[bool]:
    """Note an answer about an unresolved attempt of ours in the audit chain; False when it is not ours any more."""
    sealed = None if finding.response is None else ring.seal(finding.response, f"event/{msgid}")
    data = json.dumps({
        "sight": finding.sight.value, "source": finding.source, "asked_at": finding.asked_at,
        "day_closed": finding.day_closed,
    })  # fmt: skip

    def job(tx: Transaction) -> bool:
        found = tx.rows(
            "SELECT state, operation_id FROM attempt WHERE msgid = ? AND owner_epoch = ? AND open = 1",
            (msgid, epoch),
        )
        if not found:
            return False
        state, operation_id = found[0]
        tx.event(KIND, operation_id, msgid, state, state, data, sealed)
        return True

    return job
