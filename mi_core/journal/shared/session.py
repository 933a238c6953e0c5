"""What every session needs, and the check that the server's COMMIT is durable.

An acknowledged row must survive a power loss of the server: that rests on the server's settings, which an operator may
change at any time "to make it faster". They are looked at on every new connection; the journal refuses to write otherwise.
"""

from __future__ import annotations

import logging
from typing import Final

from mi_core.errors import StoreError
from mi_core.journal.shared.link import Session

__all__ = ["IDLE", "LOCK_WAIT", "reading", "writing"]

_log = logging.getLogger(__name__)
LOCK_WAIT: Final = 5
"""Seconds that a statement waits for a neighbour's transaction."""
IDLE: Final = 15
"""Seconds after which the server ends the transaction of a worker that stands still (SIGSTOP) and frees its locks."""
_MYSQL_VARIABLES: Final = (
    "innodb_flush_log_at_trx_commit", "log_bin", "sync_binlog", "innodb_doublewrite", "innodb_flush_method",
)  # fmt: skip
_POSTGRESQL_VARIABLES: Final = ("fsync", "synchronous_commit", "full_page_writes", "server_encoding")


def writing(session: Session) -> None:
    """A session that writes; raises :class:`StoreError` when the server would not keep what it acknowledges."""
    (_postgresql if session.dialect.name == "postgresql" else _mysql)(session)


def reading(session: Session) -> None:
    """A session that only reads."""
    if session.dialect.name == "postgresql":
        session.run("SET default_transaction_read_only = on")
    else:
        session.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _mysql(session: Session) -> None:
    _require(
        session,
        (10, 6) if session.mariadb else (8, 0, 1),
        "MariaDB 10.6" if session.mariadb else "MySQL 8.0.1",
    )
    idle = f"idle_transaction_timeout = {IDLE}" if session.mariadb else "wait_timeout = 120"
    session.run(
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',"
        f" innodb_lock_wait_timeout = {LOCK_WAIT}, {idle}"
    )
    marks = ", ".join("?" * len(_MYSQL_VARIABLES))
    value = {
        str(name).lower(): str(setting).upper()
        for name, setting in session.rows(
            f"SHOW GLOBAL VARIABLES WHERE variable_name IN ({marks})", _MYSQL_VARIABLES
        )
    }
    durable = {"1", "3"} if session.mariadb else {"1"}
    if value.get("innodb_flush_log_at_trx_commit") not in durable:
        raise _careless("innodb_flush_log_at_trx_commit", value.get("innodb_flush_log_at_trx_commit"), "1")
    if value.get("log_bin") == "ON" and value.get("sync_binlog") != "1":
        raise _careless("sync_binlog", value.get("sync_binlog"), "1")
    if value.get("innodb_flush_method") == "NOSYNC":
        raise _careless("innodb_flush_method", "NOSYNC", "O_DIRECT")
    if value.get("innodb_doublewrite") == "OFF":
        _log.warning("innodb_doublewrite is OFF: only safe on storage that never tears a page")


def _postgresql(session: Session) -> None:
    _require(session, (10,), "PostgreSQL 10")
    value = {
        str(name): str(setting) for name, setting in session.rows(
            "SELECT name, setting FROM pg_settings WHERE name IN (?, ?, ?, ?)", _POSTGRESQL_VARIABLES
        )
    }  # fmt: skip
    if value.get("fsync") != "on":
        raise _careless("fsync", value.get("fsync"), "on")
    if value.get("server_encoding") != "UTF8":
        raise _careless("server_encoding", value.get("server_encoding"), "UTF8")
    if value.get("full_page_writes") != "on":
        _log.warning("full_page_writes is off: only safe on storage that never tears a page")
    if value.get("synchronous_commit") == "off":
        session.run("SET synchronous_commit = on")
    session.run(f"SET lock_timeout = '{LOCK_WAIT}s'")
    session.run(f"SET idle_in_transaction_session_timeout = '{IDLE}s'")


def _require(session: Session, least: tuple[int, ...], name: str) -> None:
    if session.version < least:
        shown = ".".join(map(str, session.version))
        raise StoreError(
            f"共享日志需要 {name} 以上（现为 {shown}）", f"the shared journal needs {name} or newer (found {shown})",
            hint_zh="升级数据库", hint_en="upgrade the server",
        )  # fmt: skip


def _careless(name: str, found: str | None, wanted: str) -> StoreError:
    return StoreError(
        f"数据库设置 {name}={found}，断电会丢失已确认的结算", f"with {name}={found} a power loss loses acknowledged settlements",
        hint_zh=f"请管理员设为 {name}={wanted}", hint_en=f"let the administrator set {name}={wanted}",
    )  # fmt: skip
