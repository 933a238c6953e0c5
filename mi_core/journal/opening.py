"""From the configuration to an open journal: which file or server, which keys, which limits."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from mi_core.config import Config
from mi_core.errors import ConfigError
from mi_core.journal.database import unusable
from mi_core.journal.exposure import ExposureLimit
from mi_core.journal.fences import terms_of
from mi_core.journal.journal import Journal
from mi_core.journal.keyfile import read_ring
from mi_core.journal.keyring import KeyRing
from mi_core.journal.records import Alarm
from mi_core.journal.resolution import fence_end

__all__ = ["MEMORY", "forget_temporary", "journal_path", "key_path", "open_journal", "ring_of"]

MEMORY: Final = "memory"
_FILE: Final = "mi.journal.db"
_SQLITE: Final = "sqlite:///"

_temporary: dict[str, Path] = {}
"""Folders of ``memory`` journals by gateway, so that clients of one process at one gateway know of each other's visits."""
_guard = threading.Lock()


def journal_path(config: Config) -> str:
    """Where the journal is: ``memory``, a server's address, or the path of a file.

    Not configured: beside the SQLite operation log, else beside ``mi.toml``; in memory when the log is and it is a test.
    """
    if config.journal.path:
        return config.journal.path
    log = config.store.operation_log
    if log.startswith(_SQLITE):
        file = Path(log.removeprefix(_SQLITE))
        return str(file.with_name(f"{file.stem}.journal.db"))
    if log == MEMORY and config.environment == "test":
        return MEMORY
    folder = config.source.resolve().parent if config.source is not None else Path.cwd()
    return str(folder / _FILE)


def key_path(config: Config) -> Path:
    """The key file: beside the journal's file unless configured. A server's must be named, for all hosts need the same
    one: raises :class:`ConfigError`.
    """
    if config.journal.key_file is not None:
        return config.journal.key_file
    path = journal_path(config)
    if "://" not in path:
        return Path(path + ".key")
    raise ConfigError(
        "[journal] 缺少 key_file", "[journal] key_file is missing",
        hint_zh='数据库服务器上的交易日志须指明密钥文件，例如 key_file = "mi.journal.key"；各主机使用同一文件',
        hint_en='a journal on a server needs a key file, e.g. key_file = "mi.journal.key"; the same one on every host',
    )  # fmt: skip


def ring_of(config: Config) -> KeyRing:
    """The keys of the journal. A file's are made with a new journal; an existing journal without its key is an error."""
    path = journal_path(config)
    local = "://" not in path
    try:
        fresh = local and not Path(path).exists()
    except OSError as error:
        raise unusable(Path(path), error) from error
    return read_ring(key_path(config), create=fresh)


def open_journal(config: Config, *, on_alarm: Callable[[Alarm], None] | None = None) -> Journal:
    """Open it as a worker with a slot of its own; blocking. Raises :class:`mi_core.errors.StoreError`, ``ConfigError``."""
    settings = config.journal
    limit = ExposureLimit(settings.max_in_doubt, settings.max_amount)
    path = journal_path(config)
    if path == MEMORY:
        file = _temporary_folder(config) / _FILE
        ring = read_ring(file.with_name(_FILE + ".key"), create=True)
        return Journal.open(file, ring, slots=settings.slots, limit=limit, on_alarm=on_alarm)
    ring = ring_of(config)
    if "://" in path:
        return Journal.open_shared(
            path, ring, slots=settings.slots, limit=limit, on_alarm=on_alarm, fence=_fences(config)
        )
    return Journal.open(Path(path), ring, slots=settings.slots, limit=limit, on_alarm=on_alarm)


def _fences(config: Config) -> Callable[[str], int | None]:
    """Milliseconds after its signature during which a neighbour's message may still be executed; ``None``: unknown."""

    def fence(institution: str) -> int | None:
        known = config.institutions.get(institution)
        return None if known is None else fence_end(0, terms_of(known.recovery))

    return fence


def _temporary_folder(config: Config) -> Path:
    places = sorted(f"{i.gateway.url} {code}" for code, i in config.institutions.items())
    with _guard:
        folder = _temporary.get("\n".join(places))
        if folder is None:
            folder = _temporary["\n".join(places)] = Path(tempfile.mkdtemp(prefix="mi-journal-"))
        return folder


def forget_temporary() -> None:
    """Delete the folders of ``memory`` journals; called when the process ends."""
    with _guard:
        for folder in _temporary.values():
            shutil.rmtree(folder, ignore_errors=True)
        _temporary.clear()


def _after_fork() -> None:
    """The folders are the parent's."""
    global _guard
    _guard = threading.Lock()
    _temporary.clear()


atexit.register(forget_temporary)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
