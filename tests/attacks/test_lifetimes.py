"""Cancellation, closing, forks, other loops, interrupts: a settlement leaves at most once, and the log tells the truth."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from mi_core import AsyncClient, Client, MiError, NotSent, OutcomeUnknown, VisitBusy
from tests.core.calls import client, config, in_turn, settled, settlement
from tests.plugins import bad_server as bad
from tests.plugins.bad_server import BadServer, Exchange, Fault, bad_server


@contextmanager
def served(fault: Fault) -> Iterator[BadServer]:
    """The server on a loop of its own: tests may block, fork, or end their loop."""
    loop, ready, box, done = asyncio.new_event_loop(), threading.Event(), [], asyncio.Event()

    async def run() -> None:
        async with bad_server(fault) as server:
            box.append(server)
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    ready.wait(5)
    try:
        yield box[0]
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(5)
        loop.close()


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """What a test leaves behind is reported by that test, not by whatever runs when the collector comes."""
    yield
    gc.collect()


def rows(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.execute("SELECT msgid, status FROM business_operation_logs ORDER BY id"))


async def written(mi: AsyncClient, path: Path) -> list[tuple[str, str]]:
    """The rows once everything that the client handed over to its log stands in the file."""
    assert mi._runtime is not None
    await mi._runtime.store.flush()  # type: ignore[attr-defined]  # the embedded log has it
    return rows(path)


def log(path: Path) -> dict[str, str]:
    return {"operation_log": f"sqlite:///{path}"}


async def slow_then_settled(exchange: Exchange) -> None:
    await asyncio.sleep(0.2)
    await settled()(exchange)


async def test_cancelled_at_every_step(tmp_path: Path) -> None:
    """However far it came: what reached the server is never logged as not sent, and holds its visit."""
    path = tmp_path / "mi.db"
    states: set[str] = set()
    async with bad_server(settled()) as server, client(server.url, store=log(path)) as mi:
        await mi.call(settlement(mdtrt_id="warm"))
        for step in range(40):
            visit = f"V{step}"
            task = asyncio.create_task(mi.call(settlement(mdtrt_id=visit)))
            for _ in range(step):
                await asyncio.sleep(0)
            if step > 20:  # the later ones wait for threads and sockets
                await asyncio.sleep((step - 20) * 0.001)
            task.cancel()
            (outcome,) = await asyncio.gather(task, return_exceptions=True)
            await asyncio.sleep(0.005)
            sent = [json.loads(r) for r in server.requests]
            mine = [m["msgid"] for m in sent if m["input"]["data"]["mdtrt_id"] == visit]
            assert len(mine) <= 1
            known = dict(await written(mi, path))
            state = known.get(mine[0]) if mine else None
            states.add(str(state))
            if mine:
                assert state in ("success", "in_doubt"), (step, state)
            if mine and state == "in_doubt":
                with pytest.raises(VisitBusy):
                    await mi.call(settlement(mdtrt_id=visit))
            assert outcome is not None
        assert "pending" not in {status for _, status in await written(mi, path)}
    assert {"None", "success"} <= states


async def test_cancelled_twice_is_still_recorded(tmp_path: Path) -> None:
    path = tmp_path / "mi.db"
    async with bad_server(bad.hang) as server, client(server.url, store=log(path)) as mi:
        task = asyncio.create_task(mi.call(settlement()))
        await server.arrived.wait()
        for _ in range(20):
            task.cancel()
            await asyncio.sleep(0)
        await asyncio.gather(task, return_exceptions=True)
        assert [status for _, status in await written(mi, path)] == ["in_doubt"]


async def test_closing_a_client_does_not_free_a_visit_in_doubt() -> None:
    """``with Client(…)`` per click is how hospital code is written: the second click must not settle again."""
    async with bad_server(bad.hang) as server:
        async with client(server.url) as first:
            with pytest.raises(OutcomeUnknown) as caught:
                await first.call(settlement(), deadline=0.15)
        async with client(server.url) as second:
            with pytest.raises(VisitBusy) as busy:
                await second.call(settlement(), deadline=0.15)
            assert busy.value.operation_id == caught.value.operation_id
        assert len(server.requests) == 1


async def test_closing_a_client_does_not_free_a_visit_in_flight() -> None:
    async with bad_server(bad.hang) as server:
        first = await client(server.url).open()
        task = asyncio.create_task(first.call(settlement(), deadline=0.5))
        await server.arrived.wait()
        await first.close()
        async with client(server.url) as second:
            with pytest.raises(VisitBusy):
                await second.call(settlement(), deadline=0.15)
        await asyncio.gather(task, return_exceptions=True)
        assert len(server.requests) == 1


async def test_a_visit_in_doubt_can_be_resolved_by_another_client(tmp_path: Path) -> None:
    path = tmp_path / "mi.db"
    async with bad_server(in_turn(bad.hang, settled())) as server:
        async with client(server.url, store=log(path)) as first:
            with pytest.raises(OutcomeUnknown) as caught:
                await first.call(settlement(), deadline=1.0)
        async with client(server.url, store=log(path)) as second:
            assert caught.value.operation_id
            assert await second.resolve(caught.value.operation_id, executed=True, identifier="S7")
            stored = await second.call(settlement())
            assert (stored.meta.repeated, stored.meta.source, stored.meta.identifier) == (
                True,
                "person",
                "S7",
            )


@pytest.mark.parametrize("late", [0.0, 0.05])
async def test_a_call_under_way_when_the_client_is_closed_is_recorded(tmp_path: Path, late: float) -> None:
    """The row must not stay pending, and the caller is told the truth."""
    path = tmp_path / "mi.db"
    async with bad_server(bad.hang) as server:
        mi = await client(server.url, store=log(path)).open()
        task = asyncio.create_task(mi.call(settlement()))
        await server.arrived.wait()
        await asyncio.sleep(late)
        await mi.close()
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(outcome, OutcomeUnknown) and len(server.requests) == 1
    assert [status for _, status in rows(path)] == ["in_doubt"]


async def test_nothing_is_sent_after_closing(tmp_path: Path) -> None:
    """A call that waits for its log row while the client closes must not open a new connection afterwards."""
    path = tmp_path / "mi.db"
    for step in range(12):
        async with bad_server(settled()) as server:
            mi = await client(server.url, store=log(path)).open()
            task = asyncio.create_task(mi.call(settlement(mdtrt_id=f"N{step}")))
            for _ in range(step):
                await asyncio.sleep(0)
            await mi.close()
            at_close = len(server.requests)
            (outcome,) = await asyncio.gather(task, return_exceptions=True)
            await asyncio.sleep(0.01)
            assert len(server.requests) == at_close or not isinstance(outcome, NotSent)
            transport = mi._runtime
            assert transport is None
            if isinstance(outcome, BaseException):
                assert isinstance(outcome, MiError), outcome
    assert "pending" not in {status for _, status in rows(path)}


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_client_of_an_ended_loop_sends_nothing() -> None:
    """Its idle connections belong to the old loop: bytes would leave and no answer could be read. It cannot be closed."""
    with served(settled()) as server:
        mi = client(server.url)

        async def call(visit: str) -> BaseException | None:
            try:
                await mi.call(settlement(mdtrt_id=visit), deadline=0.5)
            except MiError as error:
                return error
            finally:
                await asyncio.sleep(0.02)
            return None

        assert asyncio.run(call("L1")) is None
        error = asyncio.run(call("L2"))
        assert error is None or not isinstance(error, OutcomeUnknown), error
        assert len(server.requests) == (2 if error is None else 1)


FORK = """
import asyncio, os, sys, threading
from mi_core import AsyncClient, Client, MiError, OutcomeUnknown
from tests.core.calls import client, config, settlement
url, kind = sys.argv[1:]

