"""The curve of GB/T 32918.5 (sm2p256v1): its constants and its equation.

Only public values pass through here: whether a point satisfies the equation, and the ``y`` of a compressed point.
Points are added and multiplied by libcrypto or gmssl, never by this project.
"""

from __future__ import annotations

from typing import Final

__all__ = ["FIELD", "GENERATOR", "ORDER", "POINT_SIZE", "SIZE", "A", "B", "decompress", "on_curve"]

SIZE: Final = 32
"""Bytes of a coordinate, a private key, r, s."""
POINT_SIZE: Final = 2 * SIZE
"""Bytes of x‖y."""

FIELD: Final = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF
A: Final = FIELD - 3
B: Final = 0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93
ORDER: Final = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123
GENERATOR: Final = bytes.fromhex(
    "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7"
    "BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0"
)
"""The base point, x‖y."""


def on_curve(point: bytes) -> bool:
    """Whether x‖y (64 bytes) is a point of the curve. The cofactor is 1, so every one has the full order."""
    if len(point) != POINT_SIZE:
        return False
    x, y = int.from_bytes(point[:SIZE], "big"), int.from_bytes(point[SIZE:], "big")
    return x < FIELD and y < FIELD and (y * y - _right_side(x)) % FIELD == 0


def decompress(x: bytes, *, odd: bool) -> bytes | None:
    """x‖y of the point with this ``x`` and an odd or even ``y``; None when there is none."""
    value = int.from_bytes(x, "big")
    if len(x) != SIZE or value >= FIELD:
        return None
    y = pow(_right_side(value), (FIELD + 1) // 4, FIELD)  # a square root, because FIELD mod 4 is 3
    if y and y % 2 != odd:
        y = FIELD - y
    point = x + y.to_bytes(SIZE, "big")
    return point if on_curve(point) else None


def _right_side(x: int) -> int:
    return (x * x * x + A * x + B) % FIELD
