"""A gateway on the loopback that costs as little as aiohttp allows, in a process of its own: ``python -m tests.bench.loopback``.

It answers every POST with the reply of the interface named in the message and the message's own id, so that a
settlement is Confirmed. ``/slow`` answers after 50 ms. It prints its port and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.bench.payloads import reply

__all__ = ["PERSON", "gateway"]

ROOT = Path(__file__).resolve().parents[2]
PERSON = "43000000000000000001"
DELAY = 0.05
_ID = b"#message-id#".ljust(30, b"#")
_SUMS = {
    "medfee_sumamt": 128.5, "fund_pay_sumamt": 100, "psn_part_amt": 28.5, "hosp_part_amt": 0, "acct_pay": 8.5,
    "psn_cash_pay": 20,
}  # fmt: skip


def replies() -> dict[bytes, bytes]:
    """Interface number -> reply; those of 2207 satisfy the identities of its document."""
    query = reply("5203", clean=True)
    settled = json.loads(reply("2207", clean=True))
    settled["output"]["setlinfo"] |= {"psn_no": PERSON, "medins_setl_id": _ID.decode(), **_SUMS}
    text = json.dumps(settled, ensure_ascii=False, separators=(",", ":"))
    return {b"5203": query, b"2207": text.encode()}


def application() -> web.Application:
    """The server."""
    known = replies()

    async def answer(request: web.Request) -> web.Response:
        body = await request.read()
        at = body.index(b'"msgid":"') + 9
        content = known[body[10:14]].replace(_ID, body[at : at + 30])
        return web.Response(body=content, content_type="application/json")

    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(DELAY)
        return await answer(request)

    made = web.Application()
    made.router.add_post("/fast", answer)
    made.router.add_post("/slow", slow)
    return made


async def serve() -> None:
    """Until standard input ends."""
    runner = web.AppRunner(application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(json.dumps({"port": runner.addresses[0][1]}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


@contextmanager
def gateway() -> Iterator[str]:
    """Run it; yields its address."""
    environment: dict[str, Any] = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.loopback"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=20)


if __name__ == "__main__":
    asyncio.run(serve())
