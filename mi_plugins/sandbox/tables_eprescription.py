"""Tables of the e-prescription centre."""

from __future__ import annotations

from typing import Final

__all__ = ["TABLES"]

TABLES: Final = """
CREATE TABLE IF NOT EXISTS prescription (
    hi_rxno TEXT PRIMARY KEY, trace_code TEXT NOT NULL UNIQUE, institution TEXT NOT NULL, hosp_rxno TEXT NOT NULL,
    mdtrt_id TEXT NOT NULL, psn_no TEXT NOT NULL, insutype TEXT NOT NULL, content TEXT NOT NULL, vali_end TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('checked', 'uploaded', 'revoked')), upload TEXT, rx_file TEXT,
    used INTEGER NOT NULL DEFAULT 0, setl_time TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS prescription_person ON prescription (psn_no, vali_end);
CREATE UNIQUE INDEX IF NOT EXISTS prescription_hospital ON prescription (institution, hosp_rxno);

CREATE TABLE IF NOT EXISTS rx_signature (
    digest TEXT PRIMARY KEY, hi_rxno TEXT NOT NULL, fields TEXT NOT NULL, rx_file TEXT NOT NULL, at TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS rx_grant (
    token TEXT PRIMARY KEY, auth_rxno TEXT NOT NULL, hi_rxno TEXT NOT NULL, institution TEXT NOT NULL, expires TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS rx_verification (
    sn TEXT PRIMARY KEY, hi_rxno TEXT NOT NULL, institution TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS rx_review (
    biz_sn TEXT PRIMARY KEY, hi_rxno TEXT NOT NULL, institution TEXT NOT NULL, passed INTEGER NOT NULL, content TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS rx_review_prescription ON rx_review (hi_rxno);

CREATE TABLE IF NOT EXISTS rx_sale (
    sale_sn TEXT PRIMARY KEY, hi_rxno TEXT NOT NULL, institution TEXT NOT NULL, insured INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('sold', 'settled', 'cancelled')), rows TEXT NOT NULL, setl_id TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS rx_sale_prescription ON rx_sale (hi_rxno);

CREATE TABLE IF NOT EXISTS rx_delivery (
    delv_no TEXT PRIMARY KEY, hi_rxno TEXT NOT NULL, institution TEXT NOT NULL, state TEXT NOT NULL, content TEXT NOT NULL
) WITHOUT ROWID;
"""
"""``content``: 7101's ``data``; ``upload``: 7103's without the file; ``fields``: what 7102 signed; ``rows``: 7207's drugs."""
