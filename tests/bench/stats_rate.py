"""``mi ops stats`` over a large log: per day, interface and institution, with counts, durations and amounts (issue 3).

    python -m tests.bench.stats_rate [--rows 1000000]
    MI_BENCH_ROWS=0 python -m tests.bench           # leaves it out

The log is filled by the database itself (``many_rows``), which takes about half a minute per million rows and database.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from mi_plugins.stores.sql.address import Address
from mi_plugins.stores.sql.statistics import KEYS, statistics
from tests.bench.harness import Row
from tests.bench.many_rows import fill
from tests.stores import servers

ROWS, LIMIT, TIMES = 1_000_000, 1.0, 5


def one(name: str, url: str, rows: int) -> Row:
    """The best of five; beside it what building the log took and the coarsest question."""
    address = Address.read(url)
    begun = time.perf_counter()
    asyncio.run(fill(address, rows))
    built = time.perf_counter() - begun
    taken = {by: min(_asked(address, by, rows) for _ in range(TIMES)) for by in (tuple(KEYS), ("day",))}
    return Row(
        f"mi ops stats: {name}", f"{rows:,} rows, 90 days", {"ours": taken[tuple(KEYS)]}, {"": LIMIT},
        beside={"by day": taken["day",], "filling": built},
    )  # fmt: skip


def _asked(address: Address, by: tuple[str, ...], rows: int) -> float:
    begun = time.perf_counter()
    found = asyncio.run(statistics(address, by=by))
    taken = time.perf_counter() - begun
    assert sum(group.count for group in found) == rows
    return taken


def measure(rows: int | None = None) -> Iterator[Row]:
    """One row of the table per database; none for 0 rows."""
    rows = int(os.environ.get("MI_BENCH_ROWS", ROWS)) if rows is None else rows
    if not rows:
        return
    folder = Path(tempfile.mkdtemp(prefix="mi-bench-"))
    try:
        yield one("SQLite", f"sqlite:///{folder}/log.db", rows)
        if servers.missing("mysql"):
            print(f"# no row for MariaDB: {servers.missing('mysql')}")
            return
        server = servers.start(
            "mysql", folder, "--innodb-buffer-pool-size=512M", "--innodb-flush-log-at-trx-commit=2"
        )
        try:
            yield one("MariaDB", server.create("bench"), rows)
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=ROWS)
    from tests.bench.__main__ import line

    for row in measure(parser.parse_args().rows):
        print(line(row), flush=True)


if __name__ == "__main__":
    main()
