"""The six business tables. Their rows are projections of log rows: made from them, and made anew from them at any time.

Each row belongs to one operation: ``<kind>_id`` is its operation id, ``id`` and ``operation_log_id`` are the id of its
log row, found by (``operation_time``, ``operation_log_id``); a partitioned table cannot be the target of a foreign key.
Columns that a refused or lost call cannot know may be NULL. Persons and visits are sealed and hashed, details sealed.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Date, Index, Numeric, String, Table

from mi_plugins.stores.tables import BODY, MOMENT, ROW_ID, SEALED, metadata

__all__ = ["BUSINESS", "own_id", "prefix"]

_MONEY = Numeric(16, 2).with_variant(String(20), "sqlite")
"""SQLite has no decimals: there amounts are texts with two places (``128.50``)."""

_OWN: dict[str, tuple[Column[Any], ...]] = {
    "settlement": (
        Column("settlement_type", String(20), nullable=False),
        Column("settlement_subtype", String(20)),
        Column("setl_id", String(50)),
        Column("medfee_sumamt", _MONEY),
        Column("psn_part_amt", _MONEY),
        Column("fund_pay_sumamt", _MONEY),
        Column("settlement_time", MOMENT),
    ),
    "registration": (
        Column("registration_type", String(50), nullable=False),
        Column("registration_action", String(20), nullable=False),
        Column("trt_dcla_detl_sn", String(50)),
        Column("audit_opinion", BODY),
        Column("audit_time", MOMENT),
        Column("effective_date", Date),
        Column("expiry_date", Date),
    ),
    "inpatient": (
        Column("inpatient_action", String(20), nullable=False),
        Column("admission_time", MOMENT),
        Column("discharge_time", MOMENT),
    ),
    "prescription": (
        Column("prescription_action", String(20), nullable=False),
        Column("prescription_source", String(20), nullable=False),
        Column("fixmedins_code", String(50)),
        Column("prescription_time", MOMENT),
        Column("dispense_time", MOMENT),
    ),
    "online_payment": (
        Column("payment_action", String(20), nullable=False),
        Column("order_no", String(50)),
        Column("order_amount", _MONEY),
        Column("paid_amount", _MONEY),
        Column("order_time", MOMENT),
        Column("payment_time", MOMENT),
    ),
    "information_collection": (
        Column("collection_type", String(50), nullable=False),
        Column("collection_action", String(20), nullable=False),
        Column("collection_time", MOMENT),
    ),
}

_OF_A_VISIT = ("settlement", "inpatient", "information_collection")
_PREFIX = {"online_payment": "payment", "information_collection": "collection"}


def own_id(table: str) -> str:
    """Name of the column that holds the operation id: ``settlement_business`` -> ``settlement_id``."""
    return f"{prefix(table)}_id"


def prefix(table: str) -> str:
    """What the columns of a business table begin with: ``online_payment_business`` -> ``payment``."""
    kind = table.removesuffix("_business")
    return _PREFIX.get(kind, kind)


def _table(kind: str, own: tuple[Column[Any], ...]) -> Table:
    name, short = f"{kind}_business", _PREFIX.get(kind, kind)
    sealed = ("psn_no", "mdtrt_id") if kind in _OF_A_VISIT else ("psn_no",)
    return Table(
        name,
        metadata,
        Column("id", ROW_ID, primary_key=True, autoincrement=False),
        Column("operation_log_id", ROW_ID, nullable=False),
        Column("operation_time", MOMENT, nullable=False),
        Column("operation_day", String(10), nullable=False),
        Column("institution_code", String(50), nullable=False),
        Column("api_code", String(50), nullable=False),
        Column(f"{short}_id", String(64), nullable=False, unique=True),
        *(c for name in sealed for c in (Column(name, SEALED), Column(f"{name}_hash", String(64)))),
        *own,
        Column(f"{short}_status", String(20), nullable=False),
        Column(f"{short}_detail", BODY),
        Column("created_at", MOMENT, nullable=False),
        Column("updated_at", MOMENT, nullable=False),
        *(Index(f"ix_{short}_{name}", f"{name}_hash") for name in sealed),
        Index(f"ix_{short}_day", "operation_day", "institution_code", "api_code"),
    )


BUSINESS: dict[str, Table] = {f"{kind}_business": _table(kind, own) for kind, own in _OWN.items()}
"""By name (``settlement_business``)."""
