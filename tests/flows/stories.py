"""Whole businesses as a careful program writes them: resume first, then step after step; each may run from the start again."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from mi_core import AsyncClient
from mi_core.flows import Amounts, InpatientStay, OutpatientVisit, PharmacySale
from tests.flows.kit import (
    ADMISSION,
    DEPARTMENT,
    DISCHARGE,
    NOON,
    bed_fee,
    diagnosis,
    drug,
    fee,
    patient,
    ward_diagnosis,
)

PATIENCE = 20.0
ROWS = [
    fee(1, "620.00", item="SBX-B-0002"),
    fee(2, "40.50", item="SBX-B-0001"),
    fee(3, "88.00", item="SBX-C-0001"),
]


def told(amounts: Amounts) -> dict[str, str]:
    """A result found by a query has no hospital's part."""
    return {name: str(value) for name, value in amounts.to_dict().items() if name != "hosp_part_amt"}


async def partly_refunded(mi: AsyncClient) -> Any:
    """A visit that is settled, and partly refunded."""
    visit = OutpatientVisit(mi, "MZ1", patience=PATIENCE)
    standing = await visit.resume()
    await visit.open(patient(), med_type="11", begntime=NOON, **DEPARTMENT)
    await visit.diagnose([diagnosis()], dise_codg="I10", dise_name="高血压")
    if standing.stage != "settled":
        await visit.charge(ROWS)
        await visit.quote(acct_used_flag="1")
        await visit.settle()
    settled = await visit.settle()
    if settled.amounts.medfee_sumamt != Decimal("660.50"):
        part = await visit.refund_part(await visit.plan_refund(ROWS[:2]))
        assert part.given_back.medfee_sumamt == Decimal("88.00")
        settled = part.settlement
    return told(settled.amounts)


async def given_up(mi: AsyncClient) -> Any:
    """A visit that is settled, refunded and abandoned."""
    visit = OutpatientVisit(mi, "MZ2", patience=PATIENCE)
    standing = await visit.resume()
    if standing.stage == "abandoned":
        return standing.stage
    await visit.open(patient(2), med_type="11", begntime=NOON, **DEPARTMENT)
    await visit.diagnose([diagnosis()], dise_codg="I10", dise_name="高血压")
    if not visit._content.get("refunded"):
        if standing.stage != "settled":
            await visit.charge(ROWS)
            await visit.quote(acct_used_flag="0")
        await visit.settle()
        await visit.refund()
    await visit.abandon()
    return (await visit.standing()).stage


async def stayed(mi: AsyncClient) -> Any:
    """A stay with a settlement in the middle and one at the end."""
    stay = InpatientStay(mi, "ZY1", patience=PATIENCE)
    await stay.resume()
    await stay.admit(patient(), [ward_diagnosis()], med_type="2101", begntime=NOON, **ADMISSION)
    live = len((await stay.standing()).setl_ids)
    amounts = []
    if not live:
        await stay.charge("1", [bed_fee(1, "620.00", item="SBX-B-0002"), bed_fee(2, "800.00")])
        await stay.quote(acct_used_flag="1", mid=True)
        await stay.settle()
    if live < 2:
        await stay.charge("2", [bed_fee(3, "500.00"), bed_fee(4, "-100.00", count="-1", init_feedetl_sn="3")])
        await stay.discharge([ward_diagnosis()], endtime=NOON + dt.timedelta(days=2), **DISCHARGE)
        await stay.quote(acct_used_flag="1")
    amounts.append(told((await stay.settle()).amounts))
    return amounts, len((await stay.standing()).setl_ids)


async def never_stayed(mi: AsyncClient) -> Any:
    """An admission with fees, a discharge and a settlement, all of it taken back."""
    stay = InpatientStay(mi, "ZY2", patience=PATIENCE)
    standing = await stay.resume()
    if standing.stage == "abandoned":
        return standing.stage
    await stay.admit(patient(1), [ward_diagnosis()], med_type="2101", begntime=NOON, **ADMISSION)
    if not stay._content.get("refunded"):
        if not standing.setl_ids:
            await stay.charge("1", [bed_fee(n, "20.00") for n in range(1, 131)])
            await stay.discharge([ward_diagnosis()], endtime=NOON + dt.timedelta(days=2), **DISCHARGE)
            await stay.quote(acct_used_flag="1")
        await stay.refund((await stay.settle()).setl_id)
    await stay.abandon()
    return (await stay.standing()).stage


async def bought(mi: AsyncClient) -> Any:
    """A purchase."""
    sale = PharmacySale(mi, "R1", patience=PATIENCE)
    standing = await sale.resume()
    if standing.stage != "settled":
        await sale.quote(
            patient(1), [drug(1, "20.00"), drug(2, "36.00", count="2")], acct_used_flag="1", begntime=NOON
        )
    return told((await sale.settle(trace_codes={"1": ["8123"]})).amounts)


async def returned(mi: AsyncClient) -> Any:
    """A purchase and its return."""
    sale = PharmacySale(mi, "R2", patience=PATIENCE)
    standing = await sale.resume()
    if standing.stage != "refunded":
        if standing.stage != "settled":
            await sale.quote(patient(1), [drug(1, "20.00")], acct_used_flag="1", begntime=NOON)
        await sale.settle()
    return told((await sale.refund()).amounts)
