"""A stay in hospital, from admission to the last settlement, and all the way back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from mi_core.flows import FlowStopped, InpatientStay
from tests.flows.kit import ADMISSION, DISCHARGE, NOON, bed_fee, patient, ward_diagnosis
from tests.recovery.kit import Ward


async def admitted(here: Ward, key: str = "ZY0001") -> InpatientStay:
    stay = InpatientStay(here.mi, key)
    opened = await stay.admit(patient(), [ward_diagnosis()], med_type="2101", begntime=NOON, **ADMISSION)
    assert (opened.place, (await stay.standing()).stage) == ("local", "admitted")
    return stay


async def test_a_stay_with_a_settlement_in_the_middle(here: Ward) -> None:
    stay = await admitted(here)
    await stay.charge("2025-03-03", [bed_fee(1, "300.00"), bed_fee(2, "80.00")])
    await stay.charge(
        "2025-03-04", [bed_fee(3, "200.00"), bed_fee(4, "-80.00", count="-1", init_feedetl_sn="2")]
    )
    quote = await stay.quote(acct_used_flag="1", mid=True)
    middle = await stay.settle()
    assert middle.amounts.medfee_sumamt == quote.amounts.medfee_sumamt == Decimal("500.00")
    again = await InpatientStay(here.mi, "ZY0001").settle()
    assert (again.setl_id, again.reply.meta.repeated) == (middle.setl_id, True)

    await stay.charge("2025-03-05", [bed_fee(5, "150.00")])
    with pytest.raises(FlowStopped) as stopped:
        await stay.settle()
    assert "quote" in str(stopped.value)
    await stay.change(**changed(adm_bed="13"))
    await stay.discharge([ward_diagnosis()], endtime=NOON + dt.timedelta(days=3), **DISCHARGE)
    await stay.discharge([ward_diagnosis()], **DISCHARGE)
    await stay.quote(acct_used_flag="1")
    last = await stay.settle()
    assert last.amounts.medfee_sumamt == Decimal("150.00")
    assert [one["infno"] for one in await here.done("2402")] == ["2402"]
    assert len(await here.done("2304")) == 2


async def test_the_whole_way_back(here: Ward) -> None:
    stay = await admitted(here)
    await stay.charge("d1", [bed_fee(1, "300.00")])
    await stay.quote(acct_used_flag="1", mid=True)
    middle = await stay.settle()
    await stay.charge("d2", [bed_fee(2, "100.00")])
    await stay.discharge([ward_diagnosis()], **DISCHARGE)
    await stay.quote(acct_used_flag="1")
    last = await stay.settle()
    with pytest.raises(FlowStopped, match="不是最后一笔"):
        await stay.refund(middle.setl_id)
    with pytest.raises(FlowStopped, match="refund"):
        await stay.abandon()
    assert (await stay.refund(last.setl_id)).amounts.medfee_sumamt == Decimal("-100.00")
    assert (await stay.refund(last.setl_id)).reply.meta.repeated, "not the one before it"
    await stay.cancel_discharge()
    await stay.charge("d2", [bed_fee(2, "70.00")])  # corrected: withdrawn, and uploaded again
    await stay.discharge([ward_diagnosis()], **DISCHARGE)
    await stay.quote(acct_used_flag="1")
    last = await stay.settle()
    assert last.amounts.medfee_sumamt == Decimal("70.00")
    await stay.refund(last.setl_id)
    await stay.refund(middle.setl_id)
    await stay.abandon()
    assert (await stay.standing()).stage == "abandoned"
    assert await stay_numbers(here) == {"2401": 1, "2402": 2, "2405": 2, "2404": 1, "2304": 3, "2305": 3}
    await admitted(here)  # the same number may be admitted anew


async def test_who_is_in_hospital(here: Ward) -> None:
    stay = await admitted(here)
    found = await stay.in_hospital(NOON - dt.timedelta(days=1), NOON + dt.timedelta(days=1))
    assert [row["ipt_otp_no"] for row in found] == ["ZY0001"]


async def test_many_rows_go_in_several_messages_and_are_all_there(here: Ward) -> None:
    stay = await admitted(here)
    rows = [bed_fee(n, "1.00") for n in range(1, 251)]
    charged = await stay.charge("big", rows)
    assert (charged.messages, charged.rows, charged.total) == (3, 250, Decimal("250.00"))
    assert (await stay.quote(acct_used_flag="0", mid=True)).amounts.medfee_sumamt == Decimal("250.00")


def changed(**more: Any) -> dict[str, Any]:
    return (
        {name: value for name, value in ADMISSION.items() if name != "insuplc_admdvs"}
        | {"begntime": NOON}
        | more
    )


async def stay_numbers(here: Ward) -> dict[str, int]:
    return {code: len(await here.done(code)) for code in ("2401", "2402", "2405", "2404", "2304", "2305")}
