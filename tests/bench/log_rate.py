"""Rows of the operation log per second against bare batched inserts of the same rows (issue 3, numbers).

    python -m tests.bench.log_rate [--rows 2000] [--in-flight 64] [--rounds 5]

Ours: ``begin`` of a settlement, each awaited until it is durable, 64 in flight. Bare: the same rows with the same
encryption and keyed hashes, 64 per ``executemany`` and commit, straight through the driver into a log with the same
indexes; it gives no row a unique id across months, waits for nobody and answers nobody. Beside: ``end`` (with the
business row and the statistics of the day), and one settlement alone, ``begin`` and ``end`` awaited or handed over.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import itertools
import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from mi_core.plugin import OperationEnd, OperationStart, StoreSettings
from mi_core.types import Effect, Outcome
from mi_plugins.stores.sealing import Sealer
from mi_plugins.stores.sql import rows as server_rows
from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.log import ServerLog
from mi_plugins.stores.sql.schema import upgrade
from mi_plugins.stores.sqlite_log import SqliteLog
from mi_plugins.stores.sqlite_rows import INSERT, start_values
from tests.bench.harness import Row
from tests.stores import servers

ROWS, IN_FLIGHT, ROUNDS = 2000, 64, 5
TARGET = 0.5
REQUEST = json.dumps({"infno": "2207", "input": {"data": {
    "psn_no": "P1", "mdtrt_id": "V1", "chrg_bchno": "B1", "medfee_sumamt": 128.5, **{f"field_{n}": "0123456789" for n in range(40)},
}}}).encode()  # fmt: skip
REPLY = json.dumps({"infcode": 0, "output": {"setlinfo": {
    "setl_id": "S1", "psn_no": "P1", "mdtrt_id": "V1", "medfee_sumamt": 128.5, "fund_pay_sumamt": "100.10", "psn_part_amt": 28.4,
    "setl_time": "2024-03-01 12:00:01", **{f"amount_{n}": 123.45 for n in range(40)},
}}}).encode()  # fmt: skip
_numbers = itertools.count(1)
Log = SqliteLog | ServerLog


def start(number: int) -> OperationStart:
    """A settlement."""
    return OperationStart(
        operation_id=f"{number:032d}", msgid=f"{number:030d}", api_code="2207", api_name="门诊结算", effect=Effect.MONEY,
        business_category="结算业务", business_type="outpatient", institution_code="H43000000001", operator_id="001",
        operator_name="收费员", operation_time=_now(), request=REQUEST, psn_no=f"P{number}", certno="430102198002030011",
        mdtrt_id=f"V{number}", operation_key="K", trace_id=f"{number:032d}", client_ip="10.0.0.9",
    )  # fmt: skip


def end(number: int) -> OperationEnd:
    """Its completion."""
    return OperationEnd(f"{number:032d}", "success", Outcome.CONFIRMED, _now(), "infcode 0", response=REPLY)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).replace(tzinfo=None)


async def load(work: Callable[[int], Awaitable[None]], numbers: list[int], in_flight: int) -> float:
    """Seconds per row."""
    waiting = iter(numbers)

    async def worker() -> None:
        for number in waiting:
            await work(number)

    begun = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(in_flight)))
    return (time.perf_counter() - begun) / len(numbers)


def bare_sqlite(path: Path, numbers: list[int], in_flight: int, sealer: Sealer) -> float:
    """Seconds per row."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    begun = time.perf_counter()
    for some in _batches(numbers, in_flight):
        values = [start_values(start(number), sealer) for number in some]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(INSERT, values)
        connection.execute("COMMIT")
    taken = (time.perf_counter() - begun) / len(numbers)
    connection.close()
    return taken


async def bare_mysql(
    server: servers.Server, database: str, numbers: list[int], in_flight: int, sealer: Sealer
) -> float:
    """Seconds per row."""
    import aiomysql  # type: ignore[import-untyped]  # it ships no types

    connection = await aiomysql.connect(
        host="127.0.0.1", port=server.port, user="mi", password="mi-test", db=database, charset="utf8mb4"
    )
    begun = time.perf_counter()
    async with connection.cursor() as cursor:
        for some in _batches(numbers, in_flight):
            values = [server_rows.start_values(start(number), sealer) for number in some]
            names = list(values[0])
            marks = ", ".join(f"%({name})s" for name in names)
            await cursor.executemany(
                f"INSERT INTO business_operation_logs ({', '.join(names)}) VALUES ({marks})", values
            )
            await connection.commit()
    taken = (time.perf_counter() - begun) / len(numbers)
    connection.close()
    return taken


