"""Tables of the shared journal and their migrations; the same rows as the local journal's (:mod:`mi_core.journal.schema`).

What a partial unique index says in SQLite and PostgreSQL, MySQL says by a unique index on a generated column that is
NULL outside the condition. ``owner`` has a lease instead of an operating-system lock. ``gate`` has one row, which every
writing transaction changes first: writers of all hosts take turns, as they do on a SQLite file, so that each of the
journal's checks sees all that was committed before. The unique indexes are the backstop.
"""

from __future__ import annotations

from typing import Final

from mi_core.errors import StoreError
from mi_core.journal.shared.dialect import Dialect
from mi_core.journal.shared.link import Session
from mi_core.journal.states import BINDING

__all__ = ["VERSION", "migrate"]

_BINDING: Final = ", ".join(f"'{state.value}'" for state in sorted(BINDING))
_DOUBT: Final = "'IN_DOUBT', 'EXECUTED_UNIDENTIFIED', 'REVERSING'"
_TABLES: Final = {
    "gate": "id {int} PRIMARY KEY, turn {int} NOT NULL",
    "owner": """epoch {int} PRIMARY KEY, slot {int} NOT NULL, slots {int} NOT NULL, host {name} NOT NULL,
        pid {int} NOT NULL, key_ids {name} NOT NULL, started_at {int} NOT NULL, lease_until {int} NOT NULL,
        turn {int} NOT NULL, ended_at {int}, orderly {int} NOT NULL""",
    "operation": """id {id} PRIMARY KEY, institution {id} NOT NULL, interface {id} NOT NULL, effect {id} NOT NULL,
        key_hash {hash} NOT NULL, generation {int} NOT NULL, key_id {int} NOT NULL, identity_ct {blob} NOT NULL,
        amounts {text} NOT NULL, repeatable {int} NOT NULL, reversible {int} NOT NULL, state {id} NOT NULL,
        version {int} NOT NULL, last_msgid {id} NOT NULL, cancels {id}, cancelled_by {id}, created_at {int} NOT NULL,
        updated_at {int} NOT NULL, UNIQUE (key_hash, generation)""",
    "attempt": """msgid {id} PRIMARY KEY, operation_id {id} NOT NULL, number {int} NOT NULL, institution {id} NOT NULL,
        interface {id} NOT NULL, effect {id} NOT NULL, endpoint {text} NOT NULL, profile_version {name} NOT NULL,
        mdtrtarea_admvs {id} NOT NULL, insuplc_admdvs {id} NOT NULL, operator {name} NOT NULL, psn_ct {blob},
        psn_hash {hash}, at_risk {int} NOT NULL, reverses {id}, request_ct {blob} NOT NULL, fingerprint {hash} NOT NULL,
        signed_at {int} NOT NULL, deadline_at {int} NOT NULL, sent_at {int} NOT NULL, owner_epoch {int} NOT NULL,
        event_writer {int} NOT NULL, event_seq {int} NOT NULL, lock_hash {hash}, state {id} NOT NULL,
        version {int} NOT NULL, open {int} NOT NULL, evidence {text}, infcode {name}, likely_refused {int} NOT NULL DEFAULT 0,
        response_ct {blob}, source {id}, reason {text}, missing {text}, identifier_ct {blob}, identifier_hash {hash},
        result_ct {blob}, ended_at {int}, UNIQUE (operation_id, number)""",
    "more_locks": "lock_hash {hash} PRIMARY KEY, operation_id {id} NOT NULL, msgid {id} NOT NULL",
    "event": """writer {int} NOT NULL, seq {int} NOT NULL, at {int} NOT NULL, kind {id} NOT NULL, operation_id {id},
        msgid {id}, from_state {id}, to_state {id}, data {text} NOT NULL, evidence_ct {blob}, key_id {int} NOT NULL,
        prev {hash} NOT NULL, hash {hash} NOT NULL, PRIMARY KEY (writer, seq)""",
    "msgid_block": """institution {id} NOT NULL, slot {int} NOT NULL, slots {int} NOT NULL, high_water {int} NOT NULL,
        PRIMARY KEY (institution, slot, slots)""",
    "key_use": "key_id {int} PRIMARY KEY, first_at {int} NOT NULL",
    "tombstone": """msgid {id} PRIMARY KEY, operation_id {id} NOT NULL, institution {id} NOT NULL,
        created_at {int} NOT NULL, contradicted {int} NOT NULL DEFAULT 0, closed_at {int}, closed_by {name}""",
    "refusal": """id {id} PRIMARY KEY, institution {id} NOT NULL, text_hash {hash} NOT NULL, text_ct {blob} NOT NULL,
        changed_at {int} NOT NULL, UNIQUE (institution, text_hash)""",
}  # fmt: skip
_INDEXES: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "attempt": (
        ("attempt_open", "open, owner_epoch, institution", "open = 1"),
        ("attempt_doubt", "state, institution, likely_refused, effect, at_risk", f"state IN ({_DOUBT})"),
        ("attempt_result", "identifier_hash", "identifier_hash IS NOT NULL"),
        ("attempt_reverses", "reverses", "reverses IS NOT NULL"),
        ("attempt_sent", "institution, sent_at", ""),
        ("attempt_person", "psn_hash", "psn_hash IS NOT NULL"),
        ("attempt_likely", "institution, likely_refused", "likely_refused = 1"),
    ),
    "more_locks": (("more_locks_of", "msgid", ""),),
    "event": (
        ("event_operation", "operation_id", "operation_id IS NOT NULL"),
        ("event_late", "msgid, kind", "kind = 'late'"),
    ),
}
_UNIQUE: Final = (
    ("attempt_one_live", "operation_id", "{id}", f"state IN ({_BINDING})"),
    ("attempt_lock", "lock_hash", "{hash}", "open = 1"),
)
"""Partial unique indexes of ``attempt``: name, column, its type, condition."""

