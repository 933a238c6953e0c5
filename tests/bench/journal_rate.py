"""Durable operations per second: the journal against a bare group writer of the same rows (issue 3, numbers).

    python tests/bench/journal_rate.py [--ops 2000] [--in-flight 64] [--rounds 9] [--folder DIR]

One operation = SENT durable, then CONFIRMED durable, 64 at a time, no HTTP. The bare writer stores the same rows of
operation, attempt and event in the same tables with the same encryption, keyed hashes and hash chain, and tells its
callers in groups as well; it checks nothing: no generation, no visit lock, no exposure, no compare-and-set, no msgid.
Rounds alternate, the figure is the median of the rounds' ratios. The goal is at least 0.7.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import queue
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mi_core.crypto import HmacSm3
from mi_core.journal import BeforeSend, Intent, Journal, Key, KeyRing, Ticket, Verdict
from mi_core.journal.database import connect, prepare
from mi_core.journal.schema import migrate
from mi_core.types import Effect, Outcome
from tests.bench.harness import Row

INSTITUTION = "H43000000001"
REQUEST = json.dumps(
    {"infno": "2207", "input": {"data": {f"field_{n}": "0123456789" for n in range(60)}}}
).encode()
CONTENT = REQUEST[20:]
REPLY = json.dumps({"infcode": 0, "output": {"setlinfo": {f"field_{n}": 123.45 for n in range(60)}}}).encode()
SECRET = bytes(range(32))
MAC = HmacSm3(SECRET)
OPERATION = "INSERT INTO operation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'OPEN', 1, ?, NULL, NULL, ?, ?)"
ATTEMPT = """INSERT INTO attempt (msgid, operation_id, number, institution, interface, effect, endpoint, profile_version,
    mdtrtarea_admvs, insuplc_admdvs, operator, psn_ct, psn_hash, at_risk, reverses, request_ct, fingerprint, signed_at,
    deadline_at, sent_at, owner_epoch, event_writer, event_seq, lock_hash, state, version, open)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'SENT', 1, 1)"""
EVENT = "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
ANSWER = """UPDATE attempt SET state = 'CONFIRMED', version = 2, open = 0, evidence = ?, infcode = ?, response_ct = ?,
    identifier_ct = ?, identifier_hash = ?, source = 'reply', event_writer = ?, event_seq = ?, ended_at = ?
    WHERE msgid = ?"""
DONE = "UPDATE operation SET state = 'DONE', version = 2, updated_at = ? WHERE id = ?"


class Bare:
    """A group writer that believes everything it is told."""

    def __init__(self, path: Path) -> None:
        database = prepare(connect(path), busy_ms=1000)
        migrate(database, 0)
        database.close()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA synchronous = FULL")
        self._aead = AESGCM(SECRET)
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._head, self._seq = bytes(32), 0
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def seal(self, data: bytes, place: str) -> bytes:
        nonce = os.urandom(12)
        return b"\1" + nonce + self._aead.encrypt(nonce, data, place.encode())

    def hash(self, text: str) -> bytes:
        return MAC.digest(text.encode())[:16]

    def store(self, statements: list[tuple[str, list[Any]]], event: list[Any]) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._queue.put((statements, event, future, loop))
        return future

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()
        self._db.close()

    def _link(self, event: list[Any]) -> tuple[Any, ...]:
        self._seq += 1
        row = (0, self._seq, *event, None, 1, self._head)
        text = "\x1f".join(["" if value is None else str(value) for value in row[:9]])
        self._head = MAC.digest(b"\x1e".join((text.encode(), b"", b"1", self._head)))
        return (*row, self._head)

    def _work(self) -> None:
        execute = self._db.execute
        while (first := self._queue.get()) is not None:
            batch, stop = [first], False
            while len(batch) < 256 and not self._queue.empty():
                item = self._queue.get()
                if item is None:
                    stop = True
                    break
                batch.append(item)
            execute("BEGIN IMMEDIATE")
            for statements, event, _, _ in batch:
                link = self._link(event)
                for sql, values in statements:
                    execute(sql, values)
                execute(EVENT, link)
            execute("COMMIT")
            batch[0][3].call_soon_threadsafe(_tell, [entry[2] for entry in batch])
            if stop:
                return


def _tell(futures: list[asyncio.Future[None]]) -> None:
    for future in futures:
        future.set_result(None)


async def bare_operation(bare: Bare, n: int) -> None:
    now = time.time_ns() // 1_000_000
    operation, msgid = f"{now:012x}{os.urandom(10).hex()}", f"{INSTITUTION}{n:018d}"
    place = f"attempt/{msgid}/"
    identity = bare.seal(json.dumps([[f"M{n}", "B1"], [f"mdtrt_id=M{n}"]]).encode(), f"operation/{operation}")
    row = bare.hash(
        "\x1f".join((msgid, "2207", INSTITUTION, "https://gateway/call", "1", "430100", "430100", "op1"))
    )
    await bare.store(
        [
            (OPERATION, [operation, INSTITUTION, "2207", "money", bare.hash(f"{INSTITUTION} 2207 M{n} B1"), 1, 1,
                         identity, "data.medfee_sumamt=128.5", 0, 1, msgid, now, now]),
            (ATTEMPT, [msgid, operation, 1, INSTITUTION, "2207", "money", "https://gateway/call", "1", "430100", "430100",
                       "op1", bare.seal(f"P{n}".encode(), place + "psn"), bare.hash(f"psn P{n}"), 12850, None,
                       bare.seal(REQUEST, place + "request"), MAC.digest(CONTENT)[:16], now, now + 60_000, now, 1,
                       0, n, bare.hash(f"lock {INSTITUTION} mdtrt_id=M{n}")]),
        ],
        [now, "sent", operation, msgid, None, "SENT", json.dumps({"number": 1, "row": row.hex()})],
    )  # fmt: skip
    now = time.time_ns() // 1_000_000
    await bare.store(
        [
            (ANSWER, ["infcode 0", "0", bare.seal(REPLY, place + "response"),
                      bare.seal(f"S{n}".encode(), place + "identifier"),
                      bare.hash(f"result {INSTITUTION} 2207 S{n}"), 0, n, now, msgid]),
            (DONE, [now, operation]),
        ],
        [now, "ended", operation, msgid, "SENT", "CONFIRMED", json.dumps({"evidence": "infcode 0"})],
    )  # fmt: skip


async def journal_operation(journal: Journal, n: int) -> None:
    intent = Intent(
        institution=INSTITUTION, interface="2207", effect=Effect.MONEY, business_key=(f"M{n}", "B1"),
        lock_keys=(f"mdtrt_id=M{n}",), amounts={"data.medfee_sumamt": Decimal("128.50")}, psn_no=f"P{n}",
        at_risk=Decimal("128.50"), reversible=True,
    )  # fmt: skip
    msgid = await journal.msgid(INSTITUTION)
    now = time.time_ns() // 1_000_000
    ticket = await journal.begin(intent, BeforeSend(
        msgid=msgid.value, endpoint="https://gateway/call", profile_version="1", mdtrtarea_admvs="430100",
        insuplc_admdvs="430100", operator="op1", request=REQUEST, content=CONTENT, signed_at=now,
        deadline_at=now + 60_000,
    ))  # fmt: skip
    assert isinstance(ticket, Ticket)
    verdict = Verdict(
        outcome=Outcome.CONFIRMED, evidence="infcode 0", response=REPLY, identifier=f"S{n}", infcode="0"
    )
    assert (await journal.end(ticket, verdict)).applied


async def load(operation: Callable[[int], Awaitable[None]], operations: int, in_flight: int) -> float:
    """Operations per second with ``in_flight`` tasks."""
    numbers = iter(range(1, operations + 1))

    async def worker() -> None:
        for n in numbers:
            await operation(n)

    start = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(in_flight)))
    return operations / (time.perf_counter() - start)


def one_round(kind: str, folder: Path, operations: int, in_flight: int) -> float:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = Path(place) / "journal.db"
        if kind == "bare":
            bare = Bare(path)
            try:
                return asyncio.run(load(lambda n: bare_operation(bare, n), operations, in_flight))
            finally:
                bare.close()
        journal = Journal.open(path, KeyRing(Key(1, SECRET)), slots=1)
        try:
            return asyncio.run(load(lambda n: journal_operation(journal, n), operations, in_flight))
        finally:
            journal.close()


def measure() -> list[Row]:
    """Durable operations (SENT and CONFIRMED, 64 in flight) against a bare group-commit writer of the same rows."""
    best = {"ours": 0.0, "bare": 0.0}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(5):
            for name, kind in (("bare", "bare"), ("ours", "journal")):
                best[name] = max(best[name], one_round(kind, Path(folder), 2000, 64))
    return [
        Row(
            "journal, one durable operation",
            "SENT + CONFIRMED",
            {n: 1 / r for n, r in best.items()},
            {"bare": 0.7},
        )
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ops", type=int, default=2000)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    rates: dict[str, list[float]] = {"bare": [], "journal": []}
    for _ in range(options.rounds):
        for kind, found in rates.items():
            found.append(one_round(kind, options.folder, options.ops, options.in_flight))
    bare, journal = (statistics.median(rates[kind]) for kind in ("bare", "journal"))
    ratio = statistics.median(j / b for j, b in zip(rates["journal"], rates["bare"], strict=True))
    print(f"bare={bare:.0f}/s journal={journal:.0f}/s ratio={ratio:.2f} goal=0.70")
    if ratio < 0.7:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
