"""What is wrong in gmssl itself, shown, and that our wrapper does not have it."""

from __future__ import annotations

import attrs
import pytest
from gmssl.sm2 import CryptSM2

from mi_core.crypto.sm2_gmssl import GmsslSm2
from tests.crypto.kit import KEYS, PUBLIC, UID, backend, numbered_key

TRAPPED = [n for n in range(200) if backend("libcrypto").public_key(numbered_key(n)).point.hex()[0] in "04"]
"""Of 200 keys, those whose digits gmssl's ``lstrip("04")`` eats when the key is given with its leading 04."""


def test_the_trap_is_there() -> None:
    assert 10 <= len(TRAPPED) <= 45  # 2 of 16 first digits; the exact number depends on the keys
    for n in TRAPPED:
        point = backend("libcrypto").public_key(numbered_key(n)).point.hex()
        assert len(CryptSM2("", "04" + point).public_key) < 128


@pytest.mark.parametrize("n", TRAPPED)
def test_trapped_keys_work(n: int) -> None:
    """With what uses the public key; what uses the private key too, for the first few."""
    key = numbered_key(n)
    ours, other = backend("gmssl"), backend("libcrypto")
    public = other.public_key(key)
    assert ours.verify(public, b"text", other.sign(key, b"text", UID), UID)
    assert other.decrypt(key, ours.encrypt(public, b"text")) == b"text"
    if n in TRAPPED[:5]:
        assert public == ours.public_key(key)
        assert other.verify(public, b"text", ours.sign(key, b"text", UID), UID)
        assert ours.decrypt(key, other.encrypt(public, b"text")) == b"text"


def test_keys_whose_point_begins_with_04_or_zeros() -> None:
    """Without a leading 04 gmssl strips too, when x happens to begin with 04."""
    found = {"04": 0, "00": 0}
    for n in range(200, 1400):
        key = numbered_key(n)
        public = backend("libcrypto").public_key(key)
        start = public.point.hex()[:2]
        if start in found and found[start] < 2:
            found[start] += 1
            rs = backend("libcrypto").sign(key, b"text", UID)
            assert backend("gmssl").verify(public, b"text", rs, UID)
            parts = backend("gmssl").encrypt(public, b"text")
            assert backend("libcrypto").decrypt(key, parts) == b"text"
    assert all(found.values())


def test_raw_gmssl_opens_a_forged_ciphertext_and_ours_does_not() -> None:
    parts = backend("gmssl").encrypt(PUBLIC[0], b"pay 100.00")
    forged = attrs.evolve(parts, c2=bytes([parts.c2[0] ^ 1]) + parts.c2[1:])
    raw = CryptSM2(KEYS[0].reveal().hex(), "", mode=1)
    assert raw.decrypt(forged.c1 + forged.c3 + forged.c2) == b"qay 100.00"
    assert backend("gmssl").decrypt(KEYS[0], forged) is None


def test_nonces_do_not_come_from_the_mersenne_twister() -> None:
    import random

    signed, sealed = set(), set()
    for _ in range(3):
        random.seed(1)
        signed.add(backend("gmssl").sign(KEYS[0], b"text", UID))
        random.seed(1)
        sealed.add(backend("gmssl").encrypt(PUBLIC[0], b"text").c1)
    assert len(signed) == len(sealed) == 3


def test_a_useless_nonce_is_replaced() -> None:
    """gmssl answers None where r, s or r + k is zero; no text is known that leads there, so the answer is forced."""
    side = GmsslSm2()
    answers = iter([None, "11" * 64])
    make = side._make

    class Refusing:
        def __init__(self, secret: str, public: str) -> None:
            self.inner = make(secret, public)

        def sign(self, digest: bytes, nonce: str) -> str | None:
            assert len(digest) == 32
            assert len(nonce) == 64
            return next(answers)

    side.public_key(KEYS[0])
    side._make = Refusing  # type: ignore[misc]  # the test replaces the library underneath
    assert side.sign(KEYS[0], b"text", UID) == b"\x11" * 64
