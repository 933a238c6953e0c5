"""A bill that was given back and settled anew by plain calls, beside its flow: the flow finds it and never loses it."""

from __future__ import annotations

from typing import Any

import pytest

from mi_core.flows import FlowStopped
from tests.flows.kit import fee
from tests.flows.test_attacked_two_programs import live
from tests.flows.test_bills import paid, visited
from tests.recovery.kit import Ward

WHERE = "990101"


async def settled_beside(here: Ward) -> tuple[Any, str, str]:
    """The visit, the settlement that its flow made, and the one that stands instead."""
    visit = await visited(here.mi)
    first = await paid(visit, [fee(1, "37.20"), fee(2, "60.00")])
    known = visit._content
    which = {"setl_id": first.setl_id, "psn_no": known["person"]["psn_no"], "mdtrt_id": known["mdtrt_id"]}
    await here.mi.call_raw("2208", {"data": which}, insuplc_admdvs=WHERE)
    again = await here.mi.call_raw("2207", known["settled"]["request"], insuplc_admdvs=WHERE)
    return visit, first.setl_id, again["setlinfo"]["setl_id"]


async def test_settle_tells_the_one_that_stands_and_refund_takes_that_one_back(here: Ward) -> None:
    visit, _, second = await settled_beside(here)
    assert (await visit.settle()).setl_id == second
    assert (await visit.standing()).setl_ids == (second,) and await live(here) == [second]
    assert (await visit.refund()).setl_id == second
    assert await live(here) == [] and (await visit.standing()).setl_ids == ()


async def test_a_refund_never_tells_the_earlier_one_while_another_settlement_stands(here: Ward) -> None:
    visit, _, second = await settled_beside(here)
    with pytest.raises(FlowStopped, match=second):
        await visit.refund()  # its money was given back already, by whoever sent the plain 2208
    assert (await visit.standing()).setl_ids == (second,) and await live(here) == [second]
    assert (await visit.refund()).setl_id == second and await live(here) == []


async def test_taking_over_does_not_bury_the_one_that_stands(here: Ward) -> None:
    visit, _, second = await settled_beside(here)
    assert (await visit.resume()).stage == "taken_back_elsewhere"
    assert (await visit.take_over()).setl_ids == (second,)
    assert (await visit.settle()).setl_id == second, "nothing is settled beside it"
    assert await live(here) == [second] and len(await here.done("2207")) == 2
