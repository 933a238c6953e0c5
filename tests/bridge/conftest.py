"""One private server of each kind for the session, a fresh database with the bridge for each test, and the sandbox."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import attrs
import pytest

from mi_core.config import Config
from mi_plugins.sandbox.rulebook import Rulebook
from tests.bridge import kit
from tests.bridge.kit import His
from tests.recovery.kit import OVER, Ward, known, ward
from tests.stores import servers
from tests.stores.servers import Server

_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MI_LANG", "zh")


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    return Rulebook()


@pytest.fixture(scope="session")
def server_of() -> Iterator[Callable[[str], Server]]:
    """Starts a server when it is first asked for."""
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


@attrs.define
class Place:
    """A hospital at the sandbox, its HIS's database, and a session of the HIS."""

    server: Server
    url: str
    ward: Ward
    config: Config
    his: His


@pytest.fixture
async def place(server: Server, rulebook: Rulebook, tmp_path: Path) -> AsyncIterator[Place]:
    url = server.create(f"his{next(_numbers)}")
    await kit.prepared(server, url)
    async with ward(rulebook, tmp_path) as here:
        await here.mi.close()
        his = await His.login(url)
        try:
            yield Place(server, url, here, kit.configured(known(here, OVER), url), his)
        finally:
            await his.close()
