"""Running an agent until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable

from aiohttp import web

from mi_core.errors import ConfigError
from mi_plugins.agent.server import create_app
from mi_plugins.agent.settings import AgentSettings

__all__ = ["serve"]


def serve(settings: AgentSettings, host: str, port: int, started: Callable[[str], None]) -> None:
    """Load the library, listen, tell ``started`` the address (``http://…/call``), serve until SIGINT or SIGTERM.

    Port 0 takes a free one. Raises ``ConfigError`` for a library that cannot be used and an address that is taken.
    """
    # Where the loop takes no signal handlers (Windows), Ctrl+C arrives as KeyboardInterrupt after the clean-up.
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(settings, host, port, started))


async def _serve(settings: AgentSettings, host: str, port: int, started: Callable[[str], None]) -> None:
    runner = web.AppRunner(create_app(settings), access_log=None)
    try:
        await runner.setup()  # until here Ctrl+C ends us at once: a library may hang while it is loaded
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for name in ("SIGINT", "SIGTERM"):
            with contextlib.suppress(NotImplementedError, AttributeError, ValueError):
                loop.add_signal_handler(getattr(signal, name), stop.set)
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            why = error.strerror or str(error)
            raise ConfigError(
                f"无法监听 {host}:{port}：{why}", f"cannot listen on {host}:{port}: {why}",
                hint_zh="端口被占用时换一个（--port），或先停止已在运行的代理；--host 须是本机的地址",
                hint_en="choose another --port, or stop the agent that runs already; --host is an address of this machine",
            ) from None  # fmt: skip
        shown = f"[{host}]" if ":" in host else host
        started(f"http://{shown}:{runner.addresses[0][1]}/call")
        await stop.wait()
    finally:
        await runner.cleanup()
