"""``oauth-sm`` (Jilin): a token, then encrypted and signed messages.

``POST …/auth/oauth/token`` with ``Authorization: Basic`` (client id and secret) and a form with user and password (fields
``username`` or ``user``, ``password``) hands out a token in the form of RFC 6749; it expires. A message comes with
``Authorization: Bearer``; its ``input`` is Base64 of SM4-ECB-PKCS7 under the 16-character client id, its ``cainfo``
Base64 of the SM2 signature r‖s over the plain text of ``input``. The reply's ``output`` is encrypted in the same way.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

import msgspec

from mi_core.cli.text import t
from mi_core.crypto import DecryptionFailed, Ecb, SignatureForm, Sm2PublicKey, software
from mi_plugins.sandbox.explain import Guess, octets, tell, tell_lines
from mi_plugins.sandbox.explain_wrong import tell_basic, tell_missing, tell_value
from mi_plugins.sandbox.profiles.base import Admitted, Arrival, Refused, interface_of
from mi_plugins.sandbox.profiles.keys import CALLER, CALLER_PUBLIC, USER_ID, other_user_ids, verified
from mi_plugins.sandbox.profiles.keys import verified as _verified
from mi_plugins.sandbox.settings import Settings

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "PASSWORD",
    "TOKEN_PATH",
    "USER",
    "OAuthSm",
    "decrypted",
    "encrypted",
]

CLIENT_ID: Final = "sandbox-client01"
"""Also the SM4 key: 16 ASCII characters."""
CLIENT_SECRET: Final = "sandbox-client-secret"  # noqa: S105  # published, as all keys of the sandbox
USER: Final = "sandbox-user"
PASSWORD: Final = "sandbox-password"  # noqa: S105  # published, as all keys of the sandbox
TOKEN_PATH: Final = "auth/oauth/token"  # noqa: S105  # an address
MAX_TOKENS: Final = 1000

_encoder = msgspec.json.Encoder(decimal_format="number")
_outer = msgspec.json.Decoder(dict[str, msgspec.Raw])


def encrypted(text: bytes) -> str:
    """Base64 of SM4 under the client id."""
    return base64.b64encode(software().sm4_encrypt(CLIENT_ID.encode(), text, Ecb())).decode()


def decrypted(cipher: str, client_id: str = CLIENT_ID) -> bytes:
    """The reverse; raises ``ValueError`` or ``DecryptionFailed``."""
    return software().sm4_decrypt(client_id.encode(), base64.b64decode(cipher, validate=True), Ecb())


class OAuthSm:
    """Holds the tokens that are out."""

    name: Final = "oauth-sm"

    def __init__(
        self, settings: Settings, client_id: str = CLIENT_ID, caller: Sm2PublicKey = CALLER_PUBLIC
    ) -> None:
        self._settings, self._id, self._caller = settings, client_id, caller
        self._tokens: dict[str, int] = {}

    def hand_out_token(self, headers: Mapping[str, str], form: Mapping[str, object]) -> dict[str, Any]:
        """The reply of the token endpoint; raises :class:`Refused`."""
        if not _same(headers.get("Authorization", ""), "Basic " + _basic(CLIENT_ID, CLIENT_SECRET)):
            tell_basic(self.name, headers.get("Authorization", ""), CLIENT_ID, CLIENT_SECRET)
            raise Refused(
                "invalid_client", body={"error": "invalid_client"}, headers={"WWW-Authenticate": "Basic"}
            )
        if form.get("grant_type", "password") != "password":
            raise Refused("unsupported_grant_type", status=400, body={"error": "unsupported_grant_type"})
        user = str(form.get("username", form.get("user", "")))
        password = str(form.get("password", ""))
        if not (_same(user, USER) and _same(password, PASSWORD)):
            wrong_user = not _same(user, USER)
            tell_value(
                self.name,
                *(("username", USER, user) if wrong_user else ("password", PASSWORD, password)),
                secret=not wrong_user,
            )
            raise Refused("invalid_grant", status=400, body={"error": "invalid_grant"})
        now, seconds = self._settings.now_ms(), self._settings.token_seconds
        self._tokens = {one: end for one, end in list(self._tokens.items())[-MAX_TOKENS:] if end > now}
        token = secrets.token_urlsafe(24)
        self._tokens[token] = now + round(seconds * 1000)
        return {"access_token": token, "token_type": "bearer", "expires_in": int(seconds)}

    def admit(self, arrival: Arrival) -> Admitted:
        """Check the token, decrypt ``input``, check ``cainfo`` over the plain text."""
        self._check_token(arrival)
        return self.open_message(arrival)

    def open_message(self, arrival: Arrival) -> Admitted:
        """What :meth:`admit` does with a message whose token is right."""
        try:
            outer = _outer.decode(arrival.body)
            cipher, given = _text(outer["input"]), _text(outer["cainfo"])
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError):
            raise Refused("沙箱网关：报文须为JSON对象，input与cainfo须为Base64字符串") from None
        try:
            plain = decrypted(cipher, self._id)
        except (ValueError, DecryptionFailed):
            tell_lines(_unreadable())
            raise Refused("沙箱网关：input无法解密（Base64、SM4-ECB-PKCS7，密钥为16位client id）") from None
        if not verified(plain, given, key=self._caller):
            text = plain.decode(errors="replace")
            tell(self.name, text, _guesses(text, cipher, given, self._id, self._caller))
            raise Refused("沙箱网关：cainfo签名不符")
        outer["input"] = msgspec.Raw(plain)
        return Admitted(_encoder.encode(outer), interface_of(arrival.path), _leave)

    def config(self, url: str) -> dict[str, Any]:
        """For ``[institutions.X.gateway]``."""
        return {
            "url": f"{url}/{self.name}", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "user": USER,
            "password": PASSWORD, "private_key": CALLER.reveal().hex(),
        }  # fmt: skip

    def _check_token(self, arrival: Arrival) -> None:
        kind, _, token = arrival.headers.get("Authorization", "").partition(" ")
        bearer = {"WWW-Authenticate": "Bearer"}
        if kind.lower() != "bearer" or not token:
            tell_missing(self.name, ("Authorization: Bearer",), {})
            raise Refused("沙箱网关：缺少Bearer令牌", headers=bearer)
        end = self._tokens.get(token)
        if end is None or end <= arrival.now_ms:
            bearer = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            raise Refused("沙箱网关：令牌无效或已过期", headers=bearer)


def _leave(answer: dict[str, Any]) -> dict[str, Any]:
    output = answer.get("output")
    return answer if output is None else {**answer, "output": encrypted(_encoder.encode(output))}


def _text(raw: msgspec.Raw) -> str:
    return msgspec.json.decode(raw, type=str)


def _basic(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(octets(given), right.encode())


def _unreadable() -> list[str]:
    return [t("[oauth-sm] input 无法解密：Base64、SM4-ECB-PKCS7，密钥为 16 位 client_id 的 ASCII 字节；多半是 client_id 不同",
              "[oauth-sm] input cannot be decrypted: Base64, SM4-ECB-PKCS7, the key are the 16 ASCII bytes of client_id; most likely "
              "another client_id")]  # fmt: skip


def _guesses(text: str, cipher: str, given: str, client_id: str, caller: Sm2PublicKey) -> Iterator[Guess]:
    verified = partial(_verified, key=caller)
    yield Guess("签名为DER编码，应为r‖s共64字节", "the signature is DER; r‖s of 64 bytes is wanted", text,
                verified(text.encode(), given, form=SignatureForm.DER))  # fmt: skip
    try:
        as_base64 = base64.b64encode(bytes.fromhex(given)).decode()
    except ValueError:
        as_base64 = ""
    yield Guess(
        "签名为十六进制，应为Base64",
        "the signature is hex; Base64 is wanted",
        text,
        verified(text.encode(), as_base64),
    )
    yield Guess(
        "签名的是密文，应为明文input",
        "the ciphertext was signed; the plain input is wanted",
        cipher,
        verified(cipher.encode(), given),
    )
    for user_id in other_user_ids(client_id):
        yield Guess(f"SM2用户标识用了{user_id!r}，应为{USER_ID!r}", f"SM2 user id {user_id!r}; {USER_ID!r} is wanted", text,
                    verified(text.encode(), given, user_id=user_id))  # fmt: skip
    digest = software().sm3(text.encode())
    for writing, shown in ((digest, digest.hex()), (digest.hex().encode(), digest.hex())):
        yield Guess(
            "先做了一次SM3再签名",
            "its SM3 hash was signed instead of the text",
            shown,
            verified(writing, given),
        )
    try:
        compact = _encoder.encode(msgspec.json.decode(text)).decode()
    except (msgspec.DecodeError, binascii.Error):
        return
    yield Guess(
        "签名的是另一种写法的JSON",
        "another writing of the JSON was signed",
        compact,
        verified(compact.encode(), given),
    )
