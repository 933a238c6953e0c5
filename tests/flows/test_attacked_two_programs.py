"""Two programs with one visit: whoever comes late, or wakes up late, never settles what was taken back meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mi_core import AsyncClient
from mi_core.flows import FlowStopped, OutpatientVisit
from mi_core.flows import flow as flow_module
from mi_core.journal import TakenBackSince
from tests.flows.kit import fee
from tests.flows.test_bills import visited
from tests.recovery.kit import OVER, Ward, known


class _NoLocks(dict[Any, Any]):
    """Another process does not share this one's locks."""

    def __setitem__(self, place: Any, lock: Any) -> None:
        """Forgotten at once."""


async def live(here: Ward) -> list[str]:
    """Settlements that the bureau has charged for."""
    rows = (await here.hospital.ledger())["settlements"]
    return [one["setl_id"] for one in rows if one["kind"] == "settlement" and one["state"] == "settled"]


async def test_a_till_that_waited_for_another_tills_settlement(
    here: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow_module, "_at_work", _NoLocks())
    await here.mi.close()
    here.mi = await AsyncClient(known(here, OVER)).open()
    async with AsyncClient(known(here, OVER)) as other:
        first = await visited(here.mi)
        await first.charge([fee(1, "37.20"), fee(2, "60.00")])
        await first.quote(acct_used_flag="0")
        second = OutpatientVisit(other, first.key, patience=20)
        refunded, waited, wait_for = asyncio.Event(), asyncio.Event(), AsyncClient.wait_for

        async def slow(self: AsyncClient, *arguments: Any, **more: Any) -> Any:
            found = await wait_for(self, *arguments, **more)
            waited.set()
            await refunded.wait()  # the scheduler gives this program its turn late
            return found

        monkeypatch.setattr(AsyncClient, "wait_for", slow)
        await here.hospital.fault("2207", "late", seconds=1.5)
        settling = asyncio.create_task(first.settle())
        async with asyncio.timeout(20):
            while not (await second.standing()).unfinished:
                await asyncio.sleep(0.01)
        late = asyncio.create_task(second.settle())
        settled = await settling
        await asyncio.wait_for(waited.wait(), 20)
        await first.refund(settled.setl_id)
        refunded.set()
        with pytest.raises(FlowStopped) as stopped:
            await late
        assert isinstance(stopped.value.__cause__, TakenBackSince)
        assert await live(here) == [] and len(await here.done("2207")) == 1
        assert (await second.resume()).stage == "charged"
        await second.quote(acct_used_flag="0")
        anew = await second.settle()  # a new wish is a new settlement
        assert await live(here) == [anew.setl_id]


async def test_a_step_that_slept_between_its_record_and_its_call(
    here: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGSTOP, a paused virtual machine: the record was read, then another program settled and gave back."""
    monkeypatch.setattr(flow_module, "_at_work", _NoLocks())
    first = await visited(here.mi)
    await first.charge([fee(1, "37.20")])
    await first.quote(acct_used_flag="0")
    sleeper = OutpatientVisit(here.mi, first.key)
    asleep, awake, call = asyncio.Event(), asyncio.Event(), AsyncClient.call_with

    async def sleeping(self: AsyncClient, request: Any, options: Any) -> Any:
        if request.__interface__.code == "2207" and not asleep.is_set():
            asleep.set()
            await awake.wait()
        return await call(self, request, options)

    monkeypatch.setattr(AsyncClient, "call_with", sleeping)
    late = asyncio.create_task(sleeper.settle())
    await asyncio.wait_for(asleep.wait(), 20)
    await first.resume()
    await first.refund()
    awake.set()
    with pytest.raises(FlowStopped):
        await late
    assert await live(here) == [] and len(await here.done("2207")) == 1
