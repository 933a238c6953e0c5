"""``csb``: the service gateway of Hunan and Jiangxi. Five headers; the body is not signed; time window 30 minutes.

Signature text: ``_api_access_key _api_name _api_timestamp _api_version`` sorted by name, ``k=v`` joined with single
``&`` (the specification's own example prints ``&&`` once; that is wrong); HMAC-SHA1 with the secret key, Base64.
"""

from __future__ import annotations

import binascii
import hmac
from collections.abc import Mapping

import attrs

from mi_core.plugin import GatewayFactory, GatewaySettings, HttpReply, HttpRequest, Registry, Secret, hookimpl

__all__ = ["CsbGateway", "signature"]


def signature(headers: Mapping[str, str], secret_key: Secret) -> str:
    """The value of ``_api_signature`` for the other ``_api_*`` headers."""
    text = "&".join([f"{name}={headers[name]}" for name in sorted(headers)])
    digest = hmac.digest(secret_key.reveal().encode(), text.encode(), "sha1")
    return binascii.b2a_base64(digest, newline=False).decode("ascii")


@attrs.frozen
class CsbGateway:
    """Signs with the institution's access key; ``_api_name`` is the interface's number."""

    settings: GatewaySettings

    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        """Headers and body of the POST; ``now_ms`` becomes ``_api_timestamp`` (13 digits)."""
        signed = {
            "_api_access_key": self.settings.access_key.reveal(),
            "_api_name": infno,
            "_api_timestamp": str(now_ms),
            "_api_version": self.settings.api_version,
        }
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            **signed,
            "_api_signature": signature(signed, self.settings.secret_key),
        }
        return HttpRequest(self.settings.url, headers, body)

    def open(self, reply: HttpReply) -> bytes:
        """Replies are neither signed nor encrypted."""
        return reply.body


@hookimpl
def mi_register_gateways(registry: Registry[GatewayFactory]) -> None:
    """The profile's name in the configuration is ``csb``."""
    registry.add("csb", CsbGateway)
