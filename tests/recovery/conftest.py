"""A bureau and a hospital for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mi_plugins.sandbox.rulebook import Rulebook
from tests.recovery.kit import PHARMACY, Ward, ward


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """The compiled catalogue, read once."""
    return Rulebook()


@pytest.fixture
async def here(rulebook: Rulebook, tmp_path: Path) -> AsyncIterator[Ward]:
    """A hospital at a bureau that answers 5203 without ``setl_id``."""
    async with ward(rulebook, tmp_path) as found:
        yield found


@pytest.fixture
async def shop(rulebook: Rulebook, tmp_path: Path) -> AsyncIterator[Ward]:
    """The same for a pharmacy."""
    async with ward(rulebook, tmp_path, PHARMACY) as found:
        yield found
