"""The tables as SQLAlchemy metadata, one for SQLite, MySQL/MariaDB and PostgreSQL: what migrations are compared with.

Only the log of the servers is partitioned. A partition key belongs into every unique key there, so its primary key is
(``operation_time``, ``id``) and ``operation_log_ids``, which is not partitioned, keeps operation and message ids unique.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
)
from sqlalchemy.dialects import mysql

__all__ = [
    "BODY",
    "MOMENT",
    "ROW_ID",
    "SEALED",
    "metadata",
    "operation_log",
    "operation_log_days",
    "operation_log_ids",
    "operation_log_keys",
]

metadata = MetaData()

ROW_ID = BigInteger().with_variant(Integer, "sqlite")
MOMENT = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
"""Naive, UTC+8, microseconds on every server."""
BODY = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
"""A sealed body; MySQL's plain BLOB ends at 64 KB."""
SEALED = LargeBinary().with_variant(mysql.VARBINARY(400), "mysql", "mariadb")
"""A sealed identifier."""

operation_log = Table(
    "business_operation_logs",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
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
    Column("request_data", BODY, nullable=False),
    Column("response_data", BODY),
    Column("status", String(20), nullable=False),
    Column("outcome", String(20)),
    Column("evidence", String(200)),
    Column("error_code", String(50)),
    Column("error_message", BODY),
    Column("operation_time", MOMENT, nullable=False),
    Column("complete_time", MOMENT),
    Column("operator_id", String(50), nullable=False),
    Column("operator_name", String(100), nullable=False),
    Column("trace_id", String(100)),
    Column("client_ip", String(45)),
    Column("created_at", MOMENT, nullable=False),
    Column("updated_at", MOMENT, nullable=False),
    Column("psn_no", SEALED),
    Column("certno", SEALED),
    Column("mdtrt_id", SEALED),
    Column("operation_day", String(10)),
    Column("duration_ms", Integer),
    Column("duration_class", SmallInteger),
    Index("ix_operation_log_msgid", "institution_code", "msgid", unique=True),
    Index("ix_operation_log_psn_no", "psn_no_hash"),
    Index("ix_operation_log_certno", "certno_hash"),
    Index("ix_operation_log_mdtrt_id", "mdtrt_id_hash"),
    Index("ix_operation_log_status", "status", "operation_time"),
    Index("ix_operation_log_trace", "trace_id"),
    Index("ix_operation_log_time", "operation_time"),
    Index("ix_operation_log_interface", "api_code", "operation_time"),
)
"""``business_operation_logs``: identifiers sealed and as keyed hashes, bodies and refusal texts encrypted (see ``sealing``).

``operation_day`` (yyyy-MM-dd), ``duration_ms`` and ``duration_class`` (see ``durations``) are what a row adds to
``operation_log_days``. The uniqueness stated here is SQLite's; on the servers ``operation_log_ids`` keeps it.
"""

operation_log_ids = Table(
    "operation_log_ids",
    metadata,
    Column("operation_id", String(64), primary_key=True),
    Column("institution_code", String(50), nullable=False),
    Column("msgid", String(30), nullable=False),
    Column("operation_time", MOMENT, nullable=False),
    Index("ix_operation_log_ids_msgid", "institution_code", "msgid", unique=True),
    Index("ix_operation_log_ids_time", "operation_time"),
    info={"servers only": True},
)
"""One row per row of a partitioned log, written in the same transaction: unique ids, and in which month a row lies."""

operation_log_days = Table(
    "operation_log_days",
    metadata,
    Column("day_key", String(160), primary_key=True),
    Column("operation_day", String(10), nullable=False),
    Column("institution_code", String(50), nullable=False),
    Column("api_code", String(50), nullable=False),
    Column("status", String(20), nullable=False),
    *(
        Column(name, BigInteger, nullable=False)
        for name in ("number", "total_ms", "settlements", "medfee_fen", "fund_pay_fen", "psn_part_fen")
    ),
    Column("durations", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""What the statistics read: one row per day, institution, interface and status (``day_key`` joins them with blanks), kept
in the transaction that completes a log row (see ``days``). Amounts are those of completed settlements, in fen."""

operation_log_keys = Table(
    "operation_log_keys",
    metadata,
    Column("key_id", String(16), primary_key=True),
    Column("created_at", MOMENT, nullable=False),
)
"""Which key files belong to this log; a foreign one is refused before anything is written."""
