"""``csb-seconds``: Jiangsu. As ``csb``, but the time stamp has 10 digits (seconds) and ``_api_name`` is a configured
service name. Path ``/CSB``; calls take up to 120 s; the head has a field ``fixmedins_soft_fcty`` more.

Evidence: production hospital code. Its gateway's refusals are not known, so none of them counts as certain.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import attrs

from mi_core.plugin import GatewayFactory, HttpReply, HttpRequest, Registry, hookimpl, setting
from mi_plugins.gateways.addresses import Addresses
from mi_plugins.gateways.csb import CsbSettings, signed_headers

__all__ = ["CsbSecondsGateway", "CsbSecondsSettings"]

DEFAULT_PATH = "/CSB"


@attrs.frozen(kw_only=True)
class CsbSecondsSettings(CsbSettings):
    """Keys of ``csb-seconds``."""

    url: str = setting(
        "url", "网关地址；不带路径时用 /CSB", "address of the gateway; without a path: /CSB", required=True, example="http://127.0.0.1:8765"
    )  # fmt: skip
    api_name: str = setting(
        "text", "服务名（_api_name），由平台分配", "service name (_api_name), given by the platform",
        required=True, limit=100, example="demo-service",
    )  # fmt: skip


@attrs.frozen
class CsbSecondsGateway:
    """Signs the service's name, not the interface's."""

    settings_class: ClassVar = CsbSecondsSettings
    timeouts: ClassVar[Mapping[str, float]] = {"settlement": 120.0, "query": 120.0, "upload": 120.0}
    head_extras: ClassVar[tuple[str, ...]] = ("fixmedins_soft_fcty",)
    settings: CsbSecondsSettings
    _addresses: Addresses = attrs.field(init=False, repr=False, eq=False)

    @_addresses.default
    def _where(self) -> Addresses:
        return Addresses(self.settings, default_path=DEFAULT_PATH)

    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        """Headers and body of the POST; ``_api_timestamp`` in whole seconds."""
        headers = signed_headers(self.settings, self.settings.api_name, now_ms // 1000)
        return HttpRequest(self._addresses[infno], headers, body)

    def open(self, reply: HttpReply) -> bytes:
        """Replies are neither signed nor encrypted."""
        return reply.body


@hookimpl
def mi_register_gateways(registry: Registry[GatewayFactory]) -> None:
    """The profile's name in the configuration is ``csb-seconds``."""
    registry.add("csb-seconds", CsbSecondsGateway)
