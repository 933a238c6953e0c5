"""When a gateway counts as down, and that only a question finds out that it is back."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from mi_core.overload import GatewayState, Overloaded, Signal, signal_of
from mi_core.types import Effect, Outcome
from tests.overload.kit import URL, Bureau, Caller, gate, now, offer
from tests.overload.virtual import run


def caller(**options: Any) -> Caller:
    return Caller(gate(**options), Bureau(8, lambda: 0.1))


async def break_it(one: Caller) -> None:
    one.bureau.up = False
    for _ in range(5):
        assert await one.call() == "failed"


def test_five_failures_in_a_row_close_every_lane_before_anything_is_sent() -> None:
    async def story() -> None:
        one = caller()
        await one.call()
        await break_it(one)
        one.bureau.up = True
        for effect in (Effect.MONEY, Effect.STATE, Effect.REVERSAL, Effect.QUERY, Effect.UPLOAD):
            assert await one.call(effect) == "gateway_down"
        assert await one.call(Effect.REVERSAL, "recovery") == "gateway_down"
        assert one.bureau.executed == 1
        (state,) = one.gate.state()
        assert (state.breaker, state.opened) == ("open", 1)

    run(story())


def test_four_failures_and_an_answer_do_not() -> None:
    async def story() -> str:
        one = caller()
        for _ in range(10):
            one.bureau.up = False
            for _ in range(4):
                await one.call()
            one.bureau.up = True
            assert await one.call() == "done"
            for _ in range(9):
                await one.call()
        return one.gate.state()[0].breaker

    assert run(story()) == "closed"


def test_half_of_the_last_twenty_is_enough() -> None:
    async def story() -> str:
        one = caller()
        for n in range(24):
            one.bureau.up = n % 2 == 0
            await one.call()
        return one.gate.state()[0].breaker

    assert run(story()) == "open"


@pytest.mark.parametrize("lane", ["normal", "recovery"])
def test_the_next_question_is_the_probe_and_it_goes_alone(lane: str) -> None:
    async def story() -> None:
        one = caller()
        await break_it(one)
        one.bureau.up = True
        await asyncio.sleep(1.0)
        for effect in (Effect.MONEY, Effect.STATE, Effect.REVERSAL, Effect.UPLOAD):
            assert await one.call(effect) == "gateway_down"
        answers = await asyncio.gather(*(one.call(Effect.QUERY, lane) for _ in range(5)))  # type: ignore[arg-type]  # a parameter of the test, of the lane's type
        assert sorted(answers) == ["done"] + ["gateway_down"] * 4
        assert await one.call(Effect.MONEY) == "done"

    run(story())


def test_a_probe_that_fails_keeps_it_open_and_one_that_is_cancelled_says_nothing() -> None:
    async def story() -> None:
        one = caller()
        await break_it(one)
        await asyncio.sleep(1.0)
        assert await one.call() == "failed"
        assert await one.call() == "gateway_down"
        await asyncio.sleep(2.0)
        one.bureau.up = True
        probe = asyncio.create_task(one.call())
        await asyncio.sleep(0.05)
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        assert one.gate.state()[0].breaker == "open"
        assert await one.call() == "done"
        assert one.gate.state()[0].breaker == "closed"

    run(story())


def test_where_only_settlements_come_the_transport_is_asked_and_never_a_settlement_risked() -> None:
    asked: list[float] = []
    alive = False

    async def sign_of_life(url: str) -> bool:
        assert url == URL
        asked.append(now())
        if len(asked) == 1:
            raise OSError("unreachable")
        return alive

    async def story() -> None:
        nonlocal alive
        one = caller(probe=sign_of_life)
        await break_it(one)
        down = now()
        await offer(lambda: one.call(Effect.MONEY), rate=10, seconds=10)
        assert one.bureau.executed == 0 and one.seen["gateway_down"] == 100
        assert 2 <= len(asked) <= 5
        alive, one.bureau.up = True, True
        back = now()
        while one.gate.state()[0].breaker != "closed":
            await asyncio.sleep(0.1)
        assert down < back and now() - back <= 10
        assert await one.call(Effect.MONEY) == "done"

    run(story())


def test_a_gateway_that_is_back_serves_the_full_load_within_ten_seconds() -> None:
    async def story() -> Caller:
        one = caller()
        await offer(one.call, rate=60, seconds=5)
        one.bureau.up = False
        await offer(one.call, rate=60, seconds=60)
        one.bureau.up = True
        await offer(one.call, rate=60, seconds=10)
        one.seen.clear()
        await offer(one.call, rate=60, seconds=10)
        return one

    one = run(story())
    assert one.seen["done"] == 600


def test_on_trial_the_first_failure_opens_it_again_and_for_longer() -> None:
    """A gateway that answers probes and hangs on real calls must not cost five settlements each time."""

    async def life(url: str) -> bool:
        return True

    async def story() -> Caller:
        one = caller(probe=life)
        await break_it(one)
        one.seen.clear()
        await offer(lambda: one.call(Effect.MONEY), rate=10, seconds=300)
        return one

    seen = run(story()).seen
    assert 3 <= seen["failed"] <= 16


def test_waiting_calls_are_refused_when_it_opens() -> None:
    async def story() -> Caller:
        one = caller(read=2)
        one.bureau.up = False
        await asyncio.gather(*(one.call() for _ in range(20)))
        return one

    one = run(story())
    assert one.seen["failed"] <= 8 and one.seen["gateway_down"] >= 12


def test_failures_of_calls_from_before_it_closed_do_not_count() -> None:
    async def story() -> str:
        one = caller()

        async def old() -> None:
            async with one.gate.enter("H1", Effect.QUERY, "normal", now() + 60) as place:
                await asyncio.sleep(20)
                place.report(Signal.FAILED, 20)

        olds = [asyncio.create_task(old()) for _ in range(3)]
        await asyncio.sleep(0)
        for _ in range(5):
            one.gate.report("H1", ok=False)
        await asyncio.sleep(2)
        assert await one.call() == "done"
        await asyncio.gather(*olds)
        return one.gate.state()[0].breaker

    assert run(story()) == "closed"


def test_it_is_told_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    told: list[GatewayState] = []

    def tell(state: GatewayState) -> None:
        told.append(state)
        raise RuntimeError("an observer's own trouble")

    async def story() -> None:
        one = Caller(
            gate({"H1": "http://user:secret@gateway.test/csb"}, on_change=tell), Bureau(8, lambda: 0.1)
        )
        await break_it(one)
        one.bureau.up = True
        await asyncio.sleep(1)
        await one.call()

    with caplog.at_level(logging.WARNING, "mi_core.overload"):
        run(story())
    assert [state.breaker for state in told] == ["open", "closed"]
    assert {state.url for state in told} == {"http://gateway.test/csb"} and "secret" not in caplog.text
    assert "does not answer" in caplog.text and "answers again" in caplog.text


def test_the_refusal_says_what_to_do() -> None:
    async def story() -> Overloaded:
        one = caller()
        await break_it(one)
        with pytest.raises(Overloaded) as raised:
            one.gate.check(
                "H1", Effect.MONEY, "normal", now() + 9, where={"interface": "2207", "title": "结算"}
            )
        return raised.value

    refusal = run(story())
    assert refusal.code == "overloaded" and refusal.why == "gateway_down" and refusal.retry_after > 0
    assert "未发送" in refusal.message("zh") and "mi doctor" in refusal.message("zh")
    assert "nothing was sent" in refusal.message("en") and refusal.interface == "2207"


@pytest.mark.parametrize(
    ("outcome", "evidence", "status", "understood", "elapsed", "signal"),
    [
        (Outcome.CONFIRMED, "proof", 200, True, 1, Signal.ANSWERED),
        (Outcome.REJECTED, "gateway", 401, True, 1, Signal.ANSWERED),
        (Outcome.REJECTED, "known refusal", 200, True, 1, Signal.ANSWERED),
        (Outcome.IN_DOUBT, "unlisted refusal", 200, True, 1, Signal.ANSWERED),
        (Outcome.IN_DOUBT, "http 503", 503, False, 1, Signal.BUSY),
        (Outcome.IN_DOUBT, "http 503", 503, True, 1, Signal.BUSY),
        (Outcome.IN_DOUBT, "http 502", 502, False, 1, Signal.FAILED),
        (Outcome.IN_DOUBT, "http 500", 500, True, 1, Signal.FAILED),
        (Outcome.IN_DOUBT, "unreadable: html", 200, False, 1, Signal.FAILED),
        (Outcome.IN_DOUBT, "timeout", None, False, 30, Signal.SILENT),
        (Outcome.IN_DOUBT, "timeout", None, False, 0.2, Signal.NOTHING),
        (Outcome.NOT_SENT, "connect timeout", None, False, 10, Signal.FAILED),
        (Outcome.NOT_SENT, "connect timeout", None, False, 0.2, Signal.NOTHING),
        (Outcome.NOT_SENT, "connection refused", None, False, 0, Signal.FAILED),
        (Outcome.NOT_SENT, "deadline", None, False, 0, Signal.NOTHING),
        (Outcome.IN_DOUBT, "cancelled", None, False, 9, Signal.NOTHING),
        (Outcome.IN_DOUBT, "connection reset", None, False, 1, Signal.FAILED),
        (Outcome.IN_DOUBT, "reply truncated", 200, False, 1, Signal.FAILED),
    ],
)
def test_what_an_exchange_says_about_the_gateway(
    outcome: Outcome, evidence: str, status: int | None, understood: bool, elapsed: float, signal: Signal
) -> None:
    assert signal_of(outcome, evidence, status=status, understood=understood, elapsed=elapsed) is signal
