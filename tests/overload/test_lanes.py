"""Bulkheads, turns, deadlines, cancellation, and the end of a client."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from mi_core.overload import Closing, Overloaded, Signal
from mi_core.types import Effect
from tests.overload.kit import URL, Bureau, Caller, gate, now, offer
from tests.overload.virtual import run


def test_a_flood_of_uploads_leaves_the_cash_desk_alone() -> None:
    async def story() -> tuple[Caller, Caller]:
        one = gate()
        bureau = Bureau(8, lambda: 0.1)
        flood, desk = Caller(one, bureau, 60.0), Caller(one, bureau, 10.0)
        await asyncio.gather(
            offer(lambda: flood.call(Effect.UPLOAD, interface="2204"), 400, 30),
            offer(lambda: desk.call(Effect.MONEY, interface="2207"), 20, 30),
        )
        return flood, desk

    flood, desk = run(story())
    assert desk.seen == {"done": 600} and max(desk.waits) < 2
    assert flood.seen["done"] > 30 * 40


def test_scarce_places_are_shared_by_weight_and_no_lane_starves() -> None:
    async def story() -> dict[Effect, float]:
        one, bureau = gate(), Bureau(8, lambda: 0.1)
        callers = {
            effect: Caller(one, bureau, 20.0) for effect in (Effect.UPLOAD, Effect.QUERY, Effect.MONEY)
        }
        await asyncio.gather(
            *(offer(partial(caller.call, effect), 100, 40) for effect, caller in callers.items())
        )
        total = sum(caller.seen["done"] for caller in callers.values())
        return {effect: caller.seen["done"] / total for effect, caller in callers.items()}

    shares = run(story())
    assert shares[Effect.MONEY] > shares[Effect.QUERY] > shares[Effect.UPLOAD] > 0.05
    assert shares[Effect.MONEY] > 0.45 and shares[Effect.QUERY] > 0.2


def test_a_lane_without_a_call_under_way_may_always_have_one() -> None:
    """Uploads that take minutes hold every place there is; the next settlement does not wait for them."""

    async def story() -> float:
        one = gate()
        slow = Caller(one, Bureau(99, lambda: 60.0), patience=300.0)
        uploads = [asyncio.create_task(slow.call(Effect.UPLOAD)) for _ in range(16)]
        await asyncio.sleep(1)
        assert one.state()[0].lanes["bulk"].waiting
        desk = Caller(one, Bureau(9, lambda: 0.1))
        assert await desk.call(Effect.MONEY) == "done" and await desk.call() == "done"
        await asyncio.gather(*uploads)
        return max(desk.waits)

    assert run(story()) == 0


def test_recovery_has_places_that_nobody_else_gets() -> None:
    async def story() -> float:
        one = gate()
        bureau = Bureau(200, lambda: 50.0)
        flood = Caller(one, bureau, 100.0)
        calls = [
            asyncio.create_task(flood.call(effect))
            for effect in (Effect.QUERY, Effect.MONEY, Effect.UPLOAD)
            for _ in range(200)
        ]
        await asyncio.sleep(1)
        recovery = Caller(one, Bureau(4, lambda: 0.1))
        for _ in range(10):
            assert await recovery.call(Effect.QUERY, "recovery") == "done"
            assert await recovery.call(Effect.REVERSAL, "recovery") == "done"
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        return max(recovery.waits)

    assert run(story()) == 0


def test_institutions_that_share_a_gateway_take_turns() -> None:
    async def story() -> tuple[Caller, Caller]:
        one = gate({"H1": URL, "H2": URL})
        bureau = Bureau(4, lambda: 0.1)
        big, small = Caller(one, bureau, 20.0), Caller(one, bureau, 20.0)
        await asyncio.gather(
            offer(lambda: big.call(institution="H1"), 400, 30),
            offer(lambda: small.call(institution="H2"), 5, 30),
        )
        return big, small

    big, small = run(story())
    assert small.seen["done"] >= 145 and sum(small.waits) / len(small.waits) < 0.3
    assert big.seen["done"] > 900


def test_other_gateways_are_not_concerned() -> None:
    async def story() -> str:
        one = gate({"H1": URL, "H2": "http://other.test/csb"})
        for _ in range(5):
            one.report("H1", ok=False)
        assert {state.url: state.breaker for state in one.state()} == {
            URL: "open",
            "http://other.test/csb": "closed",
        }
        return await Caller(one, Bureau(1, lambda: 0.1)).call(institution="H2")

    assert run(story()) == "done"


def test_a_queue_that_is_too_long_for_the_deadline_is_refused_at_once() -> None:
    async def story() -> None:
        caller = Caller(gate(adaptive=False, read=1), Bureau(1, lambda: 1.0), patience=10.5)
        await caller.call()
        waiting = [asyncio.create_task(caller.call()) for _ in range(12)]
        await asyncio.sleep(0)
        asked = now()
        assert caller.seen == {"done": 1, "too_long": 6}
        assert await caller.call() == "too_long" and now() == asked
        await asyncio.gather(*waiting)
        assert caller.seen == {"done": 7, "too_long": 7}
        assert max(caller.waits) <= 5.25

    run(story())


def test_the_wait_ends_in_time_for_the_gateway_also_when_it_turned_slow() -> None:
    async def story() -> Caller:
        slow = 1.0
        caller = Caller(gate(adaptive=False, money=1), Bureau(1, lambda: slow), patience=10.0)
        await caller.call(Effect.MONEY)
        slow = 9.0
        await asyncio.gather(*(caller.call(Effect.MONEY) for _ in range(3)))
        return caller

    assert run(story()).seen == {"done": 2, "waited": 2}


def test_a_settlement_with_less_time_than_the_gateway_takes_is_not_sent() -> None:
    async def story() -> Caller:
        caller = Caller(gate(), Bureau(9, lambda: 2.0))
        await caller.call(Effect.MONEY, interface="2207")
        caller.patience = 1.0
        assert await caller.call(Effect.MONEY, interface="2207") == "too_late"
        await asyncio.sleep(61)
        assert (
            await caller.call(Effect.MONEY, interface="2207") == "in doubt"
        )  # nothing recent is known: as before
        return caller

    assert run(story()).bureau.executed == 1


def test_the_queue_is_bounded() -> None:
    async def story() -> Caller:
        caller = Caller(gate(adaptive=False, money=2, money_queue=3), Bureau(9, lambda: 1.0), patience=60.0)
        await asyncio.gather(*(caller.call(Effect.MONEY) for _ in range(9)))
        return caller

    assert run(story()).seen == {"done": 5, "queue_full": 4}


def test_a_cancelled_call_gives_its_place_back_wherever_it_is() -> None:
    async def story() -> None:
        one = gate(adaptive=False, read=1)
        order: list[str] = []
        answer = asyncio.Event()

        async def call(name: str) -> None:
            async with one.enter("H1", Effect.QUERY, "normal", now() + 100) as place:
                order.append(name)
                await answer.wait()
                place.report(Signal.ANSWERED, 1.0)

        a, b, c, d = (asyncio.create_task(call(name)) for name in "abcd")
        await asyncio.sleep(0.5)
        b.cancel()  # waiting
        await asyncio.sleep(0)
        assert one.state()[0].lanes["read"].waiting == 2
        answer.set()
        while one.state()[0].lanes["read"].waiting == 2:
            await asyncio.sleep(0)
        c.cancel()  # called, and not yet come
        await asyncio.gather(a, b, c, d, return_exceptions=True)
        assert order == ["a", "d"] and b.cancelled() and c.cancelled()
        lane = one.state()[0].lanes["read"]
        assert (lane.in_flight, lane.waiting) == (0, 0)

    run(story())


def test_closing_refuses_what_is_new_or_waits_and_drains_what_changes_something() -> None:
    async def story() -> None:
        one = gate(adaptive=False, money=1)
        caller = Caller(one, Bureau(9, lambda: 3.0), patience=20.0)
        under_way = asyncio.create_task(caller.call(Effect.MONEY))
        question = asyncio.create_task(caller.call())
        await asyncio.sleep(1)
        waiting = asyncio.create_task(caller.call(Effect.MONEY))
        await asyncio.sleep(0)
        one.close_intake()
        assert await waiting == "closing" and await caller.call() == "closing"
        with pytest.raises(Closing, match="未发送"):
            one.check("H1", Effect.QUERY, "normal", now() + 9)
        started = now()
        assert await one.drain(0.5) == 1 and now() == started + 0.5
        assert await one.drain(30) == 0 and now() == started + 2
        assert await under_way == "done" and await question == "done"
        assert await one.drain(30) == 0

    run(story())


def test_check_agrees_with_enter_and_takes_nothing() -> None:
    async def story() -> None:
        one = gate(adaptive=False, read=1, read_queue=1)

        def check() -> None:
            one.check("H1", Effect.QUERY, "normal", now() + 9)

        check()
        caller = Caller(one, Bureau(9, lambda: 1.0), patience=60.0)
        calls = [asyncio.create_task(caller.call())]
        await asyncio.sleep(0)
        check()
        calls.append(asyncio.create_task(caller.call()))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            check()
        await asyncio.gather(*calls)
        assert one.state()[0].lanes["read"].refused == 1 and caller.seen == {"done": 2}

    run(story())
