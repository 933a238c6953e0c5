"""The hospital's items and what each is mapped to, beside the catalogues (names begin with ``mi_mapping``).

Unlike the catalogues these rows cannot be fetched again: people decided them. Back the database up.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    Date,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects import mysql

from mi_core.errors import StoreError

__all__ = ["VERSION", "item", "migrate"]

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

_schema: Final = Table("mi_mapping_schema", MetaData(), Column("version", Integer, primary_key=True))


def _version_1(connection: Connection) -> None:
    metadata.create_all(connection)


_STEPS: Final = (_version_1,)
VERSION: Final = len(_STEPS)
_LOCK: Final = 7_023_601_223_042_902


def migrate(connection: Connection) -> None:
    """Bring the tables to :data:`VERSION`, inside the caller's transaction; processes that start at once take turns.

    Raises :class:`StoreError` for those of a newer program.
    """
    if _found(connection) == VERSION:
        return
    dialect = connection.dialect.name
    if dialect == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    elif dialect in ("mysql", "mariadb"):
        connection.execute(text("SELECT GET_LOCK(concat('mi_mapping.', left(DATABASE(), 40)), 60)"))
    try:
        found = _found(connection)
        if found > VERSION:
            raise StoreError(
                f"对照库的结构版本为 {found}，本程序到 {VERSION} 为止", f"the tables are newer ({found}) than this program ({VERSION})",
                hint_zh="升级本程序", hint_en="upgrade this program",
            )  # fmt: skip
        _schema.create(connection, checkfirst=True)
        for number, step in enumerate(_STEPS[found:], start=found + 1):
            step(connection)
            connection.execute(insert(_schema).values(version=number))
    finally:
        if dialect in ("mysql", "mariadb"):
            connection.execute(text("SELECT RELEASE_LOCK(concat('mi_mapping.', left(DATABASE(), 40)))"))


def _found(connection: Connection) -> int:
    if not inspect(connection).has_table(_schema.name):
        return 0
    return max(connection.execute(select(_schema.c.version)).scalars(), default=0)
