"""The parts of GB/T 32918 that are hashing only: Z, the signed digest, the key stream. For backends without them."""

from __future__ import annotations

from typing import Final

from mi_core.crypto.curve import GENERATOR, SIZE, A, B
from mi_core.crypto.digest import sm3

__all__ = ["exclusive_or", "key_stream", "signed_digest"]

_CURVE: Final = A.to_bytes(SIZE, "big") + B.to_bytes(SIZE, "big") + GENERATOR


def signed_digest(point: bytes, data: bytes, user_id: bytes) -> bytes:
    """e = SM3(Z ‖ data), Z = SM3(bits of the id, 2 bytes ‖ id ‖ a ‖ b ‖ G ‖ public key x‖y)."""
    z = sm3((8 * len(user_id)).to_bytes(2, "big") + user_id + _CURVE + point)
    return sm3(z + data)


def key_stream(seed: bytes, size: int) -> bytes:
    """``size`` bytes by the key derivation function: SM3(seed ‖ counter) for counter 1, 2, …"""
    blocks = -(-size // SIZE)
    return b"".join(sm3(seed + n.to_bytes(4, "big")) for n in range(1, blocks + 1))[:size]


def exclusive_or(left: bytes, right: bytes) -> bytes:
    """Bitwise, of two strings of one length."""
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")
