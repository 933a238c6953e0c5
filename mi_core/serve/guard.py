"""What every request passes before a handler sees it: Host, Origin, token, rate; and what every answer passes after it."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from mi_core.errors import ConfigError, MiError
from mi_core.serve.bodies import answer
from mi_core.serve.mistakes import mistake
from mi_core.serve.pages import is_browser, without_token
from mi_core.serve.problems import flat, headers_of, status_of
from mi_core.serve.refusals import NotAllowed, NotAuthorised, Refusal, TooMuch, bad_request, no_such_thing
from mi_core.serve.service import CALLER, SERVICE, Service, lang_of, today
from mi_core.serve.tokens import Token

__all__ = ["LOCAL_NAMES", "OPEN", "finish", "guard", "origin_of"]

OPEN: Final = web.AppKey("open", frozenset[Any])
"""Handlers that need no token, because they tell nothing about the hospital."""
LOCAL_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
_access: Final = logging.getLogger("mi_serve.access")
_log: Final = logging.getLogger("mi_serve")
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_INFNO: Final = re.compile(r"[0-9]{4}[A-Z]?")
"""What may stand in the log in an interface's place: anything else is what a caller likes, a name for instance."""
_METHODS: Final = "GET, HEAD, POST, OPTIONS"
_HEADERS: Final = "Authorization, Content-Type, Accept, Accept-Language, Idempotency-Key, Prefer"