def sync():
    mi = Client(config(url)).open()
    mi.call(settlement(mdtrt_id="P1"))
    child = os.fork()
    if child == 0:
        threading.Timer(2.5, os._exit, [9]).start()
        try:
            mi.call(settlement(mdtrt_id="C1"), deadline=0.5)
        except MiError as error:
            os._exit(7 if isinstance(error, OutcomeUnknown) else 0)
        os._exit(0)
    state = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    mi.call(settlement(mdtrt_id="P2"))
    mi.close()
    return state

async def parent():
    async with client(url) as mi:
        await mi.call(settlement(mdtrt_id="P1"))
        child = os.fork()
        if child == 0:
            asyncio.events._set_running_loop(None)
            try:
                asyncio.run(mi.call(settlement(mdtrt_id="C1"), deadline=0.5))
            except MiError as error:
                os._exit(7 if isinstance(error, OutcomeUnknown) else 0)
            except BaseException:
                os._exit(8)
            os._exit(0)
        state = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        await mi.call(settlement(mdtrt_id="P2"))
        return state

print(sync() if kind == "sync" else asyncio.run(parent()))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_client_that_was_open_before_a_fork(kind: str) -> None:
    """A preloading web server: the child shares the parent's sockets. It must work or refuse, not hang, not mix replies."""
    with served(settled()) as server:
        done = subprocess.run(
            [sys.executable, "-c", FORK, server.url, kind], capture_output=True, text=True, timeout=20, check=False,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )  # fmt: skip
        assert done.returncode == 0, f"the parent's next call failed: {done.stderr[-600:]}"
        assert done.stdout.strip() == "0", (
            "7: the outcome of the child's call is unknown; 8: no MiError; 9: it hung"
        )


