"""The database bridge: requests per second of one worker process against what ``call_many`` reaches at the same sandbox.

The sandbox runs in a process of its own. Both run in this one, take turns, and have the same configuration: the same number
of calls in flight (16, which is also the most that ``call_many`` has by ``[limits] bulk``), the same connection pool to the
sandbox, the same log and journal. Each makes a question first, so that neither pays for its first connection.

The worker claims from the database, makes the call and writes the result. Its time begins before it enrols, with all
requests submitted, and ends when the last result can be read and it has signed off; nothing of filling and draining is left
out. That costs some ten milliseconds once: beside 800 requests it shows, beside 4,000 it does not, and throughput is what the
target means, so the target stands at the 4,000. ``call_many`` begins with its requests made and ends with its last reply.

The database server and the sandbox share the machine: on two cores the server takes its time from both sides of the worker.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
import attrs

from mi_core import AsyncClient
from mi_core.config import Config, load_config
from mi_core.interfaces import SettlementQueryRequest
from mi_core.worker import BridgeClient, Queue, Worker
from mi_core.worker.connecting import address_of, connected
from mi_core.worker.scripts import install
from mi_plugins.demo.sandbox_process import running_sandbox
from tests.bench.harness import Row
from tests.sandbox.hospital import Hospital, Visit, fee
from tests.stores import servers

__all__ = ["measure"]

ROUNDS, IN_FLIGHT = 3, 16
BURST, LASTING = 800, 4000


async def settled(said: dict[str, Any]) -> dict[str, Any]:
    """A settled visit to ask about."""
    async with aiohttp.ClientSession() as session:
        visit = Visit(Hospital(session, said["url"], said["control_token"]))
        await visit.register()
        await visit.inform()
        await visit.charge(*(fee(visit, n, "12.35", item="SBX-B-0001") for n in range(1, 11)))
        info = (await visit.settle("123.50"))["setlinfo"]
        return {"psn_no": visit.person.psn_no, "setl_id": info["setl_id"], "mdtrt_id": visit.mdtrt_id}


async def by_client(config: Config, which: dict[str, Any], calls: int) -> float:
    async with AsyncClient(config) as mi:
        await mi.call(SettlementQueryRequest(**which))
        start = time.perf_counter()
        found = await mi.call_many(
            (SettlementQueryRequest(**which) for _ in range(calls)), concurrency=IN_FLIGHT
        )
        taken = time.perf_counter() - start
    if any(isinstance(one, Exception) for one in found):
        raise RuntimeError("a call failed")
    return taken / calls


async def by_worker(config: Config, which: dict[str, Any], calls: int) -> float:
    address = address_of(config.bridge.database)
    procedure = (
        "SELECT sp_medical_insurance_call('5203', $1)" if address.postgresql
        else "CALL sp_medical_insurance_call('5203', %s, @n)"
    )  # fmt: skip
    ok = "SELECT COUNT(*) FROM v_medical_insurance_result WHERE result_status = 'SUCCESS'"
    async with connected(address) as connection:
        before = (await connection.exec_driver_sql(ok)).scalar_one()
        for _ in range(calls):
            await connection.exec_driver_sql(procedure, (json.dumps({"data": which}),))
        await connection.commit()
        async with Queue.at(address) as queue, BridgeClient(config) as client:
            await client.call(SettlementQueryRequest(**which))
            worker = Worker(client, queue, config.bridge)
            start = time.perf_counter()
            await worker.run(asyncio.Event(), once=True)
            taken = time.perf_counter() - start
        if (await connection.exec_driver_sql(ok)).scalar_one() != before + calls:
            raise RuntimeError("a request failed")
    return taken / calls


async def rates(kind: str, folder: Path) -> list[Row]:
    server = servers.start(kind, folder)
    try:
        with running_sandbox(1) as said:
            url = server.create("bench")
            which = await settled(said)
            file = folder / "mi.toml"
            file.write_text(
                said["config_toml"] + f'\n[journal]\npath = "{folder}/journal.db"\n', encoding="utf-8"
            )
            config = load_config(file)
            config = attrs.evolve(
                config, bridge=attrs.evolve(config.bridge, database=url, concurrency=IN_FLIGHT)
            )
            async with connected(address_of(url)) as connection:
                await install(connection)
            best = {calls: {"ours": float("inf"), "call_many": float("inf")} for calls in (BURST, LASTING)}
            for _ in range(ROUNDS):
                for calls, found in best.items():
                    found["call_many"] = min(found["call_many"], await by_client(config, which, calls))
                    found["ours"] = min(found["ours"], await by_worker(config, which, calls))
    finally:
        server.stop()
    name = "MariaDB" if kind == "mysql" else "PostgreSQL"
    return [
        Row(
            "bridge: seconds per request", f"{name}, {calls} × 5203, {IN_FLIGHT} in flight", found,
            {"call_many": 0.8} if calls == LASTING else {},
        )
        for calls, found in best.items()
    ]  # fmt: skip


def measure() -> list[Row]:
    """With each server that is installed."""
    rows: list[Row] = []
    for kind in servers.KINDS:
        if servers.missing(kind):
            continue
        folder = Path(tempfile.mkdtemp(prefix="mi-bench-"))
        try:
            rows += asyncio.run(rates(kind, folder))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return rows
