"""Rows that nobody waits for, on every database: in order, all of them after a stop, and made up for after a crash."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mi_core.errors import StoreError
from mi_core.plugin import CaughtUp, StoreSettings
from mi_core.plugin.manager import load_plugins
from mi_core.types import Outcome
from mi_plugins.stores import writer
from mi_plugins.stores.sqlite_log import SqliteLog
from tests.plugins.rows import end, start
from tests.stores import kit

SUCCESS: dict[str, Any] = {
    "status": "success", "outcome": Outcome.CONFIRMED, "error_code": None, "error_message": None, "response": kit.RESPONSE,
}  # fmt: skip
DOUBT: dict[str, Any] = {"status": "in_doubt", "outcome": Outcome.IN_DOUBT, "response": None}
ROOT = Path(__file__).resolve().parents[2]


async def opened(url: str, folder: Path) -> Any:
    if url != "memory":
        await kit.prepared(url)
    store = load_plugins().stores[url.partition("://")[0]](StoreSettings(url, folder / "mi.key"))
    await store.open()
    return store


async def test_handed_over_in_order_and_there_after_a_stop(any_url: str, tmp_path: Path) -> None:
    store = await opened(any_url, tmp_path)
    for i in range(300):
        store.begin_later(start(i, request=kit.REQUEST))
        store.end_later(end(i, **(DOUBT if i % 3 == 0 else SUCCESS)))
        if i % 3 == 0:
            store.end_later(end(i, **SUCCESS))
    await store.close()
    store = await opened(any_url, tmp_path)
    states = await store.states([f"op{i}" for i in range(301)])
    assert states == {f"op{i}": "success" for i in range(300)}, "no end has overtaken its begin"
    record = await store.get("op0")
    assert record.end.response == kit.RESPONSE and record.start.psn_no == "CANARY-PSN-1"
    await store.close()
    with pytest.raises(StoreError, match="未打开"):
        store.end_later(end(1))
    found = await kit.rows(any_url, "SELECT settlement_status FROM settlement_business")
    assert [r["settlement_status"] for r in found] == ["completed"] * 300


async def test_an_awaited_end_follows_a_begin_that_was_handed_over(any_url: str, tmp_path: Path) -> None:
    store = await opened(any_url, tmp_path)
    store.begin_later(start(1))
    await store.end(end(1))
    await store.end(end(1))
    with pytest.raises(StoreError, match="没有待完成"):
        await store.end(end(1, **SUCCESS))
    store.end_later(end(1, **SUCCESS))
    store.begin_later(start(1))
    await store.flush()
    record = await store.get("op1")
    assert record.end == end(1), "what contradicts is logged, not written"
    await store.close()


async def test_catching_up(any_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    await _catches_up(await opened(any_url, tmp_path), caplog)


async def test_catching_up_in_memory(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    await _catches_up(await opened("memory", tmp_path), caplog)


async def _catches_up(store: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The log knows 1 (open), 2 (in doubt), 3 (done), 4 (in doubt); the journal knows better, and of 5 and 6 too."""
    for i in range(1, 5):
        await store.begin(start(i))
    await store.end(end(2, **DOUBT))
    await store.end(end(3))
    await store.end(end(4, **DOUBT))
    later = end().complete_time + dt.timedelta(hours=1)
    ends = [end(1, **SUCCESS), end(2, **SUCCESS, complete_time=later), end(3, complete_time=later), end(4, **DOUBT),
            end(5, **DOUBT), end(5, **SUCCESS), end(6)]  # fmt: skip
    done = await store.catch_up(ends, [start(3), start(5), start(7)])
    assert done == CaughtUp(begun=2, completed=3, missing=("op6",))
    assert await store.states([f"op{i}" for i in range(1, 9)]) == {
        "op1": "success", "op2": "success", "op3": "failed", "op4": "in_doubt", "op5": "success", "op7": "pending",
    }  # fmt: skip
    record = await store.get("op3")
    assert record.end == end(3), "what is complete stays as it is"
    again = await store.catch_up(ends, [start(3), start(5), start(7)])
    assert again == CaughtUp(missing=("op6",)), "nothing is done twice"
    with caplog.at_level(logging.ERROR):
        assert (await store.catch_up([end(3, **SUCCESS)])).contradicting == ("op3",)
    assert "op3" in caplog.text
    await store.close()


