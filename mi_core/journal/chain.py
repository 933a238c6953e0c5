"""The audit chain: each writer's events are linked by HMAC-SM3, so that no record can be changed or taken out unseen.

What the chain alone cannot show is a tail cut off together with everything that points to it; for that, roots are
exported (printed, mailed, kept elsewhere) and given to the verification.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import attrs

from mi_core.errors import StoreError
from mi_core.journal.database import Database, Row
from mi_core.journal.keyring import KeyRing

__all__ = [
    "COLUMNS",
    "INSERT",
    "BadRecord",
    "Chain",
    "ChainReport",
    "Gap",
    "Root",
    "Snapshot",
    "check_tail",
    "gaps",
    "verify",
]

COLUMNS: Final = (
    "writer, seq, at, kind, operation_id, msgid, from_state, to_state, data, evidence_ct, key_id, prev, hash"
)
INSERT: Final = f"INSERT INTO event ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  # constant
_GENESIS: Final = bytes(32)
_TEXT: Final = 9
"""The first nine columns are hashed as text, then the evidence, the key's number and the previous hash."""


@attrs.frozen
class Root:
    """The head of one writer's chain at some time, to be kept outside."""

    writer: int
    seq: int
    hash: bytes


@attrs.frozen
class BadRecord:
    """The first record of a writer's chain that is not as it was written."""

    writer: int
    seq: int
    why: str
    """``changed``, ``missing``, ``broken link``, ``truncated``, ``key missing`` or ``state differs``."""
    msgid: str | None = None


@attrs.frozen
class Gap:
    """A row that is gone, or that nothing in the chain speaks of."""

    why: str
    """``attempt missing``, ``attempt unrecorded``, ``operation missing`` or ``operation empty``."""
    operation_id: str
    msgid: str | None = None


@attrs.frozen
class ChainReport:
    """Result of a verification: ``bad`` has at most one record per writer, the first one; ``gaps`` has every row."""

    events: int
    bad: tuple[BadRecord, ...]
    gaps: tuple[Gap, ...] = ()

    @property
    def intact(self) -> bool:
        """Nothing was found."""
        return not self.bad and not self.gaps


Snapshot = tuple[int, bytes]


def _message(row: Row) -> bytes:
    # \x1f cannot occur in any field: ids are alphanumeric, kinds and states fixed, data is JSON (control escaped).
    text = "\x1f".join(["" if value is None else str(value) for value in row[:_TEXT]])
    return b"\x1e".join((text.encode(), row[9] or b"", str(row[10]).encode(), row[11]))


class Chain:
    """The growing end of one writer's chain; used by the writer's thread only."""

    def __init__(self, ring: KeyRing, writer: int, seq: int = 0, head: bytes = _GENESIS) -> None:
        self._ring, self.writer, self.seq, self.head = ring, writer, seq, head

    @classmethod
    def load(cls, database: Database, ring: KeyRing, writer: int) -> Chain:
        """Continue where the writer's stored chain ends."""
        last = database.rows(
            "SELECT seq, hash FROM event WHERE writer = ? ORDER BY seq DESC LIMIT 1", (writer,)
        )
        return cls(ring, writer, int(last[0][0]), bytes(last[0][1])) if last else cls(ring, writer)

    def append(
        self, at: int, kind: str, operation_id: str | None, msgid: str | None,
        from_state: str | None, to_state: str | None, data: str, evidence_ct: bytes | None,
    ) -> Row:  # fmt: skip
        """The next row of table ``event``, linked; the caller stores it in the running transaction."""
        ring = self._ring
        seq = self.seq + 1
        row = (
            self.writer, seq, at, kind, operation_id, msgid, from_state, to_state, data, evidence_ct,
            ring.current_id, self.head,
        )  # fmt: skip
        link = ring.link(ring.current_id, _message(row))
        assert link is not None
        self.seq, self.head = seq, link
        return (*row, link)

    def snapshot(self) -> Snapshot:
        """To undo what a rolled-back transaction appended."""
        return self.seq, self.head

    def restore(self, snapshot: Snapshot) -> None:
        """Back to ``snapshot``."""
        self.seq, self.head = snapshot


def _check(
    rows: Iterable[Row], ring: KeyRing, writer: int, seq: int, prev: bytes
) -> Iterator[tuple[Row, str | None]]:
    for row in rows:
        seq += 1
        if row[1] != seq:
            yield (writer, seq, *row[2:]), "missing"
            return
        if bytes(row[11]) != prev:
            yield row, "broken link"
            return
        link = ring.link(int(row[10]), _message(row))
        if link != bytes(row[12]):
            yield row, "key missing" if link is None else "changed"
            return
        prev = link
        yield row, None


def _pages(database: Database, writer: int, after: int) -> Iterator[Row]:
    while rows := database.rows(
        f"SELECT {COLUMNS} FROM event WHERE writer = ? AND seq > ? ORDER BY seq LIMIT 1000",  # noqa: S608  # constant
        (writer, after),
    ):
        yield from rows
        after = int(rows[-1][1])


