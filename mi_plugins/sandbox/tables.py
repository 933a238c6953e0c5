"""The SQLite tables of the sandbox. Amounts are integer cents; times are text ``yyyy-MM-dd HH:mm:ss``, Beijing time."""

from __future__ import annotations

from typing import Final

__all__ = ["SCHEMA"]

SCHEMA: Final = """
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
    psn_no TEXT NOT NULL, insutype TEXT NOT NULL, year INTEGER NOT NULL, deductible INTEGER NOT NULL DEFAULT 0,
    pool INTEGER NOT NULL DEFAULT 0, large INTEGER NOT NULL DEFAULT 0, burden INTEGER NOT NULL DEFAULT 0,
    aid INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (psn_no, insutype, year)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS visit (
    mdtrt_id TEXT PRIMARY KEY, institution TEXT NOT NULL, psn_no TEXT NOT NULL, insutype TEXT NOT NULL, area TEXT NOT NULL,
    ipt_otp_no TEXT NOT NULL, begntime TEXT NOT NULL, cancelled INTEGER NOT NULL DEFAULT 0, med_type TEXT,
    registration TEXT NOT NULL, information TEXT, msgid TEXT NOT NULL, opter TEXT NOT NULL, opter_name TEXT NOT NULL, opt_time TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS visit_person ON visit (psn_no, begntime);

CREATE TABLE IF NOT EXISTS diagnosis (
    mdtrt_id TEXT NOT NULL, diag_type TEXT NOT NULL, diag_srt_no INTEGER NOT NULL, content TEXT NOT NULL,
    opter TEXT NOT NULL, opter_name TEXT NOT NULL, opt_time TEXT NOT NULL,
    PRIMARY KEY (mdtrt_id, diag_type, diag_srt_no)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS fee (
    mdtrt_id TEXT NOT NULL, feedetl_sn TEXT NOT NULL, chrg_bchno TEXT NOT NULL, med_list_codg TEXT NOT NULL,
    total INTEGER NOT NULL, own_pay INTEGER NOT NULL, over_limit INTEGER NOT NULL, pre_self_pay INTEGER NOT NULL,
    in_scope INTEGER NOT NULL, hospital INTEGER NOT NULL, content TEXT NOT NULL, result TEXT NOT NULL, setl_id TEXT,
    opter TEXT NOT NULL, opter_name TEXT NOT NULL, opt_time TEXT NOT NULL,
    PRIMARY KEY (mdtrt_id, feedetl_sn)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS fee_batch ON fee (mdtrt_id, chrg_bchno);

CREATE TABLE IF NOT EXISTS settlement (
    setl_id TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('settlement', 'refund')),
    state TEXT NOT NULL CHECK (state IN ('settled', 'refunded', 'reversed')), refund_of TEXT, msgid TEXT NOT NULL,
    institution TEXT NOT NULL, psn_no TEXT NOT NULL, insutype TEXT NOT NULL, area TEXT NOT NULL, year INTEGER NOT NULL,
    mdtrt_id TEXT NOT NULL, chrg_bchno TEXT NOT NULL, setl_time TEXT NOT NULL,
    total INTEGER NOT NULL, fund INTEGER NOT NULL, person INTEGER NOT NULL, hospital INTEGER NOT NULL,
    account INTEGER NOT NULL, family INTEGER NOT NULL, family_of TEXT, cash INTEGER NOT NULL,
    deductible INTEGER NOT NULL, pool INTEGER NOT NULL, large INTEGER NOT NULL, burden INTEGER NOT NULL, aid INTEGER NOT NULL,
    setlinfo TEXT NOT NULL, setldetail TEXT NOT NULL, opter TEXT NOT NULL, opter_name TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS settlement_visit ON settlement (mdtrt_id, chrg_bchno);
CREATE INDEX IF NOT EXISTS settlement_msgid ON settlement (msgid);

CREATE TABLE IF NOT EXISTS execution (
    number INTEGER PRIMARY KEY, msgid TEXT NOT NULL, infno TEXT NOT NULL, institution TEXT NOT NULL, psn_no TEXT,
    mdtrt_id TEXT, setl_id TEXT, state TEXT NOT NULL DEFAULT 'done' CHECK (state IN ('done', 'reversed')), at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS execution_msgid ON execution (msgid);

CREATE TABLE IF NOT EXISTS sign_in (
    sign_no TEXT PRIMARY KEY, institution TEXT NOT NULL, opter_no TEXT NOT NULL, day TEXT NOT NULL, signed_out INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
"""
