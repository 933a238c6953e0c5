"""``none``: a front-end machine on the hospital's own network that signs by itself. POST text/plain, no headers."""

from __future__ import annotations

from urllib.parse import urlsplit

import attrs

from mi_core.plugin import GatewayFactory, GatewaySettings, HttpReply, HttpRequest, Registry, hookimpl

__all__ = ["DEFAULT_PATH", "PlainGateway"]

DEFAULT_PATH = "/fsi/api/rsfComIfsService/callService"
"""Used when the configured address has no path (specification, appendix)."""


@attrs.frozen
class PlainGateway:
    """Sends the message as it is."""

    settings: GatewaySettings
    _url: str = attrs.field(init=False)

    @_url.default
    def _address(self) -> str:
        url = self.settings.url
        return url.rstrip("/") + DEFAULT_PATH if urlsplit(url).path in ("", "/") else url

    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        """The POST; ``infno`` stands in the message and ``now_ms`` is not needed."""
        return HttpRequest(self._url, {"Content-Type": "text/plain; charset=utf-8"}, body)

    def open(self, reply: HttpReply) -> bytes:
        """Replies are plain."""
        return reply.body


@hookimpl
def mi_register_gateways(registry: Registry[GatewayFactory]) -> None:
    """The profile's name in the configuration is ``none``."""
    registry.add("none", PlainGateway)
