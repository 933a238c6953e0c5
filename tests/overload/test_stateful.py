"""Any order of calls, answers, failures, cancellations and pauses: no place is lost, none is given twice."""

from __future__ import annotations

import asyncio
from typing import Any

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from mi_core.overload import Closing, Overloaded, Signal
from mi_core.types import Effect
from tests.overload.kit import URL, gate
from tests.overload.virtual import VirtualLoop

LIMITS = {"money": 3, "read": 4, "bulk": 2, "recovery": 2, "money_queue": 3, "read_queue": 4, "bulk_queue": 2}


@attrs.define(eq=False)
class Call:
    effect: Effect
    lane: Any
    task: asyncio.Task[Any] = attrs.field(init=False)
    end: asyncio.Future[Signal] = attrs.field(init=False)
    inside: bool = False
    deadline: float = 0.0


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualLoop()
        self.gate = gate({"H1": URL, "H2": URL}, **LIMITS)
        self.calls: list[Call] = []

    async def _call(self, call: Call, institution: str) -> str:
        try:
            entering = self.gate.enter(institution, call.effect, call.lane, call.deadline, interface="2207")
            async with entering as place:
                assert self.loop.time() < call.deadline, "it waited beyond its deadline"
                state = self.gate.state()[0]
                assert state.breaker == "closed" or call.effect is Effect.QUERY, "a change as the probe"
                call.inside = True
                try:
                    signal = await call.end
                    place.report(signal, 0.5)
                finally:
                    call.inside = False
        except (Overloaded, Closing):
            return "refused"
        return "ended"

    def _settle(self) -> None:
        async def turns() -> None:
            for _ in range(6):
                await asyncio.sleep(0)

        self.loop.run_until_complete(turns())
        for call in [c for c in self.calls if c.task.done()]:
            self.calls.remove(call)
            if not call.task.cancelled():
                call.task.result()

    @rule(
        effect=st.sampled_from(Effect), lane=st.sampled_from(["normal", "normal", "bulk", "recovery"]),
        institution=st.sampled_from(["H1", "H2"]), patience=st.sampled_from([0.5, 5.0, 60.0]),
    )  # fmt: skip
    def come(self, effect: Effect, lane: str, institution: str, patience: float) -> None:
        call = Call(effect, lane, deadline=self.loop.time() + patience)
        call.end = self.loop.create_future()
        call.task = self.loop.create_task(self._call(call, institution))
        self.calls.append(call)
        self._settle()

    @rule(which=st.integers(0, 50), signal=st.sampled_from([Signal.ANSWERED, *Signal]))
    def end(self, which: int, signal: Signal) -> None:
        inside = [call for call in self.calls if call.inside and not call.end.done()]
        if inside:
            inside[which % len(inside)].end.set_result(signal)
            self._settle()

    @rule(which=st.integers(0, 50), at_once=st.booleans())
    def cancel(self, which: int, at_once: bool) -> None:
        """Also together with an answer to another, so that a place is on its way when its taker goes."""
        if self.calls:
            call = self.calls[which % len(self.calls)]
            others = [c for c in self.calls if c.inside and c is not call and not c.end.done()]
            if at_once and others:
                others[0].end.set_result(Signal.ANSWERED)
            call.task.cancel()
            self._settle()

    @rule(seconds=st.sampled_from([0.1, 1.0, 4.0, 70.0]))
    def wait(self, seconds: float) -> None:
        self.loop.run_until_complete(asyncio.sleep(seconds))
        self._settle()

    @invariant()
    def the_books_agree(self) -> None:
        (state,) = self.gate.state()
        inside = [call for call in self.calls if call.inside]
        assert sum(lane.in_flight for lane in state.lanes.values()) == len(inside)
        assert sum(lane.waiting for lane in state.lanes.values()) == len(self.calls) - len(inside)
        assert self.gate.changing == sum(call.effect is not Effect.QUERY for call in inside)
        for name, lane in state.lanes.items():
            assert lane.in_flight <= lane.most + 1, name  # one more as the probe
        if state.breaker != "closed":
            assert not any(lane.waiting for lane in state.lanes.values())
        for call in self.calls:
            assert call.inside or self.loop.time() < call.deadline

    @invariant()
    def nobody_waits_beside_a_free_place(self) -> None:
        (state,) = self.gate.state()
        used = sum(lane.in_flight for name, lane in state.lanes.items() if name != "recovery")
        for name, lane in state.lanes.items():
            if lane.waiting and lane.in_flight < lane.most:
                assert name != "recovery" and used >= state.places and lane.in_flight

    def teardown(self) -> None:
        self.gate.close_intake()
        for call in self.calls:
            call.task.cancel()
        if self.calls:
            self.loop.run_until_complete(
                asyncio.gather(*(c.task for c in self.calls), return_exceptions=True)
            )
        (state,) = self.gate.state()
        self.loop.close()
        assert all(lane.in_flight == lane.waiting == 0 for lane in state.lanes.values())
        assert self.gate.changing == 0


Machine.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestGate = Machine.TestCase
