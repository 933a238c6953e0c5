"""A sandbox on a free port for each test, and a hospital that calls it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from mi_plugins.sandbox import Settings, create_app
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.rulebook import Rulebook
from tests.sandbox.hospital import Hospital


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """The compiled catalogue, read once."""
    return Rulebook()


@pytest.fixture
def settings() -> Settings:
    return Settings(crowd=5, catalogue_rows=400)


@pytest.fixture
async def hospital(settings: Settings, rulebook: Rulebook) -> AsyncIterator[Hospital]:
    office = Office(settings, rulebook)
    async with TestServer(create_app(office=office)) as server, aiohttp.ClientSession() as session:
        yield Hospital(session, str(server.make_url("")).rstrip("/"), settings.control_token)
