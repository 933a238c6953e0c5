"""One sandbox for all tests of a worker; services as the tests need them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mi_plugins.demo.sandbox_process import running_sandbox
from tests.serve.kit import Served, configuration, proven, start


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


@pytest.fixture
def restarted(sandbox: dict[str, Any], tmp_path: Path) -> Iterator[Any]:
    """A service that can be ended and started again with what it has on disk."""
    running: list[Served] = []
    (tmp_path / "mi.toml").write_text(proven(configuration(sandbox)), encoding="utf-8")

    def begin() -> Served:
        if running:
            running[-1].stop()
        running.append(start(tmp_path, sandbox))
        return running[-1]

    yield begin
    for service in running:
        service.stop()


@pytest.fixture(scope="module")
def quiet(sandbox: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service that does not find out by itself, and whose fences are over at once."""
    folder = tmp_path_factory.mktemp("quiet")
    text = configuration(sandbox, "\n[journal]\nrecover = false\n")
    for name in ("acceptance", "processing", "replica_lag"):
        text = "\n".join(f"{name} = 0.01" if line.startswith(name) else line for line in text.splitlines())
    (folder / "mi.toml").write_text(text, encoding="utf-8")
    service = start(folder, sandbox)
    try:
        yield service
    finally:
        service.stop()
