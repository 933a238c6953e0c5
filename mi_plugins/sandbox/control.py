"""The control endpoints: only from this machine, only with the token (header ``X-Sandbox-Token``).

===============================  ================================================================================
GET    /_control/faults          the faults that are switched on, with hits
POST   /_control/faults          switch one on (an object) or several (a list); see :mod:`mi_plugins.sandbox.faults`
DELETE /_control/faults          switch all off
GET    /_control/disagreements   what the centre is told to reconcile differently from its books
POST   /_control/disagreements   switch one on or several; see :mod:`mi_plugins.sandbox.bureau.ledger`
DELETE /_control/disagreements   switch all off
GET    /_control/catalogues      the catalogues' version; POST moves it (:mod:`mi_plugins.sandbox.control_catalogues`)
GET    /_control/notices         notifications; POST pushes one (:mod:`mi_plugins.sandbox.control_notices`)
GET    /_control/clock           the clock; POST moves it; POST seed: :mod:`mi_plugins.sandbox.control_books`
GET    /_control/waiting         what waits for somebody; POST decisions, prescriptions, orders:
                                 :mod:`mi_plugins.sandbox.control_waiting`
GET    /_control/ledger          settlements and executions; ``?mdtrt_id=``, ``psn_no=``, ``msgid=`` … narrow it
===============================  ================================================================================
"""

from __future__ import annotations

import hmac
import ipaddress
import json
from typing import Any, Final

from aiohttp import web

from mi_plugins.sandbox.bureau.context import clock_text
from mi_plugins.sandbox.control_answers import answer_of, wrong
from mi_plugins.sandbox.control_books import add_book_routes
from mi_plugins.sandbox.control_catalogues import add_catalogue_routes
from mi_plugins.sandbox.control_notices import add_notice_routes
from mi_plugins.sandbox.control_waiting import add_waiting_routes
from mi_plugins.sandbox.disagreements import add_disagreement, clear_disagreements, list_disagreements
from mi_plugins.sandbox.faults import Fault
from mi_plugins.sandbox.keys import BOARD, OFFICE
from mi_plugins.sandbox.refusal import WrongOrder

__all__ = ["TOKEN_HEADER", "add_control_routes"]

TOKEN_HEADER: Final = "X-Sandbox-Token"  # noqa: S105  # the header's name, no secret


def add_control_routes(app: web.Application) -> None:
    """Add the routes, and refuse everything else below ``/_control``."""
    app.router.add_get("/_control/faults", _show)
    app.router.add_post("/_control/faults", _switch_on)
    app.router.add_delete("/_control/faults", _switch_off)
    app.router.add_get("/_control/disagreements", _show_disagreements)
    app.router.add_post("/_control/disagreements", _disagree)
    app.router.add_delete("/_control/disagreements", _agree)
    app.router.add_get("/_control/ledger", _ledger)
    add_notice_routes(app, _guard)
    add_catalogue_routes(app, _guard)
    add_book_routes(app, _guard)
    add_waiting_routes(app, _guard)
    app.router.add_route("*", "/_control/{path:.*}", _unknown)


def _guard(request: web.Request) -> None:
    try:
        local = ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        local = False
    given = request.headers.get(TOKEN_HEADER, "")
    if not local or not hmac.compare_digest(
        given.encode(), request.app[OFFICE].settings.control_token.encode()
    ):
        refusal = WrongOrder(
            f"只接受本机、且请求头 {TOKEN_HEADER} 为控制令牌的请求",
            f"only from this machine and with the header {TOKEN_HEADER}",
        )
        text = json.dumps(answer_of(refusal), ensure_ascii=False)
        raise web.HTTPForbidden(text=text, content_type="application/json")


def _state(request: web.Request) -> web.Response:
    return web.json_response({"faults": request.app[BOARD].state()})


async def _show(request: web.Request) -> web.Response:
    _guard(request)
    return _state(request)


async def _switch_on(request: web.Request) -> web.Response:
    _guard(request)
    try:
        content: Any = json.loads(await request.text())
        new = [Fault.from_json(one) for one in (content if isinstance(content, list) else [content])]
    except ValueError as error:
        return wrong(error)
    request.app[BOARD].faults.extend(new)
    return _state(request)


async def _switch_off(request: web.Request) -> web.Response:
    _guard(request)
    request.app[BOARD].faults.clear()
    return _state(request)


def _disagreements(request: web.Request) -> web.Response:
    return web.json_response({"disagreements": list_disagreements(request.app[OFFICE].books)})


async def _show_disagreements(request: web.Request) -> web.Response:
    _guard(request)
    return _disagreements(request)


async def _disagree(request: web.Request) -> web.Response:
    _guard(request)
    office = request.app[OFFICE]
    try:
        content: Any = json.loads(await request.text())
        with office.books.transaction():
            for one in content if isinstance(content, list) else [content]:
                add_disagreement(office.books, one, clock_text(office.settings.clock()))
    except ValueError as error:
        return wrong(error)
    return _disagreements(request)


async def _agree(request: web.Request) -> web.Response:
    _guard(request)
    with request.app[OFFICE].books.transaction():
        clear_disagreements(request.app[OFFICE].books)
    return _disagreements(request)


async def _ledger(request: web.Request) -> web.Response:
    _guard(request)
    return web.json_response(request.app[OFFICE].ledger(dict(request.query)))


async def _unknown(request: web.Request) -> web.Response:
    _guard(request)
    return wrong(WrongOrder("没有这个控制地址", "there is no such control endpoint"), status=404)
