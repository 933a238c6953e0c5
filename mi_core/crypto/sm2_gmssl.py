"""SM2 by ``gmssl``, hardened. Used where no libcrypto with SM2 is found; 15 to 30 times slower than that.

gmssl gives the point multiplication and the formulas of signing and verifying. What is unsafe in it is not used: its
nonces come from the Mersenne Twister (here: ``secrets``), its constructor strips digits of the public key (here: set
afterwards), its ``decrypt`` checks neither C1 nor C3 (here: both), its Z knows one user id. It is plain Python and not
constant in time: an attacker who can measure signing exactly on the same machine is not kept out.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from importlib.metadata import version
from threading import Lock
from typing import Any, Final
from weakref import WeakKeyDictionary

from mi_core.crypto.curve import GENERATOR, ORDER, SIZE, on_curve
from mi_core.crypto.digest import sm3
from mi_core.crypto.failures import CryptoError
from mi_core.crypto.keys import Sm2PrivateKey, Sm2PublicKey
from mi_core.crypto.sm2_forms import Sm2Ciphertext
from mi_core.crypto.sm2_scheme import exclusive_or, key_stream, signed_digest

__all__ = ["GmsslSm2"]

_TRIES: Final = 100


def _random_nonce() -> int:
    return secrets.randbelow(ORDER - 1) + 1


class GmsslSm2:
    """SM2 by gmssl. ``nonce`` gives the k of signing and encrypting; anything but the default is for test vectors."""

    name = "gmssl"

    def __init__(self, nonce: Callable[[], int] = _random_nonce) -> None:
        from gmssl.sm2 import CryptSM2

        self._make: Final[Callable[[str, str], Any]] = CryptSM2
        self.version = f"gmssl {version('gmssl')}"
        self._nonce = nonce
        self._known: WeakKeyDictionary[Sm2PrivateKey, Sm2PublicKey] = WeakKeyDictionary()
        self._lock = Lock()

    def public_key(self, key: Sm2PrivateKey) -> Sm2PublicKey:
        """The public key, computed once per key."""
        with self._lock:
            public = self._known.get(key)
            if public is None:
                public = Sm2PublicKey(self._multiply(int.from_bytes(key.reveal(), "big"), GENERATOR))
                self._known[key] = public
            return public

    def sign(self, key: Sm2PrivateKey, data: bytes, user_id: bytes) -> bytes:
        """r‖s."""
        digest = signed_digest(self.public_key(key).point, data, user_id)
        signer = self._make(key.reveal().hex(), "")
        for _ in range(_TRIES):
            signature = signer.sign(digest, f"{self._nonce():064x}")
            if signature is not None:  # None: the nonce gave r, s or r + k of zero
                return bytes.fromhex(signature)
        raise CryptoError("SM2 签名失败", "SM2 signing failed")

    def verify(self, key: Sm2PublicKey, data: bytes, rs: bytes, user_id: bytes) -> bool:
        """Whether the signature is right; gmssl fails with a ``TypeError`` where the sum of points is infinite."""
        checker = self._make("", "")
        checker.public_key = key.point.hex()
        r, s = int.from_bytes(rs[:SIZE], "big"), int.from_bytes(rs[SIZE:], "big")
        if len(rs) != 2 * SIZE or not (1 <= r < ORDER and 1 <= s < ORDER):
            return False  # gmssl does not look
        try:
            return bool(checker.verify(rs.hex(), signed_digest(key.point, data, user_id)))
        except TypeError:
            return False

    def encrypt(self, key: Sm2PublicKey, data: bytes) -> Sm2Ciphertext:
        """Encrypt; repeated when the key stream is all zero."""
        for _ in range(_TRIES):
            nonce = self._nonce()
            shared = self._multiply(nonce, key.point)
            stream = key_stream(shared, len(data))
            if any(stream):
                c3 = sm3(shared[:SIZE] + data + shared[SIZE:])
                return Sm2Ciphertext(self._multiply(nonce, GENERATOR), c3, exclusive_or(data, stream))
        raise CryptoError("SM2 加密失败", "SM2 encryption failed")

    def decrypt(self, key: Sm2PrivateKey, parts: Sm2Ciphertext) -> bytes | None:
        """Decrypt: C1 must be on the curve, the key stream not zero, C3 right (compared in constant time)."""
        if not on_curve(parts.c1):
            return None
        shared = self._multiply(int.from_bytes(key.reveal(), "big"), parts.c1)
        stream = key_stream(shared, len(parts.c2))
        if not any(stream):
            return None
        plain = exclusive_or(parts.c2, stream)
        expected = sm3(shared[:SIZE] + plain + shared[SIZE:])
        return plain if hmac.compare_digest(expected, parts.c3) else None

    def _multiply(self, number: int, point: bytes) -> bytes:
        """number · point as x‖y; number in 1 … n-1."""
        result = self._make("", "")._kg(number, point.hex())
        if result is None:
            raise CryptoError("SM2 点运算失败", "SM2 point multiplication failed")
        return bytes.fromhex(result)
