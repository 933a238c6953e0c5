"""The table of everything that institutions upload and the bureau keeps as it came (:mod:`mi_plugins.sandbox.bureau.records`).

``kind`` is the sort of record, ``key`` its own fields that name it (JSON list); of one institution, kind and key at most
one record is ``live``. ``content`` is what was uploaded, by wire name.
"""

from __future__ import annotations

from typing import Final

__all__ = ["TABLES"]

TABLES: Final = """
CREATE TABLE IF NOT EXISTS record (
    number INTEGER PRIMARY KEY, rid TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, institution TEXT NOT NULL, key TEXT NOT NULL,
    psn_no TEXT, setl_id TEXT, content TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('live', 'withdrawn')), infno TEXT NOT NULL,
    msgid TEXT NOT NULL, opter TEXT NOT NULL, opter_name TEXT NOT NULL, at TEXT NOT NULL, updated TEXT NOT NULL,
    entered INTEGER NOT NULL, changed INTEGER NOT NULL, state_before TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS record_key ON record (kind, institution, key);
CREATE INDEX IF NOT EXISTS record_anywhere ON record (kind, key);
CREATE INDEX IF NOT EXISTS record_person ON record (kind, psn_no);
CREATE INDEX IF NOT EXISTS record_settlement ON record (kind, setl_id);
"""
