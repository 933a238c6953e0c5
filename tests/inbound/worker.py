"""A hospital's process that receives notifications and is killed where its arguments say: ``FOLDER LEASE [moment]``.

Every run of the handler is a line in ``FOLDER/handled.txt``. ``moment``: ``before`` = within the handler, before it did its
work; ``within`` = after its work, before it returns; ``after`` = recorded, before the acknowledgement leaves.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from aiohttp import web

from mi_core.inbound import Inbox, Notification, inbound_app
from tests.inbound.receiver import settings_of


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def serve(folder: Path, lease: float, moment: str) -> None:
    async def handle(notification: Notification) -> None:
        if moment == "before":
            die()
        with (folder / "handled.txt").open("a", encoding="utf-8") as file:
            file.write(f"{notification.key} {notification.again}\n")
            file.flush()
            os.fsync(file.fileno())
        if moment == "within":
            die()

    if moment == "after":
        record = Inbox.done

        def done(self: Inbox, name: str, *, now_ms: int) -> None:
            record(self, name, now_ms=now_ms)
            die()

        Inbox.done = done  # type: ignore[method-assign]  # the process dies right after its record
    runner = web.AppRunner(inbound_app(settings_of(folder), handle, lease=lease))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else ""))
