"""Ownership among hosts: registering, renewing and ending a lease, and taking over what dead ones left behind.

A lease that ran out is no proof of death: the owner may stand still and go on later. So (1) what it does later in the
database is refused by its epoch, (2) it does not send without a valid lease (:class:`Lease`), and (3) what it may have
sent already is taken over only when also its answer is late and the gateway would not accept the message any more.
All times here are the server's, except where the journal's clock is named.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from typing import Final

import attrs

from mi_core.errors import StoreError
from mi_core.journal import takeover
from mi_core.journal.keyring import KeyRing
from mi_core.journal.records import Takeover
from mi_core.journal.transaction import Transaction

__all__ = [
    "Grace",
    "SlotsTaken",
    "beat",
    "due",
    "end_owner",
    "register",
    "renew",
    "server_time",
    "take_over",
    "take_turn",
]

_RENEW: Final = "UPDATE owner SET lease_until = {now} + ?{turn} WHERE epoch = ? AND ended_at IS NULL AND lease_until >= {now}"
_DEAD: Final = """SELECT epoch, orderly FROM owner WHERE epoch <> ? AND (ended_at IS NOT NULL OR lease_until < {now})
    AND epoch IN (SELECT owner_epoch FROM attempt WHERE open = 1) ORDER BY epoch"""
_THEIRS: Final = """SELECT msgid, operation_id, version, owner_epoch, state, institution, signed_at, deadline_at
    FROM attempt WHERE open = 1 AND owner_epoch = ? ORDER BY msgid FOR UPDATE SKIP LOCKED"""
_ADOPT: Final = "UPDATE attempt SET owner_epoch = ? WHERE msgid = ? AND version = ? AND owner_epoch = ?"


class SlotsTaken(StoreError):
    """Living workers hold every slot."""


@attrs.frozen
class Grace:
    """When a SENT attempt of an owner without lease may be taken over; milliseconds."""

    after_deadline: int = 60_000
    fence: Callable[[str], int | None] = lambda institution: None
    """By institution: how long after ``signed_at`` the message can still arrive and be worked on; None = not known."""


def due(now: int, institution: str, signed_at: int, deadline_at: int, grace: Grace) -> bool:
    """Whether it is late enough: no answer is expected and the message cannot leave usefully any more."""
    return now >= max(deadline_at + grace.after_deadline, signed_at + (grace.fence(institution) or 0))


def server_time(tx: Transaction, now: str) -> int:
    """``now`` is the expression of the server's clock."""
    return int(tx.rows(f"SELECT {now}")[0][0])


def take_turn(tx: Transaction) -> None:
    """Wait for every other writer's transaction to end, and let none begin before ours has ended."""
    if tx.run("UPDATE gate SET turn = turn + 1 WHERE id = 1") != 1:
        raise StoreError(
            "日志库缺少 gate 行",
            "the journal's gate row is missing",
            hint_zh="核对备份",
            hint_en="compare with a backup",
        )


def renew(tx: Transaction, epoch: int, lease: int, now: str) -> bool:
    """Renew inside a group's transaction and count it; False when the lease is lost, so nothing may be written."""
    return tx.run(_RENEW.format(now=now, turn=", turn = turn + 1"), (lease, epoch)) == 1


def beat(tx: Transaction, epoch: int, lease: int, now: str) -> bool:
    """Renew without taking a turn, so that a heartbeat never waits for a neighbour's group."""
    return tx.run(_RENEW.format(now=now, turn=""), (lease, epoch)) == 1


