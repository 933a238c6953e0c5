"""Table of the mobile-payment centre: one row per order; amounts in cents, ``state`` a code of ``ordStas``."""

from __future__ import annotations

from typing import Final

__all__ = ["TABLES"]

TABLES: Final = """
CREATE TABLE IF NOT EXISTS pay_order (
    pay_ord_id TEXT PRIMARY KEY, pay_token TEXT NOT NULL, med_org_ord TEXT NOT NULL, institution TEXT NOT NULL, psn_no TEXT NOT NULL,
    insutype TEXT NOT NULL, area TEXT NOT NULL, mdtrt_id TEXT NOT NULL, own_visit INTEGER NOT NULL, chrg_bchno TEXT NOT NULL,
    state TEXT NOT NULL, content TEXT NOT NULL, total INTEGER NOT NULL, fund INTEGER NOT NULL, account INTEGER NOT NULL,
    cash INTEGER NOT NULL, setl_id TEXT, paid_at INTEGER, revs_token TEXT, cash_refunded INTEGER NOT NULL DEFAULT 0,
    opened TEXT NOT NULL, changed TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pay_order_hospital ON pay_order (institution, med_org_ord);

CREATE TABLE IF NOT EXISTS pay_refund (
    refd_sn TEXT PRIMARY KEY, app_refd_sn TEXT NOT NULL, pay_ord_id TEXT NOT NULL, kind TEXT NOT NULL, amount INTEGER NOT NULL,
    at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pay_refund_order ON pay_refund (pay_ord_id, app_refd_sn);
"""
"""``own_visit``: the centre registered the visit itself; ``paid_at``: when the payment shows, milliseconds since 1970."""
