"""Everything that is uploaded is told again as it was, until it is changed or withdrawn (one story for each group)."""

from __future__ import annotations

import pytest

from tests.sandbox.hospital import Hospital
from tests.sandbox.stories import STORIES


@pytest.mark.parametrize("name", list(STORIES))
async def test_story(hospital: Hospital, name: str) -> None:
    await STORIES[name](hospital)