async def test_two_hosts_catch_up_together(server_url: str, tmp_path: Path) -> None:
    await kit.prepared(server_url)
    starts, ends = [start(i) for i in range(200)], [end(i, **SUCCESS) for i in range(200)]

    async def until_done(log: Any) -> None:
        while True:
            try:
                await log.catch_up(ends, starts)
                return
            except StoreError:  # rows of a slow server wait in the spool
                await asyncio.sleep(0.2)

    async with kit.server_log(server_url, tmp_path) as log:
        (tmp_path / "other").mkdir()
        (tmp_path / "other/mi.key").write_bytes((tmp_path / "mi.key").read_bytes())
        async with kit.server_log(server_url, tmp_path / "other") as other:
            await asyncio.gather(until_done(log), until_done(other))
        assert set((await log.states([f"op{i}" for i in range(200)])).values()) == {"success"}
    found = await kit.rows(server_url, "SELECT sum(number) AS n FROM operation_log_days")
    assert int(found[0]["n"]) == 200, "each is counted once"


async def test_a_locked_file_delays_what_nobody_waits_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "RETRY", 0.05)
    store = SqliteLog(StoreSettings(f"sqlite:///{tmp_path}/mi.db"))
    await store.open()
    assert store._thread is not None
    await store._thread.run(lambda c: c.execute("PRAGMA busy_timeout=20") and None)
    with closing(sqlite3.connect(tmp_path / "mi.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        store.begin_later(start(1))
        with pytest.raises(StoreError, match="locked"):
            await store.begin(start(2))
        store.end_later(end(1))
        await asyncio.sleep(0.3)
        other.execute("COMMIT")
    await store.close()
    with closing(sqlite3.connect(tmp_path / "mi.db")) as read:
        rows = read.execute("SELECT operation_id, status FROM business_operation_logs").fetchall()
    assert rows == [("op1", "failed")]


async def test_what_can_never_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writer, "RETRY", 0.02)
    store = SqliteLog(StoreSettings(f"sqlite:///{tmp_path}/mi.db"))
    await store.open()
    assert store._thread is not None
    await store._thread.run(lambda c: c.execute("PRAGMA busy_timeout=20") and None)
    with closing(sqlite3.connect(tmp_path / "mi.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        store.begin_later(start(1))
        await store.close()
    assert "operation op1: not written to the log" in caplog.text


KILLED = """
import asyncio, sys
from pathlib import Path
from mi_core.plugin import StoreSettings
from mi_core.plugin.manager import load_plugins
from tests.plugins.rows import end, start
from tests.stores import kit
from tests.stores.test_later import SUCCESS

async def main(url, folder):
    store = load_plugins().stores[url.partition("://")[0]](StoreSettings(url, Path(folder) / "mi.key"))
    await store.open()
    for i in range(100_000):
        store.begin_later(start(i, msgid=f"{i:030d}", request=kit.REQUEST))
        store.end_later(end(i, **SUCCESS))
        if i % 20 == 0:
            await store.flush()
            print(i, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_after_a_kill_log_business_rows_and_statistics_agree(any_url: str, tmp_path: Path) -> None:
    store = await opened(any_url, tmp_path)
    await store.close()
    known = await asyncio.to_thread(_killed_in_the_middle, any_url, tmp_path)
    ends, starts = [end(i, **SUCCESS) for i in range(known + 200)], [
        start(i, msgid=f"{i:030d}", request=kit.REQUEST) for i in range(known + 200)
    ]  # fmt: skip
    store = await opened(any_url, tmp_path)
    states = await store.states([s.operation_id for s in starts])
    assert {f"op{i}" for i in range(known + 1)} <= states.keys(), "what was flushed is there"
    counts = await _counts(any_url)
    assert counts[0] == counts[1] == counts[2] == list(states.values()).count("success")
    await store.catch_up(ends, starts)
    assert await _counts(any_url) == [known + 200] * 3
    await store.close()


def _killed_in_the_middle(url: str, folder: Path) -> int:
    """The last number that the killed process said to be flushed."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'codegen'}"}
    command = [sys.executable, "-c", KILLED, url, str(folder)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if int(line) >= 60:
                break
        time.sleep(0.01)
        os.kill(child.pid, signal.SIGKILL)
        return max([60, *(int(line) for line in child.stdout)])


async def _counts(url: str) -> list[int]:
    queries = ("SELECT count(*) AS n FROM business_operation_logs WHERE status = 'success'",
               "SELECT count(*) AS n FROM settlement_business", "SELECT coalesce(sum(number), 0) AS n FROM operation_log_days")  # fmt: skip
    return [int((await kit.rows(url, query))[0]["n"]) for query in queries]
