"""The harness's own parts: the weather hits as many calls as it says, records survive a kill, stories repeat."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from mi_plugins.sandbox.faults import FAULTS, Fault, FaultBoard
from mi_plugins.sandbox.message import Message
from tests.chaos.mutants import IN_PROCESS, MUTANTS
from tests.chaos.people import stories
from tests.chaos.suite import ONLY
from tests.chaos.told import Record
from tests.chaos.weather import TRUE_FENCE, orders
from tests.chaos.worker import watch_harness
from tests.journal import mutants as in_process
from tests.journal import test_mutants


@pytest.mark.parametrize("infno", ["2207", "2601", "5203", "3202"])
@pytest.mark.parametrize("only", [frozenset(), frozenset({"late"})])
def test_the_weather_hits_the_share_it_is_asked_for(infno: str, only: frozenset[str]) -> None:
    board = FaultBoard(1)
    board.faults = [Fault.from_json(one) for one in orders(0.2, TRUE_FENCE, 7, only)]
    message = Message(infno, {}, {}, infno, 0)
    found = [board.take(message) for _ in range(20_000)]
    hit = [fault for fault in found if fault is not None]
    assert 0.18 < len(hit) / len(found) < 0.22
    kinds = {(fault.fault, fault.executes, fault.seconds if fault.fault == "late" else 0) for fault in hit}
    assert len(kinds) == (2 if only else 13)
    assert max(fault.seconds for fault in hit if fault.fault == "late") < TRUE_FENCE.processing


def test_every_fault_of_the_design_is_in_the_weather() -> None:
    said = {one["fault"] for one in orders(0.2, TRUE_FENCE, 1)}
    wanted = {"drop_before", "drop_after", "hang", "late", "truncated", "html_200", "http_502", "unlisted_refusal",
              "replica_lag", "blank_ids"}  # fmt: skip
    assert wanted <= said <= set(FAULTS)


def test_stories_repeat() -> None:
    assert stories(50, 3) == stories(50, 3) != stories(50, 4)
    assert all(
        len(s.batches) == 1 and s.known and s.batches[0].times == 1 for s in stories(50, 3, simple=True)
    )
    kinds = stories(400, 3)
    assert any(s.inpatient for s in kinds) and any(
        b.times == 2 and b.clicks == 2 for s in kinds for b in s.batches
    )


def _write_for_ever(path: Path) -> None:
    async def write() -> None:
        record = Record(path)
        for number in range(1_000_000):
            await record.fact(number, "settled", f"S{number}")
            os.write(1, b".")

    os.dup2(os.open(path.with_suffix(".seen"), os.O_CREAT | os.O_WRONLY), 1)
    asyncio.run(write())


def test_what_was_told_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "told-0.jsonl"
    process = multiprocessing.get_context("spawn").Process(target=_write_for_ever, args=(path,))
    process.start()
    while not path.exists() or len(path.read_bytes()) < 2_000:
        process.join(0.02)
        assert process.exitcode is None
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    acted_on = len(path.with_suffix(".seen").read_bytes())
    with path.open("ab") as file:
        file.write(b'{"story": 5')
    found = Record(path).facts
    assert acted_on > 5 and set(range(acted_on)) <= set(found) and found[0] == {"settled": "S0"}
    again: dict[str, Any] = {}

    async def go_on() -> None:
        record = Record(path)
        await record.fact(0, "end", "done")
        again.update(Record(path).facts[0])

    asyncio.run(go_on())
    assert again == {"settled": "S0", "end": "done"}


def _watch(pid: int) -> None:
    asyncio.run(asyncio.wait_for(watch_harness(pid), 30))


def test_a_harness_that_is_gone_leaves_nobody_behind() -> None:
    spawn = multiprocessing.get_context("spawn")
    harness = spawn.Process(target=time.sleep, args=(60,))
    harness.start()
    worker = spawn.Process(target=_watch, args=(harness.pid,))
    worker.start()
    worker.join(2.0)
    assert worker.exitcode is None
    harness.kill()
    harness.join()
    worker.join(20)
    assert worker.exitcode == 1


def test_every_mutant_of_the_design_is_somewhere() -> None:
    """Fourteen by name; those that processes do not show point to a test that exists."""
    assert len(MUTANTS) + len(IN_PROCESS) == 14 and not set(MUTANTS) & set(IN_PROCESS)
    assert set(ONLY) <= set(MUTANTS)
    for test in IN_PROCESS.values():
        name, _, parameter = test.partition("[")
        assert hasattr(test_mutants, name)
        ids = {mutant.__name__ for mutant in in_process.JOURNAL}
        assert not parameter or parameter.rstrip("]") in ids
