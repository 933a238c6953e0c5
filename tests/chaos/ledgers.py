"""Reading the ledgers with plain SQL: the bureau's file, the journal (a file or a server), what the callers were told.

Nothing of the project is imported: a checker that shares code with what it checks would share its mistakes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import attrs

__all__ = [
    "Attempt",
    "Execution",
    "Journal",
    "Operation",
    "Settlement",
    "Told",
    "Visit",
    "bureau",
    "count",
    "journal",
    "open_attempts",
    "told",
]

Ask = Callable[[str], Sequence[Sequence[Any]]]
LIVE = 1 << 62


@attrs.frozen
class Execution:
    """Something the centre did."""

    number: int
    msgid: str
    infno: str
    state: str


@attrs.frozen
class Settlement:
    """Of the centre; ``until``: when it was refunded or reversed (milliseconds), or :data:`LIVE`."""

    setl_id: str
    kind: str
    state: str
    refund_of: str | None
    msgid: str
    mdtrt_id: str
    batch: str
    total: int
    since: int
    until: int


@attrs.frozen
class Visit:
    """Of the centre."""

    mdtrt_id: str
    msgid: str
    business: tuple[str, str, str]
    """Kind, person, the hospital's own number."""
    since: int
    until: int


@attrs.frozen
class Bureau:
    """The centre's ledger."""

    executions: tuple[Execution, ...]
    settlements: tuple[Settlement, ...]
    visits: tuple[Visit, ...]


@attrs.frozen
class Attempt:
    """A send as the journal has it."""

    msgid: str
    operation: str
    interface: str
    state: str
    open: int
    reason: str | None


@attrs.frozen
class Operation:
    """A business intent as the journal has it."""

    id: str
    interface: str
    state: str
    amounts: str
    cancelled_by: str | None


@attrs.frozen
class Journal:
    """What the hospital believes. ``sent``: every msgid that was ever written ahead; ``doubted``: that was ever in doubt."""

    operations: tuple[Operation, ...]
    attempts: tuple[Attempt, ...]
    sent: frozenset[str]
    doubted: frozenset[str]


@attrs.frozen
class Told:
    """What one call was told: ``confirmed``, ``refused``, ``unsent``, ``doubt`` or ``clash`` (the msgid was known already)."""

    what: str
    infno: str
    msgid: str
    identifier: str = ""
    total: int | None = None
    """Fen."""


def bureau(path: Path, since: int = 0) -> Bureau:
    """The centre's ledger; executions up to number ``since`` were made by the harness and are left out."""
    with contextlib.closing(_read_only(path)) as database:
        done = database.execute(
            "SELECT number, msgid, infno, state FROM execution WHERE number > ?", (since,)
        ).fetchall()
        settled = database.execute(
            "SELECT setl_id, kind, state, refund_of, msgid, mdtrt_id, chrg_bchno, total, entered,"
            f" CASE state WHEN 'settled' THEN {LIVE} ELSE changed END FROM settlement ORDER BY entered, setl_id"
        ).fetchall()
        visits = database.execute(
            "SELECT mdtrt_id, msgid, kind, psn_no, ipt_otp_no, entered,"
            f" CASE state WHEN 'cancelled' THEN changed ELSE {LIVE} END FROM visit ORDER BY entered, mdtrt_id"
        ).fetchall()
    return Bureau(
        tuple(Execution(*row) for row in done),
        tuple(Settlement(*row) for row in settled),
        tuple(Visit(row[0], row[1], (row[2], row[3], row[4]), row[5], row[6]) for row in visits),
    )


def journal(place: str) -> Journal:
    """The hospital's journal, from a file's path or a ``mysql://`` or ``postgresql://`` address."""
    with _asking(place) as ask:
        # What points to a row is read before the row: a journal that is being written shows nothing wrong for a moment.
        sent = ask("SELECT msgid FROM event WHERE kind = 'sent'")
        doubted = ask("SELECT DISTINCT msgid FROM event WHERE to_state = 'IN_DOUBT'")
        attempts = ask("SELECT msgid, operation_id, interface, state, open, reason FROM attempt")
        operations = ask("SELECT id, interface, state, amounts, cancelled_by FROM operation")
    return Journal(
        tuple(Operation(*row) for row in operations),
        tuple(Attempt(*row) for row in attempts),
        frozenset(row[0] for row in sent), frozenset(row[0] for row in doubted),
    )  # fmt: skip


def open_attempts(place: str) -> int:
    """How many sends are unresolved and not with people."""
    return count(place, "SELECT count(*) FROM attempt WHERE open = 1 AND state <> 'MANUAL'")


def count(place: str, sql: str) -> int:
    """One number."""
    with _asking(place) as ask:
        return int(ask(sql)[0][0])


def told(folder: Path) -> Iterator[Told]:
    """Every answer that a call got, from all ``told-*.jsonl`` of a folder; a line cut short by a kill told nobody."""
    for path in sorted(folder.glob("told-*.jsonl")):
        for line in path.read_bytes().splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                one = json.loads(line)
                if "what" in one:
                    yield Told(
                        one["what"],
                        one["infno"],
                        one.get("msgid") or "",
                        one.get("identifier") or "",
                        one.get("total"),
                    )


async def _postgresql(place: str, sql: str) -> Sequence[Sequence[Any]]:
    import asyncpg  # type: ignore[import-untyped]  # has no types

    server = await asyncpg.connect(place)
    try:
        return [tuple(row) for row in await server.fetch(sql)]
    finally:
        await server.close()


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)


@contextlib.contextmanager
def _asking(place: str) -> Iterator[Ask]:
    if "://" not in place:
        with contextlib.closing(_read_only(Path(place))) as database:
            yield lambda sql: database.execute(sql).fetchall()
        return
    if place.startswith("postgresql"):
        yield lambda sql: asyncio.run(_postgresql(place, sql))
        return
    import pymysql  # type: ignore[import-untyped]  # has no types

    parts = urlsplit(place)
    with contextlib.closing(pymysql.connect(
        host=parts.hostname or "", port=parts.port or 3306, user=unquote(parts.username or ""),
        password=unquote(parts.password or ""), database=parts.path.strip("/"), charset="utf8mb4", autocommit=True,
    )) as server:  # fmt: skip

        def ask(sql: str) -> Sequence[Sequence[Any]]:
            with server.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall())

        yield ask
