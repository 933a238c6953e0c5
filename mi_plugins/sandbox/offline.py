"""A signed request explained without a sandbox: what the gateway signs, what the caller signed, and where they part.

The checking side of each profile does it, with the institution's own credentials and without a time window.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from mi_core.crypto import Sm2PublicKey
from mi_core.errors import ConfigError
from mi_plugins.sandbox.explain import collected
from mi_plugins.sandbox.profiles.base import Arrival, Refused
from mi_plugins.sandbox.refusal import GatewayRefusal
from mi_plugins.sandbox.settings import Settings

__all__ = ["NEEDED", "Explained", "explain_request", "read_request"]

NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "csb": ("access_key", "secret_key"), "csb-seconds": ("access_key", "secret_key"), "tif": ("paas_id", "paas_token"),
    "zj-ca": ("ca_key", "ca_secret"), "oauth-sm": ("client_id", "private_key"), "envelope-sm": ("app_id", "app_secret", "private_key"),
}  # fmt: skip
"""What must be known of each profile, by the names of ``[institutions.X.gateway]``."""
_ANY_TIME: Final = 10**18


@attrs.frozen
class Explained:
    """``right``: the signature is the one that the gateway reckons. ``text``: what is wrong, or what was refused before."""

    right: bool
    text: str


@attrs.frozen
class SentRequest:
    """A request as it left: header names in any case."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class _Headers(dict[str, str]):
    """By name, in any case."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__({name.lower(): value for name, value in headers.items()})

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


def read_request(content: bytes) -> SentRequest:
    """Raw HTTP (``POST /path HTTP/1.1``, headers, blank line, body), or JSON ``{"path", "headers", "body"}``.

    Raises :class:`ConfigError`.
    """
    if content.lstrip()[:1] == b"{":
        try:
            said = json.loads(content)
            headers = {str(name): str(value) for name, value in said["headers"].items()}
            return SentRequest(str(said.get("path", "")), headers, str(said.get("body", "")).encode())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _unreadable() from error
    end = b"\r\n\r\n" if b"\r\n\r\n" in content else b"\n\n"
    head, _, body = content.partition(end)
    lines = head.decode(errors="surrogateescape").splitlines()
    path, headers = "", {}
    for number, line in enumerate(lines):
        name, colon, value = line.partition(":")
        if number == 0 and " " in name:
            path = line.split()[1] if len(line.split()) > 1 else ""
        elif colon:
            headers[name.strip()] = value.strip()
    if not headers:
        raise _unreadable()
    return SentRequest(path, headers, body)


def _unreadable() -> ConfigError:
    return ConfigError(
        "请求文件无法读取", "the request cannot be read",
        hint_zh="写成原始 HTTP（请求行、请求头、空行、正文），或 JSON：{\"path\", \"headers\", \"body\"}",
        hint_en="raw HTTP (request line, headers, blank line, body), or JSON: {\"path\", \"headers\", \"body\"}",
    )  # fmt: skip


def explain_request(profile: str, keys: Mapping[str, str], sent: SentRequest) -> Explained:
    """Check ``sent`` as the gateway of ``profile`` does. Raises :class:`ConfigError` when a key is missing or unreadable."""
    missing = [name for name in NEEDED[profile] if not keys.get(name)]
    if missing:
        raise ConfigError(f"缺少 {'、'.join(missing)}", f"missing: {', '.join(missing)}",
                      hint_zh="用 --set 名称=值（或 名称=@文件）给出", hint_en="give it by --set NAME=VALUE (or NAME=@FILE)")  # fmt: skip
    headers = _Headers(sent.headers)
    path = sent.path.split("?", 1)[0].strip("/")
    arrival = Arrival(path, headers, sent.body, _now(), _ANY_TIME)
    with collected() as texts:
        try:
            _CHECKS[profile](keys, arrival)
        except (Refused, GatewayRefusal) as refused:
            return Explained(False, "\n".join([*texts, f"  → {refused}"]))
    return Explained(True, "")


def _now() -> int:
    return Settings().now_ms()


def _csb(digits: int, profile: str) -> Callable[[Mapping[str, str], Arrival], None]:
    def check(keys: Mapping[str, str], arrival: Arrival) -> None:
        from mi_plugins.sandbox.signature import check_signature

        secrets = {keys["access_key"]: keys["secret_key"].encode()}
        check_signature(
            arrival.headers, secrets, arrival.now_ms, arrival.window_ms, digits=digits, profile=profile
        )

    return check


def _tif(keys: Mapping[str, str], arrival: Arrival) -> None:
    from mi_plugins.sandbox.profiles.tif import Tif

    Tif(keys["paas_id"], keys["paas_token"]).admit(arrival)


def _zj_ca(keys: Mapping[str, str], arrival: Arrival) -> None:
    from mi_plugins.sandbox.profiles.zj_ca import ZjCa

    ZjCa(keys["ca_key"], keys["ca_secret"]).admit(arrival)


def _oauth_sm(keys: Mapping[str, str], arrival: Arrival) -> None:
    from mi_plugins.sandbox.profiles.oauth_sm import OAuthSm

    OAuthSm(Settings(), keys["client_id"], _public(keys)).open_message(arrival)


def _envelope_sm(keys: Mapping[str, str], arrival: Arrival) -> None:
    from mi_plugins.sandbox.profiles.envelope_sm import EnvelopeSm

    EnvelopeSm(Settings(), keys["app_id"], keys["app_secret"], _public(keys)).open_message(arrival)


def _public(keys: Mapping[str, str]) -> Sm2PublicKey:
    """Of the institution's private key: what it signed is verified with it."""
    from mi_core.crypto import CryptoError, read_private_key, software

    try:
        return software().sm2_public_key(read_private_key(keys["private_key"]))
    except (CryptoError, ValueError) as error:
        raise ConfigError(f"私钥无法读取：{error}", f"the private key cannot be read: {error}") from error


_CHECKS: Final[Mapping[str, Callable[[Mapping[str, str], Arrival], None]]] = {
    "csb": _csb(13, "csb"), "csb-seconds": _csb(10, "csb-seconds"), "tif": _tif, "zj-ca": _zj_ca, "oauth-sm": _oauth_sm,
    "envelope-sm": _envelope_sm,
}  # fmt: skip
