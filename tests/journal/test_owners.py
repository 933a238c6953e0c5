"""Death and takeover with real processes: a free lock proves it, nothing else does."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mi_core.errors import StoreError
from mi_core.journal import AttemptState, Journal, Takeover
from mi_core.journal.transaction import Transaction
from tests.journal.kit import OK, Clock, before, crash, open_journal, send, settlement

WORKER = Path(__file__).with_name("worker.py")


@contextmanager
def worker(path: Path, mode: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, str(WORKER), str(path), mode],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()


def lines(process: subprocess.Popen[str], until: str) -> list[str]:
    assert process.stdout is not None
    found: list[str] = []
    while not found or not found[-1].startswith(until):
        line = process.stdout.readline()
        assert line, f"the worker ended: {found}"
        found.append(line.strip())
    return found


def test_killed_between_sent_and_answer(path: Path) -> None:
    with worker(path, "stop-in-flight") as process:
        msgids = [line[2:] for line in lines(process, "READY")[:-1]]
        journal = open_journal(path)
        assert journal.taken_over.in_doubt == 0, "taken over from a living worker"
        process.send_signal(signal.SIGSTOP)
        assert journal.take_over().in_doubt == 0, "taken over from a suspended worker"
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()
        assert journal.take_over().in_doubt == len(msgids)
        assert journal.take_over() == Takeover(0, 0)
    mine = journal.read.unresolved(epoch=journal.epoch)
    assert {a.msgid for a in mine} == set(msgids) and {a.state for a in mine} == {AttemptState.IN_DOUBT}
    assert journal.read.verify().intact
    journal.close()


def test_killed_at_any_moment_nothing_acknowledged_is_lost(path: Path) -> None:
    confirmed: set[str] = set()
    sent: set[str] = set()
    for _ in range(3):
        with worker(path, "busy") as process:
            lines(process, "C")
            time.sleep(0.1)
            process.kill()
            assert process.stdout is not None
            for line in process.stdout.read().split("\n"):
                if len(line) == 32:  # the last line may be torn
                    (confirmed if line[0] == "C" else sent).add(line[2:])
    journal = open_journal(path)
    states: dict[str, str] = dict(journal.read._rows("SELECT msgid, state FROM attempt", ()))
    assert confirmed and all(states[msgid] == "CONFIRMED" for msgid in confirmed)
    assert all(states[msgid] in ("CONFIRMED", "IN_DOUBT") for msgid in sent)
    assert "SENT" not in states.values() and len(journal.read.unresolved()) <= 3
    assert journal.read.verify().intact
    journal.close()


def test_several_processes_on_one_file(path: Path) -> None:
    with worker(path, "40") as one, worker(path, "40") as two, worker(path, "40") as three:
        for process in (one, two, three):
            lines(process, "READY")
        for process in (one, two, three):
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        assert [process.wait(60) for process in (one, two, three)] == [0, 0, 0]
    journal = open_journal(path)
    assert journal.read.counts() == {AttemptState.CONFIRMED: 120}
    assert len(journal.read.roots()) == 3 and journal.read.verify().intact
    journal.close()


def test_only_so_many_workers(path: Path, clock: Clock) -> None:
    workers = [open_journal(path, clock, slots=2) for _ in range(2)]
    with pytest.raises(StoreError, match="2"):
        open_journal(path, clock, slots=2, slot_wait=0.1)
    workers[0].close()
    open_journal(path, clock, slots=2).close()
    workers[1].close()


def test_unresolved_attempts_change_their_owner(path: Path, clock: Clock) -> None:
    for expected in ((0, 0), (1, 0), (0, 1), (0, 1)):
        journal = open_journal(path, clock)
        assert (journal.taken_over.in_doubt, journal.taken_over.adopted) == expected
        if expected == (0, 0):
            send(journal, settlement())
        crash(journal)


def fill(journal: Journal, count: int) -> None:
    ticket = send(journal, settlement("first"))

    def job(tx: Transaction) -> None:
        columns = [row[1] for row in tx.rows("PRAGMA table_info(attempt)")]
        values = dict(
            zip(columns, tx.rows("SELECT * FROM attempt WHERE msgid = ?", (ticket.msgid,))[0], strict=True)
        )
        rows = []
        for n in range(count - 1):
            seq = tx.event("sent", ticket.operation_id, f"F{n}", None, "SENT")
            changed = {"msgid": f"F{n}", "operation_id": f"O{n}", "lock_hash": None, "event_seq": seq}
            rows.append(list((values | changed).values()))
        tx.many(f"INSERT INTO attempt VALUES ({', '.join('?' * len(columns))})", rows)

    journal.wait(job)


def test_ten_thousand_are_taken_over_at_once(path: Path, clock: Clock) -> None:
    journal = open_journal(path, clock)
    fill(journal, 10_000)
    crash(journal)
    journal = open_journal(path, clock)
    assert journal.taken_over.in_doubt == 10_000
    journal.close()


def _in_child(journal: Journal, pipe: object) -> None:
    try:
        journal.wait(lambda tx: None)
    except StoreError:
        os._exit(7)
    os._exit(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forking is not possible here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_may_not_use_it_and_does_not_hold_the_lock(path: Path, clock: Clock) -> None:
    journal = open_journal(path, clock)
    ticket = send(journal, settlement())
    context = multiprocessing.get_context("fork")
    child = context.Process(target=_in_child, args=(journal, None))
    child.start()
    child.join(20)
    assert child.exitcode == 7
    sleeper = context.Process(target=time.sleep, args=(30,))
    sleeper.start()
    try:
        assert journal.wait(journal.end_job(ticket, OK)).applied
        crash(journal)
        open_journal(path, clock, slots=1).close()
    finally:
        sleeper.kill()
        sleeper.join()
    with pytest.raises(StoreError):
        before(journal)
