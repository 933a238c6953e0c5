"""Reviewed for money: an order that was given back is not paid again, and what is under way is not somebody else's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from mi_core import AsyncClient
from mi_core.flows import FlowStopped
from mi_plugins.sandbox.rulebook import Rulebook
from tests.flows.centres import Counter, counter
from tests.flows.crashing import Died
from tests.flows.test_mobile_payment import AUTH
from tests.flows.test_reviewed_money import dying


@pytest.fixture
async def here(rulebook: Rulebook, tmp_path: Path) -> AsyncIterator[Counter]:
    async with counter(rulebook, tmp_path) as found:
        yield found


async def test_an_order_that_was_given_back_is_not_paid_again(here: Counter) -> None:
    payment = await here.uploaded("MO1")
    await payment.pay(**AUTH)
    await payment.refund()
    with pytest.raises(FlowStopped, match="已退费或撤销"):
        await payment.pay(**AUTH)  # a repetition that comes late
    await payment.status()
    with pytest.raises(FlowStopped, match="已退费或撤销"):
        await payment.pay(**AUTH)
    with pytest.raises(FlowStopped, match="内容不同"):
        await payment.refund(cash=Decimal("1.00"))


async def test_what_is_under_way_is_not_taken_for_another_wish(
    here: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = await here.bill()
    payer, rows, diagnoses = (bill.pop(name) for name in ("payer", "rows", "diagnoses"))
    payment = here.order("MO1")
    with monkeypatch.context() as patch:
        patch.setattr(AsyncClient, "_call", dying("6201"))
        with pytest.raises(Died):
            await payment.upload(payer, rows, diagnoses, **bill)
    with pytest.raises(FlowStopped, match="另一位参保人"):
        await payment.upload(attrs.evolve(payer, certno="110101199001011234"), rows, diagnoses, **bill)
    await payment.upload(payer, rows, diagnoses, **bill)
    await payment.pay(**AUTH)
    with monkeypatch.context() as patch:
        patch.setattr(AsyncClient, "_call", dying("6203"))
        with pytest.raises(Died):
            await payment.refund("CASH", cash=Decimal("10.00"), number="1")
    with pytest.raises(FlowStopped, match="内容不同"):
        await payment.refund()
    assert (await payment.resume()).stage == "refunded"