VERSION: Final = 1
"""The schema version this program writes."""


def _version_1(dialect: Dialect) -> list[str]:
    """Each statement may run again: MySQL commits every one of them, and a crash in between must not block the next start."""
    postgresql = dialect.name == "postgresql"
    statements: list[str] = []
    for table, columns in _TABLES.items():
        body = columns
        if not postgresql:
            for index, key, _ in _INDEXES.get(table, ()):
                body += f", INDEX {index} ({key})"
            if table == "attempt":
                for index, column, kind, where in _UNIQUE:
                    body += f", {index}_key {kind} GENERATED ALWAYS AS (IF({where}, {column}, NULL)) STORED"
                    body += f", UNIQUE INDEX {index} ({index}_key)"
        statements.append(f"CREATE TABLE IF NOT EXISTS {table} ({body}) {{end}}".format_map(dialect.types))
        if postgresql:
            statements += [
                f"CREATE INDEX IF NOT EXISTS {index} ON {table} ({key}){f' WHERE {where}' if where else ''}"
                for index, key, where in _INDEXES.get(table, ())
            ]
    if postgresql:
        statements += [
            f"CREATE UNIQUE INDEX IF NOT EXISTS {index} ON attempt ({column}) WHERE {where}"
            for index, column, _, where in _UNIQUE
        ]
    statements.append("INSERT INTO gate SELECT 1, 0 WHERE NOT EXISTS (SELECT 1 FROM gate)")
    return statements


_STEPS: Final = (_version_1,)


def migrate(session: Session, now: int) -> int:
    """Bring the database to :data:`VERSION`; returns the version it had. Two hosts that start at once take turns.

    Raises :class:`StoreError` for a newer version and for a database in which somebody else has tables of our names.
    """
    found = _found(session)
    if found == VERSION:
        return found
    _lock(session)
    try:
        found = _found(session)
        if found > VERSION:
            raise StoreError(
                f"日志库版本 {found} 比本程序（{VERSION}）新", f"the journal has version {found}, this program {VERSION}",
                hint_zh="请升级 mi-core", hint_en="upgrade mi-core",
            )  # fmt: skip
        if found < 0:
            _check_empty(session)
        end = session.dialect.types["end"]
        session.run(
            f"CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL) {end}"
        )
        for number, step in enumerate(_STEPS[max(found, 0) :], start=max(found, 0) + 1):
            for statement in step(session.dialect):
                session.run(statement)
            session.run("INSERT INTO schema_version VALUES (?, ?)", (number, now))
    finally:
        _unlock(session)
    return max(found, 0)


def _found(session: Session) -> int:
    """The version, or -1 for a database without our table."""
    if "schema_version" not in _existing(session):
        return -1
    return int(session.rows("SELECT coalesce(max(version), 0) FROM schema_version")[0][0])


def _existing(session: Session) -> set[str]:
    here = "current_schema()" if session.dialect.name == "postgresql" else "DATABASE()"
    rows = session.rows(f"SELECT table_name FROM information_schema.tables WHERE table_schema = {here}")  # noqa: S608  # constant
    return {str(row[0]).lower() for row in rows}


def _check_empty(session: Session) -> None:
    if taken := sorted(_existing(session) & set(_TABLES)):
        raise StoreError(
            f"库中已有他人的表：{'、'.join(taken)}", f"somebody else's tables are in the database: {', '.join(taken)}",
            hint_zh="共享日志须用单独的库（PostgreSQL 可用单独的 schema）", hint_en="give the journal a database of its own",
        )  # fmt: skip


def _lock(session: Session) -> None:
    if session.dialect.name == "postgresql":
        session.run("SET LOCAL lock_timeout = '60s'")
        session.rows("SELECT pg_advisory_xact_lock(?)", (7_023_601_223_042_025,))
    elif session.rows("SELECT GET_LOCK(concat('mi_journal.', left(DATABASE(), 40)), 60)")[0][0] != 1:
        raise StoreError(
            "另一进程正在升级日志库", "another process is migrating the journal",
            hint_zh="稍后再试", hint_en="try again later",
        )  # fmt: skip


def _unlock(session: Session) -> None:
    """PostgreSQL frees its lock with the transaction; MySQL has committed each statement already, except the last."""
    if session.dialect.name != "postgresql":
        session.run("COMMIT")
        session.rows("SELECT RELEASE_LOCK(concat('mi_journal.', left(DATABASE(), 40)))")
