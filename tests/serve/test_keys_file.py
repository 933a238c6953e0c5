"""The file of keys: what an earlier version wrote, a clock that is years ahead, and what a thief of the file reads."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from mi_core.journal.keyring import Key, KeyRing
from mi_core.serve import keys as module
from mi_core.serve.keys import About, Keys

RING = KeyRing(Key(1, b"k" * 32))
ABOUT = About("H43000000001", "2207", "/flows/outpatient/MZ-secret")
DAY = 86_400_000


def at(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    """As if it were that many days later."""
    moment = time.time_ns() // 1_000_000 + int(days * DAY)
    monkeypatch.setattr(module, "_now", lambda: moment)


def test_what_an_earlier_version_wrote_is_still_known(tmp_path: Path) -> None:
    path = tmp_path / "mi.serve.db"
    earlier = sqlite3.connect(path)
    earlier.execute(
        "CREATE TABLE idempotency (key BLOB PRIMARY KEY, content BLOB NOT NULL, operation TEXT NOT NULL, state TEXT NOT NULL,"
        " at INTEGER NOT NULL) WITHOUT ROWID"
    )
    name = RING.digest(f"idempotency/{ABOUT.institution}/bill-1")
    row = (name, RING.fingerprint(b"a"), "op1", "done", time.time_ns() // 1_000_000)
    earlier.execute("INSERT INTO idempotency VALUES (?, ?, ?, ?, ?)", row)
    earlier.commit()
    earlier.close()
    for _ in range(2):  # the second time it is of the new form
        kept = Keys(path, RING)
        held = kept.claim("bill-1", b"a", "op2", ABOUT)
        assert held is not None and (held.operation, held.state, held.same, held.told) == (
            "op1",
            "done",
            True,
            None,
        )
        other = kept.claim("bill-1", b"b", "op3", ABOUT)
        assert other is not None and not other.same
        kept.close()


def test_a_clock_that_is_years_ahead_forgets_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mi.serve.db"
    kept = Keys(path, RING)
    assert kept.claim("bill-1", b"a", "op1", ABOUT) is None
    kept.close()
    at(monkeypatch, 30_000)
    kept = Keys(path, RING)
    assert kept.claim("bill-1", b"a", "op2", ABOUT) is not None
    kept.close()


def test_a_key_is_kept_for_more_than_a_year_and_then_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mi.serve.db"
    kept = Keys(path, RING)
    assert kept.claim("bill-1", b"a", "op1", ABOUT) is None
    for days, known in ((399, True), (402, False)):
        kept.close()
        at(monkeypatch, days)
        kept = Keys(path, RING)
        assert kept.claim(f"bill-{days}", b"a", f"of-{days}", ABOUT) is None  # business goes on
        kept.close()
        kept = Keys(path, RING)
        assert (kept.operation_of(ABOUT.institution, "bill-1") == "op1") is known
    kept.close()


def test_what_stands_in_the_file_names_nobody(tmp_path: Path) -> None:
    kept = Keys(tmp_path / "mi.serve.db", RING)
    kept.claim("bill-secret", b'{"psn_name": "secret"}', "op1", ABOUT)
    kept.end("op1", "done", b'{"status": 200, "body": {"psn_name": "secret"}}')
    known = kept.known("op1")
    assert known is not None and known.told is not None and b"secret" in known.told
    assert known.about == ABOUT
    kept.close()
    assert all(b"secret" not in path.read_bytes() for path in tmp_path.iterdir())


def test_a_lost_journal_key_leaves_what_is_certain(tmp_path: Path) -> None:
    """What was told cannot be opened any more; that it was done still stands."""
    path = tmp_path / "mi.serve.db"
    kept = Keys(path, RING)
    kept.claim("bill-1", b"a", "op1", About("H43000000001", "2207"))
    kept.end("op1", "done", b"{}")
    kept.close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE operation SET told = ?", (b"\x02" + b"x" * 40,))
    kept = Keys(path, RING)
    held = kept.claim("bill-1", b"a", "op2", ABOUT)
    assert held is not None and (held.state, held.told) == ("done", None)
    kept.close()


def test_two_who_find_a_key_left_behind_are_told_apart(tmp_path: Path) -> None:
    kept = Keys(tmp_path / "mi.serve.db", RING)
    assert kept.claim("bill-1", b"a", "op1", ABOUT) is None
    held = kept.claim("bill-1", b"a", "op2", ABOUT)
    assert held is not None
    assert kept.take_over(b"a", held, "op2", ABOUT) is True
    assert kept.take_over(b"a", held, "op3", ABOUT) is False
    kept.end("op2", "done", b"{}", "op-of-the-journal")
    known = kept.known("op1")  # who polls the first name finds what went on
    assert known is not None and (known.operation, known.became, known.state) == (
        "op2",
        "op-of-the-journal",
        "done",
    )
    kept.close()
