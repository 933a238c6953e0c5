"""A process forked while a settlement is under way: the child harms nobody and inherits nothing."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from mi_core.pipeline.visits import Visits
from tests.attacks.test_journal_files import opened
from tests.core.calls import settled, settlement
from tests.plugins.bad_server import Exchange, bad_server


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_a_forked_child_that_closes_the_client_harms_nobody(tmp_path: Path) -> None:
    """Child of a web server's pre-fork: its ``close`` must not take connections, journal or locks from its parent."""

    async def slow(exchange: Exchange) -> None:
        await asyncio.sleep(0.4)
        await settled()(exchange)

    async with bad_server(slow) as server, opened(server.url, tmp_path) as mi:
        task = asyncio.create_task(mi.call(settlement(), deadline=10.0))
        await server.arrived.wait()
        child = os.fork()
        if child == 0:
            try:
                asyncio._set_running_loop(None)
                asyncio.new_event_loop().run_until_complete(asyncio.wait_for(mi.close(), 5))
            except BaseException:
                os._exit(1)
            os._exit(0)
        reply = await task
        assert reply.setlinfo.setl_id == "S1" and not reply.meta.discrepancies
        assert (await mi.call(settlement())).meta.repeated
        _, status = await asyncio.to_thread(os.waitpid, child, 0)
        assert status == 0
        server.after = settled(mdtrt_id="V2")
        await mi.call(settlement(mdtrt_id="V2"))
        assert len(server.requests) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_a_forked_child_does_not_inherit_a_busy_visit() -> None:
    """What its parent had under way at the fork is for the journal to know; the child's own table starts empty."""
    visits = Visits()
    hold = await visits.enter([("url", "h", "mdtrt_id", "V1")], "op", wait_until=None, where={})
    child = os.fork()
    if child == 0:
        try:
            asyncio._set_running_loop(None)
            entering = Visits().enter([("url", "h", "mdtrt_id", "V1")], "op2", wait_until=None, where={})
            asyncio.new_event_loop().run_until_complete(asyncio.wait_for(entering, 5))
        except BaseException:
            os._exit(1)
        os._exit(0)
    visits.leave(hold)
    _, status = await asyncio.to_thread(os.waitpid, child, 0)
    assert status == 0
