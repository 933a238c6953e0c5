"""A visit in doubt stays closed in the journal of its gateway; the tests' servers get the same ports again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# a busy machine draws slowly; that is no finding
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")


@pytest.fixture(autouse=True)
def no_visit_is_held() -> Iterator[None]:
    yield
    from mi_core.journal import opening
    from mi_core.pipeline import visits

    visits._holds.clear()
    opening.forget_temporary()
