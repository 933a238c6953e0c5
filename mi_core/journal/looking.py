"""One question before a send: the newest generation of the key, who holds the visit, how much is in doubt.

It is a single statement, because every step of SQLite costs the writer's thread a change of the interpreter lock.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import zip_longest
from typing import Final

import attrs

from mi_core.journal.admission import Answer, Standing
from mi_core.journal.exposure import EXPOSURE_SQL, Exposure
from mi_core.journal.keyring import KeyRing
from mi_core.journal.quotes import quotes_of
from mi_core.journal.records import Stored
from mi_core.journal.states import AttemptState, OperationState
from mi_core.journal.transaction import Rows

__all__ = ["Found", "look", "stored"]

_NOBODY: Final = b""
_KEY, _LOCK, _EXPOSURE = 0, 1, 2
_SENT: Final = "SELECT a.sent_at FROM operation o JOIN attempt a ON a.msgid = o.last_msgid WHERE o.id = ?"
_LOOK: Final = f"""
    SELECT {_KEY}, o.id, o.generation, o.state, o.amounts, o.cancelled_by, a.state, a.msgid, a.number, a.ended_at, a.fingerprint
        FROM operation o JOIN attempt a ON a.msgid = o.last_msgid
        WHERE o.key_hash = ? AND o.generation = (SELECT max(newest.generation) FROM operation newest WHERE newest.key_hash = ?)
    UNION ALL SELECT {_LOCK}, operation_id, 0, '', '', '', '', '', 0, 0, NULL FROM attempt
        WHERE lock_hash = ? AND open = 1
    UNION ALL SELECT {_LOCK}, operation_id, 0, '', '', '', '', '', 0, 0, NULL FROM more_locks WHERE lock_hash = ?
    UNION ALL SELECT {_EXPOSURE}, '', sum, '', '', '', '', '', n, 0, NULL FROM ({EXPOSURE_SQL}) e WHERE n > 0"""  # noqa: S608  # constants only
"""Each column has one type in all parts, which PostgreSQL demands; the exposure stands in generation and number.

The newest generation is not looked up by a derived table: with columns of text MariaDB writes that to a temporary table on
disk at each look, and 10.11 was seen to die of it (``ha_maria::drop_table``) on a busy machine."""


@attrs.frozen
class Found:
    """What the journal knows that matters for a new send."""

    standing: Standing | None
    holders: frozenset[str]
    """Operations that hold one of the visit locks."""
    exposure: Exposure | None
    """None when nothing is in doubt."""


def look(
    tx: Rows, ring: KeyRing, institution: str, keys: Sequence[bytes], locks: Sequence[bytes],
    content: bytes | None,
) -> Found:  # fmt: skip
    """Ask for each key hash and each lock hash (one of each with a single active key, so one statement)."""
    standing: Standing | None = None
    cancelled_by: str | None = None
    holders: set[str] = set()
    exposure: Exposure | None = None
    for key, lock in zip_longest(keys, locks, fillvalue=_NOBODY):
        for row in tx.rows(_LOOK, (key, key, lock, lock, institution)):
            if row[0] == _LOCK:
                holders.add(row[1])
            elif row[0] == _EXPOSURE:
                exposure = Exposure.of((row[8], row[2]))
            elif standing is None or row[2] > standing.generation:
                cancelled_by = row[5]
                standing = Standing(
                    operation_id=row[1], generation=int(row[2]), state=OperationState(row[3]), amounts=row[4],
                    cancelled=cancelled_by is not None, attempt_state=AttemptState(row[6]), msgid=row[7], number=row[8],
                    ended_at=row[9],
                    same_content=None if content is None else ring.same_content(content, bytes(row[10])),
                )  # fmt: skip
    if standing is not None and standing.cancelled:
        sent = tx.rows(_SENT, (cancelled_by,))
        standing = attrs.evolve(standing, cancelled_at=int(sent[0][0]) if sent else None)
    if standing is not None and standing.attempt_state is AttemptState.NOT_EXECUTED:
        standing = attrs.evolve(standing, quotes=quotes_of(tx, standing.operation_id))
    return Found(standing, frozenset(holders), exposure)


def stored(tx: Rows, ring: KeyRing, answer: Answer) -> Stored:
    """The result of a finished operation, decrypted."""
    response, result, identifier, source, missing = tx.rows(
        "SELECT response_ct, result_ct, identifier_ct, source, missing FROM attempt WHERE msgid = ?",
        (answer.msgid,),
    )[0]
    place = f"attempt/{answer.msgid}/"
    if result is not None:
        body: bytes | None = ring.open(bytes(result), place + "result")
    else:
        body = None if response is None else ring.open(bytes(response), place + "response")
    return Stored(
        answer.operation_id, answer.generation, answer.msgid, body,
        None if identifier is None else ring.open(bytes(identifier), place + "identifier").decode(), source or "reply",
        tuple(json.loads(missing)) if missing else (),
    )  # fmt: skip
