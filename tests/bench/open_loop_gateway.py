"""A gateway of so many workers, in a process of its own: ``python -m tests.bench.open_loop_gateway WORKERS SECONDS``.

Each call occupies a worker for the service time (±20 %, always the same series), first come first served; a caller that
has gone away does not free its worker, as at a real one. It executes settlements and counts them (``GET /count``).
It prints its port and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys

from aiohttp import web

from tests.bench.loopback import _ID, replies

__all__ = ["application"]


def application(workers: int, seconds: float) -> web.Application:
    """The server."""
    known, dice = replies(), random.Random(20240506)
    places = asyncio.Semaphore(workers)
    counts = {"2207": 0, "5203": 0, "waiting": 0, "most_waiting": 0}

    async def serve(request: web.Request) -> web.Response:
        body = await request.read()
        counts["waiting"] += 1
        counts["most_waiting"] = max(counts["most_waiting"], counts["waiting"])
        async with places:
            counts["waiting"] -= 1
            await asyncio.sleep(seconds * dice.uniform(0.8, 1.2))
        code, at = body[10:14], body.index(b'"msgid":"') + 9
        counts[code.decode()] += 1
        return web.Response(
            body=known[code].replace(_ID, body[at : at + 30]), content_type="application/json"
        )

    async def count(_request: web.Request) -> web.Response:
        said = web.json_response(counts)
        counts["most_waiting"] = counts["waiting"]
        return said

    made = web.Application()
    made.router.add_post("/csb", serve)
    made.router.add_get("/count", count)
    return made


async def main() -> None:
    """Until standard input ends."""
    runner = web.AppRunner(application(int(sys.argv[1]), float(sys.argv[2])), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
    print(json.dumps({"port": runner.addresses[0][1]}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
