"""Bringing a log database to the newest schema with Alembic, and asking where it stands."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from mi_core.errors import StoreError

__all__ = ["HEAD", "current", "run", "upgrade"]

HEAD = "0003"
"""The revision this version of the store reads and writes."""


def current(path: Path) -> str | None:
    """The revision of the database; ``None`` when it does not exist or has no tables of ours."""
    try:
        if not path.exists():
            return None
    except OSError as error:
        raise _unusable(path, error) from None
    try:
        with closing(sqlite3.connect(path, timeout=10)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise _unusable(path, error) from None
    except sqlite3.DatabaseError as error:
        raise _unusable(path, error) from None
    return str(row[0]) if row else None


def upgrade(path: Path) -> tuple[str | None, str]:
    """Create or upgrade; returns the revisions before and after. Raises ``StoreError`` and changes nothing if it fails."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    before = current(path)
    with contextlib.suppress(OSError):  # then SQLite says it
        os.close(
            os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        )  # a new log is its owner's alone, and so is its WAL
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(path, timeout=10))
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            run(connection)
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise _unusable(path, error) from error
    finally:
        engine.dispose()
    return before, current(path) or HEAD


def run(connection: Any, revision: str = "head") -> None:
    """Migrate the database of an open SQLAlchemy connection, inside the caller's transaction. Raises ``StoreError``."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    from mi_core.catalog import schema_root

    config = Config()
    config.set_main_option("script_location", str(schema_root() / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise StoreError(
            f"日志数据库的结构版本本程序不认识：{error}（本程序到 {HEAD} 为止）",
            f"this program does not know the log's revision: {error} (it goes up to {HEAD})",
            hint_zh="该数据库由更新的版本升级过，请升级本程序", hint_en="a newer version upgraded this database: upgrade this program",
        ) from error  # fmt: skip


def _unusable(path: Path, error: Exception) -> StoreError:
    return StoreError(
        f"日志数据库 {path} 无法使用：{error}",
        f"the log database {path} cannot be used: {error}",
        hint_zh="检查文件夹是否存在、可写，文件是否为 SQLite 数据库",
        hint_en="check that the folder exists and is writable and that the file is an SQLite database",
    )
