"""A bureau and a hospital with the real client for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mi_plugins.sandbox.rulebook import Rulebook
from tests.recovery.kit import PHARMACY, Ward, ward


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    return Rulebook()


@pytest.fixture
async def here(rulebook: Rulebook, tmp_path: Path) -> AsyncIterator[Ward]:
    async with ward(rulebook, tmp_path) as found:
        yield found


@pytest.fixture
async def shop(rulebook: Rulebook, tmp_path: Path) -> AsyncIterator[Ward]:
    async with ward(rulebook, tmp_path, PHARMACY) as found:
        yield found