@web.middleware
async def guard(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Check, call the handler, turn what it raises into a flat answer, write one line."""
    begun, service = time.monotonic(), request.config_dict[SERVICE]
    CALLER.set(None)  # a connection has many requests
    for doors in service.doors:
        doors.came(request)
    try:
        response = await _checked(request, handler, service)
    except MiError as error:
        if isinstance(error, NotAuthorised) and is_browser(request):
            response = await without_token(headers_of(error))
        else:
            response = answer(request, flat(error, lang_of(request)), status_of(error), headers_of(error))
        if status_of(error) >= 500:
            _log.warning("%s: %s", _route(request), error.code)  # its text may name a person
    except web.HTTPException as error:
        response = answer(request, flat(_told(error), lang_of(request)), error.status, _allow(error))
    except asyncio.CancelledError:
        raise
    except Exception as error:
        _log.error("%s failed: %s", _route(request), mistake(error))
        response = answer(request, flat(_unexpected(), lang_of(request)), 500)
    _note(request, response.status, time.monotonic() - begun)
    for doors in service.doors:
        doors.answered(request)
    return response


async def _checked(request: web.Request, handler: _Handler, service: Service) -> web.StreamResponse:
    _check_host(request, service)
    origin = _check_origin(request, service)
    if request.method == hdrs.METH_OPTIONS:
        return _preflight(request, origin)
    found = request.match_info.http_exception
    signed = request.path.startswith("/inbound/")  # verified by its signature, not by a token
    needless = signed or (found is None and request.match_info.handler in request.config_dict[OPEN])
    token = _token(request, service, required=not needless)
    CALLER.set(token)
    if found is not None:
        raise found
    return await handler(request)


def _check_host(request: web.Request, service: Service) -> None:
    """DNS rebinding: a web page that got our address under a name of its own is told nothing."""
    given = request.headers.getall(hdrs.HOST, [])
    if not given and request.version < (1, 1):
        return  # HTTP/1.0 has none, and no browser speaks it
    if len(given) == 1 and _name(given[0]) in service.hosts:
        return
    raise NotAllowed(
        "bad_host", "不允许以此主机名访问", "not to be addressed by that name",
        hint_zh="在 mi.toml 的 [serve] hosts 中列出该名称", hint_en="list the name in hosts of [serve] in mi.toml", field="Host",
    )  # fmt: skip


def _name(host: str) -> str:
    host = host.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.rpartition(":")[0] if ":" in host else host


def _check_origin(request: web.Request, service: Service) -> str | None:
    """A page's origin, if one is named: our own documentation's, or one of the list; any other is refused."""
    given = request.headers.getall(hdrs.ORIGIN, [])
    if not given:
        return None
    if len(given) == 1 and (given[0] in service.origins or given[0].lower() == _own(request)):
        return given[0]
    raise NotAllowed(
        "bad_origin", "不允许此网页跨域调用", "this page may not call the service",
        hint_zh="在 mi.toml 的 [serve] origins 中列出该来源", hint_en="list the origin in origins of [serve] in mi.toml", field="Origin",
    )  # fmt: skip


def _own(request: web.Request) -> str:
    scheme = (
        "https"
        if request.transport is not None and request.transport.get_extra_info("sslcontext")
        else "http"
    )
    return f"{scheme}://{request.headers.get(hdrs.HOST, '').lower()}"


def _preflight(request: web.Request, origin: str | None) -> web.Response:
    if origin is None:
        raise web.HTTPMethodNotAllowed(request.method, ["GET", "HEAD", "POST"])
    headers = {
        "Access-Control-Allow-Methods": _METHODS, "Access-Control-Allow-Headers": _HEADERS, "Access-Control-Max-Age": "600",
    }  # fmt: skip
    if request.headers.get("Access-Control-Request-Private-Network") == "true":
        headers["Access-Control-Allow-Private-Network"] = "true"
    return web.Response(status=204, headers=headers)


def _token(request: web.Request, service: Service, *, required: bool) -> Token | None:
    given = request.headers.getall(hdrs.AUTHORIZATION, [])
    if len(given) > 1:
        raise bad_request("Authorization 只能有一个", "one Authorization only", field=hdrs.AUTHORIZATION)
    scheme, _, secret = "".join(given).partition(" ")
    try:
        found = service.tokens.find(secret.strip(), today()) if scheme.lower() == "bearer" else None
    except ConfigError as error:
        _log.error("%s", error.en)
        raise Refusal("tokens", "令牌文件不能使用", "the token file cannot be used", status=503,
                      hint_zh="查看服务的日志", hint_en="see the service's log") from None  # fmt: skip
    if found is None and not required:
        return None
    now = asyncio.get_running_loop().time()
    wait = (
        service.rates.wait(found.id, now)
        if found is not None
        else service.strangers.wait(_address(request), now)
    )
    if wait:
        raise TooMuch(
            "too_many_requests", "请求过于频繁", "too many requests", hint_zh=f"{wait:.1f} 秒后再试",
            hint_en=f"try again in {wait:.1f} s", retry_after=wait,
        )  # fmt: skip
    if found is None:
        raise NotAuthorised
    return found


def _address(request: web.Request) -> str:
    try:
        return str(ipaddress.ip_address(request.remote or ""))
    except ValueError:
        return "-"


def _told(error: web.HTTPException) -> Refusal:
    match error.status:
        case 404:
            return no_such_thing()
        case 405:
            ways = error.headers.get(hdrs.ALLOW, "").replace(",", ", ")
            return Refusal(
                "method_not_allowed", "此地址不支持该方法", "the method is not supported here", status=405,
                hint_zh=f"可用 {ways}" if ways else "", hint_en=f"use {ways}" if ways else "",
            )  # fmt: skip
        case 413:
            return Refusal(
                "too_large", "请求体过大（上限 16 MB）", "the body is too large (16 MB at most)", status=413
            )
        case status if status >= 500:
            return _unexpected()
        case status:
            refusal = bad_request("请求有误", "the request is wrong")
            refusal.status = status
            return refusal


def _allow(error: web.HTTPException) -> dict[str, str]:
    allow = error.headers.get(hdrs.ALLOW)
    return {hdrs.ALLOW: allow} if allow else {}


def _unexpected() -> Refusal:
    return Refusal(
        "error", "服务内部错误", "an internal error", status=500,
        hint_zh="变更类业务请先查询其操作，再决定是否重做；详情见服务的日志",
        hint_en="ask for the operation before a changing call is repeated; see the service's log",
    )  # fmt: skip


async def finish(request: web.Request, response: web.StreamResponse) -> None:
    """Headers of every answer (``on_response_prepare``)."""
    headers, service = response.headers, request.config_dict[SERVICE]
    headers[hdrs.SERVER] = "mi"
    headers.setdefault("Cache-Control", "no-store")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    headers.setdefault("Referrer-Policy", "no-referrer")
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None and origin in service.origins:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = (
            "Location, Retry-After, Preference-Applied, Idempotency-Replayed"
        )
        headers["Vary"] = "Origin"


def _route(request: web.Request) -> str:
    """Method and route, as configured: a path may hold what a caller likes."""
    resource = request.match_info.route.resource
    return f"{request.method if request.method.isalpha() else '?'} {resource.canonical if resource is not None else '-'}"


def _note(request: web.Request, status: int, seconds: float) -> None:
    """One line without anything personal: no query, no ids, no body."""
    service, info = request.config_dict[SERVICE], request.match_info
    token = CALLER.get()
    institution = info.get("institution", "-")
    if institution not in service.config.institutions:
        institution = "-"
    infno = info.get("infno", "-")
    _access.info(
        "%s %s %s %s %s %d %.0f ms", _route(request), institution, infno if _INFNO.fullmatch(infno) else "-",
        "-" if token is None else token.id, _address(request), status, seconds * 1000,
    )  # fmt: skip


def origin_of(text: str) -> str:
    """A configured origin, checked: scheme, host and port and nothing else. Raises ``ConfigError``."""
    parts = urlsplit(text)
    if (
        parts.scheme not in ("http", "https")
        or not parts.netloc
        or text != f"{parts.scheme}://{parts.netloc}"
    ):
        raise ConfigError(
            f"[serve] origins 中的 {text} 不是网页来源", f"{text} in origins of [serve] is no origin",
            hint_zh="写成 http://主机:端口，不含路径与通配符", hint_en="write http://host:port, without path or wildcard",
        )  # fmt: skip
    return text
