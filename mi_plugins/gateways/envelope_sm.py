"""``envelope-sm``: the electronic-prescription centre and the mobile-payment centre.

A message is ``appId encType signType timestamp version encData signData``: the business object encrypted (SM4) and the
plain text of everything signed (SM2 with SM3, user id ``1234567812345678``, r‖s, Base64); see ``envelope_text``. A
reply is verified by the same rule with the platform's key *before* anything in it is read; its ``code`` is 0 or "0".
Notifications that the platform sends (7108, 7109, 6302, 6204) are opened by the same rule, and acknowledged in the form of
its replies; that form of the acknowledgement is inferred.
Evidence: production hospital code. Other codes than 0 are the centre's refusals; none is known to be certain.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import attrs
import msgspec

from mi_core.crypto import (
    CryptoError,
    SignatureForm,
    Sm2PrivateKey,
    Sm2PublicKey,
    read_private_key,
    read_public_key,
    software,
)
from mi_core.errors import ConfigError
from mi_core.plugin import (
    GatewayFactory,
    HttpReply,
    HttpRequest,
    Registry,
    Secret,
    TransportFailure,
    hookimpl,
    setting,
)
from mi_plugins.gateways.addresses import URL_RULES, AddressedSettings, Addresses
from mi_plugins.gateways.envelope_text import content_key, decrypted, encrypted, sign_text
from mi_plugins.gateways.literal_json import literal_json

__all__ = ["PATHS", "EnvelopeSmGateway", "EnvelopeSmSettings"]

PATHS: Final = {
    "6201": "/org/local/api/hos/uldFeeInfo",
    "6202": "/org/local/api/hos/pay_order",
    "6203": "/org/local/api/hos/refund_Order",
    "6301": "/org/local/api/hos/query_order_info",
    "6401": "/org/local/api/hos/revoke_order",
    "7101": "/fixmedins/uploadChk",
    "7102": "/fixmedins/rxFixmedinsSign",
    "7103": "/fixmedins/rxFileUpld",
    "7104": "/fixmedins/rxUndo",
    "7105": "/fixmedins/hospRxDetlQuery",
    "7106": "/fixmedins/rxChkInfoQuery",
    "7107": "/fixmedins/rxSetlInfoQuery",
    "7211": "/fixmedins/circDrugQuery",
}
"""Evidenced paths; others are configured (``paths``). That 7101–7107 and 7211 are these eight follows from their names."""

INBOUND: Final = {"7108": "rxChkInfoCallback", "7109": "rxSetlInfoCallback"}
"""Where the platform sends what, below the address that the institution gave it (specification, notes of 7108 and 7109)."""

_encode = msgspec.json.Encoder().encode


@attrs.frozen(kw_only=True)
class EnvelopeSmSettings(AddressedSettings):
    """Keys of ``envelope-sm``."""

    url: str = setting(
        "url", "处方流转或移动支付中心地址（路径由交易决定）", "address of the centre; the interface decides the path",
        required=True, example="http://127.0.0.1:8765",
    )  # fmt: skip
    url_rule: str = setting(
        "text", "地址规则：paths 已知及 paths 中列出的路径；code 地址后加 /交易编号；one 同一地址",
        "paths: the known ones and those in paths; code: address/interface code; one: the same address for all",
        choices=URL_RULES, default="paths",
    )  # fmt: skip
    app_id: str = setting(
        "text", "appId，由平台分配", "appId, given by the platform", required=True, limit=100,
        example="0123456789ABCDEF0123456789ABCDEF",
    )  # fmt: skip
    app_secret: Secret = setting(
        "secret", "appSecret（按原文使用）", "appSecret, used as it is written", required=True, example={"env": "HIS_APP_SECRET"}
    )  # fmt: skip
    private_key: Secret = setting(
        "sm2-private", "本机构 SM2 私钥（PEM、十六进制或 Base64）", "the institution's SM2 private key (PEM, hex or Base64)",
        required=True, example={"file": "sm2-private.pem"},
    )  # fmt: skip
    platform_key: str = setting(
        "sm2-public", "平台 SM2 公钥，用于验签；也可写 { file = \"文件\" }",
        "the platform's SM2 public key, verifies replies; or { file = … }",
        required=True, example={"file": "sm2-platform.pem"},
    )  # fmt: skip
    sign_type: str = setting(
        "text", "signType 的写法：SM2；海南为 SM3（签名算法不变）", "what signType says: SM2; Hainan SM3 (the signature is the same)",
        choices=("SM2", "SM3"), default="SM2",
    )  # fmt: skip
    version: str = setting("text", "version", "version", default="2.0.1", limit=20)


@attrs.frozen
class EnvelopeSmGateway:
    """Speaks for interfaces without the national head: ``seal`` gets ``input`` alone."""

    settings_class: ClassVar = EnvelopeSmSettings
    envelopes: ClassVar[frozenset[str]] = frozenset({"national", "order"})
    bare: ClassVar[bool] = True
    serves: ClassVar[tuple[str, ...]] = ("6*", "7*")
    inbound: ClassVar[Mapping[str, str]] = INBOUND
    settings: EnvelopeSmSettings
    _addresses: Addresses = attrs.field(init=False, repr=False, eq=False)
    _private: Sm2PrivateKey = attrs.field(init=False, repr=False, eq=False)
    _platform: Sm2PublicKey = attrs.field(init=False, repr=False, eq=False)
    _key: bytes = attrs.field(init=False, repr=False, eq=False)

    @_addresses.default
    def _where(self) -> Addresses:
        return Addresses(self.settings, known=PATHS)

    @_private.default
    def _read_private(self) -> Sm2PrivateKey:
        return read_private_key(self.settings.private_key.reveal())

    @_platform.default
    def _read_platform(self) -> Sm2PublicKey:
        return read_public_key(self.settings.platform_key)

    @_key.default
    def _derive(self) -> bytes:
        if len(self.settings.app_id) < 16 or not self.settings.app_id.isascii():
            raise ConfigError(
                "app_id 至少 16 个 ASCII 字符", "app_id has at least 16 ASCII characters",
                hint_zh="核对平台分配的 appId", hint_en="compare it with what the platform gave",
            )  # fmt: skip
        return content_key(self.settings.app_id, self.settings.app_secret.reveal())

    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        """The envelope around the business object of ``body`` (an ``input``); ``timestamp`` in milliseconds."""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return HttpRequest(self._addresses[infno], headers, self._closed({}, _business_object(body), now_ms))

    def _closed(self, said: Mapping[str, Any], plain: bytes, now_ms: int) -> bytes:
        """The outer map with what it says besides, the business object encrypted, everything signed."""
        settings = self.settings
        outer: dict[str, Any] = {
            **said,
            "appId": settings.app_id,
            "encType": "SM4",
            "signType": settings.sign_type,
            "timestamp": str(now_ms),
            "version": settings.version,
        }
        text = sign_text({**outer, "data": literal_json(plain)}, settings.app_secret.reveal())
        signed = software().sm2_sign(self._private, text.encode(), form=SignatureForm.RS)
        outer["encData"] = encrypted(self._key, plain)
        outer["signData"] = base64.b64encode(signed).decode("ascii")
        return _encode(outer)

    def receive(self, body: bytes) -> bytes:
        """``input`` of a notification of the platform. Raises ``TransportFailure`` unless the platform signed it for this ``appId``."""
        reply = HttpReply(200, {}, body)
        outer = self._outer(reply)
        # The cheap questions first: anybody may ask, and the text that is signed takes seconds for a hostile megabyte.
        # What cannot be decrypted with this institution's own key comes no further.
        plain = self._content(outer, reply)
        if plain is None:
            raise _refused("no business object", reply)
        if outer.get("appId") != self.settings.app_id:
            raise _refused("another appId", reply)
        self._verify(outer, plain, reply)
        return _encode({"data": msgspec.Raw(plain)})

    def acknowledge(self, output: bytes, now_ms: int, *, accepted: bool, text: str) -> bytes:
        """The answer to a notification: ``output``'s node ``data`` in an envelope with ``code`` 0, or -1 with ``text``."""
        said = {"code": 0 if accepted else -1, "message": text}
        return self._closed(said, _business_object(output), now_ms)

    def open(self, reply: HttpReply) -> bytes:
        """The verified reply in the national form, all its own members beside. Raises ``TransportFailure`` unless verified."""
        outer = self._outer(reply)
        plain = self._content(outer, reply)
        self._verify(outer, plain, reply)
        outer.pop("data", None)
        outer.pop("encData", None)
        code, said = outer.get("code"), outer.get("message")
        form: dict[str, Any] = {
            **outer,
            "infcode": code if isinstance(code, str) else None,
            "err_msg": said if isinstance(said, str) else None,
            "output": None if plain is None else _nodes(plain),
        }
        return _encode(form)

    def _outer(self, reply: HttpReply) -> dict[str, Any]:
        try:
            outer = literal_json(reply.body)
        except (ValueError, RecursionError):
            outer = None
        if not isinstance(outer, dict):
            raise _refused("reply not json", reply)
        return outer

    def _content(self, outer: dict[str, Any], reply: HttpReply) -> bytes | None:
        """The business object as text; ``None`` when the reply has none."""
        sealed = outer.get("encData")
        if sealed in (None, ""):
            return None
        if not isinstance(sealed, str) or "data" in outer:
            raise _refused("reply not decrypted", reply)  # with both, nobody could say which one is signed
        try:
            return decrypted(self._key, sealed)
        except (CryptoError, ValueError):
            raise _refused("reply not decrypted", reply) from None

    def _verify(self, outer: dict[str, Any], plain: bytes | None, reply: HttpReply) -> None:
        """Raises unless the platform signed exactly this."""
        signature = outer.get("signData")
        if not isinstance(signature, str) or not signature:
            raise _refused("reply not signed", reply)
        try:
            signed = {**outer, "data": literal_json(plain)} if plain is not None else outer
            text = sign_text(signed, self.settings.app_secret.reveal()).encode()
            data = base64.b64decode(signature, validate=True)
            valid = software().sm2_verify(self._platform, text, data, form=SignatureForm.RS)
        except (binascii.Error, ValueError, RecursionError):
            valid = False
        if not valid:
            raise _refused("reply signature wrong", reply)


