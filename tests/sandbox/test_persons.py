"""The people are invented, well-formed and the same every time."""

from __future__ import annotations

from pathlib import Path

import mi_plugins.sandbox.persons as module
from mi_plugins.sandbox import Settings
from mi_plugins.sandbox.database import open_books
from mi_plugins.sandbox.idnumber import FICTITIOUS_AREA, is_valid
from mi_plugins.sandbox.persons import DOCUMENTED, crowd


def test_identity_numbers_are_valid_and_belong_to_nobody() -> None:
    everyone = [*DOCUMENTED, *crowd(7, 2000)]
    assert all(is_valid(p.certno) and p.certno.startswith(FICTITIOUS_AREA) for p in everyone)
    assert all(
        (int(p.certno[16]) % 2 == 1) == p.male and p.certno[6:14] == f"{p.born:%Y%m%d}" for p in everyone
    )
    for name in ("psn_no", "certno", "card_no", "token"):
        assert len({getattr(p, name) for p in everyone}) == len(everyone)
    assert all(p.name.startswith("沙箱") for p in everyone)


def test_wrong_numbers_are_noticed() -> None:
    good = DOCUMENTED[0].certno
    assert not is_valid(good[:-1] + ("0" if good[-1] != "0" else "1"))
    assert not is_valid("990101199013011234") and not is_valid("x" * 18) and not is_valid("1")


def test_the_seed_decides_the_crowd() -> None:
    assert list(crowd(1, 50)) == list(crowd(1, 50)) != list(crowd(2, 50))


def test_the_table_in_the_documentation_is_true() -> None:
    assert module.__doc__ is not None
    for person in DOCUMENTED:
        assert f"{person.psn_no}    {person.name}" in module.__doc__


def test_a_file_keeps_its_state(tmp_path: Path) -> None:
    settings = Settings(database=str(tmp_path / "sandbox.db"), crowd=3)
    books = open_books(settings)
    books.run("UPDATE insurance SET balance = 1 WHERE psn_no = ?", DOCUMENTED[0].psn_no)
    books.close()
    books = open_books(settings)
    row = books.one("SELECT balance FROM insurance WHERE psn_no = ?", DOCUMENTED[0].psn_no)
    assert row is not None and row["balance"] == 1
    books.close()
