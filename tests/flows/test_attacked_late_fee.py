"""A fee that comes after the discharge is refused; the stay must not be stuck with it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mi_core.flows import FlowStopped, InpatientStay
from tests.flows.kit import ADMISSION, DISCHARGE, NOON, bed_fee, patient, ward_diagnosis
from tests.recovery.kit import Ward


async def test_the_discharge_is_cancelled_and_the_fee_is_paid(here: Ward) -> None:
    stay = InpatientStay(here.mi, "ZY1", patience=20)
    await stay.admit(patient(), [ward_diagnosis()], med_type="2101", begntime=NOON, **ADMISSION)
    await stay.charge("1", [bed_fee(1, "620.00")])
    await stay.discharge([ward_diagnosis()], endtime=NOON, **DISCHARGE)
    with pytest.raises(FlowStopped, match="2301"):
        await stay.charge("2", [bed_fee(2, "80.00")])
    await stay.cancel_discharge()
    await stay.charge("2", [bed_fee(2, "80.00")])
    await stay.discharge([ward_diagnosis()], endtime=NOON, **DISCHARGE)
    await stay.quote(acct_used_flag="0")
    assert (await stay.settle()).amounts.medfee_sumamt == Decimal("700.00")


async def test_or_the_fee_is_given_up(here: Ward) -> None:
    stay = InpatientStay(here.mi, "ZY2", patience=20)
    await stay.admit(patient(), [ward_diagnosis()], med_type="2101", begntime=NOON, **ADMISSION)
    await stay.charge("1", [bed_fee(1, "620.00")])
    await stay.discharge([ward_diagnosis()], endtime=NOON, **DISCHARGE)
    with pytest.raises(FlowStopped, match="2301"):
        await stay.charge("2", [bed_fee(2, "80.00")])
    await stay.withdraw("2")
    await stay.quote(acct_used_flag="0")
    assert (await stay.settle()).amounts.medfee_sumamt == Decimal("620.00")
