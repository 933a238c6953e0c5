"""Control endpoint of the notifications, guarded like the others (:mod:`mi_plugins.sandbox.control`).

=======================  =========================================================================================
GET  /_control/notices   the address they are pushed to, and every notification with its state
POST /_control/notices   ``{"url": …}`` pushes to that address; ``{"infno", "subject"}`` pushes one on demand
=======================  =========================================================================================
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from mi_plugins.sandbox.control_answers import wrong
from mi_plugins.sandbox.keys import OFFICE, POSTMAN
from mi_plugins.sandbox.postman import listed, trigger
from mi_plugins.sandbox.refusal import WrongOrder

__all__ = ["add_notice_routes"]

Guard = Callable[[web.Request], None]


def add_notice_routes(app: web.Application, guard: Guard) -> None:
    """Add the two routes."""

    async def show(request: web.Request) -> web.Response:
        guard(request)
        return _state(request)

    async def change(request: web.Request) -> web.Response:
        guard(request)
        try:
            content: Any = json.loads(await request.text())
            if not isinstance(content, dict) or set(content) not in ({"url"}, {"infno", "subject"}):
                raise WrongOrder("给出 url，或 infno 与 subject", "either url, or infno and subject")
            if "url" in content:
                request.app[POSTMAN].send_to(str(content["url"]))
            else:
                trigger(request.app[OFFICE], str(content["infno"]), str(content["subject"]))
        except ValueError as error:
            return wrong(error)
        return _state(request)

    app.router.add_get("/_control/notices", show)
    app.router.add_post("/_control/notices", change)


def _state(request: web.Request) -> web.Response:
    return web.json_response({"url": request.app[POSTMAN].url, "notices": listed(request.app[OFFICE])})
