"""The application: every route in one table."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from mi_core.client import AsyncClient
from mi_core.config import Config
from mi_core.errors import ConfigError
from mi_core.serve import calls, doubts, flows, health, lookups, notifications, operations, pages
from mi_core.serve.bodies import LARGEST
from mi_core.serve.guard import LOCAL_NAMES, OPEN, finish, guard, origin_of
from mi_core.serve.keys import Keys
from mi_core.serve.rates import Rates
from mi_core.serve.service import SERVICE, Service, beside
from mi_core.serve.tokens import TokenFile
from mi_core.serve.wire import expectation

__all__ = ["create_app", "service_of"]

_HERE: Final = "/v1/institutions/{institution}"
ROUTES: Final = (
    ("GET", "/health/live", health.live),
    ("GET", "/health/ready", health.ready),
    ("GET", "/", pages.home),
    ("GET", "/docs", pages.page),
    ("GET", "/docs/", pages.page),
    ("GET", "/docs/{name}", pages.asset),
    ("GET", "/v1/institutions", pages.list_institutions),
    ("GET", _HERE + "/openapi.json", pages.index),
    ("GET", _HERE + "/openapi/{infno}.json", pages.interface),
    ("POST", _HERE + "/calls/{infno}", calls.call),
    ("GET", _HERE + "/flows/{kind}/{key}", flows.show_flow),
    ("POST", _HERE + "/flows/{kind}/{key}/{step}", flows.run_step),
    ("GET", _HERE + "/notifications/{infno}/{subject}", notifications.list_notifications),
    ("GET", _HERE + "/lookup/{kind}", lookups.lookup),
    ("GET", _HERE + "/operations", operations.list_operations),
    ("GET", _HERE + "/operations/{operation}", operations.show_operation),
    ("GET", _HERE + "/doubts", doubts.list_doubts),
    ("GET", _HERE + "/doubts/{operation}", doubts.show_doubt),
    ("POST", _HERE + "/doubts/{operation}/resolve", doubts.resolve_doubt),
)
OPEN_HANDLERS: Final = frozenset({health.live, health.ready, pages.home, pages.page, pages.asset})


def service_of(client: AsyncClient, config: Config) -> Service:
    """What the application needs, from an open client. Raises ``ConfigError`` and ``StoreError``."""
    settings = config.serve
    names = {*LOCAL_NAMES, *(name.lower() for name in settings.hosts)}
    if settings.host not in ("0.0.0.0", "::", ""):  # noqa: S104  # compared, not bound
        names.add(f"[{settings.host.lower()}]" if ":" in settings.host else settings.host.lower())
    tokens = TokenFile(beside(config, settings.token_file))
    if not tokens.tokens():
        raise ConfigError(
            f"还没有令牌（{tokens.path}），未启动", f"there is no token yet ({tokens.path}), nothing was started",
            hint_zh="先生成一个：mi serve token new 名称 --role operator --institution 机构编号",
            hint_en="make one first: mi serve token new NAME --role operator --institution CODE",
        )  # fmt: skip
    return Service(
        client, tokens, Keys(beside(config, settings.database), client.journal.read.ring), frozenset(names),
        frozenset(origin_of(text) for text in settings.origins), rates=Rates(settings.rate),
    )  # fmt: skip


def create_app(service: Service) -> web.Application:
    """The application for a service."""
    app = web.Application(middlewares=[guard], client_max_size=LARGEST)
    app[SERVICE], app[OPEN] = service, OPEN_HANDLERS
    for method, path, handler in ROUTES:
        for one in ("GET", "HEAD") if method == "GET" else (method,):
            app.router.add_route(one, path, handler, expect_handler=expectation)
    notifications.mount(app, service.config)
    app.on_response_prepare.append(finish)
    return app
