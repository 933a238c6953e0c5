"""Running the service until it is told to stop: listen, and at the end let nothing in and wait for what is under way."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import signal
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

from aiohttp import web

from mi_core.client import AsyncClient
from mi_core.config import Config
from mi_core.errors import ConfigError
from mi_core.serve.app import create_app, service_of
from mi_core.serve.patience import Doors
from mi_core.serve.service import SERVICE, Service
from mi_core.serve.wire import Protocol

__all__ = ["check_address", "serve"]

_IDLE: Final = 120.0
"""Seconds for which a connection may stay without a request."""
_HEAD: Final = 15.0
"""Seconds in which a request's head must have come."""
_log = logging.getLogger("mi_serve")
_parser = logging.getLogger("mi_serve.http")
_parser.setLevel(logging.CRITICAL)  # what is no HTTP is answered with 400; its bytes are for no log


def serve(config: Config, started: Callable[[str], None]) -> None:
    """Listen, tell ``started`` the address, serve until SIGINT or SIGTERM. Port 0 takes a free one."""
    check_address(config)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(config, started))


def check_address(config: Config) -> None:
    """Raise ``ConfigError`` for an address beyond this machine without TLS, unless that is meant."""
    settings = config.serve
    if settings.tls_cert is not None or settings.plain_http or _local(settings.host):
        return
    raise ConfigError(
        f"监听 {settings.host} 会在局域网上不加密地传送个人信息，未启动", f"listening on {settings.host} would send personal data in clear",
        hint_zh="在 [serve] 配置 tls_cert、tls_key；确认网络可信时设 plain_http = true",
        hint_en="set tls_cert and tls_key in [serve]; where the network is trusted: plain_http = true",
    )  # fmt: skip


def _local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


async def _serve(config: Config, started: Callable[[str], None]) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM"):
        with contextlib.suppress(NotImplementedError, AttributeError, ValueError):
            loop.add_signal_handler(getattr(signal, name), stop.set)
    async with AsyncClient(config) as client:
        service = await asyncio.to_thread(service_of, client, config)
        try:
            async with _listening(service, config) as address:
                started(address)
                await stop.wait()
                await _drain(service, config)
        finally:
            await asyncio.to_thread(service.keys.close)


async def _drain(service: Service, config: Config) -> None:
    """No new call; those under way end, and their callers get the answer."""
    service.closing.set()
    waiting = await service.running.drain(config.limits.drain)
    if waiting:
        _log.error("%d calls were still under way after %.0f s", waiting, config.limits.drain)


@contextlib.asynccontextmanager
async def _listening(service: Service, config: Config) -> AsyncIterator[str]:
    settings = config.serve
    app = create_app(service)
    runner = web.AppRunner(app, handler_cancellation=False, shutdown_timeout=5.0)
    await runner.setup()
    server_, loop = runner.server, asyncio.get_running_loop()
    assert server_ is not None
    doors = Doors(
        lambda: Protocol(
            server_, loop=loop, access_log=_parser, logger=_parser, keepalive_timeout=_IDLE
        ),
        seconds=min(_HEAD, settings.body_seconds), idle=_IDLE, most=settings.connections, of_one=settings.connections_of_one,
    )  # fmt: skip
    app[SERVICE].doors.append(doors)
    try:
        try:
            server = await loop.create_server(
                doors,
                settings.host or None,
                settings.port,
                ssl=_tls(settings.tls_cert, settings.tls_key),
                ssl_handshake_timeout=doors.seconds if settings.tls_cert else None,
                backlog=256,
            )
        except OSError as error:
            why = error.strerror or str(error)
            raise ConfigError(
                f"无法监听 {settings.host}:{settings.port}：{why}", f"cannot listen on {settings.host}:{settings.port}: {why}",
                hint_zh="端口被占用时换一个（--port），或先停止已在运行的服务",
                hint_en="choose another --port, or stop the service that runs already",
            ) from None  # fmt: skip
        try:
            host = f"[{settings.host}]" if ":" in settings.host else settings.host or "127.0.0.1"
            scheme = "http" if settings.tls_cert is None else "https"
            yield f"{scheme}://{host}:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
    finally:
        await runner.cleanup()


def _tls(cert: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if cert is None or key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"TLS 证书或私钥不能使用：{error}", f"certificate or key cannot be used: {error}",
            hint_zh="检查 [serve] tls_cert 与 tls_key 是否为一对 PEM 文件", hint_en="tls_cert and tls_key of [serve] are a pair",
        ) from None  # fmt: skip
    return context
