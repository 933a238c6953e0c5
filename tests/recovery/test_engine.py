"""The loop: it goes on, it stops, it starts nothing over, and it leaves other workers' business alone."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi_core import AsyncClient
from mi_core.errors import NotSent, ReplyUnreadable, StoreError
from mi_core.journal import Alarm, AttemptState
from mi_core.journal.findings import findings
from mi_core.overload.refusals import closing, overloaded
from mi_core.recovery import Line, Recovery
from tests.recovery.kit import FAST, LONG, OVER, Ward, confirmed, known, until

S = AttemptState


async def state_of(here: Ward, msgid: str) -> AttemptState:
    return here.attempt(msgid).state


class TestLoop:
    async def test_it_finds_what_comes_into_doubt_while_it_runs(self, here: Ward) -> None:
        stop = asyncio.Event()
        told: list[Line] = []
        recovery = here.recovery(on_progress=told.append)
        running = asyncio.create_task(recovery.run(stop))
        lost = [await here.lose("2207", (await here.billed())[1], "drop_after") for _ in range(3)]
        recovery.nudge()
        for one in lost:
            await until(lambda m=one.msgid: confirmed(here, m))

        async def all_told() -> bool:
            return len(told) >= len(lost)

        await until(all_told)
        stop.set()
        await asyncio.wait_for(running, 5)
        assert {line.msgid for line in told} == {one.msgid for one in lost}
        assert {line.after for line in told} == {S.CONFIRMED}

    async def test_a_stumble_does_not_end_it(self, here: Ward) -> None:
        lost = await here.lose("2207", (await here.billed())[1], "drop_after")
        calls = 0

        async def shaky(request: Any, options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls < 3:
                raise RuntimeError("a bug in a plugin")
            return await here.call(request, options)

        stop = asyncio.Event()
        recovery = Recovery(here.mi.journal, known(here, LONG), shaky, tempo=FAST)
        running = asyncio.create_task(recovery.run(stop))
        await until(lambda: confirmed(here, lost.msgid))
        stop.set()
        await asyncio.wait_for(running, 5)
        assert calls >= 3

    async def test_a_journal_that_cannot_write_ends_it_with_an_alarm(self, here: Ward) -> None:
        lost = await here.lose("2207", (await here.billed())[1], "drop_after")
        alarms: list[Alarm] = []
        here.mi.journal._database.close()  # as a disk that is gone: nothing can be written any more
        with pytest.raises(StoreError):
            await asyncio.to_thread(here.mi.journal.wait, here.mi.journal.settle_reversals_job())
        assert here.mi.journal.poisoned is not None
        stop = asyncio.Event()
        await asyncio.wait_for(here.recovery(on_alarm=alarms.append).run(stop), 10)
        assert [alarm.kind for alarm in alarms] == ["recovery_stopped"]
        assert here.attempt(lost.msgid).state is S.IN_DOUBT

    async def test_a_journal_that_is_out_of_reach_is_told_and_tried_again(self, here: Ward) -> None:
        alarms: list[Alarm] = []
        file = Path(here.config.journal.path)
        lost = await here.lose("2207", (await here.billed())[1], "drop_after")
        away = file.rename(file.with_suffix(".away"))
        stop = asyncio.Event()
        running = asyncio.create_task(here.recovery(on_alarm=alarms.append).run(stop))

        async def told() -> bool:
            return bool(alarms)

        await until(told)
        assert [alarm.kind for alarm in alarms] == ["recovery_stuck"]
        away.rename(file)
        await until(lambda: confirmed(here, lost.msgid))
        stop.set()
        await asyncio.wait_for(running, 5)

    async def test_it_stops_in_the_middle_of_a_question(self, here: Ward) -> None:
        await here.lose("2207", (await here.billed())[1], "drop_after")
        await here.hospital.fault("5203", "hang", times=-1, seconds=30)
        stop = asyncio.Event()
        running = asyncio.create_task(here.recovery().run(stop))
        await asyncio.sleep(0.3)
        stop.set()
        await asyncio.wait_for(running, 5)

    async def test_an_outage_uses_up_no_patience(self, here: Ward) -> None:
        lost = await here.lose("2207", (await here.billed())[1], "drop_after")
        asked = 0

        async def away(request: Any, options: Any) -> Any:
            nonlocal asked
            asked += 1
            raise NotSent("", "unreachable")

        settings = attrs.evolve(LONG, questions=2)
        recovery = Recovery(here.mi.journal, known(here, settings), away, tempo=FAST)
        for _ in range(400):
            if asked < 6:
                await recovery.once()
                await asyncio.sleep(0.02)
        assert asked >= 6
        assert here.attempt(lost.msgid).state is S.IN_DOUBT
        assert (await here.end(lost, settings)).state is S.CONFIRMED

    async def test_a_very_long_silence_does(self, here: Ward) -> None:
        lost = await here.lose("2207", (await here.billed())[1], "drop_after")
        now = time.time_ns() // 1_000_000

        def clock() -> int:
            return now

        async def mute(request: Any, options: Any) -> Any:
            raise ReplyUnreadable("", "timeout")

        recovery = Recovery(
            here.mi.journal, known(here, attrs.evolve(LONG, questions=3)), mute, tempo=FAST, clock=clock
        )
        for _ in range(5):
            await recovery.once()
            now += 3_700_000
        assert here.attempt(lost.msgid).state is S.MANUAL

    @pytest.mark.parametrize(
        "refusal", [overloaded("gateway_down", 1.0, {}), closing({}), NotSent("", "away")]
    )
    async def test_what_was_not_even_asked_never_does(self, here: Ward, refusal: NotSent) -> None:
        """The gate refuses for days, or nothing can be reached: people would find out no more."""
        lost = await here.lose("2207", (await here.billed())[1], "drop_after")
        now, asked = time.time_ns() // 1_000_000, 0

        def clock() -> int:
            return now

        async def shut(request: Any, options: Any) -> Any:
            nonlocal asked
            asked += 1
            raise refusal

        settings = attrs.evolve(OVER, questions=2, reverse_unknown=True)
        recovery = Recovery(here.mi.journal, known(here, settings), shut, tempo=FAST, clock=clock)
        for _ in range(12):
            await recovery.once()
            now += 3_700_000
        assert asked == 12
        assert here.attempt(lost.msgid).state is S.IN_DOUBT
        assert not here.mi.journal.read.reversals(lost.msgid)
        assert (await here.end(lost, settings)).state is S.CONFIRMED

    async def test_answers_that_are_no_use(self, here: Ward) -> None:
        """Refused with a text nobody has proven: after some tries people decide."""
        _, content = await here.billed()
        lost = await here.lose("2207", content, "drop_before")
        ended = await here.end(lost, attrs.evolve(LONG, questions=3, absent=()))
        assert (ended.state, ended.reason) == (S.MANUAL, "3 questions without an answer")

    async def test_patience_survives_a_restart(self, here: Ward) -> None:
        _, content = await here.billed()
        lost = await here.lose("2207", content, "drop_before")
        settings = attrs.evolve(LONG, questions=3, absent=())
        for used in (1, 2):
            await here.recovery(settings, tempo=attrs.evolve(FAST, first=60.0, longest=60.0)).once()
            await here.restart()
            noted = here.mi.journal.read.ask(
                lambda rows, _: findings(rows, lost.operation_id, lost.msgid, S.IN_DOUBT)
            )
            assert len(noted) == used
        await here.recovery(settings).once()
        assert here.attempt(lost.msgid).state is S.MANUAL
        assert here.mi.journal.read.verify().intact

    async def test_what_is_unknown_to_settle(self, here: Ward) -> None:
        assert await here.recovery().settle("no such operation", timeout=1) is None


class TestTime:
    @pytest.mark.parametrize("infno", ["2207", "2201"])
    async def test_a_local_clock_set_forward_ends_no_fence(self, here: Ward, infno: str) -> None:
        """The centre's own time counts, in refusals and in answers: our clock says the day after tomorrow."""
        content = (await here.billed())[1] if infno == "2207" else {"data": here.visit.registration()}
        lost = await here.lose(infno, content, "drop_before")
        ahead = here.recovery(LONG, clock=lambda: time.time_ns() // 1_000_000 + 172_800_000)
        for _ in range(3):
            await ahead.once()
        assert here.attempt(lost.msgid).state is S.IN_DOUBT

    async def test_a_likely_refusal_waits_its_short_fence(self, here: Ward) -> None:
        _, content = await here.billed()
        lost = await here.lose("2207", content, "unlisted_refusal", execute=True)
        report = await here.recovery(attrs.evolve(LONG, likely_refused=60)).once()
        (line,) = report.lines
        assert line.due is not None and line.due >= lost.signed_at + 60_000
        assert (await here.end(lost)).state is S.CONFIRMED


class TestWorkers:
    async def test_a_living_neighbour_keeps_its_own(self, here: Ward) -> None:
        lost = await here.lose("2207", (await here.billed())[1], "drop_after")
        async with AsyncClient(here.config) as other:
            beside = attrs.evolve(here, mi=other)
            report = await beside.recovery().once()
            assert (report.lines, report.adopted) == ((), 0)
            assert (await here.end(lost)).state is S.CONFIRMED

    async def test_a_dead_one_is_inherited(self, here: Ward) -> None:
        lost = await here.lose("2207", (await here.billed())[1], "drop_after")
        async with AsyncClient(here.config) as other:
            await here.mi.close()
            beside = attrs.evolve(here, mi=other)
            report = await beside.recovery().once()
            assert (report.adopted, report.resolved) == (1, 1)
            assert beside.attempt(lost.msgid).state is S.CONFIRMED
        here.mi = await AsyncClient(here.config).open()

    async def test_a_restart_in_the_middle_of_each(self, here: Ward) -> None:
        """Lost, restarted, asked, restarted, found."""
        _, content = await here.billed()
        lost = await here.lose("2207", content, "late", seconds=1.5, deadline=0.5)
        await here.restart()
        await here.recovery(LONG).once()
        await here.restart()
        assert (await here.end(lost)).state is S.CONFIRMED
        assert len(await here.done("2207")) == 1


class TestTombstones:
    async def test_executed_although_absent_is_an_alarm(self, here: Ward) -> None:
        """A region whose lag is longer than it says: the conclusion was wrong, and that is seen."""
        _, content = await here.billed()
        await here.hospital.fault("5203", "replica_lag", times=1, seconds=600)
        lost = await here.lose("2207", content, "drop_after")
        ended = await here.end(lost, OVER)
        assert ended.state is S.NOT_EXECUTED
        (stone,) = here.mi.journal.read.tombstones(here.institution)
        assert not stone.contradicted
        watch = here.recovery(LONG, tempo=attrs.evolve(FAST, watch=0.0))._watch
        assert await watch.look() == 1
        (stone,) = here.mi.journal.read.tombstones(here.institution)
        assert stone.contradicted

    async def test_a_restart_does_not_look_at_a_whole_week_at_once(self, here: Ward) -> None:
        _, content = await here.billed()
        await here.end(await here.lose("2207", content, "drop_before"), OVER)
        made, age, asked = here.mi.journal.read.tombstones(here.institution)[0].created_at, 0, list[int]()

        async def asking(request: Any, options: Any) -> Any:
            asked.append(age)
            if age == 90:
                raise overloaded("gateway_down", 1.0, {})
            return await here.call(request, options)

        async def looking(*ages: int) -> None:
            nonlocal age
            recovery = Recovery(
                here.mi.journal, known(here, LONG), asking, tempo=attrs.evolve(FAST, watch=60.0),
                clock=lambda: made + age * 1000,
            )  # fmt: skip
            for age in ages:  # noqa: B007  # the clock reads it
                await recovery._watch.look()

        await looking(10, 59, 90, 95, 119, 121, 239, 300, 1000)
        assert asked == [90, 95, 121, 300, 1000], "what was not even asked at 90 is asked at 95"
        await looking(1000, 1500, 1921, 2000, 3841)
        assert asked[5:] == [1921, 3841]
        await looking(8 * 86400, 9 * 86400)
        assert len(asked) == 7

    async def test_truly_absent_stays_quiet(self, here: Ward) -> None:
        _, content = await here.billed()
        lost = await here.lose("2207", content, "drop_before")
        await here.end(lost, OVER)
        watch = here.recovery(LONG, tempo=attrs.evolve(FAST, watch=0.0))._watch
        assert await watch.look() == 0
        assert not here.mi.journal.read.tombstones(here.institution)[0].contradicted
