"""Control endpoints of what waits for somebody; guarded like the others (:mod:`mi_plugins.sandbox.control`).

============================  ====================================================================================
GET  /_control/waiting        everything that waits (:mod:`mi_plugins.sandbox.bureau.waiting`)
POST /_control/decisions      ``{"number": …, "passed": true, "opinion": …}`` decides an application or appeal
POST /_control/prescriptions  ``{"hi_rxno": …, "act": "review"}`` (also ``passed``, ``opinion``) or ``"act": "dispense"``
POST /_control/orders         ``{"mdtrt_regno": …}``: the person pays that order (2166)
============================  ====================================================================================
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from mi_plugins.sandbox.bureau.context import Call
from mi_plugins.sandbox.bureau.decisions import OFFICER, decide
from mi_plugins.sandbox.bureau.eprescription_by_hand import hand_out, review_by_hand
from mi_plugins.sandbox.bureau.remote import order_place, pay_order
from mi_plugins.sandbox.bureau.waiting import waiting
from mi_plugins.sandbox.control_answers import wrong
from mi_plugins.sandbox.institutions import Institution
from mi_plugins.sandbox.keys import OFFICE
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.refusal import BureauRefusal, WrongOrder

__all__ = ["add_waiting_routes"]

Guard = Callable[[web.Request], None]
Act = Callable[[Office, dict[str, Any]], dict[str, Any]]
_PHARMACY: Final = "P43000000001"


def add_waiting_routes(app: web.Application, guard: Guard) -> None:
    """Add the routes."""

    async def show(request: web.Request) -> web.Response:
        guard(request)
        office = request.app[OFFICE]
        return web.json_response({"waiting": waiting(office.books, office.clock())})

    app.router.add_get("/_control/waiting", show)
    for name, act in (("decisions", _decide), ("prescriptions", _pharmacy), ("orders", _pay)):
        app.router.add_post(f"/_control/{name}", _handler(guard, act))


def _handler(guard: Guard, act: Act) -> Callable[[web.Request], Any]:
    async def handle(request: web.Request) -> web.Response:
        guard(request)
        office = request.app[OFFICE]
        try:
            order: Any = json.loads(await request.text())
            if not isinstance(order, dict):
                raise WrongOrder("须为 JSON 对象", "an object is expected")
            with office.books.transaction():
                done = act(office, order)
        except (ValueError, BureauRefusal) as error:
            return wrong(error)
        office.bell()
        return web.json_response(done)

    return handle


def _decide(office: Office, order: dict[str, Any]) -> dict[str, Any]:
    _only(order, "number", "passed", "opinion")
    call = _call(office, "3602", next(iter(office.books.institutions.values())), OFFICER)
    return decide(
        office.books,
        call,
        _text(order, "number"),
        passed=_passed(order),
        opinion=str(order.get("opinion") or ""),
    )


def _pharmacy(office: Office, order: dict[str, Any]) -> dict[str, Any]:
    _only(order, "hi_rxno", "act", "passed", "opinion")
    call, number = (
        _call(office, "7206", office.books.institutions[_PHARMACY], "沙箱药店药师"),
        _text(order, "hi_rxno"),
    )
    if order.get("act") == "review":
        return review_by_hand(
            office.books, call, number, passed=_passed(order), opinion=str(order.get("opinion") or "")
        )
    if order.get("act") == "dispense":
        return hand_out(office.books, call, number)
    raise WrongOrder("act 须为 review 或 dispense", "act is review or dispense")


def _pay(office: Office, order: dict[str, Any]) -> dict[str, Any]:
    _only(order, "mdtrt_regno")
    number = _text(order, "mdtrt_regno")
    place = office.books.institutions[order_place(office.books, number)]
    pay_order(office.books, _call(office, "2166", place, "参保人"), number)
    return {"paid": number}


def _call(office: Office, infno: str, place: Institution, who: str) -> Call:
    return Call(office.rulebook.rules(infno).spec, "", place, "", "sandbox", who, {}, office.clock())


def _only(order: dict[str, Any], *names: str) -> None:
    if unknown := sorted(set(order) - set(names)):
        raise WrongOrder(f"没有这些键：{', '.join(unknown)}", f"unknown keys: {', '.join(unknown)}")


def _text(order: dict[str, Any], name: str) -> str:
    value = order.get(name)
    if not isinstance(value, str) or not value:
        raise WrongOrder(f"须给出 {name}", f"{name} is required")
    return value


def _passed(order: dict[str, Any]) -> bool:
    value = order.get("passed", True)
    if not isinstance(value, bool):
        raise WrongOrder("passed 须为 true 或 false", "passed is true or false")
    return value
