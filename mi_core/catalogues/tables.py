"""The tables of the catalogues, and how an older database is brought to them.

They may stand in a database with other tables (all names begin with ``mi_catalogue``). Nothing here is irreplaceable:
whatever is lost is synchronised again.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    inspect,
    text,
)
from sqlalchemy.dialects import mysql

from mi_core.catalogues.steps import Steps

__all__ = ["content", "dictionary", "entry", "metadata", "migrate", "source"]

metadata: Final = MetaData()
_LONG: Final = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
_BINARY: Final = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
_OPTIONS: Final[dict[str, Any]] = {
    **_BINARY, **{k.replace("mysql", "mariadb"): v for k, v in _BINARY.items()}, "sqlite_with_rowid": False,
}  # fmt: skip


def _whose() -> tuple[Column[Any], Column[Any]]:
    return Column("scope", String(64), primary_key=True), Column("source", String(16), primary_key=True)


source = Table(
    "mi_catalogue_source", metadata, *_whose(),
    Column("kind", String(40), nullable=False), Column("title", String(100), nullable=False),
    Column("columns", _LONG, nullable=False), Column("rows", BigInteger, nullable=False),
    Column("cursor", String(64), nullable=False), Column("run", Integer, nullable=False),
    Column("synced_at", DateTime), Column("pending", _LONG), Column("filters", _LONG),
    **_OPTIONS,
)  # fmt: skip
"""One row per catalogue. ``columns``: JSON list, what the cells of :data:`content` are. ``cursor``: the version, or the latest
change, that the next request names. ``run``: number of the last synchronisation. ``pending``: JSON of one that is under way.
``filters``: JSON of what the last complete one was narrowed by."""

entry = Table(
    "mi_catalogue_entry", metadata, *_whose(), Column("record", String(64), primary_key=True),
    Column("code", String(64), nullable=False), Column("name", String(500), nullable=False),
    Column("pinyin", String(64), nullable=False), Column("search", String(1000), nullable=False),
    Column("version", String(64), nullable=False), Column("valid", SmallInteger, nullable=False),
    Column("run", Integer, nullable=False),
    Index("mi_catalogue_entry_code", "scope", "source", "code"),
    **_OPTIONS,
)  # fmt: skip
"""What is searched; narrow, because a search by a part of a name reads all of it."""

content = Table(
    "mi_catalogue_content", metadata, *_whose(), Column("record", String(64), primary_key=True),
    Column("cells", _LONG, nullable=False), **_OPTIONS,
)  # fmt: skip
"""All cells of an entry: a JSON list."""

dictionary = Table(
    "mi_catalogue_dictionary", metadata, Column("scope", String(64), primary_key=True),
    Column("type", String(64), primary_key=True), Column("value", String(64), primary_key=True),
    Column("label", String(500), nullable=False), Column("parent", String(64), nullable=False),
    Column("sort", BigInteger, nullable=False), Column("valid", SmallInteger, nullable=False),
    Column("synced_at", DateTime, nullable=False), **_OPTIONS,
)  # fmt: skip
"""1901."""


def _add_filters(connection: Connection) -> None:
    """Version 2."""
    if "filters" not in {column["name"] for column in inspect(connection).get_columns(source.name)}:
        connection.execute(text(f"ALTER TABLE {source.name} ADD COLUMN filters TEXT"))


migrate: Final = Steps(
    "catalogue",
    "目录库",
    "the catalogues' database",
    7_023_601_223_042_901,
    (metadata.create_all, _add_filters),
).migrate
"""Bring the tables up to date; see :meth:`Steps.migrate`."""
