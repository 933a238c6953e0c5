"""Databases of each kind."""

from __future__ import annotations

import pytest

from tests.stores.conftest import any_url, server_of

__all__ = ["any_url", "server_of"]


@pytest.fixture(autouse=True)
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MI_LANG", "zh")
