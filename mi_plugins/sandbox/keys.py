"""Where the application keeps its parts (typed keys of aiohttp)."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import attrs
from aiohttp import web

from mi_plugins.sandbox.catalogue_file import CatalogueFile
from mi_plugins.sandbox.faults import FaultBoard
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.postman import Postman

__all__ = ["BOARD", "LATE", "OFFICE", "POSTMAN", "LateCalls"]

OFFICE: Final = web.AppKey("office", Office)


@attrs.define
class LateCalls:
    """Calls that wait to be executed (fault ``late``); held here so that they are not lost when the caller hangs up."""

    tasks: set[asyncio.Task[dict[str, Any] | bytes | CatalogueFile | None]] = attrs.field(factory=set)


BOARD: Final = web.AppKey("board", FaultBoard)
LATE: Final = web.AppKey("late", LateCalls)
POSTMAN: Final = web.AppKey("postman", Postman)
