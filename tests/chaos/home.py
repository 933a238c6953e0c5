"""Where a run's journal lives: a file, a server that is there, or a private server that is kept alive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from tests.stores import servers
from tests.stores.servers import Server

__all__ = ["Home", "journal_home"]


@attrs.define
class Home:
    """``place`` is a path or an address."""

    place: str
    server: Server | None = None
    deaths: int = 0
    """How often the server ended by itself: MariaDB 10.11 was seen to die of a fault of its own after 10,000 operations."""

    def look_after(self) -> None:
        """Start the private server again when it is dead, with its data, as its watchdog would."""
        if self.server is not None and self.server.process.poll() is not None:
            self.deaths += 1
            self.server = servers.restart(self.server)


@contextmanager
def journal_home(kind: str, folder: Path) -> Iterator[Home]:
    """``kind``: ``sqlite``, ``mysql``, ``postgresql``, or a server's address."""
    if kind == "sqlite":
        yield Home(str(folder / "mi.journal.db"))
    elif "://" in kind:
        yield Home(kind)
    else:
        (folder / "server").mkdir()
        server = servers.start(kind, folder / "server")
        home = Home(server.create("chaos"), server)
        try:
            yield home
        finally:
            if home.server is not None:
                home.server.stop()
