"""What the fault tests share."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mi_plugins.sandbox.rulebook import Rulebook
from tests.faults.stage import Stage, stage


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """The compiled catalogue, read once."""
    return Rulebook()


@pytest.fixture
async def here(rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """A hospital with a visit that is ready to be settled. Not in pytest's folder, which only its owner may enter."""
    with tempfile.TemporaryDirectory(prefix="mi-faults-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        async with stage(rulebook, folder, monkeypatch) as found:
            yield found