def verify(database: Database, ring: KeyRing, roots: Iterable[Root] = ()) -> ChainReport:
    """Check every link of every writer, the roots, and that each attempt's state is what its last event says."""
    wanted: dict[int, dict[int, bytes]] = {}
    for root in roots:
        wanted.setdefault(root.writer, {})[root.seq] = root.hash
    writers = {int(row[0]) for row in database.rows("SELECT DISTINCT writer FROM event")} | set(wanted)
    writers |= {int(row[0]) for row in database.rows("SELECT DISTINCT event_writer FROM attempt")}
    bad: dict[int, BadRecord] = {}
    events = 0
    for writer in sorted(writers):
        known, last = wanted.get(writer, {}), 0
        for row, why in _check(_pages(database, writer, 0), ring, writer, 0, _GENESIS):
            last = int(row[1])
            if why is None and known.get(last, row[12]) != row[12]:
                why = "changed"
            if why is not None:
                bad[writer] = BadRecord(writer, last, why, row[5] if why != "missing" else None)
                break
            events += 1
        if writer not in bad and (cut := [seq for seq in known if seq > last]):
            bad[writer] = BadRecord(writer, last + 1, "truncated")
            assert cut
    for writer, seq, msgid, why in _states(database):
        if writer not in bad or bad[writer].seq > seq:
            bad[writer] = BadRecord(writer, seq, why, msgid)
    return ChainReport(events, tuple(bad[writer] for writer in sorted(bad)))


def _states(database: Database) -> Iterator[tuple[int, int, str, str]]:
    """Attempts whose last event is gone (a tail was cut) or says another state."""
    for writer, seq, msgid, kind in database.rows(
        """SELECT a.event_writer, a.event_seq, a.msgid, e.to_state FROM attempt a
           LEFT JOIN event e ON e.writer = a.event_writer AND e.seq = a.event_seq
           WHERE e.seq IS NULL OR e.to_state IS NULL OR e.to_state <> a.state OR e.msgid IS NULL OR e.msgid <> a.msgid
           ORDER BY a.event_writer, a.event_seq"""
    ):
        yield int(writer), int(seq), str(msgid), "truncated" if kind is None else "state differs"


_GAPS: Final = (
    ("attempt missing",
     """SELECT e.operation_id, e.msgid FROM event e WHERE e.kind = 'sent'
        AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.msgid = e.msgid AND a.operation_id = e.operation_id)"""),
    ("attempt unrecorded",
     """SELECT a.operation_id, a.msgid FROM attempt a WHERE NOT EXISTS
        (SELECT 1 FROM event e WHERE e.operation_id = a.operation_id AND e.msgid = a.msgid AND e.kind = 'sent')"""),
    ("operation missing",
     """SELECT a.operation_id, a.msgid FROM attempt a WHERE NOT EXISTS
        (SELECT 1 FROM operation o WHERE o.id = a.operation_id)"""),
    ("operation empty",
     """SELECT o.id, o.last_msgid FROM operation o WHERE NOT EXISTS
        (SELECT 1 FROM attempt a WHERE a.operation_id = o.id AND a.msgid = o.last_msgid)"""),
)  # fmt: skip


def gaps(database: Database) -> tuple[Gap, ...]:
    """Rows that were taken out beside the chain, or put in: every send has its attempt, every attempt its event and its
    operation, every operation its latest attempt.
    """
    return tuple(
        Gap(why, str(operation_id), str(msgid))
        for why, sql in _GAPS
        for operation_id, msgid in database.rows(sql)
    )


def _bad_in_tail(database: Database, ring: KeyRing, writer: int, length: int = 200) -> BadRecord | None:
    """The quick check at start: the last ``length`` links of one writer, and the first and last of every other.

    The others show that our keys are theirs: a key of the same number but another secret would find nothing of what they
    did, and send it again.
    """
    bad = _verify_some(database, ring, writer, "DESC", length)
    others = [
        int(row[0]) for row in database.rows("SELECT DISTINCT slot FROM owner WHERE slot <> ?", (writer,))
    ]
    for other in others:
        bad = (
            bad
            or _verify_some(database, ring, other, "ASC", 1)
            or _verify_some(database, ring, other, "DESC", 1)
        )
    return bad


def check_tail(database: Database, ring: KeyRing, writer: int, length: int) -> None:
    """:func:`_bad_in_tail` before anything is written. Raises ``StoreError`` with the record that is not as it was."""
    bad = _bad_in_tail(database, ring, writer, length)
    if bad is not None:
        raise StoreError(
            f"审计链在记录 {bad.writer}/{bad.seq} 处断裂（{bad.why}）",
            f"the audit chain is broken at record {bad.writer}/{bad.seq} ({bad.why})",
            hint_zh="用 mi audit verify 检查，核对备份后再启动", hint_en="run mi audit verify and compare with a backup",
        )  # fmt: skip


def _verify_some(database: Database, ring: KeyRing, writer: int, order: str, length: int) -> BadRecord | None:
    rows = database.rows(
        f"SELECT {COLUMNS} FROM event WHERE writer = ? ORDER BY seq {order} LIMIT ?",  # noqa: S608  # constants
        (writer, length),
    )
    rows.sort(key=lambda row: int(row[1]))
    if not rows:
        return None
    start = int(rows[0][1]) - 1
    prev = bytes(rows[0][11]) if start else _GENESIS
    for row, why in _check(rows, ring, writer, start, prev):
        if why is not None:
            return BadRecord(writer, int(row[1]), why, row[5])
    return None
