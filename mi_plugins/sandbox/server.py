"""Running a sandbox until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Sequence

from aiohttp import web

from mi_plugins.sandbox.app import create_app
from mi_plugins.sandbox.faults import Fault
from mi_plugins.sandbox.keys import BOARD
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.running import leave_note
from mi_plugins.sandbox.settings import Settings

__all__ = ["run"]


def run(
    host: str = "127.0.0.1", port: int = 8899, settings: Settings | None = None, *,
    started: Callable[[str, Settings], None] | None = None, exit_with_parent: bool = False, faults: Sequence[Fault] = (),
) -> None:  # fmt: skip
    """Serve until SIGINT or SIGTERM (or, with ``exit_with_parent``, until standard input closes).

    Port 0 takes a free one. ``started`` is told the address. ``faults`` are on before the
    first call. Raises ``OSError`` when the port is taken.
    """
    # Where the loop takes no signal handlers (Windows), Ctrl+C arrives as KeyboardInterrupt after the clean-up.
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(host, port, settings or Settings(), started, exit_with_parent, faults))


async def _run(
    host: str,
    port: int,
    settings: Settings,
    started: Callable[[str, Settings], None] | None,
    exit_with_parent: bool,
    faults: Sequence[Fault],
) -> None:
    office = Office(settings)
    app = create_app(office=office)
    app[BOARD].faults.extend(faults)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM"):
        with contextlib.suppress(NotImplementedError, AttributeError, ValueError):
            loop.add_signal_handler(getattr(signal, name), stop.set)
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        url = _url(runner, host)
        with leave_note(url, settings.control_token):
            if started is not None:
                started(url, office.settings)
            if exit_with_parent:
                threading.Thread(target=_wait_for_end_of_input, args=(loop, stop), daemon=True).start()
            await stop.wait()
    finally:
        await runner.cleanup()


def _url(runner: web.AppRunner, host: str) -> str:
    port = runner.addresses[0][1]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


def _wait_for_end_of_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    with contextlib.suppress(ValueError, OSError):
        while sys.stdin.buffer.read(1024):
            pass
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(stop.set)
