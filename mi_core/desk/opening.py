"""The journal from the desk: a reader for looking (no slot, nothing taken over), a worker for deciding."""

from __future__ import annotations

import getpass
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mi_core.config import Config
from mi_core.errors import ConfigError, StoreError
from mi_core.journal import Journal, Reader
from mi_core.journal.database import connect
from mi_core.journal.keyfile import read_ring
from mi_core.journal.opening import MEMORY, journal_path, key_path, open_journal
from mi_core.journal.persons import Person
from mi_core.journal.records import Alarm
from mi_core.journal.schema import migrate

__all__ = ["person", "reading", "shared_path", "writing"]

_BUSY: int = 10_000


def person(name: str) -> Person:
    """A person by name with the login of this session; raises :class:`mi_core.journal.persons.PersonRefused`."""
    try:
        login = getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user, or a system without names
        login = "?"
    return Person.named(name, login)


@contextmanager
def reading(config: Config) -> Iterator[Reader]:
    """Look into the journal. Raises ``ConfigError`` (none that others can read) and ``StoreError`` (none yet, no key)."""
    path = shared_path(config)
    if "://" in path:
        with writing(config) as journal:
            yield journal.read
        return
    file = Path(path)
    if not file.exists():
        raise _none(path)
    ring = read_ring(key_path(config), create=False)
    try:
        database = connect(file)
        database.run(f"PRAGMA busy_timeout = {_BUSY}")
        migrate(database, time.time_ns() // 1_000_000)
    except sqlite3.Error as error:
        raise StoreError(
            f"交易日志 {path} 无法读取：{error}", f"the journal {path} cannot be read: {error}",
            hint_zh="检查文件权限与磁盘；在运行服务的用户下执行", hint_en="check rights and disk; run as the user of the service",
        ) from error  # fmt: skip
    reader = Reader(database, ring)
    try:
        yield reader
    finally:
        reader.close()


@contextmanager
def writing(config: Config, alarms: list[Alarm] | None = None) -> Iterator[Journal]:
    """The journal as a worker with a slot of its own beside the running service; ``alarms`` collects what it raises."""
    path = shared_path(config)
    if "://" not in path and not Path(path).exists():
        raise _none(path)
    journal = open_journal(config, on_alarm=None if alarms is None else alarms.append)
    try:
        yield journal
    finally:
        journal.close()


def shared_path(config: Config) -> str:
    """Where the journal is; ``ConfigError`` when in memory, where no other program can see it."""
    path = journal_path(config)
    if path == MEMORY:
        raise ConfigError(
            "交易日志在内存中，其他程序无法查看", "the journal is in memory, no other program can see it",
            hint_zh='在 mi.toml 的 [journal] 中设 path = "mi.journal.db"', hint_en='set path = "mi.journal.db" in [journal]',
        )  # fmt: skip
    return path


def _none(path: str) -> StoreError:
    return StoreError(
        f"交易日志 {path} 尚不存在", f"there is no journal {path} yet",
        hint_zh="第一笔变更类业务会建立它；检查所用的配置文件",
        hint_en="the first changing call makes it; check which configuration is used",
    )  # fmt: skip
