"""A hospital's folder, its configuration, and its journal with a clock that is told the time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mi_core.config import Config
from mi_core.journal import Alarm, Journal
from tests.desk.kit import configured, opened
from tests.journal.kit import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def alarms() -> list[Alarm]:
    return []


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return configured(tmp_path)


@pytest.fixture
def journal(tmp_path: Path, clock: Clock, alarms: list[Alarm]) -> Iterator[Journal]:
    made = opened(tmp_path, clock, on_alarm=alarms.append)
    yield made
    made.close()
