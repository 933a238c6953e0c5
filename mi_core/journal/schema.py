"""Tables of the local journal and their migrations: each step is SQL that runs once, in one transaction.

Personal keys are kept as ciphertext (``*_ct``) plus keyed hash (``*_hash``); times are milliseconds since 1970 UTC;
amounts are decimal text, ``at_risk`` is in fen. ``more_locks`` has the second and further locks of an attempt.
``refusal`` has the refusal texts that people judged (:mod:`mi_core.journal.learned`).
"""

from __future__ import annotations

from typing import Final

from mi_core.errors import StoreError
from mi_core.journal.database import Database
from mi_core.journal.states import BINDING

__all__ = ["VERSION", "migrate"]

_BINDING: Final = ", ".join(f"'{state.value}'" for state in sorted(BINDING))

_STEPS: Final[tuple[tuple[str, ...], ...]] = (
    (
        """CREATE TABLE owner (
            epoch INTEGER PRIMARY KEY AUTOINCREMENT,
            slot INTEGER NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL, keys TEXT NOT NULL,
            started_at INTEGER NOT NULL, ended_at INTEGER)""",
        """CREATE TABLE operation (
            id TEXT NOT NULL UNIQUE,
            institution TEXT NOT NULL, interface TEXT NOT NULL, effect TEXT NOT NULL,
            key_hash BLOB NOT NULL, generation INTEGER NOT NULL, key_id INTEGER NOT NULL,
            identity_ct BLOB NOT NULL,
            amounts TEXT NOT NULL, repeatable INTEGER NOT NULL, reversible INTEGER NOT NULL,
            state TEXT NOT NULL, version INTEGER NOT NULL,
            last_msgid TEXT NOT NULL, cancels TEXT, cancelled_by TEXT,
            created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
            UNIQUE (key_hash, generation))""",
        """CREATE TABLE attempt (
            msgid TEXT NOT NULL UNIQUE,
            operation_id TEXT NOT NULL REFERENCES operation (id), number INTEGER NOT NULL,
            institution TEXT NOT NULL, interface TEXT NOT NULL, effect TEXT NOT NULL,
            endpoint TEXT NOT NULL, profile_version TEXT NOT NULL,
            mdtrtarea_admvs TEXT NOT NULL, insuplc_admdvs TEXT NOT NULL, operator TEXT NOT NULL,
            psn_ct BLOB, psn_hash BLOB, at_risk INTEGER NOT NULL, reverses TEXT,
            request_ct BLOB NOT NULL, fingerprint BLOB NOT NULL,
            signed_at INTEGER NOT NULL, deadline_at INTEGER NOT NULL, sent_at INTEGER NOT NULL,
            owner_epoch INTEGER NOT NULL, event_writer INTEGER NOT NULL, event_seq INTEGER NOT NULL,
            lock_hash BLOB,
            state TEXT NOT NULL, version INTEGER NOT NULL, open INTEGER NOT NULL,
            evidence TEXT, infcode TEXT, likely_refused INTEGER NOT NULL DEFAULT 0, response_ct BLOB,
            source TEXT, reason TEXT, missing TEXT, identifier_ct BLOB, identifier_hash BLOB, result_ct BLOB,
            ended_at INTEGER,
            UNIQUE (operation_id, number))""",
        f"CREATE UNIQUE INDEX attempt_one_live ON attempt (operation_id) WHERE state IN ({_BINDING})",
        "CREATE INDEX attempt_open ON attempt (institution, state, owner_epoch) WHERE open = 1",
        """CREATE INDEX attempt_doubt ON attempt (institution, at_risk)
            WHERE state IN ('IN_DOUBT', 'EXECUTED_UNIDENTIFIED', 'REVERSING') AND likely_refused = 0 AND effect = 'money'""",
        "CREATE INDEX attempt_result ON attempt (identifier_hash) WHERE identifier_hash IS NOT NULL",
        "CREATE INDEX attempt_reverses ON attempt (reverses) WHERE reverses IS NOT NULL",
        "CREATE UNIQUE INDEX attempt_lock ON attempt (lock_hash) WHERE open = 1 AND lock_hash IS NOT NULL",
        """CREATE TABLE more_locks (
            lock_hash BLOB PRIMARY KEY, operation_id TEXT NOT NULL, msgid TEXT NOT NULL) WITHOUT ROWID""",
        """CREATE TABLE event (
            writer INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL,
            operation_id TEXT, msgid TEXT, from_state TEXT, to_state TEXT,
            data TEXT NOT NULL, evidence_ct BLOB, key_id INTEGER NOT NULL, prev BLOB NOT NULL, hash BLOB NOT NULL,
            PRIMARY KEY (writer, seq)) WITHOUT ROWID""",
        "CREATE INDEX event_operation ON event (operation_id) WHERE operation_id IS NOT NULL",
        """CREATE TABLE msgid_block (
            institution TEXT NOT NULL, slot INTEGER NOT NULL, slots INTEGER NOT NULL, high_water INTEGER NOT NULL,
            PRIMARY KEY (institution, slot, slots)) WITHOUT ROWID""",
        "CREATE TABLE key_use (key_id INTEGER PRIMARY KEY, first_at INTEGER NOT NULL)",
        """CREATE TABLE tombstone (
            msgid TEXT PRIMARY KEY, operation_id TEXT NOT NULL, institution TEXT NOT NULL,
            created_at INTEGER NOT NULL, contradicted INTEGER NOT NULL DEFAULT 0,
            closed_at INTEGER, closed_by TEXT) WITHOUT ROWID""",
    ),
    (
        """CREATE TABLE refusal (
            id TEXT PRIMARY KEY, institution TEXT NOT NULL, text_hash BLOB NOT NULL, text_ct BLOB NOT NULL,
            changed_at INTEGER NOT NULL, UNIQUE (institution, text_hash)) WITHOUT ROWID""",
        "CREATE INDEX attempt_likely ON attempt (institution) WHERE likely_refused = 1",
        "CREATE INDEX event_late ON event (msgid) WHERE kind = 'late'",
    ),
    (
        """CREATE INDEX attempt_hollow ON attempt (institution, sent_at)
            WHERE source = 'person' AND state = 'CONFIRMED' AND result_ct IS NULL""",
    ),
)

VERSION: Final = len(_STEPS)
"""The schema version this program writes."""


def migrate(database: Database, now: int) -> int:
    """Bring the file to :data:`VERSION`; returns the version it had. A newer file is refused with :class:`StoreError`."""
    database.run("BEGIN IMMEDIATE")
    try:
        database.run(
            "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL)"
        )
        found = int(database.rows("SELECT coalesce(max(version), 0) FROM schema_version")[0][0])
        if found > VERSION:
            raise StoreError(
                f"日志文件版本 {found} 比本程序（{VERSION}）新", f"the journal has version {found}, this program {VERSION}",
                hint_zh="请升级 mi-core", hint_en="upgrade mi-core",
            )  # fmt: skip
        for number, statements in enumerate(_STEPS[found:], start=found + 1):
            for statement in statements:
                database.run(statement)
            database.run("INSERT INTO schema_version VALUES (?, ?)", (number, now))
        database.run("COMMIT")
    except BaseException:
        database.run("ROLLBACK")
        raise
    return found
