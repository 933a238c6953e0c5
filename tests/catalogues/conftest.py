"""A site for each test; databases of each kind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mi_plugins.sandbox.rulebook import Rulebook
from tests.catalogues.kit import Site, site_of
from tests.stores.conftest import any_url, server_of

__all__ = ["any_url", "server_of"]


@pytest.fixture(autouse=True)
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MI_LANG", "zh")


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """The compiled catalogue, read once."""
    return Rulebook()


@pytest.fixture
async def site(tmp_path: Path, rulebook: Rulebook) -> AsyncIterator[Site]:
    async with site_of(tmp_path, rulebook) as site:
        yield site