def _refused(evidence: str, reply: HttpReply) -> TransportFailure:
    return TransportFailure(evidence, f"HTTP {reply.status}", status=reply.status, raw=reply.body)


def _business_object(body: bytes) -> bytes:
    """The content of ``data``; other nodes of the same ``input`` (7101 ``rxdrugdetail`` …) are members beside its fields."""
    nodes = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    data = nodes.pop("data", None)
    if data is None:
        return body
    own = bytes(data)
    if not nodes or not own.startswith(b"{"):
        return body if nodes else own
    return _encode({**msgspec.json.decode(own, type=dict[str, msgspec.Raw]), **nodes})


def _nodes(plain: bytes) -> msgspec.Raw:
    """``output``: the business object as node ``data``, and its own nodes (7105 ``rxDetlList`` …) beside it as documented."""
    members: dict[str, msgspec.Raw] = {"data": msgspec.Raw(plain)}
    if plain.lstrip()[:1] == b"{":
        inner = msgspec.json.decode(plain, type=dict[str, msgspec.Raw])
        members |= {k: v for k, v in inner.items() if k != "data" and bytes(v)[:1] in (b"{", b"[")}
    return msgspec.Raw(_encode(members))


@hookimpl
def mi_register_gateways(registry: Registry[GatewayFactory]) -> None:
    """The profile's name in the configuration is ``envelope-sm``."""
    registry.add("envelope-sm", EnvelopeSmGateway)
