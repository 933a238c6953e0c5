"""``oauth-sm``: Jilin. A token first, then signed and encrypted messages.

- Token: ``POST /auth/oauth/token`` with Basic ``client id:client secret`` and the form of the password grant (RFC 6749
  4.3); then ``Authorization: Bearer …`` on every message.
- ``cainfo`` = Base64 of the SM2 signature r‖s over the plain text of ``input``.
- ``input``, and ``output`` of the reply, = Base64 of SM4-ECB-PKCS7 keyed with the 16-character client id.

Evidence: production hospital code. The head carries ``enc_type`` as well (``head_extras``; its value is the platform's).
A refused token is told as RFC 6750 3 says (HTTP 401 with a Bearer challenge): such a message was not accepted.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, ClassVar, Final
from urllib.parse import urlencode, urlsplit

import attrs
import msgspec

from mi_core.crypto import CryptoError, Ecb, SignatureForm, Sm2PrivateKey, read_private_key, software
from mi_core.errors import ConfigError
from mi_core.plugin import (
    GatewayFactory,
    HttpReply,
    HttpRequest,
    Registry,
    Secret,
    Token,
    TransportFailure,
    hookimpl,
    setting,
)
from mi_plugins.gateways.addresses import AddressedSettings, Addresses
from mi_plugins.gateways.literal_json import literal_json

__all__ = ["TOKEN_PATH", "OauthSmGateway", "OauthSmSettings"]

TOKEN_PATH: Final = "/auth/oauth/token"  # noqa: S105  # a path
_LIFETIME: Final = 600
"""Seconds a token is used whose answer does not say how long it lives (RFC 6749 5.1 only recommends that it does)."""
_REFUSED: Final = b'{"code":401,"message":"Bearer token refused (HTTP 401)"}'
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


@attrs.frozen(kw_only=True)
class OauthSmSettings(AddressedSettings):
    """Keys of ``oauth-sm``."""

    client_id: str = setting(
        "text", "客户端编号，16 个字符；也是 SM4 密钥", "client id, 16 characters; also the SM4 key",
        required=True, limit=16, example="0123456789abcdef",
    )  # fmt: skip
    client_secret: Secret = setting(
        "secret", "客户端密钥", "client secret", required=True, example={"env": "HIS_CLIENT_SECRET"}
    )
    user: str = setting("text", "令牌用户名", "user of the token", required=True, limit=100, example="test")
    password: Secret = setting(
        "secret", "令牌用户口令", "password of the token's user", required=True, example={"env": "HIS_TOKEN_PASSWORD"}
    )  # fmt: skip
    private_key: Secret = setting(
        "sm2-private", "本机构 SM2 私钥（PEM、十六进制或 Base64）", "the institution's SM2 private key (PEM, hex or Base64)",
        required=True, example={"file": "sm2-private.pem"},
    )  # fmt: skip
    token_url: str = setting(
        "url", f"令牌地址；留空则为网关主机的 {TOKEN_PATH}", f"address of the token; empty: {TOKEN_PATH} of the gateway's host",
        default="", example="http://127.0.0.1:8765" + TOKEN_PATH,
    )  # fmt: skip


@attrs.frozen
class OauthSmGateway:
    """Signs ``input``, then encrypts it; opens ``output``."""

    settings_class: ClassVar = OauthSmSettings
    head_extras: ClassVar[tuple[str, ...]] = ("enc_type",)
    certain_401: ClassVar[bool] = True
    settings: OauthSmSettings
    _addresses: Addresses = attrs.field(init=False, repr=False, eq=False)
    _private: Sm2PrivateKey = attrs.field(init=False, repr=False, eq=False)
    _key: bytes = attrs.field(init=False, repr=False, eq=False)

    @_addresses.default
    def _where(self) -> Addresses:
        return Addresses(self.settings)

    @_private.default
    def _read(self) -> Sm2PrivateKey:
        return read_private_key(self.settings.private_key.reveal())

    @_key.default
    def _derive(self) -> bytes:
        key = self.settings.client_id.encode()
        if len(key) != 16:
            raise ConfigError(
                f"client_id 应为 16 个字符，实得 {len(key)} 个", f"client_id has 16 characters, this has {len(key)}",
                hint_zh="核对平台分配的客户端编号", hint_en="compare it with what the platform gave",
            )  # fmt: skip
        return key

    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        """The message with ``cainfo`` set and ``input`` encrypted; the token's header comes from the pipeline."""
        crypto, message = software(), _members(body)
        plain = bytes(message["input"])
        signed = crypto.sm2_sign(self._private, plain, form=SignatureForm.RS)
        sealed = crypto.sm4_encrypt(self._key, plain, Ecb())
        message["cainfo"] = msgspec.Raw(_base64(signed))
        message["input"] = msgspec.Raw(_base64(sealed))
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return HttpRequest(self._addresses[infno], headers, _encode(message))

    def open(self, reply: HttpReply) -> bytes:
        """The reply with ``output`` decrypted. Raises ``TransportFailure`` when that cannot be done."""
        if reply.status == 401 and _challenged(reply) and not _further(reply.body):
            return _REFUSED
        try:
            seen = literal_json(reply.body)  # no key twice: decoding by members would keep the last
            if isinstance(seen, dict) and seen.get("code") == "401" and "infcode" not in seen:
                raise _unproven(reply)
            message = _members(reply.body)
            output = message.get("output")
            text = None if output is None else msgspec.json.decode(output)
            if not isinstance(text, str) or not text:
                return reply.body
        except (ValueError, RecursionError):
            return reply.body  # no message; the classifier tells what it is
        try:
            plain = software().sm4_decrypt(self._key, base64.b64decode(text, validate=True), Ecb())
            literal_json(plain)
        except (CryptoError, binascii.Error, ValueError, RecursionError) as error:
            raise TransportFailure(
                "output not decrypted", type(error).__name__, status=reply.status
            ) from error
        message["output"] = msgspec.Raw(plain)
        return _encode(message)

    def token_request(self, now_ms: int) -> HttpRequest:
        """The POST that asks for a token."""
        settings = self.settings
        parts = urlsplit(settings.url)
        form = {
            "grant_type": "password",
            "username": settings.user,
            "password": settings.password.reveal(),
        }
        basic = base64.b64encode(f"{settings.client_id}:{settings.client_secret.reveal()}".encode()).decode()
        headers = {
            "Authorization": f"Basic {basic}",
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        }
        url = settings.token_url or f"{parts.scheme}://{parts.netloc}{TOKEN_PATH}"
        return HttpRequest(url, headers, urlencode(form).encode())

    def token_reply(self, reply: HttpReply, now_ms: int) -> Token:
        """``access_token`` and ``expires_in`` (seconds) of RFC 6749 5.1."""
        answer: Any = None
        if reply.status == 200:
            try:
                answer = msgspec.json.decode(reply.body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                raise TransportFailure("token unreadable", status=reply.status) from None
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
            words = _refusal(reply.body)
            told = f"HTTP {reply.status}: {words}" if words else f"HTTP {reply.status}"
            raise TransportFailure("no token", told, status=reply.status)
        return Token({"Authorization": f"Bearer {token}"}, now_ms + _seconds(answer.get("expires_in")) * 1000)


def _refusal(body: bytes) -> str:
    """``error`` and ``error_description`` of RFC 6749 5.2, or the message of another JSON answer; short, no line breaks."""
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    given = answer if isinstance(answer, dict) else {}
    told = [given.get(name) for name in ("error", "error_description", "message", "msg")]
    words = " ".join(text for text in told if isinstance(text, str))
    return "".join(c for c in words[:200] if c.isprintable())


def _seconds(value: Any) -> int:
    """A lifetime in seconds, also one in quotes; at most a day."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return min(int(text), 86_400) if text.isascii() and text.isdigit() and len(text) < 12 else _LIFETIME


def _further(body: bytes) -> bool:
    """Whether a refusal has members of the centre's answer: then the message went further than the token's check."""
    return any(b'"%b"' % name in body for name in (b"infcode", b"inf_refmsgid", b"output"))


def _unproven(reply: HttpReply) -> TransportFailure:
    """``{"code":401,...}`` without a challenge: nobody knows who says that of this gateway, so it proves nothing."""
    return TransportFailure("unproven 401", f"HTTP {reply.status}", status=reply.status, raw=reply.body)


def _challenged(reply: HttpReply) -> bool:
    challenge = next((v for k, v in reply.headers.items() if k.lower() == "www-authenticate"), "")
    return challenge.strip().lower().startswith("bearer")


def _base64(data: bytes) -> bytes:
    return b'"' + base64.b64encode(data) + b'"'


@hookimpl
def mi_register_gateways(registry: Registry[GatewayFactory]) -> None:
    """The profile's name in the configuration is ``oauth-sm``."""
    registry.add("oauth-sm", OauthSmGateway)
