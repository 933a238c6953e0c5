"""Control endpoints of the clock and of further people; guarded like the others.

=======================  =========================================================================================
GET  /_control/clock     both clocks (:mod:`mi_plugins.sandbox.clock`)
POST /_control/clock     ``{"move": "+30m"}``, ``{"set": "2026-01-31 23:59:00"}``, ``{"reset": true}``; ``"gateway": true``
POST /_control/seed      ``{"persons": 10000, "hospitals": 20, "seed": 1}`` (:mod:`mi_plugins.sandbox.seeding`)
=======================  =========================================================================================
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from mi_plugins.sandbox.clock_kept import keep_clock
from mi_plugins.sandbox.control_answers import wrong
from mi_plugins.sandbox.keys import OFFICE
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.seeding import seed_books

__all__ = ["add_book_routes"]

Guard = Callable[[web.Request], None]
Act = Callable[[Office, Any], dict[str, Any]]


def add_book_routes(app: web.Application, guard: Guard) -> None:
    """Add the routes."""

    async def show_clock(request: web.Request) -> web.Response:
        guard(request)
        return web.json_response(request.app[OFFICE].clock.state())

    app.router.add_get("/_control/clock", show_clock)
    for name, act in (("clock", _move_clock), ("seed", _seed)):
        app.router.add_post(f"/_control/{name}", _handler(guard, act))


def _handler(guard: Guard, act: Act) -> Callable[[web.Request], Any]:
    async def handle(request: web.Request) -> web.Response:
        guard(request)
        try:
            return web.json_response(act(request.app[OFFICE], json.loads(await request.text())))
        except ValueError as error:
            return wrong(error)

    return handle


def _move_clock(office: Office, order: Any) -> dict[str, Any]:
    office.clock.change(order)
    with office.books.transaction():
        keep_clock(office.books, office.clock)
    return office.clock.state()


def _seed(office: Office, order: Any) -> dict[str, Any]:
    return seed_books(office.books, order, office.settings.seed, office.clock().year)
