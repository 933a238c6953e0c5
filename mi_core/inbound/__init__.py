"""Notifications of the bureau's centres (7108, 7109, 6302, 6204): received, verified, handled once, acknowledged.

::

    from aiohttp import web
    from mi_core.config import load_config
    from mi_core.inbound import Notification, inbound_app

    async def handle(notification: Notification) -> None:
        match notification.request:
            case OrderSettlementNotificationRequest() as paid:
                await mark_paid(paid.medOrgOrd, paid.fundPay, key=notification.key)

    site = web.Application()
    site.add_subapp("/inbound", inbound_app(load_config("mi.toml"), handle))
    web.run_app(site)

The centre is given the address ``https://…/inbound/<institution code>``. :func:`inbound_app` says what is promised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mi_core.inbound.inbox import Inbox, Kept
from mi_core.inbound.notification import Handler, Notification

if TYPE_CHECKING:
    from mi_core.inbound.app import INBOX, inbound_app

__all__ = ["INBOX", "Handler", "Inbox", "Kept", "Notification", "inbound_app"]


def __getattr__(name: str) -> object:
    if name not in ("INBOX", "inbound_app"):  # they bring an HTTP server; who only reads the inbox needs none
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mi_core.inbound import app

    found: object = getattr(app, name)
    return found
