"""Several programs of one hospital: clicked in all of them, and one that stands still for a while."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from mi_core.errors import VisitBusy
from tests.faults.machine import clock_steps
from tests.faults.play import caught_up, invariants
from tests.faults.processes import answer, start, stopped, worker
from tests.faults.stage import Stage


async def test_clicked_in_several_programs(here: Stage) -> None:
    processes = await asyncio.gather(*(start(here, "at the start", "NONE") for _ in range(4)))
    clicks = asyncio.ensure_future(_ten_clicks(here))
    told = await asyncio.gather(*(answer(process) for process in processes))
    assert {one["told"] for one in told} <= {"reply", "VisitBusy"}
    assert len({one["setl_id"] for one in told if one["told"] == "reply"} | await clicks) == 1
    assert here.line.seen("2207") == 1
    await invariants(here)
    assert set(here.rows().values()) <= {"success", "not_sent"}


async def _ten_clicks(here: Stage) -> set[str]:
    results = await asyncio.gather(*(here.settle() for _ in range(10)), return_exceptions=True)
    assert all(isinstance(one, VisitBusy) or not isinstance(one, BaseException) for one in results), results
    return {one.setlinfo.setl_id for one in results if not isinstance(one, BaseException)}


class TestStopped:
    """SIGSTOP: alive, holding its lock, and silent."""

    @pytest.mark.parametrize("point", ["written ahead", "half the bytes", "not recorded"])
    async def test_nobody_takes_over_from_the_living(self, here: Stage, point: str) -> None:
        async with worker(here, point, "STOP") as process:
            await stopped(process)
            with pytest.raises(VisitBusy) as busy:
                await here.settle()
            report = await here.mi.recovery.once()
            assert (report.lines, report.adopted, report.in_doubt) == ((), 0, 0)
            assert [state for state, _ in here.states()] == ["SENT"]
            os.kill(process.pid, signal.SIGCONT)
            told = await answer(process)
        assert (told["told"], told["repeated"]) == ("reply", False)
        again = await here.settle()
        assert (again.meta.repeated, again.setlinfo.setl_id) == (True, told["setl_id"])
        assert busy.value.operation_id == again.meta.operation_id
        assert here.line.seen("2207") == 1
        await invariants(here)
        assert await caught_up(here) == {}

    async def test_overtaken_before_it_was_journalled(self, here: Stage) -> None:
        """Another desk settles meanwhile: the first one gets that result and sends nothing."""
        async with worker(here, "before begin", "STOP") as process:
            await stopped(process)
            done = await here.settle()
            os.kill(process.pid, signal.SIGCONT)
            told = await answer(process)
        assert told == {"told": "reply", "setl_id": done.setlinfo.setl_id, "repeated": True}
        assert here.line.seen("2207") == 1
        assert list(here.rows().values()) == ["success"]

    async def test_killed_while_it_stands_still(self, here: Stage) -> None:
        async with worker(here, "written ahead", "STOP") as process:
            await stopped(process)
            process.kill()
            await process.wait()
        report = await here.mi.recovery.once()
        assert (report.in_doubt + report.adopted, here.line.seen("2207")) == (1, 0)
        await here.quiet()
        assert [one.state.value for one in here.attempts()] == ["NOT_EXECUTED"]
        await here.quote()
        assert not (await here.settle()).meta.repeated
        assert len(await here.live()) == 1


@pytest.mark.parametrize("hours", [-2, 2])
async def test_message_ids_when_the_clock_steps(here: Stage, hours: int) -> None:
    """Never the same twice and always growing, also across restarts in both times."""
    for _ in range(2):
        with clock_steps(hours)(here):
            await here.quote()
            await here.come_back()
            await here.quote()
        await here.come_back()
        await here.quote()
    ids = [msgid for _, msgid in here.line.messages]
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids)
