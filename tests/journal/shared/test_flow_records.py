"""A flow begun on one host goes on at another: what it remembers stands in the journal that they share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mi_core.flows.record import FlowBusy, load, save
from mi_core.journal import Journal


async def test_the_other_host_reads_it_and_takes_turns(host: Callable[..., Journal]) -> None:
    here, there = host(lease=1e6), host(lease=1e6)
    rows = [{"feedetl_sn": str(n), "memo": "王㐂" * 50} for n in range(500)]
    begun = await save(
        here, await load(here, "H1", "outpatient", "MZ1"), "outpatient", "charge", {"rows": rows, "a": 1}
    )
    seen = await load(there, "H1", "outpatient", "MZ1")
    assert (seen.version, seen.content["rows"]) == (1, rows)
    await save(there, seen, "outpatient", "charge", {"a": None, "b": 2})
    with pytest.raises(FlowBusy):
        await save(here, begun, "outpatient", "charge", {"a": 3})
    found = await load(here, "H1", "outpatient", "MZ1")
    assert (found.content["b"], "a" in found.content) == (2, False)
    assert (await load(here, "H2", "outpatient", "MZ1")).version == 0
    assert not here.read.verify().bad
