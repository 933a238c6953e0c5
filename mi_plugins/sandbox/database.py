"""The sandbox's books: one SQLite connection, used by one event loop, each changing call in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import attrs

from mi_plugins.sandbox.institutions import INSTITUTIONS, Institution
from mi_plugins.sandbox.persons import DOCUMENTED, Person, crowd
from mi_plugins.sandbox.settings import Settings
from mi_plugins.sandbox.tables import SCHEMA, VERSION

__all__ = ["Books", "enter_institutions", "enter_people", "open_books"]


class Books:
    """Thin access to the tables; rows are read by column name."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.row_factory = sqlite3.Row
        self.institutions: dict[str, Institution] = dict(INSTITUTIONS)
        """Who may call, by code: the documented ones and those that were seeded."""

    def one(self, sql: str, *values: object) -> sqlite3.Row | None:
        """The first row, or ``None``."""
        row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """All rows."""
        return self._connection.execute(sql, values).fetchall()

    def run(self, sql: str, *values: object) -> int:
        """Execute a change; returns the number of rows changed."""
        return self._connection.execute(sql, values).rowcount

    def enter(self, table: str, row: Mapping[str, object]) -> None:
        """Insert one row. The names come from this package, never from a message."""
        marks = ",".join("?" * len(row))
        self._connection.execute(
            f"INSERT INTO {table} ({','.join(row)}) VALUES ({marks})",  # noqa: S608  # names of this package only
            tuple(row.values()),
        )

    def next_number(self, name: str) -> int:
        """The next number of a counter, 1 first. Rolled back with its transaction, so refusals leave no gaps."""
        row = self.one(
            "INSERT INTO counter VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            name,
        )
        assert row is not None
        value: int = row[0]
        return value

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: any exception rolls back."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Release the file."""
        self._connection.close()


def open_books(settings: Settings) -> Books:
    """Open (or create) the database and enter the people. People and balances that are there already stay as they are.

    What was committed survives a SIGKILL of this process (WAL; the operating system holds the pages), but not a power cut.
    Raises ``sqlite3.Error`` when the file is no database or has the tables of another version.
    """
    connection = sqlite3.connect(settings.database, isolation_level=None, check_same_thread=False)
    try:
        if settings.database != ":memory:":
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
        _check_version(connection)
        connection.executescript(SCHEMA)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        books = Books(connection)
        for row in books.all("SELECT * FROM institution ORDER BY code"):
            books.institutions[row["code"]] = Institution(**dict(row))
        year = settings.clock().year
        enter_people(books, (*DOCUMENTED, *crowd(settings.seed, settings.crowd), *settings.people), year)
        enter_institutions(books, settings.institutions)
    except BaseException:
        connection.close()
        raise
    return books


def enter_people(books: Books, people: Iterable[Person], year: int) -> int:
    """Enter people who are not there yet, with what they used up in ``year``; returns how many there were none of."""
    with books.transaction():
        return sum(_enter(books, person, year) for person in people)


def enter_institutions(books: Books, institutions: Iterable[Institution]) -> int:
    """Enter institutions that are not there yet; returns how many."""
    new = [one for one in institutions if one.code not in books.institutions]
    with books.transaction():
        for one in new:
            books.enter("institution", attrs.asdict(one))
    books.institutions.update((one.code, one) for one in new)
    return len(new)


def _check_version(connection: sqlite3.Connection) -> None:
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    made = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if made and found != VERSION:
        raise sqlite3.DatabaseError(f"tables of version {found}, this sandbox has version {VERSION}")


def _enter(books: Books, person: Person, year: int) -> bool:
    added = books.run(
        "INSERT OR IGNORE INTO person VALUES (?,?,?,?,?,?,?,?,?,?)",
        person.psn_no, person.name, person.certno, "1" if person.male else "2", person.born.isoformat(),
        person.card_no, person.card_sn, person.token, person.phone, person.sponsor,
    )  # fmt: skip
    if not added:
        return False
    for kind in person.identities:
        books.run("INSERT INTO person_identity VALUES (?,?)", person.psn_no, kind)
    for position, one in enumerate(person.insurances):
        books.run(
            "INSERT INTO insurance VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            person.psn_no, one.insutype, one.area, position, one.psn_type, one.status, one.since, one.paused,
            "1" if one.civil_servant else "0", one.employer, one.balance,
        )  # fmt: skip
        if one.pool_paid:
            books.run(
                "INSERT INTO accumulation (psn_no, insutype, year, care, deductible, pool) VALUES (?,?,?,'outpatient',?,?)",
                person.psn_no, one.insutype, year, 20_000, one.pool_paid,
            )  # fmt: skip
    return True
