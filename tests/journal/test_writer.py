"""Group commit, isolation inside a group, poison, a busy file, a full disk."""

from __future__ import annotations

import asyncio
import errno
import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mi_core.errors import StoreError, VisitBusy
from mi_core.journal import Journal, Ticket, database
from tests.journal.kit import OK, Clock, before, begin, crash, done, open_journal, ring, send, settlement


@pytest.fixture(autouse=True)
def quiet() -> None:
    logging.getLogger("mi_core.journal").setLevel(logging.CRITICAL)


class Faulty(database._Standard):
    """Fails a statement on demand, before or after it was executed."""

    __slots__ = ()
    fault: tuple[str, bool, Exception] | None = None

    def run(self, sql: str, params: Any = ()) -> int:
        fault = Faulty.fault
        if fault is not None and sql.startswith(fault[0]):
            if fault[1]:
                super().run(sql, params)
            raise fault[2]
        return super().run(sql, params)


@pytest.fixture
def fail() -> Any:
    def set_fault(statement: str, error: Exception, *, late: bool = False) -> None:
        Faulty.fault = (statement, late, error)

    yield set_fault
    Faulty.fault = None


def hold(journal: Journal) -> Callable[[], None]:
    """Keep the writer busy, so that what follows falls into one group; call the result to let it go."""
    gate = threading.Event()
    started = threading.Event()

    def wait(tx: object) -> None:
        started.set()
        gate.wait(5)

    journal._writer.submit(wait)
    started.wait(5)
    return gate.set


def test_many_callers_share_one_commit(journal: Journal) -> None:
    jobs = [journal.begin_job(settlement(f"M{n}"), before(journal)) for n in range(64)]
    release, groups = hold(journal), journal.groups
    futures = [journal._writer.submit(job) for job in jobs]
    release()
    assert all(isinstance(future.result(), Ticket) for future in futures)
    assert journal.groups - groups == 2


def test_a_refusal_in_a_group_does_not_touch_its_neighbours(journal: Journal) -> None:
    jobs = [journal.begin_job(settlement(v), before(journal)) for v in ("A", "A", "B")]
    release = hold(journal)
    futures = [journal._writer.submit(job) for job in jobs]
    release()
    assert [type(f.exception()) for f in futures] == [type(None), VisitBusy, type(None)]


def test_a_failure_after_writing_undoes_only_itself(journal: Journal) -> None:
    def bad(tx: Any) -> None:
        tx.event("half")
        tx.run("UPDATE operation SET state = 'DONE'")
        raise RuntimeError("a bug")

    first, last = (journal.begin_job(settlement(v), before(journal)) for v in ("A", "B"))
    release = hold(journal)
    futures = [journal._writer.submit(job) for job in (first, bad, last)]
    release()
    assert [type(f.exception()) for f in futures] == [type(None), RuntimeError, type(None)]
    assert journal.read.verify().intact and journal.poisoned is None
    assert {a.operation_state.value for a in journal.read.unresolved()} == {"OPEN"}


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("COMMIT", sqlite3.OperationalError("disk I/O error")),
        ("COMMIT", sqlite3.OperationalError("database or disk is full")),
        ("INSERT INTO attempt", sqlite3.OperationalError("database or disk is full")),
        ("INSERT INTO operation", sqlite3.OperationalError("attempt to write a readonly database")),
        ("BEGIN", sqlite3.DatabaseError("database disk image is malformed")),
        ("COMMIT", OSError(errno.EIO, "input/output error")),
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_an_error_of_the_disk_poisons_the_journal(
    path: Path, clock: Clock, fail: Any, statement: str, error: Exception, late: bool
) -> None:
    journal = open_journal(path, clock, connect=Faulty)
    flying = send(journal, settlement("M1"))
    job = journal.begin_job(settlement("M2"), before(journal))
    fail(statement, error, late=late and statement == "COMMIT")
    with pytest.raises(StoreError):
        journal.wait(job)
    fail("nothing", error)
    assert journal.poisoned is not None
    journal.lose(flying, "cancelled")
    for act in (
        lambda: begin(journal, settlement("M4"), msgid="X4"),
        lambda: journal.wait(journal.end_job(flying, OK)),
    ):
        with pytest.raises(StoreError):
            act()
    crash(journal)
    # the end could not be recorded: it is in doubt after the next start, and so is all that may have been committed
    again = open_journal(path, clock)
    assert again.taken_over.in_doubt == (2 if late and statement == "COMMIT" else 1)
    assert again.read.verify().intact
    again.close()


def test_async_callers_get_the_poison_too(path: Path, clock: Clock, fail: Any) -> None:
    journal = open_journal(path, clock, connect=Faulty)
    sending = before(journal)
    fail("COMMIT", sqlite3.OperationalError("disk I/O error"))

    async def call() -> None:
        for _ in range(2):
            with pytest.raises(StoreError):
                await journal.begin(settlement(), sending)

    asyncio.run(call())
    crash(journal)


def test_a_file_held_by_someone_else_refuses_without_poison(path: Path, clock: Clock) -> None:
    journal = open_journal(path, clock, busy_ms=20)
    sending = before(journal)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="busy"):
        journal.wait(journal.begin_job(settlement(), sending))
    other.execute("ROLLBACK")
    other.close()
    assert journal.poisoned is None and isinstance(
        journal.wait(journal.begin_job(settlement(), sending)), Ticket
    )
    journal.close()


def test_what_was_acknowledged_is_in_the_file(path: Path, clock: Clock, tmp_path: Path) -> None:
    """Copied right after the acknowledgement, as a crash would leave it, the file has every row."""
    journal = open_journal(path, clock)
    tickets = [done(journal, settlement(f"M{n}")) for n in range(5)] + [send(journal, settlement("M9"))]
    copy = tmp_path / "copy" / "journal.db"
    copy.parent.mkdir()
    for suffix in ("", "-wal"):
        copy.with_name("journal.db" + suffix).write_bytes(path.with_name("journal.db" + suffix).read_bytes())
    seen = open_journal(copy, clock)
    assert all(seen.read.attempt(ticket.msgid) is not None for ticket in tickets)
    assert seen.taken_over.in_doubt == 1
    seen.close()
    journal.close()


def test_closed_means_closed(path: Path, clock: Clock) -> None:
    journal = open_journal(path, clock)
    job = journal.begin_job(settlement(), before(journal))
    journal.close()
    journal.close()
    with pytest.raises(StoreError):
        journal.wait(job)


def test_a_place_that_cannot_keep_its_promise_is_refused(path: Path, tmp_path: Path, clock: Clock) -> None:
    class NoWal(database._Standard):
        __slots__ = ()

        def rows(self, sql: str, params: Any = ()) -> list[Any]:
            return [("delete",)] if "journal_mode" in sql else super().rows(sql, params)

    with pytest.raises(StoreError, match="WAL"):
        open_journal(path, clock, connect=NoWal)
    path.write_bytes(b"this is no database, and long enough to be read as one" * 20)
    with pytest.raises(StoreError):
        open_journal(path, clock)
    newer = tmp_path / "newer.db"
    open_journal(newer, clock).close()
    with sqlite3.connect(newer) as plain:
        plain.execute("INSERT INTO schema_version VALUES (99, 0)")
    plain.close()
    with pytest.raises(StoreError, match="99"):
        Journal.open(newer, ring(), clock=clock)
    path.unlink()
    open_journal(path, clock, slots=1).close()  # and each refusal gave its slot back
