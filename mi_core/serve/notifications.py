"""Notifications of the centres (7108, 7109, 6302, 6204) for a program that cannot receive them itself.

``/inbound/{institution}/{name}`` is the receiving application (:mod:`mi_core.inbound`): it needs no token, because every
message is verified by its signature; what it acknowledges is on disk, encrypted. The program asks for what came of an order
or prescription: ``GET …/notifications/{infno}/{subject}``. Mounted when a gateway that receives is configured.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Final

from aiohttp import web

from mi_core.config import Config
from mi_core.inbound import Inbox, Notification, inbound_app
from mi_core.inbound.app import INBOX
from mi_core.pipeline.serving import Gateways
from mi_core.plugin.manager import load_plugins
from mi_core.serve.addresses import place_of
from mi_core.serve.bodies import answer
from mi_core.serve.refusals import no_such_thing
from mi_core.serve.service import institution_of, need
from mi_core.types import CHINA_TIME
from mi_core.wire.front import check_front

__all__ = ["PREFIX", "list_notifications", "mount"]

PREFIX: Final = "/inbound"
_KEPT: Final = web.AppKey("kept", Inbox)


def mount(app: web.Application, config: Config) -> None:
    """Add the receiving application, where a gateway that receives is configured. Raises what it raises."""
    loaded = load_plugins(allow=config.plugins.allow, strict=config.plugins.strict)
    if not any(hasattr(served.auth, "receive") for served in Gateways.build(config.institutions, loaded)):
        return
    receiving = inbound_app(config, _on_record, plugins=loaded)
    app[_KEPT] = receiving[INBOX]
    app.add_subapp(PREFIX, receiving)


async def _on_record(_: Notification) -> None:
    """Being on record is all that is needed: the program asks for it."""


async def list_notifications(request: web.Request) -> web.Response:
    """What came of an order or prescription, oldest first."""
    need("call")
    institution, place = institution_of(request), request.match_info
    if _KEPT not in request.app:
        raise no_such_thing()
    found = await asyncio.to_thread(
        request.app[_KEPT].about, institution.code, place["infno"], place_of(request, "subject")
    )
    rows = [
        {
            "interface": one.interface, "handled": one.handled, "content": check_front(one.content).value,
            "received": dt.datetime.fromtimestamp(one.received_ms / 1000, CHINA_TIME).strftime("%Y-%m-%d %H:%M:%S"),
        }
        for one in found
    ]  # fmt: skip
    return answer(request, {"notifications": rows})
