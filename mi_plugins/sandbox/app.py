"""The HTTP side: the gateway's paths and the front-end machine's path.

``POST /csb`` (any path but the ones below)        signed with profile ``csb``
``POST /tif…``, ``/zj-ca…``, ``/oauth-sm…`` …      the other profiles, each below its name (:mod:`~mi_plugins.sandbox.profiles`)
``POST /fsi/api/rsfComIfsService/callService``     unsigned, as a front-end machine on the hospital's network (profile ``none``)
``/_control/…``                                    see :mod:`mi_plugins.sandbox.control`

A body is JSON, or ``multipart/form-data`` with the JSON in part ``jsonStr`` and a file in part ``file`` (9101).
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any, Final

from aiohttp import web

from mi_plugins.sandbox.catalogue_file import CatalogueFile
from mi_plugins.sandbox.control import add_control_routes
from mi_plugins.sandbox.faults import Fault, FaultBoard, bend_output, in_moods
from mi_plugins.sandbox.head import reference_number, stamp17
from mi_plugins.sandbox.keys import BOARD, LATE, OFFICE, POSTMAN, LateCalls
from mi_plugins.sandbox.message import Message, read_message
from mi_plugins.sandbox.misbehaviour import Answer, as_json, misbehave, render
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.postman import Postman
from mi_plugins.sandbox.profile_routes import add_profile_routes
from mi_plugins.sandbox.profiles import profiles
from mi_plugins.sandbox.profiles.base import Leave
from mi_plugins.sandbox.refusal import BureauRefusal, GatewayRefusal
from mi_plugins.sandbox.settings import Settings
from mi_plugins.sandbox.signature import check_signature, check_window

__all__ = ["FRONT_END_PATH", "MAX_BODY", "create_app"]

FRONT_END_PATH: Final = "/fsi/api/rsfComIfsService/callService"
MAX_BODY: Final = 32 * 1024 * 1024
MAX_ERROR: Final = 200
"""Characters of ``err_msg``."""


def create_app(settings: Settings | None = None, office: Office | None = None) -> web.Application:
    """A sandbox as an aiohttp application; works with ``aiohttp.test_utils.TestServer``. It closes its books on clean-up."""
    office = office or Office(settings or Settings())
    app = web.Application(client_max_size=MAX_BODY)
    app[OFFICE] = office
    app[LATE] = LateCalls()
    app[BOARD] = FaultBoard(office.settings.seed)
    add_control_routes(app)
    app.router.add_post(FRONT_END_PATH, _front_end)
    add_profile_routes(app, profiles(office.settings), read_body, answer_message)
    app.router.add_post("/{path:.*}", _gateway)
    app[POSTMAN] = Postman(office)
    app.cleanup_ctx.append(_delivering)
    app.on_cleanup.append(_close)
    return app


async def _delivering(app: web.Application) -> AsyncIterator[None]:
    """Push notifications for as long as the application runs."""
    postman = app[POSTMAN]
    app[OFFICE].bell = postman.ring
    delivery = asyncio.create_task(postman.run())
    yield
    delivery.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await delivery


async def _close(app: web.Application) -> None:
    for late in list(app[LATE].tasks):
        late.cancel()
    app[OFFICE].close()


async def _gateway(request: web.Request) -> web.StreamResponse:
    settings = request.app[OFFICE].settings
    try:
        secrets = {settings.access_key: settings.secret_key.encode()}
        api_name = check_signature(request.headers, secrets, settings.now_ms(), settings.window_ms)
        return await _serve(request, api_name)
    except GatewayRefusal as refusal:
        return as_json({"code": 401, "message": str(refusal)}, settings.gateway_refusal_status)


async def _front_end(request: web.Request) -> web.StreamResponse:
    return await _serve(request, None)


async def _serve(request: web.Request, api_name: str | None) -> web.StreamResponse:
    office = request.app[OFFICE]
    try:
        body, file = await read_body(request)
        received = office.settings.clock()
        if api_name is not None:  # the body may have come long after the headers
            check_window(request.headers, office.settings.now_ms(), office.settings.window_ms)
        message = read_message(body, api_name, file)
    except BureauRefusal as refusal:
        received = office.settings.clock()
        return as_json(_reply_head(office, received, -1, str(refusal), None))
    return await answer_message(request, message, received)


async def answer_message(
    request: web.Request, message: Message | BureauRefusal, received: dt.datetime, leave: Leave | None = None
) -> web.StreamResponse:
    """The reply to a message that the gateway let pass; ``leave`` is what the gateway does to it on its way out."""
    office, board = request.app[OFFICE], request.app[BOARD]
    if isinstance(message, BureauRefusal):
        head = _reply_head(office, received, -1, str(message), None)
        return as_json(head if leave is None else leave(head))
    if not board.faults:
        return await render(request, _answer(office, message, received, None, 0.0, leave))
    fault, lag = board.take(message), board.lag(message)
    if fault is None:
        return await render(request, _answer(office, message, received, None, lag, leave))
    refusal = _reply_head(office, received, -1, fault.message, None)
    return await misbehave(
        request,
        fault,
        lambda: _answer(office, message, received, fault, lag, leave),
        refusal if leave is None else leave(refusal),
    )


async def read_body(request: web.Request) -> tuple[bytes, bytes | None]:
    """The message and the file beside it (``multipart/form-data``). Raises :class:`BureauRefusal`."""
    if request.content_type != "multipart/form-data":
        return await request.read(), None
    try:
        form = await request.post()
    except ValueError as error:
        raise BureauRefusal("multipart报文不完整") from error
    text, file = form.get("jsonStr"), form.get("file")
    if not isinstance(text, str) or not isinstance(file, web.FileField):
        raise BureauRefusal("multipart报文须有jsonStr与file两部分")
    return text.encode(), file.file.read()


def _answer(
    office: Office,
    message: Message,
    received: dt.datetime,
    fault: Fault | None,
    lag: float,
    leave: Leave | None = None,
) -> Answer:
    answer = _composed(office, message, received, fault, lag)
    if isinstance(answer, bytes | CatalogueFile):
        return answer
    if office.settings.moods:
        answer = in_moods(office.settings.moods, answer)
    return answer if leave is None else leave(answer)


def _composed(
    office: Office, message: Message, received: dt.datetime, fault: Fault | None, lag: float
) -> Answer:
    """Execute and compose the reply; a refusal is a reply too."""
    try:
        output = office.answer(message, lag)
    except BureauRefusal as refusal:
        return _reply_head(office, received, -1, str(refusal)[:MAX_ERROR], None)
    if isinstance(output, bytes | CatalogueFile):
        return output
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
