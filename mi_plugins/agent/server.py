"""The agent's HTTP side: one route, a token always, only known names in ``Host``."""

from __future__ import annotations

import hmac
import logging
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
from aiohttp import web

from mi_plugins.agent.messages import Done
from mi_plugins.agent.process import Caller
from mi_plugins.agent.settings import AgentSettings

__all__ = ["create_app"]

_VERSION: Final = 1
_LARGEST: Final = 32 * 1024 * 1024
_CALLER: Final = web.AppKey("caller", Caller)
_log = logging.getLogger("mi_agent")


class _Request(msgspec.Struct):
    version: int
    infno: str
    message: str


def create_app(settings: AgentSettings) -> web.Application:
    """The application. Starting it loads the library and raises ``ConfigError`` when that cannot be used."""
    app = web.Application(client_max_size=_LARGEST)

    async def call(request: web.Request) -> web.Response:
        refusal = _refused(request, settings)
        if refusal is not None:
            return _answer({"status": "not_called", "reason": refusal[1]}, refusal[0])
        try:
            job = msgspec.json.decode(await request.read(), type=_Request)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return _answer({"status": "not_called", "reason": "no request of this contract"}, 400)
        if job.version != _VERSION or not (job.infno.isascii() and job.infno.isalnum()):
            return _answer({"status": "not_called", "reason": "no request of this contract"}, 400)

        def heard() -> bool:
            return request.transport is not None and not request.transport.is_closing()

        done = await app[_CALLER].call(job.infno, job.message, heard)
        _log.info("%s: %s", job.infno, done.reason or f"return code {done.return_code}")
        return _answer(_told(done))

    async def run(app: web.Application) -> AsyncIterator[None]:
        app[_CALLER] = Caller(settings)
        await app[_CALLER].start()
        yield
        await app[_CALLER].close()

    app.router.add_post("/call", call)
    app.cleanup_ctx.append(run)
    return app


def _refused(request: web.Request, settings: AgentSettings) -> tuple[int, str] | None:
    """Status and reason for a request that is not ours."""
    name = request.host if request.host.endswith("]") else request.host.rpartition(":")[0] or request.host
    if name.lower() not in settings.hosts:
        return 403, "unknown host name"  # DNS rebinding: a web page that got our address under its own name
    given = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(given, f"Bearer {settings.token}".encode()):
        return 401, "wrong token"
    if request.content_type != "application/json":
        return 415, "application/json expected"
    return None


def _told(done: Done) -> dict[str, Any]:
    if not done.called:
        return {"status": "not_called", "reason": done.reason}
    if done.reason:
        return {"status": "unknown", "reason": done.reason, "return_code": done.return_code}
    status = "failed" if done.failed else "answered"
    return {"status": status, "return_code": done.return_code, "message": done.message}


def _answer(content: dict[str, Any], status: int = 200) -> web.Response:
    body = msgspec.json.encode({"version": _VERSION, **content})
    return web.Response(body=body, status=status, content_type="application/json", charset="utf-8")
