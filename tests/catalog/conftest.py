"""The tests of the catalogue share the modules beside them and a small catalogue to spoil."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_catalogue import build  # lies beside this file, which the line above makes importable


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sound small catalogue; not to be changed."""
    return build(tmp_path_factory.mktemp("catalogue"))


@pytest.fixture
def root(small: Path, tmp_path: Path) -> Path:
    """A copy of the small catalogue to spoil."""
    return Path(shutil.copytree(small, tmp_path / "catalogue"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tables").mkdir()
    return tmp_path / "tables"
