"""Ownership in the database: registering an incarnation, and taking over what dead ones left behind."""

from __future__ import annotations

import json
import os
import socket
from typing import Final

from mi_core.errors import StoreError
from mi_core.journal.database import Row
from mi_core.journal.keyring import KeyRing
from mi_core.journal.records import Takeover
from mi_core.journal.transaction import Transaction

__all__ = [
    "check_keys",
    "close_tombstones",
    "dead_epochs",
    "doubt",
    "end_owner",
    "register",
    "sweep",
    "take_over",
]

_DOUBT: Final = """UPDATE attempt SET state = 'IN_DOUBT', version = version + 1, owner_epoch = ?, evidence = ?,
    event_writer = ?, event_seq = ? WHERE msgid = ? AND state = 'SENT' AND version = ? AND owner_epoch = ?"""
_CHUNK: Final = 500


def check_keys(used: list[Row], ring: KeyRing) -> None:
    """Raise :class:`StoreError` when a key that wrote to the journal is not in the ring."""
    if missing := {int(row[0]) for row in used} - set(ring.ids):
        raise StoreError(
            f"日志密钥缺失：{sorted(missing)}", f"the key ring lacks the journal keys {sorted(missing)}",
            hint_zh="把旧密钥加回密钥环（排在新密钥之后）", hint_en="add the old key to the ring, after the new one",
        )  # fmt: skip


def register(tx: Transaction, slot: int, ring: KeyRing, free: list[int]) -> int:
    """A new incarnation of ``slot``; its epoch, which no other incarnation of any slot ever had.

    Every key that ever wrote must be in our ring, and our writing key in the ring of every living neighbour: a business
    key that somebody cannot find would be settled twice. ``free`` are the other slots that are proven dead.
    """
    check_keys(tx.rows("SELECT key_id FROM key_use"), ring)
    for other, keys in tx.rows(
        "SELECT slot, keys FROM owner WHERE ended_at IS NULL GROUP BY slot HAVING epoch = max(epoch)"
    ):
        if other != slot and other not in free and ring.current_id not in json.loads(keys):
            raise StoreError(
                f"工作进程 {other} 还没有密钥 {ring.current_id}",
                f"worker {other} does not have key {ring.current_id} yet",
                hint_zh="先让所有进程在旧密钥之后加载新密钥，再切换",
                hint_en="first give every worker the new key after the old one, then switch",
            )  # fmt: skip
    tx.run("INSERT OR IGNORE INTO key_use VALUES (?, ?)", (ring.current_id, tx.now))
    tx.run(
        "INSERT INTO owner (slot, host, pid, keys, started_at) VALUES (?, ?, ?, ?, ?)",
        (slot, socket.gethostname(), os.getpid(), json.dumps(ring.ids), tx.now),
    )
    epoch = int(tx.rows("SELECT max(epoch) FROM owner")[0][0])
    tx.event("started", data=json.dumps({"epoch": epoch, "slot": slot}))
    return epoch


def end_owner(tx: Transaction, epoch: int) -> None:
    """An orderly stop."""
    tx.run("UPDATE owner SET ended_at = ? WHERE epoch = ?", (tx.now, epoch))
    tx.event("stopped", data=json.dumps({"epoch": epoch}))


def dead_epochs(tx: Transaction, free: list[int], slot: int, epoch: int) -> list[int]:
    """Epochs proven dead: all of free slots, and every other one of our own slot."""
    known = tx.rows(
        "SELECT epoch, slot FROM owner WHERE epoch <> ? AND epoch IN (SELECT owner_epoch FROM attempt WHERE open = 1)",
        (epoch,),
    )
    return [int(e) for e, s in known if s == slot or s in free]


def take_over(tx: Transaction, dead: list[int], epoch: int) -> Takeover:
    """SENT of the dead becomes IN_DOUBT; everything unresolved of theirs is ours now. Ten thousand rows take < 1 s."""
    doubted = adopted = 0
    for old in dead:
        doubted += doubt(
            tx, tx.rows(
                "SELECT msgid, operation_id, version, owner_epoch FROM attempt WHERE open = 1 AND state = 'SENT'"
                " AND owner_epoch = ?", (old,),
            ), epoch, "owner dead",
        )  # fmt: skip
        adopted += tx.run(
            "UPDATE attempt SET owner_epoch = ? WHERE open = 1 AND owner_epoch = ?", (epoch, old)
        )
    if dead:
        tx.event(
            "takeover", data=json.dumps({"from": dead, "to": epoch, "in_doubt": doubted, "adopted": adopted})
        )
    return Takeover(doubted, adopted)


def sweep(tx: Transaction, epoch: int, before: int) -> int:
    """Own SENT attempts whose deadline passed before ``before`` (their task was lost) become IN_DOUBT."""
    return doubt(
        tx, tx.rows(
            "SELECT msgid, operation_id, version, owner_epoch FROM attempt WHERE open = 1 AND state = 'SENT'"
            " AND owner_epoch = ? AND deadline_at < ?", (epoch, before),
        ), epoch, "deadline passed",
    )  # fmt: skip


def doubt(tx: Transaction, rows: list[tuple[str, str, int, int]], epoch: int, why: str) -> int:
    """SENT becomes IN_DOUBT and ours; ``rows``: msgid, operation, version and owner's epoch. How many there were."""
    data = json.dumps({"evidence": why})
    writer = tx.chain.writer
    for start in range(0, len(rows), _CHUNK):
        changes = []
        for msgid, operation_id, version, owner in rows[start : start + _CHUNK]:
            seq = tx.event("takeover", operation_id, msgid, "SENT", "IN_DOUBT", data)
            changes.append((epoch, why, writer, seq, msgid, version, owner))
        tx.many(_DOUBT, changes)
    return len(rows)


def close_tombstones(tx: Transaction, msgids: tuple[str, ...], by: str) -> int:
    """The day is balanced: stop watching; contradicted ones stay until a person has acted."""
    closed = 0
    for msgid in msgids:
        closed += tx.run(
            "UPDATE tombstone SET closed_at = ?, closed_by = ? WHERE msgid = ? AND closed_at IS NULL AND contradicted = 0",
            (tx.now, by, msgid),
        )
    tx.event("tombstones", data=json.dumps({"closed": closed, "by": by}, ensure_ascii=False))
    return closed
