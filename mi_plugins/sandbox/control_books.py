"""Control endpoints of the clock, of further people and of what a person does in an app; guarded like the others.

=======================  =========================================================================================
GET  /_control/clock     both clocks (:mod:`mi_plugins.sandbox.clock`)
POST /_control/clock     ``{"move": "+30m"}``, ``{"set": "2026-01-31 23:59:00"}``, ``{"reset": true}``; ``"gateway": true``
POST /_control/seed      ``{"persons": 10000, "hospitals": 20, "seed": 1}`` (:mod:`mi_plugins.sandbox.seeding`)
POST /_control/orders    ``{"mdtrt_regno": …}``: the person pays that order (2166)
=======================  =========================================================================================
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from mi_plugins.sandbox.bureau.context import Call
from mi_plugins.sandbox.bureau.remote import order_place, pay_order
from mi_plugins.sandbox.keys import OFFICE
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.refusal import BureauRefusal
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
    for name, act in (("clock", _move_clock), ("seed", _seed), ("orders", _pay)):
        app.router.add_post(f"/_control/{name}", _handler(guard, act))


def _handler(guard: Guard, act: Act) -> Callable[[web.Request], Any]:
    async def handle(request: web.Request) -> web.Response:
        guard(request)
        try:
            return web.json_response(act(request.app[OFFICE], json.loads(await request.text())))
        except (ValueError, BureauRefusal) as error:
            return web.json_response({"error": str(error)}, status=400)

    return handle


def _move_clock(office: Office, order: Any) -> dict[str, Any]:
    office.clock.change(order)
    return office.clock.state()


def _seed(office: Office, order: Any) -> dict[str, Any]:
    return seed_books(office.books, order, office.settings.seed, office.clock().year)


def _pay(office: Office, order: Any) -> dict[str, Any]:
    if not isinstance(order, dict) or set(order) != {"mdtrt_regno"}:
        raise ValueError("mdtrt_regno")
    number = str(order["mdtrt_regno"])
    place = office.books.institutions[order_place(office.books, number)]
    call = Call(office.rulebook.rules("2166").spec, "", place, "", "app", "参保人", {}, office.clock())
    with office.books.transaction():
        pay_order(office.books, call, number)
    return {"paid": number}
