"""The tables as SQLAlchemy metadata: what migrations are written for and compared with. Not imported by the store."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, LargeBinary, MetaData, String, Table

__all__ = ["metadata", "operation_log", "operation_log_keys"]

metadata = MetaData()

_ROW_ID = BigInteger().with_variant(Integer, "sqlite")

operation_log = Table(
    "business_operation_logs",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    Column("operation_id", String(64), nullable=False, unique=True),
    Column("msgid", String(30), nullable=False),
    Column("api_code", String(50), nullable=False),
    Column("api_name", String(200), nullable=False),
    Column("effect", String(10), nullable=False),
    Column("business_category", String(50), nullable=False),
    Column("business_type", String(50), nullable=False),
    Column("institution_code", String(50), nullable=False),
    Column("psn_no_hash", String(64)),
    Column("certno_hash", String(64)),
    Column("mdtrt_id_hash", String(64)),
    Column("operation_key_hash", String(64)),
    Column("request_data", LargeBinary, nullable=False),
    Column("response_data", LargeBinary),
    Column("status", String(20), nullable=False),
    Column("outcome", String(20)),
    Column("evidence", String(200)),
    Column("error_code", String(50)),
    Column("error_message", LargeBinary),
    Column("operation_time", DateTime, nullable=False),
    Column("complete_time", DateTime),
    Column("operator_id", String(50), nullable=False),
    Column("operator_name", String(100), nullable=False),
    Column("trace_id", String(100)),
    Column("client_ip", String(45)),
    Column("created_at", DateTime, nullable=False),
    Column("updated_at", DateTime, nullable=False),
    Index("ix_operation_log_msgid", "institution_code", "msgid", unique=True),
    Index("ix_operation_log_psn_no", "psn_no_hash"),
    Index("ix_operation_log_certno", "certno_hash"),
    Index("ix_operation_log_mdtrt_id", "mdtrt_id_hash"),
    Index("ix_operation_log_status", "status", "operation_time"),
)
"""``business_operation_logs``: identifiers as keyed hashes, bodies and refusal texts encrypted (see ``sealing``)."""

operation_log_keys = Table(
    "operation_log_keys",
    metadata,
    Column("key_id", String(16), primary_key=True),
    Column("created_at", DateTime, nullable=False),
)
"""Which key files belong to this log; a foreign one is refused before anything is written."""