def register(
    tx: Transaction, ring: KeyRing, *, slots: int, wanted: int, lease: int, now: str
) -> tuple[int, int]:
    """A new incarnation on a free slot (``wanted`` if it is free): (slot, epoch), without the event.

    Every key that ever wrote must be in our ring, and our writing key in the ring of every living neighbour. Raises
    :class:`SlotsTaken`.
    """
    takeover.check_keys(tx.rows("SELECT key_id FROM key_use"), ring)
    time = server_time(tx, now)
    living = tx.rows(
        "SELECT slot, slots, key_ids, host FROM owner WHERE ended_at IS NULL AND lease_until >= ?", (time,)
    )
    for slot, divided, keys, host in living:
        if divided != slots:
            raise _slots_differ(str(host), int(divided), slots)
        if ring.current_id not in json.loads(keys):
            raise StoreError(
                f"主机 {host} 的工作进程 {slot} 还没有密钥 {ring.current_id}",
                f"worker {slot} on {host} does not have key {ring.current_id} yet",
                hint_zh="先让所有进程在旧密钥之后加载新密钥，再切换",
                hint_en="first give every worker the new key after the old one, then switch",
            )  # fmt: skip
    taken = {int(row[0]) for row in living}
    free = [number for number in (wanted, *range(slots)) if 0 <= number < slots and number not in taken]
    if not free:
        raise SlotsTaken(
            f"共享日志的 {slots} 个工作进程位都被占用", f"all {slots} worker slots of the shared journal are in use",
            hint_zh="停掉多余的进程或调大 slots；异常退出的进程位在租约到期后释放",
            hint_en="stop a process or raise slots; a dead worker's slot is free when its lease has run out",
        )  # fmt: skip
    slot = free[0]
    tx.run("UPDATE owner SET ended_at = ? WHERE slot = ? AND ended_at IS NULL", (time, slot))
    epoch = int(tx.rows("SELECT coalesce(max(epoch), 0) + 1 FROM owner")[0][0])
    tx.run(
        "INSERT INTO owner (epoch, slot, slots, host, pid, key_ids, started_at, lease_until, turn, orderly)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0)",
        (epoch, slot, slots, socket.gethostname(), os.getpid(), json.dumps(ring.ids), time, time + lease),
    )
    if not tx.rows("SELECT 1 FROM key_use WHERE key_id = ?", (ring.current_id,)):
        tx.run("INSERT INTO key_use VALUES (?, ?)", (ring.current_id, tx.now))
    return slot, epoch


def end_owner(tx: Transaction, epoch: int, now: str) -> None:
    """An orderly stop: what is left over may be taken at once."""
    tx.run(
        "UPDATE owner SET ended_at = ?, orderly = 1 WHERE epoch = ? AND ended_at IS NULL",
        (server_time(tx, now), epoch),
    )
    tx.event("stopped", data=json.dumps({"epoch": epoch}))


def take_over(tx: Transaction, epoch: int, grace: Grace, now: str) -> Takeover:
    """Unresolved attempts of owners without a lease are ours now; their SENT becomes IN_DOUBT where it is :func:`due`.

    The clock for that is the earlier of the journal's and the server's, so that no single clock set forward is enough.
    """
    time = server_time(tx, now)
    doubted = adopted = 0
    for old, orderly in tx.rows(_DEAD.format(now=time), (epoch,)):
        tx.run("UPDATE owner SET ended_at = ? WHERE epoch = ? AND ended_at IS NULL", (time, old))
        sent, rest = [], []
        for msgid, operation_id, version, owner, state, institution, signed_at, deadline_at in tx.rows(
            _THEIRS, (old,)
        ):
            if state != "SENT":
                rest.append((epoch, msgid, version, owner))
            elif orderly or due(min(tx.now, time), institution, signed_at, deadline_at, grace):
                sent.append((msgid, operation_id, version, owner))
        if not sent and not rest:
            continue
        tx.many(_ADOPT, rest)
        doubted += takeover.doubt(tx, sent, epoch, "owner dead")
        adopted += len(rest)
        data = {"from": [int(old)], "to": epoch, "in_doubt": len(sent), "adopted": len(rest)}
        tx.event("takeover", data=json.dumps(data))
    return Takeover(doubted, adopted)


def _slots_differ(host: str, theirs: int, ours: int) -> StoreError:
    return StoreError(
        f"主机 {host} 使用 slots={theirs}，本进程为 {ours}", f"{host} has slots={theirs}, this process {ours}",
        hint_zh="所有主机的 slots 必须相同，否则报文号会重复", hint_en="all hosts need the same slots, else message ids could meet",
    )  # fmt: skip
