"""What the crypto tests share: the backends, an independent oracle (gmalg), keys from a counter, example counts."""

from __future__ import annotations

import os
from functools import cache

import gmalg  # type: ignore[import-untyped]  # gmalg ships no types
from hypothesis import settings
from hypothesis import strategies as st

from mi_core.crypto import Sm2PrivateKey, Sm2PublicKey
from mi_core.crypto.curve import ORDER, POINT_SIZE, SIZE
from mi_core.crypto.digest import sm3
from mi_core.crypto.sm2_backend import Sm2Backend, choose_sm2
from mi_core.crypto.sm2_forms import Sm2Ciphertext

TOTAL = int(os.environ.get("MI_CRYPTO_EXAMPLES", "250"))
"""Random examples that 100 % stand for; the shares of all tests add up to some 160 %. The long run, about three minutes:
``MI_CRYPTO_EXAMPLES=10000``."""

UID = b"1234567812345678"
messages = st.binary(max_size=300)
texts = st.binary(min_size=1, max_size=300)
user_ids = st.one_of(st.just(UID), st.binary(min_size=1, max_size=64))


def share(percent: int) -> settings:
    """This test's part of :data:`TOTAL`."""
    return settings(max_examples=max(1, TOTAL * percent // 100), deadline=None)


class GmalgSm2:
    """The oracle: gmalg behind the interface of a backend. It has no code in common with libcrypto or gmssl."""

    name = "gmalg"
    version = "oracle"

    def public_key(self, key: Sm2PrivateKey) -> Sm2PublicKey:
        return Sm2PublicKey(gmalg.SM2().generate_pk(key.reveal())[1:])

    def sign(self, key: Sm2PrivateKey, data: bytes, user_id: bytes) -> bytes:
        r, s = gmalg.SM2(key.reveal(), user_id).sign(data)
        return bytes(r.rjust(SIZE, b"\0") + s.rjust(SIZE, b"\0"))

    def verify(self, key: Sm2PublicKey, data: bytes, rs: bytes, user_id: bytes) -> bool:
        return bool(gmalg.SM2(uid=user_id, pk=key.uncompressed).verify(data, rs[:SIZE], rs[SIZE:]))

    def encrypt(self, key: Sm2PublicKey, data: bytes) -> Sm2Ciphertext:
        sealed = bytes(gmalg.SM2(pk=key.uncompressed).encrypt(data))[1:]
        return Sm2Ciphertext(
            sealed[:POINT_SIZE], sealed[POINT_SIZE : POINT_SIZE + SIZE], sealed[POINT_SIZE + SIZE :]
        )

    def decrypt(self, key: Sm2PrivateKey, parts: Sm2Ciphertext) -> bytes | None:
        try:
            return bytes(gmalg.SM2(key.reveal()).decrypt(b"\x04" + parts.c1 + parts.c3 + parts.c2))
        except gmalg.errors.GMError:
            return None


@cache
def backend(name: str) -> Sm2Backend:
    """One of ours, or the oracle."""
    if name == "gmalg":
        return GmalgSm2()
    return choose_sm2("gmssl" if name == "gmssl" else "libcrypto").backend


def numbered_key(number: int) -> Sm2PrivateKey:
    """The same key for the same number, in every run."""
    value = int.from_bytes(sm3(b"mi test key %d" % number), "big") % (ORDER - 2) + 1
    return Sm2PrivateKey(value.to_bytes(SIZE, "big"))


KEYS = tuple(numbered_key(n) for n in range(8))
PUBLIC = tuple(choose_sm2().backend.public_key(key) for key in KEYS)
