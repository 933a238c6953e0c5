"""Where the key of a log and its spool lie, and opening the key for those who read the log."""

from __future__ import annotations

from pathlib import Path

from mi_core.errors import ConfigError
from mi_plugins.stores.sealing import Sealer
from mi_plugins.stores.sql.address import Address

__all__ = ["existing_sealer", "key_path", "spool_path"]


def key_path(address: Address, configured: Path | None) -> Path:
    """The key file: beside an SQLite file unless configured. All hosts of a server's log need the same one, so there it
    is never made up: raises ``ConfigError``.
    """
    if configured is not None:
        return configured
    if not address.server:
        return address.file.with_name(address.file.name + ".key")
    raise ConfigError(
        "[store] 缺少 key_file", "[store] key_file is missing",
        hint_zh='数据库服务器上的日志须指明密钥文件，例如 key_file = "mi.log.key"；各主机使用同一文件',
        hint_en='a log on a server needs a key file, e.g. key_file = "mi.log.key"; the same one on every host',
    )  # fmt: skip


def spool_path(address: Address, configured: Path | None) -> Path:
    """The local file for rows that the server does not take: beside the key unless the address names one."""
    key = key_path(address, configured)
    return address.spool or key.with_name(key.name + ".spool.db")


def existing_sealer(address: Address, configured: Path | None) -> Sealer:
    """The key of a log that exists; raises ``StoreError`` with what to do."""
    return Sealer.from_file(key_path(address, configured), create=False)
