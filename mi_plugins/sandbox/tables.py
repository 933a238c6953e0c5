"""The SQLite tables of the sandbox: amounts integer cents, times text ``yyyy-MM-dd HH:mm:ss`` in Beijing time.

``entered`` and ``changed`` are milliseconds since 1970, when the row came and when its state last changed: a query that
lags behind (fault ``replica_lag``) sees neither a later row nor a later state.

``execution`` is the ledger of what was really done, one row for each call that changed something, whatever became of
its reply; ``settlement`` holds the amounts. A checker may read both from the file while the sandbox is down.
"""

from __future__ import annotations

from typing import Final

from mi_plugins.sandbox import tables_eprescription, tables_notices, tables_online_payment, tables_records

__all__ = ["SCHEMA", "VERSION"]

VERSION: Final = 3
"""``PRAGMA user_version`` of a file with these tables."""

_OWN: Final = """
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS person (
    psn_no TEXT PRIMARY KEY, name TEXT NOT NULL, certno TEXT NOT NULL UNIQUE, gend TEXT NOT NULL, brdy TEXT NOT NULL,
    card_no TEXT NOT NULL UNIQUE, card_sn TEXT NOT NULL, token TEXT NOT NULL UNIQUE, tel TEXT NOT NULL, sponsor TEXT
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS person_identity (psn_no TEXT NOT NULL, kind TEXT NOT NULL, PRIMARY KEY (psn_no, kind)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS insurance (
    psn_no TEXT NOT NULL, insutype TEXT NOT NULL, area TEXT NOT NULL, position INTEGER NOT NULL, psn_type TEXT NOT NULL,
    status TEXT NOT NULL, since TEXT NOT NULL, paused TEXT, cvlserv TEXT NOT NULL, employer TEXT NOT NULL,
    balance INTEGER NOT NULL CHECK (balance >= 0),
    PRIMARY KEY (psn_no, insutype, area)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS accumulation (
    psn_no TEXT NOT NULL, insutype TEXT NOT NULL, year INTEGER NOT NULL, care TEXT NOT NULL CHECK (care IN ('outpatient', 'inpatient')),
    deductible INTEGER NOT NULL DEFAULT 0, pool INTEGER NOT NULL DEFAULT 0, large INTEGER NOT NULL DEFAULT 0,
    burden INTEGER NOT NULL DEFAULT 0, aid INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (psn_no, insutype, year, care)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS visit (
    mdtrt_id TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('outpatient', 'inpatient', 'pharmacy')),
    state TEXT NOT NULL CHECK (state IN ('open', 'discharged', 'cancelled')), institution TEXT NOT NULL, psn_no TEXT NOT NULL,
    insutype TEXT NOT NULL, area TEXT NOT NULL, ipt_otp_no TEXT NOT NULL, begntime TEXT NOT NULL, endtime TEXT, med_type TEXT,
    registration TEXT NOT NULL, information TEXT, discharge TEXT, msgid TEXT NOT NULL, opter TEXT NOT NULL, opter_name TEXT NOT NULL,
    opt_time TEXT NOT NULL, entered INTEGER NOT NULL, changed INTEGER NOT NULL, state_before TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS visit_person ON visit (psn_no, begntime);

CREATE TABLE IF NOT EXISTS diagnosis (
    mdtrt_id TEXT NOT NULL, inout TEXT NOT NULL, diag_type TEXT NOT NULL, diag_srt_no INTEGER NOT NULL, content TEXT NOT NULL,
    opter TEXT NOT NULL, opter_name TEXT NOT NULL, opt_time TEXT NOT NULL,
    PRIMARY KEY (mdtrt_id, inout, diag_type, diag_srt_no)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS fee (
    mdtrt_id TEXT NOT NULL, feedetl_sn TEXT NOT NULL, chrg_bchno TEXT NOT NULL, init_sn TEXT, med_list_codg TEXT NOT NULL,
    total INTEGER NOT NULL, own_pay INTEGER NOT NULL, over_limit INTEGER NOT NULL, pre_self_pay INTEGER NOT NULL,
    in_scope INTEGER NOT NULL, hospital INTEGER NOT NULL, content TEXT NOT NULL, result TEXT NOT NULL, setl_id TEXT,
    opter TEXT NOT NULL, opter_name TEXT NOT NULL, opt_time TEXT NOT NULL,
    PRIMARY KEY (mdtrt_id, feedetl_sn)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS fee_batch ON fee (mdtrt_id, chrg_bchno);

CREATE TABLE IF NOT EXISTS settlement (
    setl_id TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('settlement', 'refund')),
    state TEXT NOT NULL CHECK (state IN ('settled', 'refunded', 'reversed')), refund_of TEXT, msgid TEXT NOT NULL, infno TEXT NOT NULL,
    institution TEXT NOT NULL, psn_no TEXT NOT NULL, insutype TEXT NOT NULL, area TEXT NOT NULL, year INTEGER NOT NULL,
    care TEXT NOT NULL, clr_type TEXT NOT NULL, mid INTEGER NOT NULL, mdtrt_id TEXT NOT NULL, chrg_bchno TEXT NOT NULL,
    setl_time TEXT NOT NULL,
    total INTEGER NOT NULL, fund INTEGER NOT NULL, person INTEGER NOT NULL, hospital INTEGER NOT NULL,
    account INTEGER NOT NULL, family INTEGER NOT NULL, family_of TEXT, cash INTEGER NOT NULL,
    deductible INTEGER NOT NULL, pool INTEGER NOT NULL, large INTEGER NOT NULL, burden INTEGER NOT NULL, aid INTEGER NOT NULL,
    setlinfo TEXT NOT NULL, setldetail TEXT NOT NULL, opter TEXT NOT NULL, opter_name TEXT NOT NULL,
    entered INTEGER NOT NULL, changed INTEGER NOT NULL, state_before TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS settlement_visit ON settlement (mdtrt_id, chrg_bchno);
CREATE INDEX IF NOT EXISTS settlement_msgid ON settlement (msgid);
CREATE INDEX IF NOT EXISTS settlement_day ON settlement (institution, setl_time);

CREATE TABLE IF NOT EXISTS execution (
    number INTEGER PRIMARY KEY, msgid TEXT NOT NULL, infno TEXT NOT NULL, institution TEXT NOT NULL, psn_no TEXT,
    mdtrt_id TEXT, setl_id TEXT, state TEXT NOT NULL DEFAULT 'done' CHECK (state IN ('done', 'reversed')), at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS execution_msgid ON execution (msgid);

CREATE TABLE IF NOT EXISTS sign_in (
    sign_no TEXT PRIMARY KEY, institution TEXT NOT NULL, opter_no TEXT NOT NULL, day TEXT NOT NULL, signed_out INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS file (
    file_qury_no TEXT PRIMARY KEY, filename TEXT NOT NULL, owner TEXT NOT NULL, source TEXT NOT NULL, row_count INTEGER NOT NULL,
    content BLOB, dld_endtime TEXT
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS disagreement (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, institution TEXT NOT NULL, setl_id TEXT, msgid TEXT, amount INTEGER NOT NULL,
    at TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS institution (
    code TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, hosp_lv TEXT NOT NULL, level INTEGER NOT NULL, area TEXT NOT NULL,
    uscc TEXT NOT NULL UNIQUE
) WITHOUT ROWID;
"""
SCHEMA: Final = (
    _OWN
    + tables_records.TABLES
    + (tables_eprescription.TABLES + tables_online_payment.TABLES + tables_notices.TABLES)
)
