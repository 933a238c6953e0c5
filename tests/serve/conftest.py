"""One sandbox for all tests of a worker; services as the tests need them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mi_plugins.demo.sandbox_process import running_sandbox
from tests.serve.kit import Served, start


@pytest.fixture(scope="session")
def sandbox() -> Iterator[dict[str, Any]]:
    with running_sandbox(1) as told:
        yield told


@pytest.fixture(scope="module")
def served(sandbox: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service with default settings, shared by the tests of a module."""
    service = start(tmp_path_factory.mktemp("serve"), sandbox)
    try:
        yield service
    finally:
        service.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "serve"
