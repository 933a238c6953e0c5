"""``csb``: the service gateway of Hunan and Jiangxi. Five headers; the body is not signed; time window 30 minutes.

Signature text: ``_api_access_key _api_name _api_timestamp _api_version`` sorted by name, ``k=v`` joined with single
``&`` (the specification's own example prints ``&&`` once; that is wrong); HMAC-SHA1 with the secret key, Base64.
Its refusals are not the envelope but ``{"code":401,"message":…}``.
"""

from __future__ import annotations

import binascii
import hmac
from collections.abc import Mapping
from typing import ClassVar

import attrs

from mi_core.plugin import (
    GatewayFactory,
    GatewaySettings,
    HttpReply,
    HttpRequest,
    Registry,
    Secret,
    hookimpl,
    setting,
)
from mi_plugins.gateways.addresses import AddressedSettings, Addresses

__all__ = ["CsbGateway", "CsbSettings", "signature", "signed_headers"]

_JSON = "application/json; charset=utf-8"


@attrs.frozen(kw_only=True)
class CsbSettings(AddressedSettings):
    """Keys of ``csb``."""

    url: str = setting(
        "url", "网关地址", "address of the gateway", required=True, example="http://127.0.0.1:8765/csb"
    )
    access_key: Secret = setting(
        "secret", "AK；也可写 { env = \"变量名\" }、{ file = \"文件\" } 或 sm4://…（mi secrets seal）",
        "access key; or { env = … }, { file = … }, sm4://… (mi secrets seal)", required=True, example={"env": "HIS_AK"},
    )  # fmt: skip
    secret_key: Secret = setting(
        "secret", "SK；不要写进版本库", "secret key; keep it out of version control", required=True, example={"env": "HIS_SK"}
    )  # fmt: skip
    api_version: str = setting(
        "text", "服务版本号（_api_version）", "version of the gateway's services (_api_version)", default="1.0.0", limit=100
    )  # fmt: skip


def signature(headers: Mapping[str, str], secret_key: Secret) -> str:
    """The value of ``_api_signature`` for the other ``_api_*`` headers."""
    text = "&".join([f"{name}={headers[name]}" for name in sorted(headers)])
    digest = hmac.digest(secret_key.reveal().encode(), text.encode(), "sha1")
    return binascii.b2a_base64(digest, newline=False).decode("ascii")


def signed_headers(settings: GatewaySettings, name: str, timestamp: int) -> dict[str, str]:
    """All headers of a message. ``timestamp``: in the unit of the profile."""
    signed = {
        "_api_access_key": settings.access_key.reveal(),
        "_api_name": name,
        "_api_timestamp": str(timestamp),
        "_api_version": settings.api_version,
    }
    return {"Content-Type": _JSON, **signed, "_api_signature": signature(signed, settings.secret_key)}


@attrs.frozen
class CsbGateway:
    """Signs with the institution's access key; ``_api_name`` is the interface's number."""

    settings_class: ClassVar = CsbSettings
    certain_401: ClassVar[bool] = True
    settings: GatewaySettings
    _addresses: Addresses = attrs.field(init=False, repr=False, eq=False)

    @_addresses.default
    def _where(self) -> Addresses:
        return Addresses(self.settings)

    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        """Headers and body of the POST; ``now_ms`` becomes ``_api_timestamp`` (13 digits)."""
        return HttpRequest(self._addresses[infno], signed_headers(self.settings, infno, now_ms), body)

    def open(self, reply: HttpReply) -> bytes:
        """Replies are neither signed nor encrypted."""
        return reply.body


@hookimpl
def mi_register_gateways(registry: Registry[GatewayFactory]) -> None:
    """The profile's name in the configuration is ``csb``."""
    registry.add("csb", CsbGateway)
