"""``/_control/catalogues``: let the catalogues' version move, choose their size, let some dictionaries differ."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from mi_plugins.sandbox.bureau.catalogues import CHANGES, MOVED, version_now
from mi_plugins.sandbox.catalogue_data import Shelves, version_text
from mi_plugins.sandbox.control_answers import wrong
from mi_plugins.sandbox.database import Books
from mi_plugins.sandbox.keys import OFFICE
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.refusal import WrongOrder

__all__ = ["add_catalogue_routes"]

_MOST = 50
"""Versions at once."""
_LARGEST = 5_000_000


def add_catalogue_routes(app: web.Application, guard: Callable[[web.Request], None]) -> None:
    """``GET`` tells; ``POST`` takes ``{"advance": 1}``, ``{"rows": 5000}`` (of 1301, the others in proportion) and
    ``{"dictionary_changes": true}``."""

    async def show(request: web.Request) -> web.Response:
        guard(request)
        return _state(request.app[OFFICE].books)

    async def change(request: web.Request) -> web.Response:
        guard(request)
        try:
            wanted: Any = json.loads(await request.text())
            if not isinstance(wanted, dict) or not wanted.keys() <= {"advance", "rows", CHANGES}:
                raise WrongOrder(
                    f"须为含 advance、rows 或 {CHANGES} 的对象",
                    f"an object with advance, rows or {CHANGES} expected",
                )
            _change(request.app[OFFICE], wanted)
        except ValueError as error:
            return wrong(error)
        return _state(request.app[OFFICE].books)

    app.router.add_get("/_control/catalogues", show)
    app.router.add_post("/_control/catalogues", change)


def _change(office: Office, wanted: dict[str, Any]) -> None:
    books, steps, differ = office.books, wanted.get("advance", 0), wanted.get(CHANGES)
    rows = wanted.get("rows", office.shelves.drugs)
    if type(rows) is not int or not 20 <= rows <= _LARGEST:
        raise WrongOrder(f"rows 须为 20 至 {_LARGEST}", f"rows is a number from 20 to {_LARGEST}")
    if type(steps) is not int or not 0 <= steps <= _MOST:
        raise WrongOrder(f"advance 须为不超过 {_MOST} 的数", f"advance is a number up to {_MOST}")
    if differ is not None and not isinstance(differ, bool):
        raise WrongOrder(f"{CHANGES} 须为 true 或 false", f"{CHANGES} is true or false")
    if rows != office.shelves.drugs:
        office.shelves = Shelves(office.shelves.specs, office.shelves.seed, rows)
    with books.transaction():
        for _ in range(steps):
            books.next_number(MOVED)
        if differ is not None:
            books.run("DELETE FROM counter WHERE name = ?", CHANGES)
            books.enter("counter", {"name": CHANGES, "value": int(differ)})


def _state(books: Books) -> web.Response:
    row = books.one("SELECT value FROM counter WHERE name = ?", CHANGES)
    differ = bool(row is not None and row["value"])
    return web.json_response({"version": version_text(version_now(books)), CHANGES: differ})
