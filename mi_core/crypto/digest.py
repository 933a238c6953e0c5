"""SM3 (GB/T 32905) and HMAC-SM3, by hashlib where Python's OpenSSL has SM3, else by ``cryptography``."""

from __future__ import annotations

import hashlib
import hmac
from functools import cache

from mi_core.crypto.failures import CryptoError

__all__ = ["hmac_sm3", "in_hashlib", "sm3"]


@cache
def in_hashlib() -> bool:
    """Whether hashlib offers SM3 (it is named but refused where OpenSSL runs in FIPS mode)."""
    try:
        hashlib.new("sm3", b"")
    except ValueError:
        return False
    return True


def sm3(data: bytes) -> bytes:
    """32 bytes."""
    if in_hashlib():
        return hashlib.new("sm3", data).digest()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes

    try:
        work = hashes.Hash(hashes.SM3())
    except UnsupportedAlgorithm:
        raise _missing() from None
    work.update(data)
    return work.finalize()


def hmac_sm3(key: bytes, data: bytes) -> bytes:
    """32 bytes HMAC (RFC 2104) with SM3."""
    if in_hashlib():
        return hmac.digest(key, data, "sm3")
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives import hmac as other_hmac

    try:
        work = other_hmac.HMAC(key, hashes.SM3())
    except UnsupportedAlgorithm:
        raise _missing() from None
    work.update(data)
    return work.finalize()


def _missing() -> CryptoError:
    return CryptoError(
        "没有可用的 SM3 实现", "no SM3 implementation is available",
        hint_zh="安装官方的 cryptography 安装包（wheel）", hint_en="install the official wheel of cryptography",
    )  # fmt: skip
