"""Tampering with the audit trail: every way is found, and the first bad record is named."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from mi_core.errors import StoreError
from mi_core.journal import BadRecord, ChainReport, Root
from tests.journal.kit import REFUSED, Clock, done, open_journal, ring, settlement

Tamper = Callable[[sqlite3.Connection], object]


@pytest.fixture
def filled(path: Path, clock: Clock) -> tuple[Path, list[Root]]:
    """Event 1 is the start, then sent and ended in turn, up to 13 the stop; roots exported after event 9."""
    journal = open_journal(path, clock)
    for n in range(4):
        done(journal, settlement(f"M{n}"))
    roots = journal.read.roots()
    done(journal, settlement("M5"), REFUSED)
    assert journal.read.verify(roots).intact
    journal.close()
    return path, roots


def verify(path: Path, roots: list[Root], tamper: Tamper) -> ChainReport:
    from mi_core.journal.database import connect
    from mi_core.journal.reading import Reader

    plain = sqlite3.connect(path)
    with plain:
        tamper(plain)
    plain.close()
    reader = Reader(connect(path), ring())
    try:
        return reader.verify(roots)
    finally:
        reader.close()


def swap(db: sqlite3.Connection) -> None:
    db.execute("UPDATE event SET seq = -1 WHERE seq = 4")
    db.execute("UPDATE event SET seq = 4 WHERE seq = 6")
    db.execute("UPDATE event SET seq = 6 WHERE seq = -1")


def rewind(db: sqlite3.Connection) -> None:
    """Cut the tail and everything that points to it: only the exported root can tell."""
    db.execute("DELETE FROM attempt WHERE event_seq > 5")
    db.execute("DELETE FROM event WHERE seq > 5")


@pytest.mark.parametrize(
    ("tamper", "seq", "why"),
    [
        ("UPDATE event SET to_state = 'REJECTED' WHERE seq = 5", 5, "changed"),
        ("UPDATE event SET data = '{}' WHERE seq = 4", 4, "changed"),
        ("UPDATE event SET at = at + 1 WHERE seq = 1", 1, "changed"),
        ("UPDATE event SET evidence_ct = x'00' WHERE seq = 7", 7, "changed"),
        ("UPDATE event SET hash = prev WHERE seq = 3", 3, "changed"),
        ("UPDATE event SET prev = hash WHERE seq = 3", 3, "broken link"),
        ("UPDATE event SET key_id = 9 WHERE seq = 3", 3, "key missing"),
        ("DELETE FROM event WHERE seq = 6", 6, "missing"),
        ("DELETE FROM event WHERE seq <= 2", 1, "missing"),
        (swap, 4, "broken link"),
        ("DELETE FROM event WHERE seq > 8", 9, "truncated"),
        (rewind, 6, "truncated"),
        ("UPDATE attempt SET state = 'REJECTED', open = 0 WHERE event_seq = 5", 5, "state differs"),
        ("UPDATE attempt SET operator = 'someone' WHERE event_seq = 7", 6, "row changed"),
        ("UPDATE operation SET amounts = 'data.medfee_sumamt=1' WHERE last_msgid LIKE '%0001'", 4, "row changed"),
    ],
)  # fmt: skip
def test_tampering_is_named(
    filled: tuple[Path, list[Root]], tamper: Tamper | str, seq: int, why: str
) -> None:
    path, roots = filled
    act = tamper if callable(tamper) else lambda db: db.execute(tamper)
    (bad,) = verify(path, roots, act).bad
    assert (bad.seq, bad.why) == (seq, why)


def test_an_added_record_is_found(filled: tuple[Path, list[Root]]) -> None:
    add = """INSERT INTO event SELECT writer, 13, at, kind, operation_id, msgid, from_state, to_state, data, evidence_ct,
             key_id, hash, hash FROM event WHERE seq = 12"""
    assert verify(*filled, lambda db: db.execute(add)).bad == (BadRecord(0, 13, "changed", None),)


def test_without_tampering_it_is_intact_over_restarts_and_writers(
    filled: tuple[Path, list[Root]], clock: Clock
) -> None:
    path, roots = filled
    first, second = open_journal(path, clock), open_journal(path, clock)
    done(first, settlement("N1"))
    done(second, settlement("N2"))
    report = first.read.verify([*roots, *first.read.roots()])
    assert report.intact and {root.writer for root in first.read.roots()} == {0, 1}
    second.close()
    first.close()


def test_a_broken_tail_closes_the_journal(filled: tuple[Path, list[Root]], clock: Clock) -> None:
    path, _ = filled
    with sqlite3.connect(path) as plain:
        plain.execute("UPDATE event SET data = '{}' WHERE seq = 8")
    plain.close()
    with pytest.raises(StoreError, match="0/8"):
        open_journal(path, clock)


@pytest.mark.parametrize("column", ["request_ct", "response_ct", "psn_ct", "identifier_ct", "identity_ct"])
def test_a_flipped_byte_is_found_on_reading(
    filled: tuple[Path, list[Root]], clock: Clock, column: str
) -> None:
    path, _ = filled
    table, key = ("operation", "last_msgid") if column == "identity_ct" else ("attempt", "msgid")
    plain = sqlite3.connect(path)
    msgid, value = plain.execute(f"SELECT {key}, {column} FROM {table} LIMIT 1").fetchone()
    flipped = bytearray(value)
    flipped[len(flipped) // 2] ^= 1
    with plain:
        plain.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (bytes(flipped), msgid))
    plain.close()
    journal = open_journal(path, clock)
    with pytest.raises(StoreError):
        journal.read.attempt(msgid)
    journal.close()


def test_a_body_moved_to_another_row_is_found(filled: tuple[Path, list[Root]], clock: Clock) -> None:
    path, _ = filled
    with sqlite3.connect(path) as plain:
        plain.execute(
            "UPDATE attempt SET response_ct = (SELECT response_ct FROM attempt WHERE event_seq = 3) WHERE event_seq = 5"
        )
        (msgid,) = plain.execute("SELECT msgid FROM attempt WHERE event_seq = 5").fetchone()
    plain.close()
    journal = open_journal(path, clock)
    with pytest.raises(StoreError):
        journal.read.attempt(msgid)
    journal.close()
