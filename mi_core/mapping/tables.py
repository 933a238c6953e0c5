"""The hospital's items and what each is mapped to, beside the catalogues (names begin with ``mi_mapping``).

Unlike the catalogues these rows cannot be fetched again: people decided them. Back the database up.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects import mysql

from mi_core.catalogues.steps import Steps

__all__ = ["item", "migrate"]

metadata: Final = MetaData()
_LONG: Final = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
_BINARY: Final = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
_OPTIONS: Final[dict[str, Any]] = {
    **_BINARY,
    **{k.replace("mysql", "mariadb"): v for k, v in _BINARY.items()},
}

item = Table(
    "mi_mapping_item", metadata,
    Column("institution", String(64), primary_key=True), Column("item", String(64), primary_key=True),
    Column("name", String(200), nullable=False), Column("list_type", String(8), nullable=False),
    Column("given", String(64), nullable=False), Column("price", String(40)), Column("selfpay", String(40)),
    Column("begin", Date), Column("end", Date), Column("fields", _LONG, nullable=False),
    Column("state", String(16), nullable=False, index=True), Column("code", String(64), nullable=False),
    Column("code_name", String(500), nullable=False), Column("score", Integer), Column("explained", _LONG, nullable=False),
    Column("candidates", _LONG, nullable=False), Column("decided_by", String(64), nullable=False), Column("decided_at", DateTime),
    Column("uploaded_at", DateTime), Column("msgid", String(40), nullable=False), Column("said", _LONG, nullable=False),
    **_OPTIONS,
)  # fmt: skip
"""``given``: the national code the hospital had; ``code``: the one that is proposed or chosen. Amounts are decimal text.
``candidates``: JSON list. ``said``: the bureau's words on the last upload."""

migrate: Final = Steps(
    "mapping", "对照库", "the mapping's tables", 7_023_601_223_042_902, (metadata.create_all,)
).migrate
"""Bring the tables up to date; see :meth:`Steps.migrate`."""
