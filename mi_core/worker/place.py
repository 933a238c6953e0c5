"""Which journal a worker uses, so that another worker can tell whether it is the same one."""

from __future__ import annotations

import platform
from pathlib import Path

from mi_core.config import Config
from mi_core.journal import Journal
from mi_core.journal.opening import journal_path

__all__ = ["names_of", "place_of"]


def place_of(config: Config) -> str:
    """For people: a server's address without its user, or host and file."""
    path = journal_path(config)
    if "://" in path:
        return path.partition("?")[0].rpartition("@")[2][:255]
    return f"{platform.node()}:{Path(path).resolve()}"[-255:]


def names_of(journal: Journal, config: Config) -> tuple[str, ...]:
    """A keyed digest for each of the journal's keys, the newest first: whoever has another key has another journal. A file
    is one journal on its own host only."""
    path = journal_path(config)
    where = "" if "://" in path else place_of(config)
    return tuple(found.hex() for found in journal.read.ring.digests(f"bridge {where}"))
