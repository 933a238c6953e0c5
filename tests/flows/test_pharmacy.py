"""A purchase at a pharmacy."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mi_core.flows import FlowStopped, PharmacySale
from tests.flows.kit import NOON, drug, patient
from tests.recovery.kit import Ward


async def test_a_purchase_and_its_return(shop: Ward) -> None:
    sale = PharmacySale(shop.mi, "R0001")
    rows = [drug(1, "20.00"), drug(2, "36.00", count="2")]
    quote = await sale.quote(patient(1), rows, acct_used_flag="1", begntime=NOON)
    settled = await sale.settle(
        trace_codes={
            "1": ["81234567890123456789"],
            "2": [{"drug_trac_codg": "81234567890123456788", "trdn_flag": "1"}],
        }
    )
    assert settled.amounts.medfee_sumamt == quote.amounts.medfee_sumamt == Decimal("56.00")
    assert (await PharmacySale(shop.mi, "R0001").settle()).reply.meta.repeated
    refund = await sale.refund()
    assert refund.amounts.medfee_sumamt == Decimal("-56.00")
    assert (await sale.refund()).reply.meta.repeated
    assert len(await shop.done("2102")) == len(await shop.done("2103")) == 1


async def test_a_trace_code_for_a_row_that_is_not_there(shop: Ward) -> None:
    sale = PharmacySale(shop.mi, "R0002")
    await sale.quote(patient(1), [drug(1, "20.00")], acct_used_flag="1", begntime=NOON)
    with pytest.raises(FlowStopped, match="追溯码"):
        await sale.settle(trace_codes={"9": ["8123"]})
    assert not await shop.done("2102")


async def test_two_receipts_are_two_purchases(shop: Ward) -> None:
    for receipt in ("R1", "R2"):
        sale = PharmacySale(shop.mi, receipt)
        await sale.quote(patient(1), [drug(1, "20.00")], acct_used_flag="1", begntime=NOON)
        await sale.settle()
    assert len(await shop.done("2102")) == 2
