"""The fault table, line by line."""

from __future__ import annotations

import attrs
import pytest

from tests.faults.play import Seen, invariants, no_personal_data, play, settled_once
from tests.faults.stage import Stage
from tests.faults.table import TABLE, Case


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
async def test_fault(case: Case, here: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="mi_core")
    seen = await play(here, case)
    assert seen == expected(case, seen)
    await settled_once(here)
    await invariants(here)
    no_personal_data(here, caplog.text)


def expected(case: Case, seen: Seen) -> Seen:
    """The line as it should be; evidence may be longer than the table says."""
    wanted = attrs.asdict(case, filter=lambda field, _: field.name not in ("name", "trouble"))
    if case.told.startswith("OutcomeUnknown: ") and seen.told.startswith(case.told):
        wanted["told"] = seen.told
    return Seen(**wanted)


def test_the_table_is_as_long_as_it_should_be() -> None:
    names = [case.name for case in TABLE]
    assert len(set(names)) == len(names) >= 40
