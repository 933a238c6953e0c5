"""SM2 keys as values. Neither ``repr`` nor any error shows a private key."""

from __future__ import annotations

import hashlib
import secrets
from typing import NoReturn

import attrs

from mi_core.crypto.curve import ORDER, POINT_SIZE, SIZE, on_curve
from mi_core.crypto.failures import KeyFormatError

__all__ = ["KeyReference", "Sm2PrivateKey", "Sm2PublicKey"]


@attrs.frozen
class KeyReference:
    """A key that stays inside a device (HSM, SDF): the provider's name and the device's label or index of the key."""

    provider: str
    label: str


@attrs.frozen(repr=False)
class Sm2PublicKey:
    """A point of the curve, 64 bytes x‖y; checked when made. Raises :class:`KeyFormatError`."""

    point: bytes

    def __attrs_post_init__(self) -> None:
        if len(self.point) != POINT_SIZE:
            raise KeyFormatError(
                f"SM2 公钥应为 {POINT_SIZE} 字节（x‖y），实得 {len(self.point)} 字节",
                f"an SM2 public key has {POINT_SIZE} bytes (x‖y), this has {len(self.point)}",
            )
        if not on_curve(self.point):
            raise KeyFormatError(
                "SM2 公钥不在曲线上", "the SM2 public key is not a point of the curve",
                hint_zh="请向对方重新索取公钥；常见原因是首位的 0 或 04 被误删",
                hint_en="ask for the key again; often a leading 0 or 04 was cut off by mistake",
            )  # fmt: skip

    @property
    def uncompressed(self) -> bytes:
        """65 bytes 04‖x‖y."""
        return b"\x04" + self.point

    @property
    def compressed(self) -> bytes:
        """33 bytes: 02 (y even) or 03 (y odd), then x."""
        return bytes([2 + self.point[-1] % 2]) + self.point[:SIZE]

    @property
    def fingerprint(self) -> str:
        """16 hex digits that name the key in logs (SHA-256 over x‖y)."""
        return hashlib.sha256(self.point).hexdigest()[:16]

    def __repr__(self) -> str:
        return f"<Sm2PublicKey {self.fingerprint}>"


class Sm2PrivateKey:
    """A number from 1 to order - 2, as 32 bytes. Compared by identity; never copied into text.

    ``declared`` is the public key that stood beside it in its file; providers refuse a pair that does not match.
    """

    __slots__ = ("__weakref__", "_secret", "declared")

    def __init__(self, secret: bytes, declared: Sm2PublicKey | None = None) -> None:
        if len(secret) != SIZE:
            raise KeyFormatError(
                f"SM2 私钥应为 {SIZE} 字节，实得 {len(secret)} 字节",
                f"an SM2 private key has {SIZE} bytes, this has {len(secret)}",
                hint_zh="若对方丢掉了开头的 0，请在左侧补 0 到 64 位十六进制",
                hint_en="if leading zeros were dropped, pad with 0 on the left to 64 hex digits",
            )
        if not 1 <= int.from_bytes(secret, "big") <= ORDER - 2:
            raise KeyFormatError(
                "SM2 私钥超出范围（1 到 n-2）", "the SM2 private key is out of range (1 to n-2)"
            )
        self._secret = bytes(secret)
        self.declared = declared

    @classmethod
    def generate(cls) -> Sm2PrivateKey:
        """A new key from the operating system's randomness."""
        return cls((secrets.randbelow(ORDER - 2) + 1).to_bytes(SIZE, "big"))

    def reveal(self) -> bytes:
        """The 32 secret bytes; for a provider, or to seal them."""
        return self._secret

    def __repr__(self) -> str:
        return "<Sm2PrivateKey ***>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key is not pickled or copied; seal reveal() instead")
