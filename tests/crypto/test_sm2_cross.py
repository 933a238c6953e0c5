"""Every SM2 implementation signs and encrypts; every other one, and an independent oracle, verifies and decrypts.

How many random messages: ``tests.crypto.kit.TOTAL`` (``MI_CRYPTO_EXAMPLES=10000`` for the long run).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_core.crypto import CiphertextForm, SignatureForm, Sm2PrivateKey, SoftwareProvider, software
from mi_core.crypto.sm2_backend import Sm2Name
from tests.crypto.kit import KEYS, PUBLIC, UID, backend, messages, share, texts, user_ids

NAMES = ("libcrypto", "gmssl", "gmalg")
numbers = st.integers(0, len(KEYS) - 1)


@share(2)
@given(numbers, messages, user_ids)
def test_every_signature_is_right_for_every_other(n: int, data: bytes, user_id: bytes) -> None:
    for signer in NAMES:
        rs = backend(signer).sign(KEYS[n], data, user_id)
        assert len(rs) == 64
        for verifier in NAMES:
            assert backend(verifier).verify(PUBLIC[n], data, rs, user_id), (signer, verifier)


@share(2)
@given(numbers, texts)
def test_every_ciphertext_opens_for_every_other(n: int, data: bytes) -> None:
    for sealer in NAMES:
        parts = backend(sealer).encrypt(PUBLIC[n], data)
        for opener in NAMES:
            assert backend(opener).decrypt(KEYS[n], parts) == data, (sealer, opener)


@share(8)
@given(numbers, messages, user_ids)
def test_signatures_between_our_two(n: int, data: bytes, user_id: bytes) -> None:
    one, other = backend("libcrypto"), backend("gmssl")
    assert other.verify(PUBLIC[n], data, one.sign(KEYS[n], data, user_id), user_id)
    assert one.verify(PUBLIC[n], data, other.sign(KEYS[n], data, user_id), user_id)


@share(8)
@given(numbers, texts)
def test_ciphertexts_between_our_two(n: int, data: bytes) -> None:
    one, other = backend("libcrypto"), backend("gmssl")
    assert other.decrypt(KEYS[n], one.encrypt(PUBLIC[n], data)) == data
    assert one.decrypt(KEYS[n], other.encrypt(PUBLIC[n], data)) == data


@share(30)
@given(numbers, messages, user_ids, st.sampled_from(SignatureForm))
def test_signing_round_trip(n: int, data: bytes, user_id: bytes, form: SignatureForm) -> None:
    provider = software()
    signature = provider.sm2_sign(KEYS[n], data, form=form, user_id=user_id)
    assert provider.sm2_verify(PUBLIC[n], data, signature, form=form, user_id=user_id)
    assert not provider.sm2_verify(PUBLIC[n], data + b"\0", signature, form=form, user_id=user_id)
    assert not provider.sm2_verify(PUBLIC[n - 1], data, signature, form=form, user_id=user_id)
    assert not provider.sm2_verify(PUBLIC[n], data, signature, form=form, user_id=user_id + b"\0")


@share(20)
@given(numbers, texts, st.sampled_from(CiphertextForm))
def test_encryption_round_trip(n: int, data: bytes, form: CiphertextForm) -> None:
    provider = software()
    sealed = provider.sm2_encrypt(PUBLIC[n], data, form=form)
    assert provider.sm2_decrypt(KEYS[n], sealed, form=form) == data


@pytest.mark.parametrize("name", ["libcrypto", "gmssl"])
def test_one_byte_never_travels_in_clear(name: Sm2Name) -> None:
    """With one byte, one key stream in 256 is zero; the standard demands another try, OpenSSL 3.0 makes none."""
    side = backend(name)
    sealed = [side.encrypt(PUBLIC[0], b"1") for _ in range(600 if name == "libcrypto" else 12)]
    assert all(parts.c2 != b"1" for parts in sealed)
    assert {side.decrypt(KEYS[0], parts) for parts in sealed[:20]} == {b"1"}


@pytest.mark.parametrize("name", ["libcrypto", "gmssl"])
def test_large_and_awkward_messages(name: Sm2Name) -> None:
    provider = SoftwareProvider(name)
    for data in (b"\0", b"\0" * 64, b"\xff" * 33, bytes(100_000)):
        sealed = provider.sm2_encrypt(PUBLIC[1], data, form=CiphertextForm.DER)
        assert provider.sm2_decrypt(KEYS[1], sealed, form=CiphertextForm.DER) == data
        signature = provider.sm2_sign(KEYS[1], data, form=SignatureForm.RS)
        assert provider.sm2_verify(PUBLIC[1], data, signature, form=SignatureForm.RS)
    longest = b"u" * 8190
    signature = provider.sm2_sign(KEYS[1], b"", form=SignatureForm.DER, user_id=longest)
    assert provider.sm2_verify(PUBLIC[1], b"", signature, form=SignatureForm.DER, user_id=longest)


def test_signatures_differ_each_time() -> None:
    for name in ("libcrypto", "gmssl"):
        signed = {backend(name).sign(KEYS[0], b"same", UID)[:32] for _ in range(10)}
        assert len(signed) == 10


def test_many_threads_share_one_key() -> None:
    key = Sm2PrivateKey(KEYS[2].reveal())

    def once(n: int) -> bool:
        data = b"%d" % n
        signature = software().sm2_sign(key, data, form=SignatureForm.RS)
        return software().sm2_verify(PUBLIC[2], data, signature, form=SignatureForm.RS)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(once, range(200)))
