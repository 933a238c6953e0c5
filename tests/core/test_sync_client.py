"""The synchronous client: from any thread, from many at once, inside a running loop's thread pool."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from mi_core import Client, ConfigError, InvalidInput, OutcomeUnknown, PluginError
from tests.core.calls import config, query, settled, settlement
from tests.plugins import bad_server as bad
from tests.plugins.bad_server import BadServer, Fault, bad_server


class Served:
    """A loopback server in a thread of its own, for code without a loop."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.loop = asyncio.new_event_loop()
        self.stop = asyncio.Event()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(self.serve(),))
        self.server = BadServer()

    async def serve(self) -> None:
        async with bad_server(self.fault) as self.server:
            self.ready.set()
            await self.stop.wait()

    def __enter__(self) -> BadServer:
        self.thread.start()
        self.ready.wait()
        return self.server

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.stop.set)
        self.thread.join()
        self.loop.close()


@pytest.fixture
def server() -> Iterator[BadServer]:
    with Served(settled()) as running:
        yield running


def test_call_raw_many_bound(server: BadServer) -> None:
    with Client(config(server.url)) as mi:
        assert mi.call(settlement()).setlinfo.setl_id == "S1"
        assert mi.call_raw("5203", query().to_dict())["setlinfo"]["setl_id"] == "S1"
        assert len(mi.call_many([settlement(mdtrt_id=f"V{i}") for i in range(5)])) == 5
        window = mi.bound(operator={"id": "9", "name": "九"}).bound(insuplc_admdvs="430100")
        assert window.call(query()).setlinfo.setl_id == "S1"
        with pytest.raises(InvalidInput):
            mi.call(settlement(psn_no=""))


def test_from_many_threads(server: BadServer) -> None:
    with Client(config(server.url)) as mi, ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda i: mi.call(settlement(mdtrt_id=f"V{i}")), range(40)))
    assert len({r.meta.msgid for r in replies}) == 40


def test_without_a_with_block(server: BadServer) -> None:
    mi = Client(config(server.url))
    assert mi.call(query()).setlinfo.setl_id == "S1"
    mi.close()
    mi.close()
    with pytest.raises(ConfigError):
        mi.call(query())


async def test_inside_a_running_loop() -> None:
    async with bad_server(settled()) as server:
        mi = Client(config(server.url))
        replies = await asyncio.gather(
            *(asyncio.to_thread(mi.call, settlement(mdtrt_id=f"V{i}")) for i in range(4))
        )
        assert {r.setlinfo.setl_id for r in replies} == {"S1"}
        await asyncio.to_thread(mi.close)


async def test_directly_in_a_coroutine(server: BadServer) -> None:
    """Not what it is for (it blocks the loop), but it must not hang."""
    with Client(config(server.url)) as mi:
        assert mi.call(query()).setlinfo.setl_id == "S1"


def test_settles_once() -> None:
    with Served(bad.bad_gateway) as server, Client(config(server.url)) as mi:
        with pytest.raises(OutcomeUnknown):
            mi.call(settlement())
        assert len(server.requests) == 1


def test_a_client_that_cannot_open_leaves_nothing() -> None:
    broken = config(
        "http://127.0.0.1:9/", institution={"gateway": {"profile": "nothing", "url": "http://x/"}}
    )
    before = set(threading.enumerate())
    with pytest.raises(PluginError, match="csb"), Client(broken):
        pass
    assert not {t for t in set(threading.enumerate()) - before if t.name.startswith("mi-")}


def test_no_threads_are_left(server: BadServer) -> None:
    before = set(threading.enumerate())
    with Client(config(server.url)) as mi:
        mi.call(query())
    assert not {t for t in set(threading.enumerate()) - before if t.name.startswith("mi-")}
