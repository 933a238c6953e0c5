"""Institutions of other regions, signing with code of the tests' own: neither the plugins' nor the sandbox's."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

import msgspec
from gmalg import SM2, SM3, SM4  # type: ignore[import-untyped]  # gmalg ships no types

from mi_plugins.sandbox.profiles import envelope_sm, keys, oauth_sm, tif, zj_ca

USER_ID = b"1234567812345678"
_encoder = msgspec.json.Encoder(decimal_format="number")


def now_s() -> str:
    return str(int(time.time()))


def tif_headers(
    stamp: str | None = None, nonce: str = "", secret: str = tif.PAAS_SECRET, order: str = "{t}{s}{n}{t}"
) -> dict[str, str]:
    stamp = stamp or now_s()
    nonce = nonce or base64.b16encode(hashlib.md5(str(time.perf_counter_ns()).encode()).digest()).decode()
    text = order.format(t=stamp, s=secret, n=nonce)
    return {
        "x-tif-paasid": tif.PAAS_ID, "x-tif-timestamp": stamp, "x-tif-nonce": nonce,
        "x-tif-signature": hashlib.sha256(text.encode()).hexdigest(),
    }  # fmt: skip


def hmac_sm3(secret: bytes, data: bytes) -> bytes:
    def sm3(content: bytes) -> bytes:
        made = SM3()
        made.update(content)
        return bytes(made.value())

    block = secret.ljust(64, b"\0")
    inner = sm3(bytes(b ^ 0x36 for b in block) + data)
    return sm3(bytes(b ^ 0x5C for b in block) + inner)


def zj_headers(body: bytes, stamp: str | None = None, secret: str = zj_ca.CA_SECRET) -> dict[str, str]:
    stamp = stamp or now_s()
    digest = hmac_sm3(secret.encode(), stamp.encode() + b"\n" + body).hex().upper()
    return {"x-ca-key": zj_ca.CA_KEY, "x-ca-signature": f"{stamp}:{digest}"}


def sm4(key: bytes, data: bytes) -> bytes:
    fill = 16 - len(data) % 16
    padded = data + bytes([fill]) * fill
    cipher = SM4(key)
    return b"".join(bytes(cipher.encrypt(padded[n : n + 16])) for n in range(0, len(padded), 16))


def un_sm4(key: bytes, data: bytes) -> bytes:
    cipher = SM4(key)
    plain = b"".join(bytes(cipher.decrypt(data[n : n + 16])) for n in range(0, len(data), 16))
    return plain[: -plain[-1]]


def sm2_sign(text: bytes, user_id: bytes = USER_ID, private: bytes = b"") -> bytes:
    private = private or keys.CALLER.reveal()
    signer = SM2(private, uid=user_id, pk=b"\x04" + keys.CALLER_PUBLIC.point)
    r, s = signer.sign(text)
    return bytes(r).rjust(32, b"\0") + bytes(s).rjust(32, b"\0")


def sm2_verify(text: bytes, signature: bytes, public: bytes) -> bool:
    return bool(SM2(uid=USER_ID, pk=b"\x04" + public).verify(text, signature[:32], signature[32:]))


def der(signature: bytes) -> bytes:
    def integer(part: bytes) -> bytes:
        content = part.lstrip(b"\0")
        if content[0] & 0x80:
            content = b"\0" + content
        return b"\x02" + bytes([len(content)]) + content

    body = integer(signature[:32]) + integer(signature[32:])
    return b"\x30" + bytes([len(body)]) + body


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def compact(content: Any) -> str:
    """JSON without blanks, decimals as they are written, nothing escaped."""
    return _encoder.encode(content).decode()


def oauth_body(message: dict[str, Any], signature: bytes | None = None) -> bytes:
    plain = compact(message["input"]).encode()
    signed = sm2_sign(plain) if signature is None else signature
    whole = {**message, "input": b64(sm4(oauth_sm.CLIENT_ID.encode(), plain)), "cainfo": b64(signed)}
    return compact(whole).encode()


def texts_of(content: Any) -> Any:
    """``data`` of the sign text: no empty ones, every scalar a string, keys in order."""
    if isinstance(content, dict):
        kept = {name: texts_of(value) for name, value in sorted(content.items())}
        return {name: value for name, value in kept.items() if value not in (None, "", [])}
    if isinstance(content, list):
        return [one for one in map(texts_of, content) if one not in (None, "", [])]
    if content is None:
        return None
    return str(content).lower() if isinstance(content, bool) else str(content)


def envelope_key(app_id: str, secret: str) -> bytes:
    return sm4(app_id[:16].encode(), secret.encode()).hex().upper()[:16].encode()


def envelope_text(outer: dict[str, Any], business: Any, secret: str = envelope_sm.APP_SECRET) -> str:
    shown = {
        n: str(v)
        for n, v in outer.items()
        if n not in ("encData", "signData", "extra") and v not in (None, "", [])
    }
    if business is not None:
        shown["data"] = compact(texts_of(business))
    return "".join(sorted((f"{n}={v}&" for n, v in shown.items()), key=str.lower)) + f"key={secret}"


def envelope(business: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A whole outer map; ``changes`` come before it is signed."""
    outer: dict[str, Any] = {
        "appId": envelope_sm.APP_ID, "encType": "SM4", "signType": "SM2", "timestamp": str(round(time.time() * 1000)),
        "version": "2.0.1",
    } | changes  # fmt: skip
    key = envelope_key(envelope_sm.APP_ID, envelope_sm.APP_SECRET)
    outer["encData"] = sm4(key, compact(business).encode()).hex().upper()
    outer["signData"] = b64(sm2_sign(envelope_text(outer, business).encode()))
    return outer
