"""Refunds of one phone payment are told apart: nobody hears "given back" of money that was not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mi_core.flows import FlowStopped
from mi_plugins.sandbox.rulebook import Rulebook
from tests.flows.centres import Counter, D, counter
from tests.flows.test_mobile_payment import AUTH

LONG = "12345678-1234-1234-1234-1234567890AB"
"""As long as a UUID: with a number behind it there is no room in ``appRefdSn``."""


@pytest.fixture
async def here(rulebook: Rulebook, tmp_path: Path) -> AsyncIterator[Counter]:
    async with counter(rulebook, tmp_path) as found:
        yield found


async def test_another_kind_under_one_number_is_another_refund(here: Counter) -> None:
    payment = await here.uploaded("MO1")
    await payment.pay(**AUTH)
    await payment.refund("CASH", number="1")
    with pytest.raises(FlowStopped, match="另一 number"):
        await payment.refund(
            "HI", number="1"
        )  # told as done, it would leave the fund's share with the hospital
    assert await here.done("6203") == 1
    await payment.refund("HI", number="2")
    assert await here.done("6203") == 2 and (await payment.status()).code == "7"


async def test_long_numbers_are_told_apart(here: Counter) -> None:
    payment = await here.uploaded(LONG)
    await payment.pay(**AUTH)
    told = [await payment.refund("CASH", cash=D("10.00"), number=f"TF20261121-{n}") for n in (1, 2, 1)]
    assert await here.done("6203") == 2
    assert told[0].number == told[2].number != told[1].number
    assert all(len(one.number) <= 40 for one in told)
    assert len({one.refd_sn for one in told}) == 2


async def test_an_order_number_that_fills_the_field(here: Counter) -> None:
    payment = await here.uploaded("M" * 40)
    await payment.pay(**AUTH)
    await payment.refund("CASH")
    await payment.refund("HI")
    assert await here.done("6203") == 2 and (await payment.status()).code == "7"
