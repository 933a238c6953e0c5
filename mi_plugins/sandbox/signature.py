"""The check that the CSB service gateway makes (profile ``csb``), written independently of the gateway plugin.

Text to sign: the four headers ``_api_access_key``, ``_api_name``, ``_api_timestamp``, ``_api_version`` sorted by name,
``name=value`` joined with a single ``&``; HMAC-SHA1 with the secret key, Base64. The body is not signed. A message is
taken when its time stamp is within the window (30 minutes) of the gateway's clock, when it has come whole.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Final

from mi_plugins.sandbox.explain import Guess, octets, tell
from mi_plugins.sandbox.explain_wrong import tell_missing, tell_value
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
    return _hmac(secret_key, _text(signed_headers))


def _text(signed_headers: Mapping[str, str]) -> str:
    return "&".join(f"{name}={signed_headers[name]}" for name in HEADERS)


def _hmac(secret_key: bytes, text: str) -> str:
    return base64.b64encode(hmac.new(secret_key, octets(text), hashlib.sha1).digest()).decode()


def check_signature(
    headers: Mapping[str, str], secrets: Mapping[str, bytes], now_ms: int, window_ms: int, *, digits: int = 13, profile: str = "csb",
) -> str:  # fmt: skip
    """Raise :class:`GatewayRefusal` with one of the gateway's four texts, or return the name in ``_api_name``.

    ``digits``: 13 for milliseconds, 10 for seconds (``csb-seconds``). A wrong signature is explained on the console.
    """
    signed: dict[str, str] = {}
    for name in HEADERS:
        value = headers.get(name)
        if not value:
            tell_missing(profile, (*HEADERS, "_api_signature"), headers)
            raise GatewayRefusal(MISSING_HEADER)
        signed[name] = value
    given = headers.get("_api_signature")
    if not given:
        tell_missing(profile, (*HEADERS, "_api_signature"), headers)
        raise GatewayRefusal(MISSING_HEADER)
    check_window(headers, now_ms, window_ms, digits)
    secret = secrets.get(signed["_api_access_key"])
    if secret is None:
        tell_value(profile, "_api_access_key", next(iter(secrets), ""), signed["_api_access_key"])
        raise GatewayRefusal(UNKNOWN_USER)
    if not hmac.compare_digest(sign(secret, signed).encode(), octets(given)):
        tell(profile, _text(signed), _guesses(secret, signed, given))
        raise GatewayRefusal(WRONG_SIGNATURE)
    return signed["_api_name"]


def check_window(headers: Mapping[str, str], now_ms: int, window_ms: int, digits: int = 13) -> None:
    """Raise :class:`GatewayRefusal` when the message is older (or newer) than the gateway takes."""
    stamp = headers.get("_api_timestamp", "")
    if len(stamp) != digits or not (stamp.isascii() and stamp.isdigit()):
        raise GatewayRefusal(OUT_OF_WINDOW)
    sent = int(stamp) if digits == 13 else int(stamp) * 1000
    if abs(now_ms - sent) > window_ms:
        raise GatewayRefusal(OUT_OF_WINDOW)


def _guesses(secret: bytes, signed: Mapping[str, str], given: str) -> Iterator[Guess]:
    right = _text(signed)
    pairs = {name: f"{name}={value}" for name, value in signed.items()}
    as_listed = [pairs[f"_api_{name}"] for name in ("name", "version", "timestamp", "access_key")]
    texts = (
        ("_api_version前有两个&（规范示例的排版错误）", "two & before _api_version (a misprint in the specification's example)",
         right.replace("&_api_version", "&&_api_version")),
        ("未按名称排序", "not sorted by name", "&".join(as_listed)),
        ("末尾多了&", "an & at the end", right + "&"),
        ("名与值之间缺少=", "no = between name and value", right.replace("=", "")),
        ("只签了值", "only the values were signed", "&".join(signed[name] for name in HEADERS)),
    )  # fmt: skip
    for zh, en, text in texts:
        yield Guess(zh, en, text, _hmac(secret, text) == given)
    for method, zh, en in (("sha256", "用了HMAC-SHA256，应为HMAC-SHA1", "HMAC-SHA256; HMAC-SHA1 is wanted"),
                           ("sha1", "签名为十六进制，应为Base64", "the signature is hex; Base64 is wanted")):  # fmt: skip
        digest = hmac.new(secret, octets(right), method)
        both = (base64.b64encode(digest.digest()).decode(), digest.hexdigest())
        yield Guess(zh, en, right, given in both or given.lower() == both[1])
