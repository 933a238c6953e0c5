"""The check that the CSB service gateway makes (profile ``csb``), written independently of the gateway plugin.

Text to sign: the four headers ``_api_access_key``, ``_api_name``, ``_api_timestamp``, ``_api_version`` sorted by name,
``name=value`` joined with a single ``&``; HMAC-SHA1 with the secret key, Base64. The body is not signed. A message is
taken when its time stamp is within the window (30 minutes) of the gateway's clock, when it has come whole.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from mi_plugins.sandbox.refusal import GatewayRefusal

__all__ = [
    "HEADERS",
    "MISSING_HEADER",
    "OUT_OF_WINDOW",
    "UNKNOWN_USER",
    "WRONG_SIGNATURE",
    "check_signature",
    "check_window",
    "sign",
]

MISSING_HEADER: Final = "缺少服务网关的请求头!"
OUT_OF_WINDOW: Final = "签名时间戳超时!"
UNKNOWN_USER: Final = "非法用户!"
WRONG_SIGNATURE: Final = "签名不一致!"

HEADERS: Final = ("_api_access_key", "_api_name", "_api_timestamp", "_api_version")


def sign(secret_key: bytes, signed_headers: Mapping[str, str]) -> str:
    """The signature of the four headers."""
    text = "&".join(f"{name}={signed_headers[name]}" for name in HEADERS)
    return base64.b64encode(hmac.new(secret_key, text.encode(), hashlib.sha1).digest()).decode()


def check_signature(
    headers: Mapping[str, str], secrets: Mapping[str, bytes], now_ms: int, window_ms: int
) -> str:
    """Raise :class:`GatewayRefusal` with one of the gateway's four texts, or return the interface name of the header."""
    signed: dict[str, str] = {}
    for name in HEADERS:
        value = headers.get(name)
        if not value:
            raise GatewayRefusal(MISSING_HEADER)
        signed[name] = value
    given = headers.get("_api_signature")
    if not given:
        raise GatewayRefusal(MISSING_HEADER)
    check_window(headers, now_ms, window_ms)
    secret = secrets.get(signed["_api_access_key"])
    if secret is None:
        raise GatewayRefusal(UNKNOWN_USER)
    if not hmac.compare_digest(sign(secret, signed).encode(), given.encode()):
        raise GatewayRefusal(WRONG_SIGNATURE)
    return signed["_api_name"]


def check_window(headers: Mapping[str, str], now_ms: int, window_ms: int) -> None:
    """Raise :class:`GatewayRefusal` when the message is older (or newer) than the gateway takes."""
    stamp = headers.get("_api_timestamp", "")
    if len(stamp) != 13 or not (stamp.isascii() and stamp.isdigit()) or abs(now_ms - int(stamp)) > window_ms:
        raise GatewayRefusal(OUT_OF_WINDOW)
