"""Which insurance pays, and where the person belongs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from mi_core.flows import FlowStopped, NoInsurance, OutpatientVisit
from mi_core.flows.patient import place_of_care
from tests.flows.kit import DEPARTMENT, NOON, patient
from tests.recovery.kit import Ward

SEVERAL, PAUSED, REMOTE = 5, 6, 9


async def opened(here: Ward, number: int, key: str = "W1", **more: Any) -> Any:
    return await OutpatientVisit(here.mi, key).open(
        patient(number), med_type="11", begntime=NOON, **DEPARTMENT, **more
    )


async def test_several_insurances_are_the_cashiers_choice(here: Ward) -> None:
    with pytest.raises(FlowStopped, match="须选择其一") as stopped:
        await opened(here, SEVERAL)
    assert isinstance(stopped.value.__cause__, NoInsurance) and "390" in str(stopped.value)
    assert (await opened(here, SEVERAL, choose_row="390")).insured.insuplc_admdvs == "990102"

    def richest(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        assert all(row["psn_insu_stas"] == "1" for row in rows), "paused ones are not offered"
        return max(rows, key=lambda row: row["balc"] or 0)

    assert (await opened(here, SEVERAL, "W2", choose_row=richest)).insured.insutype == "310"


async def test_the_choice_is_kept(here: Ward) -> None:
    first = await opened(here, SEVERAL, choose_row="390")
    again = await opened(here, SEVERAL, choose_row="310")
    assert (again.insured, again.mdtrt_id) == (first.insured, first.mdtrt_id)
    assert len(await here.done("2201")) == 1


async def test_nobody_is_registered_without_an_active_insurance(here: Ward) -> None:
    with pytest.raises(FlowStopped, match="没有正常参保"):
        await opened(here, PAUSED)
    assert not await here.done("2201")


async def test_another_province(here: Ward) -> None:
    found = await opened(here, REMOTE)
    assert (found.place, found.insured.insuplc_admdvs) == ("remote", "980100")


@pytest.mark.parametrize(
    ("home", "place"),
    [("430102", "local"), ("430199", "local"), ("430200", "province"), ("440100", "remote")],
)
def test_where_somebody_belongs(home: str, place: str) -> None:
    assert place_of_care(home, "430100") == place


async def test_a_key_belongs_to_one_person(here: Ward) -> None:
    await opened(here, 0)
    with pytest.raises(FlowStopped, match="另一位参保人"):
        await opened(here, 1)
    assert len(await here.done("2201")) == 1