def test_ctrl_c_during_a_synchronous_call_is_recorded(tmp_path: Path) -> None:
    path = tmp_path / "mi.db"
    with served(bad.hang) as server:
        with Client(config(server.url, store=log(path))) as mi:
            timer = threading.Timer(0.25, signal.raise_signal, [signal.SIGINT])
            timer.start()
            with pytest.raises(KeyboardInterrupt):
                mi.call(settlement())
            timer.join()
        assert len(server.requests) == 1
    assert [status for _, status in rows(path)] == ["in_doubt"]


def test_fifty_threads_press_the_same_button(tmp_path: Path) -> None:
    with served(slow_then_settled) as server, Client(config(server.url, store=log(tmp_path / "mi.db"))) as mi:
        barrier = threading.Barrier(50)

        def press(_: int) -> Any:
            barrier.wait()
            try:
                return mi.call(settlement())
            except MiError as error:
                return error

        with ThreadPoolExecutor(50) as pool:
            results = list(pool.map(press, range(50)))
        assert len(server.requests) == 1
        assert sum(isinstance(r, VisitBusy) for r in results) == 49
        assert len(rows(tmp_path / "mi.db")) == 1


def test_closing_from_another_thread_answers_who_waits() -> None:
    """The waiting thread gets an error of the tree, within a moment."""
    with served(bad.hang) as server:
        mi = Client(config(server.url, institution={"timeouts": {"settlement": 5.0}})).open()
        results: list[Any] = []

        def call() -> None:
            try:
                results.append(mi.call(settlement()))
            except BaseException as error:
                results.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        while not server.requests:
            time.sleep(0.01)
        mi.close()
        thread.join(2)
        assert not thread.is_alive()
        assert isinstance(results[0], OutcomeUnknown), results


async def test_many_with_a_bad_element_and_duplicates() -> None:
    """One wrong element neither cancels the others nor is it met half-way; duplicates of a visit leave once at a time."""
    async with bad_server(slow_then_settled) as server, client(server.url) as mi:
        same = await mi.call_many([settlement(), settlement(), settlement()])
        assert len(server.requests) == 1 and sum(isinstance(r, VisitBusy) for r in same) == 2
        wrong: list[Any] = [settlement(mdtrt_id="V1"), settlement(mdtrt_id="V2"), {"psn_no": "1"}]
        try:
            mixed: list[Any] = await mi.call_many(wrong)
        except TypeError:
            assert len(server.requests) == 1, "refused before anything was sent"
        else:
            assert len(mixed) == 3 and isinstance(mixed[2], Exception) and len(server.requests) == 3


async def test_two_clients_and_two_threads_never_share_a_message_id() -> None:
    def ids(url: str) -> list[str]:
        async def run() -> list[str]:
            async with client(url, institution={"timeouts": {"settlement": 30.0}}) as mi:
                replies = await asyncio.gather(
                    *(mi.call(settlement(mdtrt_id=f"{id(mi)}-{i}")) for i in range(25))
                )
                return [str(r.meta.msgid) for r in replies]

        return asyncio.run(run())

    with served(settled()) as server, ThreadPoolExecutor(4) as pool:
        found = [i for part in pool.map(ids, [server.url] * 4) for i in part]
    assert len(set(found)) == len(found) == 100


async def test_the_clock_goes_back_two_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids go on upwards, ``inf_time`` is the id's own time, the signature has the clock's."""
    now = [time.time() + 5]
    async with bad_server(settled()) as server, client(server.url) as mi:
        monkeypatch.setattr(mi.journal, "_clock", lambda: int(now[0] * 1000))
        for shift in (0, -7200, -7199, -86400, 1, 2):
            now[0] += shift
            await mi.call(settlement(mdtrt_id=f"T{shift}"))
    sent = [json.loads(r) for r in server.requests]
    times = [m["msgid"][12:26] for m in sent]
    assert times == sorted(times) and len({m["msgid"] for m in sent}) == len(sent)
    assert all(m["inf_time"].translate(str.maketrans("", "", "-: ")) == m["msgid"][12:26] for m in sent)
