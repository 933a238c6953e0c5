"""``tif``: Guangzhou, Foshan, Zhongshan, Shenzhen, Hebei. Four headers; the body is not signed.

``x-tif-signature`` = lower-case hex SHA-256 of time stamp (seconds) + secret + nonce + time stamp.
Evidence: production hospital code; the gateway's own refusals are not known, so none of them counts as certain.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import ClassVar

import attrs

from mi_core.plugin import GatewayFactory, HttpReply, HttpRequest, Registry, Secret, hookimpl, setting
from mi_plugins.gateways.addresses import URL_RULES, AddressedSettings, Addresses

__all__ = ["TifGateway", "TifSettings", "signature"]


@attrs.frozen(kw_only=True)
class TifSettings(AddressedSettings):
    """Keys of ``tif``."""

    url_rule: str = setting(
        "text",
        "地址规则：code 地址后加 /交易编号；one 同一地址；paths 只用 paths 中列出的（各地不同）",
        "code: address/interface code; one: the same address for all; paths: only those listed in paths (differs by city)",
        choices=URL_RULES, default="code",
    )  # fmt: skip
    paas_id: str = setting(
        "text", "x-tif-paasid，由平台分配", "x-tif-paasid, given by the platform", required=True, limit=200, example="test-paas"
    )  # fmt: skip
    paas_token: Secret = setting(
        "secret", "签名密钥（PaaS token）", "secret of the signature (PaaS token)", required=True, example={"env": "HIS_PAAS_TOKEN"}
    )  # fmt: skip


def signature(timestamp: str, secret: Secret, nonce: str) -> str:
    """The value of ``x-tif-signature``. ``timestamp``: seconds, as sent."""
    return hashlib.sha256(f"{timestamp}{secret.reveal()}{nonce}{timestamp}".encode()).hexdigest()


@attrs.frozen
class TifGateway:
    """A new nonce of 32 hex digits for every message."""

    settings_class: ClassVar = TifSettings
    settings: TifSettings
    _addresses: Addresses = attrs.field(init=False, repr=False, eq=False)

    @_addresses.default
    def _where(self) -> Addresses:
        return Addresses(self.settings)

    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        """Headers and body of the POST; the time stamp in whole seconds."""
        timestamp, nonce = str(now_ms // 1000), secrets.token_hex(16)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "x-tif-paasid": self.settings.paas_id,
            "x-tif-timestamp": timestamp,
            "x-tif-nonce": nonce,
            "x-tif-signature": signature(timestamp, self.settings.paas_token, nonce),
        }
        return HttpRequest(self._addresses[infno], headers, body)

    def open(self, reply: HttpReply) -> bytes:
        """Replies are neither signed nor encrypted."""
        return reply.body


@hookimpl
def mi_register_gateways(registry: Registry[GatewayFactory]) -> None:
    """The profile's name in the configuration is ``tif``."""
    registry.add("tif", TifGateway)
