"""One worker's standing in the shared database: its slot, epoch, lease and chain, from one registration to the next."""

from __future__ import annotations

import json
from collections.abc import Callable

import attrs

from mi_core.journal import chain as chains
from mi_core.journal.chain import Chain, Snapshot
from mi_core.journal.keyring import KeyRing
from mi_core.journal.records import Alarm
from mi_core.journal.shared import owning
from mi_core.journal.shared.lease import Lease
from mi_core.journal.transaction import Transaction

__all__ = ["Incarnation", "Place"]

_SKEW = 5_000
"""Milliseconds by which a host's clock may differ from the server's before a person is told."""


@attrs.frozen
class Place:
    """What the database has of us."""

    turn: int
    head: Snapshot
    intact: bool
    """Everything that it acknowledged is there."""


class Incarnation:
    """Used by the writer's thread; ``entered_with`` is told of each new slot and epoch."""

    def __init__(
        self, ring: KeyRing, lease: Lease, *, slots: int, clock: Callable[[], int], now: Callable[[], str], tail: int,
    ) -> None:  # fmt: skip
        self.lease, self.chain = lease, Chain(ring, -1)
        self.acknowledged: Snapshot = self.chain.snapshot()
        """The head that the server has acknowledged last."""
        self.alive = False
        self.entered_with: Callable[[int, int], None] = lambda slot, epoch: None
        self._ring, self._slots, self._clock, self._now, self._tail = ring, slots, clock, now, tail
        self._next = (0, 0, self.chain)
        self._skewed = False

    @property
    def _milliseconds(self) -> int:
        return int(self.lease.seconds * 1000)

    def register(self, tx: Transaction) -> list[Alarm]:
        """The transaction that makes a new incarnation; :meth:`entered` when it is stored. Verifies the chain's tail."""
        owning.take_turn(tx)
        slot, epoch = owning.register(
            tx,
            self._ring,
            slots=self._slots,
            wanted=self.lease.number,
            lease=self._milliseconds,
            now=self._now(),
        )
        chains.check_tail(tx.database, self._ring, slot, self._tail)
        fresh = Transaction(tx.database, Chain.load(tx.database, self._ring, slot), tx.now)
        fresh.event("started", data=json.dumps({"epoch": epoch, "slot": slot}))
        self._next = (slot, epoch, fresh.chain)
        self._look_at_clock(fresh)
        return fresh.finish()

    def entered(self, since: float) -> None:
        """The registration that began at ``since`` is stored."""
        slot, epoch, self.chain = self._next
        self.acknowledged, self.alive = self.chain.snapshot(), True
        self.lease.entered(slot, epoch, since)
        self.entered_with(slot, epoch)

    def renew(self, tx: Transaction) -> bool:
        """In a group: whether it may write."""
        return owning.renew(tx, self.lease.epoch, self._milliseconds, self._now())

    def beat(self, tx: Transaction) -> tuple[bool, list[Alarm]]:
        """Between groups: whether the lease holds, and what to tell."""
        alive = owning.beat(tx, self.lease.epoch, self._milliseconds, self._now())
        self._look_at_clock(tx)
        return alive, tx.finish()

    def lost(self) -> None:
        """Our epoch has ended; nothing more is sent under it."""
        self.alive = False
        self.lease.lost()

    def look(self, tx: Transaction) -> Place:
        """After a new connection: wait until the old session's transaction has ended, then see what is stored."""
        owning.take_turn(tx)
        turn = tx.rows("SELECT turn FROM owner WHERE epoch = ?", (self.lease.epoch,))
        seq, hash_ = self.acknowledged
        stored = tx.rows("SELECT hash FROM event WHERE writer = ? AND seq = ?", (self.lease.number, seq))
        intact = bool(turn) and (seq == 0 or (bool(stored) and bytes(stored[0][0]) == hash_))
        head = Chain.load(tx.database, self._ring, self.lease.number).snapshot()
        return Place(int(turn[0][0]) if turn else 0, head, intact)

    def _look_at_clock(self, tx: Transaction) -> None:
        """Message ids, signatures and fences rest on this host's clock."""
        skew = self._clock() - owning.server_time(tx, self._now())
        skewed = abs(skew) > _SKEW
        if skewed and not self._skewed:
            tx.alarm(
                "clock_skew",
                None,
                None,
                f"this host's clock differs from the database's by {skew / 1000:.0f} s",
            )
        self._skewed = skewed
