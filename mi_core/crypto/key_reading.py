"""Reads SM2 keys in the forms they are handed over in.

Text: PEM (PKCS#8, SEC1, SubjectPublicKeyInfo), hex, or Base64 of the binary forms. Bytes: PEM, DER, or raw: private
32 bytes or 33 with a leading 00 (Java's ``BigInteger``); public 64 (x‖y), 65 (04‖x‖y) or 33 (compressed). Nothing is
stripped but white space around text: which form it is follows from the length, never from the first digits.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from mi_core.crypto.curve import POINT_SIZE, SIZE, decompress
from mi_core.crypto.der import BIT_STRING, OBJECT_ID, OCTET_STRING, SEQUENCE, DerError, DerReader
from mi_core.crypto.failures import KeyFormatError
from mi_core.crypto.keys import Sm2PrivateKey, Sm2PublicKey

__all__ = ["read_private_key", "read_public_key"]

_EC_KEY: Final = bytes.fromhex("2A8648CE3D0201")  # 1.2.840.10045.2.1
_SM2_CURVE: Final = bytes.fromhex("2A811CCF5501822D")  # 1.2.156.10197.1.301
_PEM: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_HEX: Final = re.compile(r"[0-9A-Fa-f]+")
_BASE64_OF_33: Final = 44
"""Characters of Base64 of 33 bytes: the only Base64 of a key that may by chance consist of hex digits."""
_PARAMETERS, _PUBLIC, _OUTER_PUBLIC = 0xA0, 0xA1, 0x81

_PAD_ZH: Final = "若对方丢掉了开头的 0，请在左侧补足：私钥 64 位，公钥每个坐标 64 位"
_PAD_EN: Final = (
    "if leading zeros were dropped, pad on the left: 64 digits for a private key and for each coordinate"
)


def read_private_key(source: str | bytes) -> Sm2PrivateKey:
    """The private key in ``source``. Raises :class:`KeyFormatError`."""
    label, data = _binary(source)
    if label not in ("", "PRIVATE KEY", "EC PRIVATE KEY", "SM2 PRIVATE KEY"):
        raise _wrong_pem(label, "PRIVATE KEY")
    try:
        if not label and len(data) in (SIZE, SIZE + 1):
            return Sm2PrivateKey(_scalar(data))
        if data[:1] != bytes([SEQUENCE]):
            raise _unknown_private(len(data))
        return _private_der(data)
    except DerError:
        raise _damaged() from None


def read_public_key(source: str | bytes) -> Sm2PublicKey:
    """The public key in ``source``. Raises :class:`KeyFormatError`."""
    label, data = _binary(source)
    if label not in ("", "PUBLIC KEY"):
        raise _wrong_pem(label, "PUBLIC KEY")
    try:
        if label or (
            data[:1] == bytes([SEQUENCE]) and len(data) not in (SIZE + 1, POINT_SIZE, POINT_SIZE + 1)
        ):
            reader = DerReader(data)
            info = reader.sequence()
            reader.end()
            _check_algorithm(info.sequence())
            point = _bits(info.take(BIT_STRING))
            info.end()
            return _point(point)
        return _point(data)
    except DerError:
        raise _damaged() from None


def _binary(source: str | bytes) -> tuple[str, bytes]:
    """PEM label (empty when there is none) and the binary content."""
    if isinstance(source, bytes):
        if not source.strip().startswith(b"-----BEGIN"):
            return "", source
        try:
            source = source.decode("ascii")
        except UnicodeDecodeError:
            raise _damaged() from None
    text = source.removeprefix("\ufeff").strip()
    if "-----BEGIN" in text:
        blocks = [(m[1], m[2]) for m in _PEM.finditer(text) if not m[1].endswith(" PARAMETERS")]
        if len(blocks) != 1:
            raise KeyFormatError(
                f"PEM 文本应只含一个密钥，实得 {len(blocks)} 个",
                f"the PEM text must hold one key, it holds {len(blocks)}",
                hint_zh="检查 BEGIN 与 END 行是否完整", hint_en="check that the BEGIN and END lines are complete",
            )  # fmt: skip
        label, body = blocks[0]
        if ":" in body:
            raise _encrypted()
        return label, _base64(body)
    compact = "".join(text.split())
    if _HEX.fullmatch(compact) and len(compact) != _BASE64_OF_33:
        if len(compact) % 2:
            raise KeyFormatError(
                f"十六进制密钥的位数为奇数（{len(compact)} 位）",
                f"the key has an odd number of hex digits ({len(compact)})",
                hint_zh=_PAD_ZH, hint_en=_PAD_EN,
            )  # fmt: skip
        return "", bytes.fromhex(compact)
    return "", _base64(compact)


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise KeyFormatError(
            "密钥文本既不是 PEM、十六进制，也不是 Base64", "the key text is neither PEM nor hex nor Base64",
            hint_zh="检查复制时是否缺字、多出引号或换成了全角字符",
            hint_en="check for characters lost or quotes added while copying",
        ) from None  # fmt: skip


def _private_der(data: bytes) -> Sm2PrivateKey:
    reader = DerReader(data)
    body = reader.sequence()
    reader.end()
    version = body.integer()
    if body.next_tag == OCTET_STRING:
        return _sec1(body, version, outer=None)
    if version not in (0, 1):
        raise DerError("version of PKCS#8")
    _check_algorithm(body.sequence())
    inner = DerReader(body.take(OCTET_STRING))
    sec1 = inner.sequence()
    inner.end()
    if body.next_tag == _PARAMETERS:
        body.take(_PARAMETERS)  # attributes of PKCS#8: nothing of the key
    outer = _bits(body.take(_OUTER_PUBLIC)) if body.next_tag == _OUTER_PUBLIC else None
    body.end()
    return _sec1(sec1, sec1.integer(), outer)


def _sec1(body: DerReader, version: int, outer: bytes | None) -> Sm2PrivateKey:
    if version != 1:
        raise DerError("version of SEC1")
    secret = body.take(OCTET_STRING)
    if body.next_tag == _PARAMETERS:
        parameters = DerReader(body.take(_PARAMETERS))
        _check_curve(parameters)
        parameters.end()
    if body.next_tag == _PUBLIC:
        wrapped = DerReader(body.take(_PUBLIC))
        outer = _bits(wrapped.take(BIT_STRING))
        wrapped.end()
    body.end()
    # here the length is written beside the octets, so a shorter number is no doubtful case
    return Sm2PrivateKey(_scalar(secret.rjust(SIZE, b"\0")), None if outer is None else _point(outer))


def _check_algorithm(algorithm: DerReader) -> None:
    if algorithm.take(OBJECT_ID) != _EC_KEY:
        raise KeyFormatError(
            "密钥不是椭圆曲线密钥（可能是 RSA）", "the key is no elliptic-curve key (perhaps RSA)"
        )
    _check_curve(algorithm)
    algorithm.end()


def _check_curve(reader: DerReader) -> None:
    if reader.next_tag != OBJECT_ID or reader.take(OBJECT_ID) != _SM2_CURVE:
        raise KeyFormatError(
            "密钥的曲线不是 SM2（sm2p256v1，1.2.156.10197.1.301），或以显式参数写出",
            "the key's curve is not SM2 (sm2p256v1, 1.2.156.10197.1.301) or is written as explicit parameters",
            hint_zh="请对方以命名曲线导出：openssl ec -param_enc named_curve",
            hint_en="have it exported with the named curve: openssl ec -param_enc named_curve",
        )


def _bits(content: bytes) -> bytes:
    if content[:1] != b"\0":
        raise DerError("unused bits")
    return content[1:]


def _scalar(data: bytes) -> bytes:
    return data[1:] if len(data) == SIZE + 1 and data[0] == 0 else data


def _point(data: bytes) -> Sm2PublicKey:
    if len(data) == POINT_SIZE:
        return Sm2PublicKey(data)
    if len(data) == POINT_SIZE + 1 and data[0] == 4:
        return Sm2PublicKey(data[1:])
    if len(data) == SIZE + 1 and data[0] in (2, 3):
        point = decompress(data[1:], odd=data[0] == 3)
        if point is not None:
            return Sm2PublicKey(point)
        raise KeyFormatError(
            "SM2 压缩公钥不在曲线上", "the compressed SM2 public key is not a point of the curve"
        )
    hint = ("这像是私钥", "this looks like a private key") if len(data) == SIZE else ("", "")
    raise KeyFormatError(
        f"SM2 公钥应为 64 字节、04 开头的 65 字节或 02/03 开头的 33 字节，实得 {len(data)} 字节",
        f"an SM2 public key has 64 bytes, 65 beginning with 04 or 33 beginning with 02/03; this has {len(data)}",
        hint_zh=hint[0], hint_en=hint[1],
    )  # fmt: skip


def _unknown_private(size: int) -> KeyFormatError:
    looks_public = size in (POINT_SIZE, POINT_SIZE + 1)
    hint = ("这像是公钥", "this looks like a public key") if looks_public else (_PAD_ZH, _PAD_EN)
    return KeyFormatError(
        f"SM2 私钥应为 32 字节（或首字节为 00 的 33 字节）、PKCS#8 或 SEC1，实得 {size} 字节",
        f"an SM2 private key has 32 bytes (or 33 beginning with 00) or is PKCS#8 or SEC1; this has {size} bytes",
        hint_zh=hint[0], hint_en=hint[1],
    )  # fmt: skip


def _wrong_pem(label: str, expected: str) -> KeyFormatError:
    if label == "ENCRYPTED PRIVATE KEY":
        return _encrypted()
    return KeyFormatError(
        f"PEM 内容是 {label}，需要 {expected}", f"the PEM text holds a {label}, a {expected} is needed",
        hint_zh="证书中的公钥可用 openssl x509 -pubkey -noout 取出" if label == "CERTIFICATE" else "",
        hint_en="take the key out of a certificate with openssl x509 -pubkey -noout" if label == "CERTIFICATE" else "",
    )  # fmt: skip


def _encrypted() -> KeyFormatError:
    return KeyFormatError(
        "私钥文件带口令，无法直接读取", "the private key file is protected by a pass phrase",
        hint_zh="用 openssl pkey 去掉口令后，以 mi secrets 封存", hint_en="remove it with openssl pkey, then seal with mi secrets",
    )  # fmt: skip


def _damaged() -> KeyFormatError:
    return KeyFormatError(
        "密钥结构损坏或不是 DER（PKCS#8、SEC1、SubjectPublicKeyInfo）",
        "the key's structure is damaged or no DER (PKCS#8, SEC1, SubjectPublicKeyInfo)",
        hint_zh="请重新导出或重新复制", hint_en="export or copy it again",
    )  # fmt: skip