def _batches(numbers: list[int], size: int) -> Iterator[list[int]]:
    for first in range(0, len(numbers), size):
        yield numbers[first : first + size]


async def alone(log: Log) -> dict[str, float]:
    """Medians of one settlement at a time, milliseconds apart as calls are."""
    taken: dict[str, list[float]] = {"begin + end awaited": [], "begin + end handed over": []}
    for _ in range(60):
        for name, times in taken.items():
            number, begun = next(_numbers), time.perf_counter()
            if name.endswith("awaited"):
                await log.begin(start(number))
                await log.end(end(number))
            else:
                log.begin_later(start(number))
                log.end_later(end(number))
            times.append(time.perf_counter() - begun)
            await log.flush()
    return {name: median(times) for name, times in taken.items()}


@contextlib.contextmanager
def places() -> Iterator[Iterator[tuple[str, str, Callable[[list[int], int, Sealer], float]]]]:
    """Name, address and bare writer of each database that can be had here."""
    with (
        tempfile.TemporaryDirectory(prefix="mi-bench-", ignore_cleanup_errors=True) as folder,
        contextlib.ExitStack() as stack,
    ):

        def each() -> Iterator[tuple[str, str, Callable[[list[int], int, Sealer], float]]]:
            path = Path(folder) / "bare.db"
            yield "SQLite", f"sqlite:///{folder}/ours.db", lambda n, k, s: bare_sqlite(path, n, k, s)
            if servers.missing("mysql"):
                print(f"# no row for MariaDB: {servers.missing('mysql')}")
                return
            home = Path(tempfile.mkdtemp(prefix="mi-mysql-"))
            stack.callback(shutil.rmtree, home, ignore_errors=True)
            server = servers.start("mysql", home)
            stack.callback(server.stop)
            asyncio.run(upgrade(Address.read(server.create("bare"))))
            yield (
                "MariaDB",
                server.create("ours"),
                lambda n, k, s: asyncio.run(bare_mysql(server, "bare", n, k, s)),
            )

        yield each()


def one(
    name: str,
    url: str,
    bare: Callable[[list[int], int, Sealer], float],
    rows: int,
    in_flight: int,
    rounds: int,
) -> Row:
    """The best round of each counts."""
    folder = Path(tempfile.mkdtemp(prefix="mi-bench-key-"))
    sealer, address = Sealer(os.urandom(32)), Address.read(url)
    asyncio.run(upgrade(address))
    if not address.server:
        asyncio.run(upgrade(Address.read(url.replace("ours.db", "bare.db"))))
    best: dict[str, float] = {"ours": float("inf"), "bare": float("inf"), "end": float("inf")}

    async def ours(numbers: list[int], *, measured: bool) -> dict[str, float]:
        log = (ServerLog if address.server else SqliteLog)(StoreSettings(url, folder / "key"))
        await log.open()
        try:
            if not measured:
                return await alone(log)
            begins = await load(lambda n: log.begin(start(n)), numbers, in_flight)
            return {"ours": begins, "end": await load(lambda n: log.end(end(n)), numbers, in_flight)}
        finally:
            await log.close()

    for _ in range(rounds):
        numbers = [next(_numbers) for _ in range(rows)]
        found: dict[str, Any] = {
            "bare": bare(numbers, in_flight, sealer),
            **asyncio.run(ours(numbers, measured=True)),
        }
        best = {key: min(value, found[key]) for key, value in best.items()}
    beside = {"end": best.pop("end"), **asyncio.run(ours([], measured=False))}
    shutil.rmtree(folder, ignore_errors=True)
    return Row(
        f"operation log, one row: {name}",
        f"2207, {in_flight} in flight",
        best,
        {"bare": TARGET},
        beside=beside,
    )


def measure(rows: int = ROWS, in_flight: int = IN_FLIGHT, rounds: int = ROUNDS) -> list[Row]:
    """One row of the table per database."""
    with places() as found:
        return [one(*place, rows, in_flight, rounds) for place in found]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--in-flight", type=int, default=IN_FLIGHT)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    from tests.bench.__main__ import line

    for row in measure(options.rows, options.in_flight, options.rounds):
        print(line(row))


if __name__ == "__main__":
    main()
