"""On virtual time: a gateway of so many workers offered five times what it can do."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

import pytest

from mi_core.types import Effect
from tests.overload.kit import Bureau, Caller, gate, offer
from tests.overload.virtual import run


@pytest.mark.parametrize("workers", [1, 3, 8, 30])
@pytest.mark.parametrize("effect", [Effect.QUERY, Effect.MONEY])
def test_at_five_times_the_knee_the_gateway_stays_busy_and_nothing_sent_is_lost(
    workers: int, effect: Effect
) -> None:
    async def story() -> Caller:
        caller = Caller(gate(money=100), Bureau(workers, lambda: 0.1), patience=3.0)
        await offer(lambda: caller.call(effect), rate=5 * workers / 0.1, seconds=12)
        return caller

    caller = run(story())
    assert caller.seen["in doubt"] == 0
    assert caller.seen["done"] >= 0.9 * 12 * workers / 0.1
    assert caller.seen["too_long"] + caller.seen["queue_full"] >= 0.5 * 12 * 4 * workers / 0.1


@pytest.mark.parametrize("spread", [0.5, 1.0])
def test_service_times_that_vary_do_not_starve_it(spread: float) -> None:
    dice = random.Random(7)

    async def story() -> Caller:
        bureau = Bureau(8, lambda: dice.gammavariate(1 / spread**2, 0.1 * spread**2))
        caller = Caller(gate(), bureau, patience=5.0)
        await offer(caller.call, rate=400, seconds=60)
        return caller

    caller = run(story())
    assert caller.seen["in doubt"] == 0
    assert caller.seen["done"] >= 0.9 * 60 * 80


def test_places_follow_what_the_gateway_can_do() -> None:
    """The queue stands before the gateway, not in it: a few calls more than it has workers, not the hundred allowed."""

    async def story() -> Bureau:
        bureau = Bureau(8, lambda: 0.1)
        caller = Caller(gate(), bureau)
        await offer(caller.call, rate=400, seconds=20)
        bureau.most = 0
        await offer(caller.call, rate=400, seconds=20)
        return bureau

    assert 8 <= run(story()).most <= 40


def test_all_lanes_together_still_find_the_gateway_s_own_time() -> None:
    """Three lanes that press at once would each take the others' load for the gateway's slowness."""

    async def story() -> Bureau:
        bureau = Bureau(8, lambda: 0.1)
        caller = Caller(gate(), bureau, patience=20.0)

        def loads() -> list[Coroutine[Any, Any, None]]:
            return [
                offer(lambda: caller.call(Effect.MONEY, interface="2207"), 60, 60),
                offer(lambda: caller.call(), 60, 60),
                offer(lambda: caller.call(Effect.UPLOAD, interface="2204"), 60, 60),
            ]

        await asyncio.gather(*loads())
        bureau.most = 0
        await asyncio.gather(*loads())
        assert caller.seen["in doubt"] == 0
        return bureau

    assert run(story()).most <= 80


def test_after_the_load_drops_calls_pass_at_once() -> None:
    async def story() -> tuple[int, float]:
        caller = Caller(gate(), Bureau(8, lambda: 0.1), patience=5.0)
        await asyncio.gather(offer(caller.call, rate=400, seconds=20), asyncio.sleep(20))
        shed = caller.seen.total() - caller.seen["done"]
        caller.waits.clear()
        await offer(caller.call, rate=40, seconds=20)
        return caller.seen.total() - caller.seen["done"] - shed, max(caller.waits[40:])

    refused, longest = run(story())
    assert refused == 0 and longest == 0


def test_a_gateway_that_became_slow_by_itself_is_not_throttled_for_good() -> None:
    async def story() -> int:
        slow = False
        caller = Caller(gate(), Bureau(90, lambda: 1.0 if slow else 0.05), patience=10.0)
        await offer(caller.call, rate=200, seconds=10)
        slow = True
        await offer(caller.call, rate=40, seconds=60)
        before = caller.seen["done"]
        await offer(caller.call, rate=40, seconds=30)
        return caller.seen["done"] - before

    assert run(story()) >= 0.95 * 30 * 40


def test_a_gateway_that_says_503_above_its_places_gets_no_more_than_them() -> None:
    """No latency warns of this one; after the first refusals the limit stays below for a minute."""

    async def story() -> Caller:
        caller = Caller(gate(), Bureau(20, lambda: 0.1, refuses_above=20))
        await offer(caller.call, rate=1000, seconds=30)
        return caller

    seen = run(story()).seen
    assert seen["failed"] <= 60
    assert seen["done"] >= 0.9 * 30 * 200


def test_what_was_learnt_of_a_slow_gateway_under_load_is_corrected_under_load() -> None:
    """It was slow at first, and never idle since: only a dip shows what it takes by itself."""

    async def story() -> Bureau:
        slow = True
        bureau = Bureau(8, lambda: 1.0 if slow else 0.1)
        caller = Caller(gate(), bureau, patience=30.0)
        await offer(caller.call, rate=100, seconds=15)
        slow = False
        flood = asyncio.create_task(offer(caller.call, rate=200, seconds=60))
        await asyncio.sleep(45)
        bureau.most = bureau.inside
        await flood
        return bureau

    assert run(story()).most <= 32
