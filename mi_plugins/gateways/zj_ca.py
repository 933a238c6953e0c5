"""``zj-ca``: Zhejiang. Two headers that sign the body; a path per interface.

``x-ca-signature`` = ``<s>:<HEX>``: time stamp in seconds, and upper-case hex HMAC-SM3 with the secret over ``<s>``, a
line feed, and the body's bytes as sent (UTF-8).
Evidence: production hospital code; the gateway's own refusals are not known, so none of them counts as certain.
"""

from __future__ import annotations

from typing import ClassVar

import attrs

from mi_core.crypto import software
from mi_core.plugin import GatewayFactory, HttpReply, HttpRequest, Registry, Secret, hookimpl, setting
from mi_plugins.gateways.addresses import URL_RULES, AddressedSettings, Addresses

__all__ = ["ZjCaGateway", "ZjCaSettings", "signature"]


@attrs.frozen(kw_only=True)
class ZjCaSettings(AddressedSettings):
    """Keys of ``zj-ca``."""

    url_rule: str = setting(
        "text",
        "地址规则：paths 只用 paths 中列出的（浙江各交易路径不同）；code 地址后加 /交易编号；one 同一地址",
        "paths: only those listed in paths (Zhejiang: each interface has its own); code: address/interface code; one: the same for all",
        choices=URL_RULES, default="paths",
    )  # fmt: skip
    ca_key: str = setting(
        "text", "x-ca-key，由平台分配", "x-ca-key, given by the platform", required=True, limit=200, example="test-key"
    )  # fmt: skip
    ca_secret: Secret = setting(
        "secret", "签名密钥（按原文使用，不解码）", "secret of the signature, used as it is written",
        required=True, example={"env": "HIS_CA_SECRET"},
    )  # fmt: skip


def signature(seconds: int, secret: Secret, body: bytes) -> str:
    """The value of ``x-ca-signature`` for a body as sent."""
    digest = software().hmac_sm3(secret.reveal().encode(), b"%d\n%b" % (seconds, body))
    return f"{seconds}:{digest.hex().upper()}"


@attrs.frozen
class ZjCaGateway:
    """Signs every message's bytes."""

    settings_class: ClassVar = ZjCaSettings
    settings: ZjCaSettings
    _addresses: Addresses = attrs.field(init=False, repr=False, eq=False)

    @_addresses.default
    def _where(self) -> Addresses:
        return Addresses(self.settings)

    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        """Headers and body of the POST; the time stamp in whole seconds."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "x-ca-key": self.settings.ca_key,
            "x-ca-signature": signature(now_ms // 1000, self.settings.ca_secret, body),
        }
        return HttpRequest(self._addresses[infno], headers, body)

    def open(self, reply: HttpReply) -> bytes:
        """Replies are neither signed nor encrypted."""
        return reply.body


@hookimpl
def mi_register_gateways(registry: Registry[GatewayFactory]) -> None:
    """The profile's name in the configuration is ``zj-ca``."""
    registry.add("zj-ca", ZjCaGateway)
