"""The HTTP side: the gateway's paths, the front-end machine's path, and the faults that happen on the wire.

``POST /csb`` (any path but the ones below)        signed with profile ``csb``
``POST /fsi/api/rsfComIfsService/callService``     unsigned, as a front-end machine on the hospital's network (profile ``none``)
``/_control/…``                                    see :mod:`mi_plugins.sandbox.control`
"""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any, Final

import msgspec
from aiohttp import web

from mi_plugins.sandbox.control import add_control_routes
from mi_plugins.sandbox.faults import Fault, FaultBoard, bend_output
from mi_plugins.sandbox.head import reference_number, stamp17
from mi_plugins.sandbox.keys import BOARD, LATE, OFFICE, LateCalls
from mi_plugins.sandbox.message import Message, read_message
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.refusal import BureauRefusal, GatewayRefusal
from mi_plugins.sandbox.settings import Settings
from mi_plugins.sandbox.signature import check_signature

__all__ = ["FRONT_END_PATH", "MAX_BODY", "create_app"]

FRONT_END_PATH: Final = "/fsi/api/rsfComIfsService/callService"
MAX_BODY: Final = 32 * 1024 * 1024
MAX_ERROR: Final = 200
"""Characters of ``err_msg``."""
_JSON_HEADERS: Final = {"Content-Type": "application/json; charset=utf-8"}
_HTML: Final = (
    b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
)
_encoder = msgspec.json.Encoder(decimal_format="number")


def create_app(settings: Settings | None = None, office: Office | None = None) -> web.Application:
    """A sandbox as an aiohttp application; works with ``aiohttp.test_utils.TestServer``. It closes its books on clean-up."""
    office = office or Office(settings or Settings())
    app = web.Application(client_max_size=MAX_BODY)
    app[OFFICE] = office
    app[LATE] = LateCalls()
    app[BOARD] = FaultBoard(office.settings.seed)
    add_control_routes(app)
    app.router.add_post(FRONT_END_PATH, _front_end)
    app.router.add_post("/{path:.*}", _gateway)
    app.on_cleanup.append(_close)
    return app


async def _close(app: web.Application) -> None:
    for late in list(app[LATE].tasks):
        late.cancel()
    app[OFFICE].close()


async def _gateway(request: web.Request) -> web.StreamResponse:
    settings = request.app[OFFICE].settings
    try:
        secrets = {settings.access_key: settings.secret_key.encode()}
        api_name = check_signature(request.headers, secrets, settings.now_ms())
    except GatewayRefusal as refusal:
        return _json({"code": 401, "message": str(refusal)}, settings.gateway_refusal_status)
    return await _serve(request, api_name)


async def _front_end(request: web.Request) -> web.StreamResponse:
    return await _serve(request, None)


async def _serve(request: web.Request, api_name: str | None) -> web.StreamResponse:
    office, board = request.app[OFFICE], request.app[BOARD]
    received = office.settings.clock()
    body = await request.read()
    try:
        message = read_message(body, api_name)
    except BureauRefusal as refusal:
        return _json(_reply_head(office, received, -1, str(refusal), None))
    fault = board.take(message) if board.faults else None
    if fault is None:
        return _json(_answer(office, message, received, None))
    return await _misbehave(request, office, message, received, fault)


def _answer(office: Office, message: Message, received: dt.datetime, fault: Fault | None) -> dict[str, Any]:
    """Execute and compose the reply; a refusal is a reply too."""
    try:
        output = office.answer(message)
    except BureauRefusal as refusal:
        return _reply_head(office, received, -1, str(refusal)[:MAX_ERROR], None)
    output = bend_output(fault, output)
    if message.head is None and isinstance(output, dict):
        return {**output, "code": "0", "message": "成功"}
    return _reply_head(office, received, 0, None, output)


def _reply_head(
    office: Office, received: dt.datetime, infcode: int, text: str | None, output: Any
) -> dict[str, Any]:
    return {
        "infcode": infcode, "inf_refmsgid": reference_number(received), "refmsg_time": stamp17(received),
        "respond_time": stamp17(office.settings.clock()), "err_msg": text, "output": output,
    }  # fmt: skip


async def _answer_late(
    office: Office, message: Message, received: dt.datetime, fault: Fault
) -> dict[str, Any]:
    await asyncio.sleep(fault.seconds)
    return _answer(office, message, received, fault)


async def _misbehave(
    request: web.Request, office: Office, message: Message, received: dt.datetime, fault: Fault
) -> web.StreamResponse:
    kind = fault.fault
    if kind == "late":
        # A task of its own: it executes even when the caller hangs up and its handler is cancelled.
        late = asyncio.create_task(_answer_late(office, message, received, fault))
        request.app[LATE].tasks.add(late)
        late.add_done_callback(request.app[LATE].tasks.discard)
        reply = await asyncio.shield(late)
    else:
        reply = _answer(office, message, received, fault) if fault.executes else {}
    if kind == "hang":
        await asyncio.sleep(fault.seconds)
    if kind in ("drop_before", "drop_after") or (kind == "hang" and not fault.executes):
        return _cut(request)
    if kind == "http_502":
        return web.Response(status=502, body=_HTML, content_type="text/html")
    if kind == "html_200":
        return web.Response(body=_HTML, content_type="text/html")
    if kind == "unlisted_refusal":
        return _json(_reply_head(office, received, -1, fault.message, None))
    if not fault.executes:
        return _cut(request)
    if kind == "infcode_string":
        reply["infcode"] = str(reply["infcode"])
    body = _encoder.encode(reply)
    if kind == "truncated":
        body = body[: len(body) // 2]
    elif kind == "duplicate_keys":
        body = body[:-1] + b',"infcode":-1}'
    return _response(body)


def _cut(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _json(content: object, status: int = 200) -> web.Response:
    return _response(_encoder.encode(content), status)


def _response(body: bytes, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, headers=_JSON_HEADERS)
