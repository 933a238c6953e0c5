"""The fault table, line by line."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from tests.faults.play import Seen, caught_up, invariants, no_personal_data, play, settled_once
from tests.faults.stage import Stage
from tests.faults.table import BEHIND, PERHAPS, TABLE, Case


def lines(*names: str) -> list[Any]:
    """Cases by name (all without one)."""
    return [pytest.param(case, id=case.name) for case in TABLE if not names or case.name in names]


@pytest.mark.parametrize("case", lines())
async def test_fault(case: Case, here: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="mi_core")
    seen = await play(here, case)
    assert seen == expected(case, seen)
    await settled_once(here)
    await invariants(here)
    no_personal_data(here, caplog.text)
    if case.name not in BEHIND:
        assert await caught_up(here) == {}


@pytest.mark.parametrize("case", lines(*BEHIND))
async def test_the_log_catches_up(case: Case, here: Stage) -> None:
    """The next start of a program that recovers adds and completes what a crash kept out of the log."""
    await play(here, case)
    journal = attrs.evolve(here.config.journal, recover=True)
    here.config = attrs.evolve(here.config, journal=journal)
    await here.come_back()
    assert await caught_up(here) == {}


def expected(case: Case, seen: Seen) -> Seen:
    """The line as it should be; evidence may be longer than the table says."""
    wanted = attrs.asdict(case, filter=lambda field, _: field.name not in ("name", "trouble"))
    if case.told.startswith("OutcomeUnknown: ") and seen.told.startswith(case.told):
        wanted["told"] = seen.told
    if case.log == PERHAPS and seen.log in ("-", "pending"):
        wanted["log"] = seen.log
    return Seen(**wanted)


def test_the_table_is_as_long_as_it_should_be() -> None:
    names = [case.name for case in TABLE]
    assert len(set(names)) == len(names) >= 40
