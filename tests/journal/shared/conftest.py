"""One private server of each kind for the session; a fresh database for each test."""

from __future__ import annotations

import itertools
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mi_core.journal import Alarm, Journal
from mi_core.journal.shared import writer
from tests.journal.kit import Clock
from tests.journal.shared.kit import kill, open_virtual
from tests.stores import servers
from tests.stores.servers import Server

_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def quiet() -> None:
    logging.getLogger("mi_core.journal").setLevel(logging.CRITICAL)


@pytest.fixture(scope="session")
def running() -> Iterator[dict[str, Server]]:
    """Servers by kind; a test that restarts one puts the new one here."""
    found: dict[str, Server] = {}
    yield found
    for server in found.values():
        kill(server)
        shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture(params=[pytest.param(kind, marks=pytest.mark.service) for kind in servers.KINDS])
def server(request: pytest.FixtureRequest, running: dict[str, Server]) -> Server:
    servers.need(request.param)
    if request.param not in running:
        folder = Path(tempfile.mkdtemp(prefix=f"mi-{request.param}-"))
        running[request.param] = servers.start(request.param, folder)
    return running[request.param]


@pytest.fixture
def url(server: Server) -> str:
    """An empty database."""
    return server.create(f"j{next(_numbers)}")


@pytest.fixture
def alarms() -> list[Alarm]:
    return []


@pytest.fixture
def host(url: str, clock: Clock, alarms: list[Alarm]) -> Iterator[Callable[..., Journal]]:
    """Opens another host's journal at the same database, under the same virtual clock."""
    opened: list[Journal] = []

    def another(**options: object) -> Journal:
        opened.append(open_virtual(url, clock, **({"on_alarm": alarms.append} | options)))
        return opened[-1]

    yield another
    for journal in opened:
        journal.close()


@pytest.fixture
def journal(host: Callable[..., Journal], monkeypatch: pytest.MonkeyPatch) -> Journal:
    monkeypatch.setattr(writer, "_BUDGET", 60.0)  # a slow machine must not split a group
    return host(lease=1e6)
