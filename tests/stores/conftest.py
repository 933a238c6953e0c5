"""One private server of each kind for the session; a fresh database for each test."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.stores import servers
from tests.stores.servers import Server

_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages are compared in Chinese; a command with ``--lang`` sets the variable for the process."""
    monkeypatch.setenv("MI_LANG", "zh")


@pytest.fixture(scope="session")
def server_of() -> Iterator[Callable[[str], Server]]:
    """Starts a server when it is first asked for; not in pytest's folder, which only its owner may enter."""
    running: dict[str, Server] = {}

    def get(kind: str) -> Server:
        servers.need(kind)
        if kind not in running:
            running[kind] = servers.start(kind, Path(tempfile.mkdtemp(prefix=f"mi-{kind}-")))
        return running[kind]

    yield get
    for server in running.values():
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture(params=[pytest.param(k, marks=pytest.mark.service) for k in servers.KINDS])
def server(request: pytest.FixtureRequest, server_of: Callable[[str], Server]) -> Server:
    return server_of(request.param)


@pytest.fixture
def server_url(server: Server) -> str:
    """An empty database on the server."""
    return server.create(f"t{next(_numbers)}")


@pytest.fixture(params=["sqlite", *(pytest.param(k, marks=pytest.mark.service) for k in servers.KINDS)])
def any_url(request: pytest.FixtureRequest, server_of: Callable[[str], Server], tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/mi.db"
    return server_of(request.param).create(f"t{next(_numbers)}")
