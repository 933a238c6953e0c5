"""``none``: a front-end machine on the hospital's own network that signs by itself. POST text/plain, no headers."""

from __future__ import annotations

from typing import ClassVar

import attrs

from mi_core.plugin import (
    GatewayFactory,
    GatewaySettings,
    HttpReply,
    HttpRequest,
    Registry,
    hookimpl,
    setting,
)
from mi_plugins.gateways.addresses import AddressedSettings, Addresses

__all__ = ["DEFAULT_PATH", "PlainGateway", "PlainSettings"]

DEFAULT_PATH = "/fsi/api/rsfComIfsService/callService"
"""Used when the configured address has no path (specification, appendix)."""


@attrs.frozen(kw_only=True)
class PlainSettings(AddressedSettings):
    """Keys of ``none``."""

    url: str = setting(
        "url", f"前置机地址；不带路径时用 {DEFAULT_PATH}", f"address of the front-end machine; without a path: {DEFAULT_PATH}",
        required=True, example="http://127.0.0.1:8765",
    )  # fmt: skip


@attrs.frozen
class PlainGateway:
    """Sends the message as it is."""

    settings_class: ClassVar = PlainSettings
    settings: GatewaySettings
    _addresses: Addresses = attrs.field(init=False, repr=False, eq=False)

    @_addresses.default
    def _where(self) -> Addresses:
        return Addresses(self.settings, default_path=DEFAULT_PATH)

    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        """The POST; ``infno`` stands in the message and ``now_ms`` is not needed."""
        return HttpRequest(self._addresses[infno], {"Content-Type": "text/plain; charset=utf-8"}, body)

    def open(self, reply: HttpReply) -> bytes:
        """Replies are plain."""
        return reply.body


@hookimpl
def mi_register_gateways(registry: Registry[GatewayFactory]) -> None:
    """The profile's name in the configuration is ``none``."""
    registry.add("none", PlainGateway)
