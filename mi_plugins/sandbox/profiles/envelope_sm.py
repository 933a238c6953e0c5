"""``envelope-sm``: the e-prescription centre (``…/fixmedins/…``) and the mobile-payment centre (``…/org/local/api/hos/…``).

The outer JSON is ``appId encType signType timestamp version encData signData``; the business object within ``encData`` is
what stands in ``input.data`` of the interface that the path names. Replies are wrapped and signed in the same way with
the sandbox's own key; their ``code`` is 0, or -1 with a ``message``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

import msgspec

from mi_core.cli.text import t
from mi_core.crypto import DecryptionFailed, SignatureForm, Sm2PublicKey
from mi_plugins.sandbox.explain import SECRET, Guess, tell, tell_lines
from mi_plugins.sandbox.explain_wrong import tell_path, tell_value
from mi_plugins.sandbox.profiles.base import Admitted, Arrival, Refused, interface_of, stale
from mi_plugins.sandbox.profiles.keys import (
    CALLER,
    CALLER_PUBLIC,
    OWN_PUBLIC,
    USER_ID,
    other_user_ids,
    signed,
    verified,
)
from mi_plugins.sandbox.profiles.keys import verified as _verified
from mi_plugins.sandbox.profiles.sign_text import (
    RULE,
    Rule,
    decrypted,
    encrypted,
    message_key,
    read_literally,
    sign_text,
)
from mi_plugins.sandbox.settings import Settings

__all__ = ["APP_ID", "APP_SECRET", "PATHS", "EnvelopeSm"]

APP_ID: Final = "5A4E44424F58303153414E44424F5831"
APP_SECRET: Final = "53414E44424F58534543524554303031"  # noqa: S105  # published, as all keys of the sandbox
PATHS: Final[Mapping[str, str]] = {
    "fixmedins/uploadChk": "7101", "fixmedins/rxFixmedinsSign": "7102", "fixmedins/rxFileUpld": "7103", "fixmedins/rxUndo": "7104",
    "fixmedins/hospRxDetlQuery": "7105", "fixmedins/rxChkInfoQuery": "7106", "fixmedins/rxSetlInfoQuery": "7107",
    "fixmedins/circDrugQuery": "7211", "org/local/api/hos/uldFeeInfo": "6201", "org/local/api/hos/pay_order": "6202",
    "org/local/api/hos/refund_Order": "6203", "org/local/api/hos/query_order_info": "6301", "org/local/api/hos/revoke_order": "6401",
}  # fmt: skip
VERSION: Final = "2.0.1"

_encoder = msgspec.json.Encoder(decimal_format="number")
_SIGN_TYPES: Final = ("SM2", "SM3")
"""Hainan writes SM3; the signature is made in the same way here."""
_KEYS: Final = ("appId", "encType", "signType", "timestamp", "version", "encData", "signData")


class EnvelopeSm:
    """Opens and closes envelopes."""

    name: Final = "envelope-sm"

    def __init__(
        self,
        settings: Settings,
        app_id: str = APP_ID,
        app_secret: str = APP_SECRET,
        caller: Sm2PublicKey = CALLER_PUBLIC,
    ) -> None:
        self._settings, self._id, self._secret, self._caller = settings, app_id, app_secret, caller
        self._key = b""

    @property
    def key(self) -> bytes:
        """K, reckoned when it is first needed: a sandbox that nobody calls so loads no cipher."""
        self._key = self._key or message_key(self._id, self._secret)
        return self._key

    def admit(self, arrival: Arrival) -> Admitted:
        """Open the envelope, verify it."""
        infno = PATHS.get(arrival.path) or interface_of(arrival.path)
        if infno is None:
            tell_path(self.name, arrival.path, PATHS)
            raise Refused(f"沙箱网关：没有路径/{arrival.path[:60]}", status=404)
        plain, sign_type = self.open_message(arrival)
        return Admitted(plain, infno, partial(self.leave, sign_type), business=True)

    def open_message(self, arrival: Arrival) -> tuple[bytes, str]:
        """The business object of an envelope whose signature is right, and its ``signType``."""
        outer = self._outer(arrival)
        try:
            plain = decrypted(self.key, str(outer["encData"]))
            business = read_literally(plain)
            text = sign_text(outer, business, self._secret).encode()
        except (ValueError, RecursionError, DecryptionFailed):
            tell_lines(_unreadable())
            raise Refused(
                "沙箱网关：encData无法解密，或其明文不是JSON（大写十六进制、SM4-ECB-PKCS7，密钥按ASCII取用）"
            ) from None
        if not isinstance(business, dict):
            raise Refused("沙箱网关：encData的明文须为JSON对象")
        given = str(outer["signData"])
        if not verified(text, given, key=self._caller):
            tell(
                self.name,
                sign_text(outer, business, SECRET),
                _guesses(outer, business, given, self._id, self._secret, self._caller),
            )
            raise Refused("沙箱网关：signData签名不符")
        return plain, str(outer["signType"])

    def leave(self, sign_type: str, answer: dict[str, Any]) -> dict[str, Any]:
        """The reply in its envelope."""
        refused = answer.get("infcode", 0) != 0
        said = {
            "code": answer["infcode"] if refused else 0,
            "message": answer["err_msg"] if refused else "成功",
        }
        data = (
            {"OutData": answer["OutData"]} if "OutData" in answer else answer.get("data")
        )  # 6101 has a node of its own
        return self._closed(said, data, sign_type)

    def wrap(self, business: Mapping[str, Any]) -> dict[str, Any]:
        """A message that the centre itself sends (a notification)."""
        return self._closed({}, business, "SM2")

    def answered(self, body: bytes) -> dict[str, Any] | str:
        """The business object of what an institution answered to :meth:`wrap`; a text says why it is no answer."""
        try:
            outer = read_literally(body)
            plain = decrypted(self.key, str(outer["encData"]))
            business = read_literally(plain)
            text = sign_text(outer, business, APP_SECRET).encode()
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, DecryptionFailed):
            return "the answer is no envelope"
        if not verified(text, str(outer.get("signData"))):
            return "the answer's signature is wrong"
        if str(outer.get("code")) != "0" or not isinstance(business, dict):
            return f"refused with code {str(outer.get('code'))[:20]}"
        return business

    def _closed(self, said: Mapping[str, Any], data: Any, sign_type: str) -> dict[str, Any]:
        outer: dict[str, Any] = {
            **said, "appId": APP_ID, "encType": "SM4", "signType": sign_type, "timestamp": str(self._settings.now_ms()),
            "version": VERSION,
        }  # fmt: skip
        if data is not None:
            plain = _encoder.encode(data)
            outer["encData"] = encrypted(self.key, plain)
            data = read_literally(plain)
        outer["signData"] = signed(sign_text(outer, data, APP_SECRET).encode())
        return outer

    def config(self, url: str) -> dict[str, Any]:
        """For ``[institutions.X.gateway]``."""
        return {
            "url": f"{url}/{self.name}", "app_id": APP_ID, "app_secret": APP_SECRET, "private_key": CALLER.reveal().hex(),
            "platform_key": OWN_PUBLIC.uncompressed.hex(),
        }  # fmt: skip

    def _outer(self, arrival: Arrival) -> dict[str, Any]:
        try:
            outer = read_literally(arrival.body)
        except (ValueError, RecursionError):
            outer = None
        if not isinstance(outer, dict):
            raise Refused("沙箱网关：报文须为JSON对象")
        missing = [name for name in _KEYS if not outer.get(name) or not isinstance(outer[name], str)]
        if missing:
            raise Refused(f"沙箱网关：信封缺少{'、'.join(missing)}")
        if outer["appId"] != self._id:
            tell_value(self.name, "appId", self._id, outer["appId"])
            raise Refused("沙箱网关：未知的appId")
        if outer["encType"] != "SM4" or outer["signType"] not in _SIGN_TYPES:
            raise Refused("沙箱网关：encType须为SM4，signType须为SM2（海南写作SM3）")
        if wrong := stale(outer["timestamp"], 13, arrival):
            raise Refused(wrong)
        return outer


_RULES: Final = (
    ("数值未写成字符串", "numbers not written as strings", Rule(quote_numbers=False)),
    ("空值未去除", "empty values not left out", Rule(drop_empty=False)),
    ("空值未去除，数值未写成字符串", "empty values not left out, numbers not as strings", Rule(drop_empty=False, quote_numbers=False)),
    ("非ASCII字符被转义", "characters beyond ASCII escaped", Rule(escape=True)),
    ("data的键未排序", "keys within data not sorted", Rule(sort_data=False)),
    ("JSON中有空格", "blanks within the JSON", Rule(spaced=True)),
    ("按大小写排序", "sorted with regard to case", Rule(sort_key=str)),
)  # fmt: skip


def _unreadable() -> list[str]:
    return [t("[envelope-sm] encData 无法解密，或其明文不是 JSON：大写十六进制、SM4-ECB-PKCS7；密钥 K 为 SM4(appId 前 16 位, appSecret) "
              "大写十六进制的前 16 个字符，按 ASCII 取用；多半是 appSecret 不同，或把 K 解成了 8 字节",
              "[envelope-sm] encData cannot be decrypted, or is no JSON then: upper-case hex, SM4-ECB-PKCS7; the key K is the first 16 "
              "characters of the upper-case hex of SM4(first 16 of appId, appSecret), used as ASCII; most likely another appSecret, or "
              "K was decoded to 8 bytes")]  # fmt: skip


def _guesses(
    outer: Mapping[str, Any], business: object, given: str, app_id: str, secret: str, caller: Sm2PublicKey
) -> Iterator[Guess]:
    verified = partial(_verified, key=caller)
    real, shown = sign_text(outer, business, secret), sign_text(outer, business, SECRET)
    yield Guess("签名为DER编码，应为r‖s共64字节", "the signature is DER; r‖s of 64 bytes is wanted", shown,
                verified(real.encode(), given, form=SignatureForm.DER))  # fmt: skip
    for user_id in other_user_ids(app_id):
        yield Guess(f"SM2用户标识用了{user_id!r}，应为{USER_ID!r}", f"SM2 user id {user_id!r}; {USER_ID!r} is wanted", shown,
                    verified(real.encode(), given, user_id=user_id))  # fmt: skip
    for zh, en, rule in _RULES:
        text = sign_text(outer, business, secret, rule)
        yield Guess(zh, en, sign_text(outer, business, SECRET, rule), verified(text.encode(), given))
    without = real.removesuffix(f"key={secret}")
    yield Guess("末尾缺少key=", "key= is missing at the end", without, verified(without.encode(), given))
    cipher = {**outer, "data": outer["encData"]}
    text = sign_text(cipher, None, secret, RULE)
    yield Guess("签名的是密文，应为明文data", "the ciphertext was signed; the plain data is wanted", sign_text(cipher, None, SECRET),
                verified(text.encode(), given))  # fmt: skip
