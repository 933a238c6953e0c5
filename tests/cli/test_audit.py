"""``mi audit``: every way to change the trail is named with its first bad record."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.cli.shell import mi
from tests.desk.kit import ABSENT, PERSONAL, TIMEOUT, configured, ended, likely, opened
from tests.journal.kit import START, Clock

BODY = f"患者{PERSONAL[3]}已停保"


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    configured(tmp_path)
    journal = opened(tmp_path, Clock(START))
    for n in range(4):
        ended(journal, f"V{n}", likely(BODY), ABSENT)
    ended(journal, "open", TIMEOUT)
    journal.close()
    code, out, err = mi("audit", "roots", "--export", "roots.json", place=tmp_path)
    assert code == 0 and "roots.json" in out, err
    return tmp_path


def change(place: Path, *statements: str) -> None:
    with sqlite3.connect(place / "journal.db") as db:
        for sql in statements:
            assert db.execute(sql).rowcount, sql
    db.close()


def verified(place: Path, *options: str) -> tuple[int, dict[str, Any]]:
    code, out, err = mi("audit", "verify", "--json", *options, place=place)
    assert out, err
    found: dict[str, Any] = json.loads(out)
    return code, found


def test_what_nobody_touched_is_intact(filled: Path) -> None:
    code, found = verified(filled, "--roots", "roots.json")
    assert (code, found["intact"], found["roots"]) == (0, True, 1)
    code, out, _ = mi("audit", "verify", place=filled)
    assert code == 0 and "完整" in out and "--roots" in out


@pytest.mark.parametrize(
    ("statements", "seq", "why"),
    [
        (["UPDATE event SET data = '{}' WHERE seq = 4"], 4, "changed"),
        (["DELETE FROM event WHERE seq = 6"], 6, "missing"),
        (["UPDATE event SET seq = -1 WHERE seq = 4", "UPDATE event SET seq = 4 WHERE seq = 6",
          "UPDATE event SET seq = 6 WHERE seq = -1"], 4, "broken link"),
        (["DELETE FROM event WHERE seq > 12"], 13, "truncated"),
        (["DELETE FROM attempt WHERE event_seq > 5", "DELETE FROM event WHERE seq > 5"], 6, "truncated"),
        (["UPDATE attempt SET state = 'CONFIRMED' WHERE event_seq = 4"], 4, "state differs"),
    ],
)  # fmt: skip
def test_the_first_bad_record_is_named(filled: Path, statements: list[str], seq: int, why: str) -> None:
    change(filled, *statements)
    code, found = verified(filled, "--roots", "roots.json")
    (bad,) = found["bad"]
    assert (code, bad["writer"], bad["seq"], bad["why"]) == (1, 0, seq, why)
    code, out, _ = mi("audit", "verify", "--roots", "roots.json", place=filled)
    assert code == 1 and f"第 {seq} 条" in out


def test_a_cut_tail_shows_by_roots_only_and_export_does_not_hide_it(filled: Path) -> None:
    change(
        filled,
        "DELETE FROM tombstone",
        "DELETE FROM attempt WHERE event_seq > 4",
        "DELETE FROM event WHERE seq > 4",
        "DELETE FROM operation WHERE id NOT IN (SELECT operation_id FROM attempt)",
    )
    assert verified(filled)[0] == 0
    before = (filled / "roots.json").read_bytes()
    code, _, err = mi("audit", "roots", "--export", "roots.json", place=filled)
    assert code == 8 and "不符" in err and (filled / "roots.json").read_bytes() == before


def test_roots_grow(filled: Path) -> None:
    assert mi("audit", "roots", "--export", "roots.json", place=filled)[0] == 0
    assert len(json.loads((filled / "roots.json").read_text(encoding="utf-8"))["exports"]) == 2
    assert verified(filled, "--roots", "roots.json")[1]["roots"] == 2
    code, out, _ = mi("audit", "roots", "--json", place=filled)
    assert code == 0 and json.loads(out)[0]["writer"] == 0


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"format": "mi audit roots 1", "exports": [{"roots": [{}]}]}']
)
def test_what_is_no_file_of_roots(filled: Path, content: str) -> None:
    (filled / "bad.json").write_text(content, encoding="utf-8")
    code, _, err = mi("audit", "verify", "--roots", "bad.json", place=filled)
    assert code == 3 and "bad.json" in err
    code, _, err = mi("audit", "roots", "--export", "nowhere/r.json", place=filled)
    assert code == 8 and "nowhere" in err


def test_the_trail_is_read_newest_first(filled: Path) -> None:
    code, out, _ = mi("audit", "show", "--limit", "3", "--json", place=filled)
    rows = json.loads(out)
    assert code == 0 and len(rows) == 3 and rows[0]["kind"] == "stopped"
    assert not [secret for secret in PERSONAL if secret in out]
    code, _, err = mi("audit", "show", "--operation", "nix", place=filled)
    assert code == 2 and "nix" in err
    code, out, _ = mi("audit", "show", place=filled)
    assert code == 0 and "程序启动" in out


LAST = "(SELECT last_msgid FROM operation ORDER BY id LIMIT 1)"


@pytest.mark.parametrize(
    ("statements", "whys"),
    [
        ([f"DELETE FROM attempt WHERE msgid = {LAST}"], ["attempt missing", "operation empty"]),
        ([f"DELETE FROM attempt WHERE msgid = {LAST}", "DELETE FROM operation WHERE last_msgid NOT IN (SELECT msgid FROM attempt)"],
         ["attempt missing"]),
        ([f"DELETE FROM operation WHERE last_msgid = {LAST}"], ["operation missing"]),
        (["CREATE TABLE t AS SELECT * FROM attempt WHERE state = 'NOT_EXECUTED' LIMIT 1", "UPDATE t SET msgid = 'X1', number = 9",
          "INSERT INTO attempt SELECT * FROM t"], ["attempt unrecorded"]),
        (["CREATE TABLE t AS SELECT * FROM operation ORDER BY id LIMIT 1",
          "UPDATE t SET id = 'X1', generation = 9, last_msgid = 'X1'", "INSERT INTO operation SELECT * FROM t"],
         ["operation empty"]),
    ],
)  # fmt: skip
def test_rows_that_were_taken_out_or_put_in_are_named(
    filled: Path, statements: list[str], whys: list[str]
) -> None:
    """The chain itself is whole: nobody touched an event."""
    with sqlite3.connect(filled / "journal.db") as db:
        for sql in statements:
            db.execute(sql)
    db.close()
    code, found = verified(filled, "--roots", "roots.json")
    assert (code, found["intact"], [gap["why"] for gap in found["gaps"]]) == (1, False, whys)
    code, out, _ = mi("audit", "verify", place=filled)
    assert code == 1 and all(gap["operation_id"] in out and gap["msgid"] in out for gap in found["gaps"])
