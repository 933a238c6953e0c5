"""A town for each test that wants one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mi_plugins.sandbox.rulebook import Rulebook
from tests.reconcile.kit import Town, town_of


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """The compiled catalogue, read once."""
    return Rulebook()


@pytest.fixture
async def town(tmp_path: Path, rulebook: Rulebook) -> AsyncIterator[Town]:
    async with town_of(tmp_path, rulebook) as town:
        yield town
