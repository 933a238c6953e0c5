"""How many calls a second the sandbox serves: ``python tests/bench/sandbox_rate.py [--calls N] [--connections N] [--json FILE]``.

The sandbox runs in a process of its own; a small asyncio client (raw sockets, so that it costs little) sends a mix of
5203, 2206, 1101 and 2204 over keep-alive connections. Two rates are printed: calls per second of wall time, and calls
per second of CPU time of the sandbox's process, i.e. what one core serves whatever else the machine does.
No test: nothing is asserted.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import aiohttp

from tests.bench.harness import Row
from tests.sandbox.hospital import Hospital, Visit, _encoder, certificate, fee, signed_headers

WARM_UP = 200
MARK = "777"
_serial = itertools.count(1000)
MIX = {"5203": 4, "2206": 4, "1101": 1, "2204": 1}


async def prepare(said: dict[str, Any]) -> dict[str, bytes]:
    """A settled visit to query, an open one to quote; the bytes of one request for each kind of call."""
    async with aiohttp.ClientSession() as session:
        hospital = Hospital(session, said["url"], said["control_token"])
        settled, opened = Visit(hospital), Visit(hospital, 1)
        for visit in (settled, opened):
            await visit.register()
            await visit.inform()
            await visit.charge(*(fee(visit, n, "12.35", item="SBX-B-0001") for n in range(1, 11)))
        info = (await settled.settle("123.50"))["setlinfo"]
        which = {"psn_no": settled.person.psn_no, "setl_id": info["setl_id"], "mdtrt_id": settled.mdtrt_id}
        third = Visit(hospital, 2)
        await third.register()
        contents = {
            "5203": {"data": which},
            "2206": {"data": opened.quote_data(Decimal("123.50"))},
            "1101": {"data": certificate(settled.person) | {"psn_name": settled.person.name}},
            "2204": {"feedetail": [fee(third, int(f"{MARK}{n}"), "12.35", batch="B9") for n in range(10)]},
        }
        return {
            infno: _encoder.encode(hospital.message(infno, content)) for infno, content in contents.items()
        }


def frames_of(host: str, bodies: dict[str, bytes], mix: dict[str, int], calls: int) -> list[bytes]:
    """One frame per call, signed beforehand; every 2204 has serial numbers of its own."""
    turn = [infno for infno, share in mix.items() for _ in range(share)]
    ready = {infno: frame(host, infno, bodies[infno]) for infno in turn if infno != "2204"}
    frames = []
    for number in range(calls):
        infno = turn[number % len(turn)]
        if infno == "2204":
            body = bodies[infno].replace(
                f'"feedetl_sn":{MARK}'.encode(), f'"feedetl_sn":{next(_serial)}'.encode()
            )
            frames.append(frame(host, infno, body))
        else:
            frames.append(ready[infno])
    return frames


def frame(host: str, infno: str, body: bytes) -> bytes:
    headers = signed_headers(infno, ms=round(time.time() * 1000)) | {
        "Host": host,
        "Content-Length": str(len(body)),
    }
    return (
        "".join(["POST /csb HTTP/1.1\r\n", *(f"{k}: {v}\r\n" for k, v in headers.items()), "\r\n"]).encode()
        + body
    )


async def caller(host: str, port: int, frames: list[bytes], counts: dict[int, int]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    while counts[0] < len(frames):
        writer.write(frames[counts[0]])
        counts[0] += 1
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        counts[1] += body.startswith(b'{"infcode":0')
    writer.close()
    await writer.wait_closed()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def served(pid: int, host: str, port: int, frames: list[bytes], connections: int) -> dict[str, float]:
    async def load(some: list[bytes]) -> dict[int, int]:
        counts = {0: 0, 1: 0}
        await asyncio.gather(*(caller(host, port, some, counts) for _ in range(connections)))
        return counts

    asyncio.run(load(frames[:WARM_UP]))
    wall, cpu = time.perf_counter(), cpu_seconds(pid)
    counts = asyncio.run(load(frames[WARM_UP:]))
    wall, cpu = time.perf_counter() - wall, cpu_seconds(pid) - cpu
    return {
        "calls": counts[0], "succeeded": counts[1], "per_second": round(counts[0] / wall), "per_cpu_second": round(counts[0] / cpu),
    }  # fmt: skip


def rates(calls: int, connections: int) -> dict[str, dict[str, float]]:
    """Start a sandbox in a process of its own and load it with each mix in turn."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mi_plugins.sandbox", "--port", "0", "--json", "--exit-with-parent"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        where = urlsplit(said["url"])
        bodies = asyncio.run(prepare(said))
        mixes = {"5203+2206": {"5203": 1, "2206": 1}, "mix": MIX, **{k: {k: 1} for k in MIX}}
        return {
            name: served(
                process.pid, where.hostname or "", where.port or 0,
                frames_of(where.netloc, bodies, mix, WARM_UP + calls), connections,
            )
            for name, mix in mixes.items()
        }  # fmt: skip
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=20)


def measure() -> list[Row]:
    """CPU time of the sandbox per call; 1,000 calls a second on one core are 1 ms."""
    found = rates(4_000, 16)
    return [
        Row("sandbox, CPU time of one call", name, {"ours": 1 / rate["per_cpu_second"]}, {"": 0.001})
        for name, rate in found.items()
    ]


def main() -> None:
    """Print the rates of each mix."""
    parser = argparse.ArgumentParser(description="Calls per second of the sandbox.")
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    results = rates(arguments.calls, arguments.connections)
    for name, rate in results.items():
        print(f"{name:10} {rate}")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
