"""An older copy was put in the journal's place: it does not know what was settled since, and would settle it again.

The witness of the message ids shows it when the journal is opened. It is an event then, and until two persons have
acknowledged it no money call and no reversal leaves: first the days in between are reconciled, because whatever the
copy does not know stands in the bureau's books only.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import secrets
from collections.abc import Mapping
from typing import Final

import attrs

from mi_core.errors import StoreError
from mi_core.journal.clues import Rows
from mi_core.journal.keyring import KeyRing
from mi_core.journal.msgids import Witness
from mi_core.journal.people import (
    VALID,
    Decided,
    Decision,
    Proposal,
    check_second,
    note,
    note_decision,
    opened,
    pending,
)
from mi_core.journal.persons import Person
from mi_core.journal.records import Intent
from mi_core.journal.refusals import IntakeClosed, MoveRefused
from mi_core.journal.transaction import Rows as Askable
from mi_core.journal.transaction import Transaction
from mi_core.types import CHINA_TIME, Effect

__all__ = ["Gate", "Hole", "hole", "reopen"]

_SUBJECT: Final = "older-journal"
"""Stands for an operation in the events: they are found by it."""
_EVENTS: Final = """SELECT at, kind, msgid, data, evidence_ct FROM event WHERE operation_id = ?
    AND kind IN ('older_journal', 'reopened') ORDER BY at, writer, seq"""
_CLOSED: Final = frozenset({Effect.MONEY, Effect.REVERSAL})


@attrs.frozen
class Hole:
    """What the journal does not know: everything between two moments, milliseconds."""

    since: int
    """The last that the copy has."""
    until: int
    """When it was noticed."""
    marks: Mapping[str, int] = attrs.field(factory=dict)
    """Message-id marks of this machine that the journal lacks."""

    @property
    def days(self) -> tuple[dt.date, ...]:
        """The days to reconcile, by Beijing's clock."""
        first, last = (
            dt.datetime.fromtimestamp(at / 1000, CHINA_TIME).date() for at in (self.since, self.until)
        )
        return tuple(first + dt.timedelta(days=n) for n in range((last - first).days + 1))


def hole(rows: Rows, ring: KeyRing) -> Hole | None:
    """The hole that nobody has acknowledged; raises ``StoreError`` for an acknowledgement that people did not make."""
    return _standing(rows, ring)[0]


def _standing(rows: Rows, ring: KeyRing) -> tuple[Hole | None, dict[str, int]]:
    """The open hole, and the marks that were acknowledged before."""
    found: Hole | None = None
    known: dict[str, int] = {}
    for _, kind, msgid, text, sealed in rows(_EVENTS, (_SUBJECT,)):
        data = json.loads(text)
        if kind == "older_journal":
            found = Hole(int(data["since"]), int(data["until"]), data["marks"])
            continue
        known |= opened(ring, kind, _SUBJECT, msgid, text, sealed)["marks"]
        found = None
    return found, known


class Gate:
    """Whether money may leave. One per open journal; asked right before an intent becomes a send."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._hole: Hole | None = None

    def look(self, tx: Transaction, witness: Witness) -> None:
        """At the opening, before anything is written: compare with the witness, note a hole, and alarm while there is one."""
        stored = _marks(tx)
        self._hole, known = _standing(tx.rows, self._ring)
        lost = {name: mark for name, mark in witness.lost(stored).items() if mark > known.get(name, 0)}
        if any(mark > (self._hole.marks.get(name, 0) if self._hole else 0) for name, mark in lost.items()):
            since = _last(tx) if self._hole is None else self._hole.since
            self._hole = Hole(since, tx.now, lost)
            data = {"since": since, "until": tx.now, "marks": lost}
            tx.event("older_journal", _SUBJECT, data=json.dumps(data))
        if self._hole is None:
            witness.settle(stored)
            return
        first, last = self._hole.days[0], self._hole.days[-1]
        tx.alarm(
            "older_journal", None, None,
            "the journal is older than its message ids: a restored copy, or its -wal is lost; money intake is closed until"
            f" {first} to {last} are reconciled and two persons give: mi audit reopen",
        )  # fmt: skip

    def leave(self, tx: Transaction, witness: Witness) -> None:
        """At an orderly close: whatever was put in the journal's place from now on and has less is an older copy."""
        if self._hole is None:
            with contextlib.suppress(StoreError, OSError):  # the next opening makes up for it
                witness.settle(_marks(tx))

    def check(self, tx: Askable, intent: Intent) -> None:
        """Raises :class:`IntakeClosed` for a money call or a reversal while a hole is not acknowledged."""
        if self._hole is None or intent.effect not in _CLOSED:
            return
        self._hole = hole(tx.rows, self._ring)  # another program may have reopened it
        if self._hole is None:
            return
        first, last = self._hole.days[0], self._hole.days[-1]
        raise IntakeClosed(
            f"交易日志是旧副本，缺少 {first} 至 {last} 之间的记录，已暂停结算与冲正",
            f"the journal is an older copy without the records between {first} and {last}; no money call is let out",
            hint_zh=f"先对 {first} 至 {last} 逐日 mi reconcile，处理中心有而本地无的业务，再由两人 mi audit reopen",
            hint_en=f"first mi reconcile each day from {first} to {last}, then two persons: mi audit reopen",
            interface=intent.interface, institution=intent.institution,
        )  # fmt: skip


def _marks(tx: Transaction) -> dict[str, int]:
    rows = tx.rows("SELECT institution, slot, slots, high_water FROM msgid_block")
    return {f"{prefix}/{slot}/{slots}": int(mark) for prefix, slot, slots, mark in rows}


def _last(tx: Transaction) -> int:
    """The time of the newest record of any writer; now for an empty journal."""
    found = [
        int(at)
        for (slot,) in tx.rows("SELECT DISTINCT slot FROM owner")
        for (at,) in tx.rows("SELECT at FROM event WHERE writer = ? ORDER BY seq DESC LIMIT 1", (slot,))
    ]
    return max(found, default=tx.now)


def reopen(tx: Transaction, ring: KeyRing, who: Person, reason: str) -> Decided:
    """Acknowledge the hole, as the first or the second person; raises :class:`MoveRefused` when there is none."""
    found = hole(tx.rows, ring)
    if found is None:
        raise MoveRefused(
            "交易日志没有缺失记录，无需重新开放", "the journal lacks nothing, there is nothing to reopen",
            hint_zh="用 mi doctor 查看状态", hint_en="see: mi doctor",
        )  # fmt: skip
    decision = Decision(act="reopen", identifier=str(found.until), reason=reason)
    first = pending(tx.rows, ring, _SUBJECT, tx.now)
    if first is None:
        key, expires = secrets.token_hex(8), tx.now + VALID
        note_decision(tx, ring, "proposed", key, _SUBJECT, None, decision, who, {"expires_at": expires})
        return Decided(Proposal(key, _SUBJECT, "", decision, who, tx.now, expires))
    check_second(first, first.msgid, decision, who)
    note_decision(tx, ring, "confirmed", first.id, _SUBJECT, None, decision, who, {"first": first.by.name})
    persons = [first.by.name, who.name]
    note(
        tx, ring, "reopened", who, key=first.id, operation_id=_SUBJECT,
        data={"marks": dict(found.marks), "since": found.since, "until": found.until, "persons": persons},
    )  # fmt: skip
    return Decided(first, None, who)
