"""What must not pass: forged and cut-off ciphertexts, points off the curve, wrong forms, numbers out of range."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_core.crypto import (
    CiphertextForm,
    CryptoError,
    DecryptionFailed,
    KeyReference,
    SignatureForm,
    SoftwareProvider,
    software,
)
from mi_core.crypto.curve import FIELD, GENERATOR, ORDER, on_curve
from mi_core.crypto.sm2_backend import Sm2Name
from mi_core.crypto.sm2_forms import Sm2Ciphertext, read_ciphertext
from mi_core.crypto.sm2_gmssl import GmsslSm2
from mi_core.crypto.sm2_scheme import key_stream
from tests.crypto.kit import KEYS, PUBLIC, UID, backend, messages, share

OURS = pytest.mark.parametrize("name", ["libcrypto", "gmssl"])
FORMS = pytest.mark.parametrize("form", list(CiphertextForm))
PLAIN = "结算金额 128.50".encode()
RS, DER = SignatureForm.RS, SignatureForm.DER


@share(10)
@given(st.sampled_from(CiphertextForm), st.integers(0, 10_000))
def test_a_single_changed_bit_is_refused(form: CiphertextForm, drawn: int) -> None:
    sealed = bytearray(software().sm2_encrypt(PUBLIC[0], PLAIN, form=form))
    bit = drawn % (8 * len(sealed))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(DecryptionFailed):
        software().sm2_decrypt(KEYS[0], bytes(sealed), form=form)


@OURS
@FORMS
def test_every_part_is_checked(name: Sm2Name, form: CiphertextForm) -> None:
    provider = SoftwareProvider(name)
    sealed = provider.sm2_encrypt(PUBLIC[0], PLAIN, form=form)
    for at in (0, 1, 5, 40, 70, 90, len(sealed) - 1):
        forged = sealed[:at] + bytes([sealed[at] ^ 0x10]) + sealed[at + 1 :]
        with pytest.raises(DecryptionFailed):
            provider.sm2_decrypt(KEYS[0], forged, form=form)


@OURS
@FORMS
def test_cut_off_longer_and_empty_are_refused(name: Sm2Name, form: CiphertextForm) -> None:
    provider = SoftwareProvider(name)
    sealed = provider.sm2_encrypt(PUBLIC[0], PLAIN, form=form)
    for forged in (b"", sealed[:1], sealed[:64], sealed[:97], sealed[:-1], sealed + b"\0", sealed[1:]):
        with pytest.raises(DecryptionFailed):
            provider.sm2_decrypt(KEYS[0], forged, form=form)


@OURS
def test_another_form_or_key_is_refused(name: Sm2Name) -> None:
    provider = SoftwareProvider(name)
    for form in CiphertextForm:
        sealed = provider.sm2_encrypt(PUBLIC[0], PLAIN, form=form)
        with pytest.raises(DecryptionFailed):
            provider.sm2_decrypt(KEYS[1], sealed, form=form)
        for other in set(CiphertextForm) - {form}:
            with pytest.raises(DecryptionFailed):
                provider.sm2_decrypt(KEYS[0], sealed, form=other)


@OURS
def test_points_off_the_curve_are_refused(name: Sm2Name) -> None:
    """C1 on a weaker curve would give the private key away piece by piece."""
    side = backend(name)
    good = side.encrypt(PUBLIC[0], PLAIN)
    x = int.from_bytes(good.c1[:32], "big")
    bad = [
        bytes(64),
        good.c1[:32] + bytes(32),
        good.c1[32:] + good.c1[:32],
        b"\xff" * 64,
        (1).to_bytes(32, "big") + (1).to_bytes(32, "big"),
    ]
    if x + FIELD < 1 << 256:  # the same point written with a coordinate above the prime
        bad.append((x + FIELD).to_bytes(32, "big") + good.c1[32:])
    for c1 in bad:
        assert not on_curve(c1)
        assert side.decrypt(KEYS[0], attrs.evolve(good, c1=c1)) is None


@OURS
def test_zero_key_stream_is_refused(name: Sm2Name) -> None:
    """A ciphertext whose C2 is the plaintext itself: what OpenSSL 3.0 makes and opens once in 256 one-byte messages."""
    nonce = 188  # found by trying: the first whose one-byte key stream for this key is zero
    multiply = GmsslSm2()._multiply
    shared = multiply(nonce, PUBLIC[0].point)
    assert key_stream(shared, 1) == b"\0"
    c3 = software().sm3(shared[:32] + b"7" + shared[32:])
    forged = Sm2Ciphertext(multiply(nonce, GENERATOR), c3, b"7")
    assert backend(name).decrypt(KEYS[0], forged) is None
    retried = iter((nonce, 189))
    sealed = GmsslSm2(nonce=lambda: next(retried)).encrypt(PUBLIC[0], b"7")
    assert sealed.c1 == multiply(189, GENERATOR)
    assert backend(name).decrypt(KEYS[0], sealed) == b"7"


def test_signature_forms_are_not_mixed_up() -> None:
    for form, other in ((RS, DER), (DER, RS)):
        signature = software().sm2_sign(KEYS[0], b"text", form=form)
        assert software().sm2_verify(PUBLIC[0], b"text", signature, form=form)
        assert not software().sm2_verify(PUBLIC[0], b"text", signature, form=other)


@OURS
def test_signatures_out_of_range_cut_off_or_padded(name: Sm2Name) -> None:
    provider = SoftwareProvider(name)
    rs = provider.sm2_sign(KEYS[0], b"text", form=RS)
    r, s = rs[:32], rs[32:]
    zero, order, top = bytes(32), ORDER.to_bytes(32, "big"), b"\xff" * 32
    r_minus = (ORDER - int.from_bytes(r, "big")).to_bytes(32, "big")
    forged = [b"", rs[:63], rs + b"\0", b"\0" + rs, zero + s, r + zero, order + s, r + order, top + s, r + top,
              zero + zero, s + r, r + r_minus]  # fmt: skip
    for signature in forged:
        assert not provider.sm2_verify(PUBLIC[0], b"text", signature, form=RS)
    for wrong in (b"\0" * 64, r + r_minus):
        assert not backend(name).verify(PUBLIC[0], b"text", wrong, UID)


@share(10)
@given(messages)
def test_der_signature_has_one_writing(tail: bytes) -> None:
    der = software().sm2_sign(KEYS[0], b"text", form=DER)
    loose = [der + (tail or b"\0"), b"\x30\x81" + der[1:], der[:-1], b"\x31" + der[1:]]
    inner = der[2:]
    grown = b"\x30" + bytes([len(inner) + 1, 2, inner[1] + 1, 0]) + inner[2:]
    for signature in (*loose, grown):
        assert not software().sm2_verify(PUBLIC[0], b"text", signature, form=DER)


@share(5)
@given(st.binary(max_size=200), st.sampled_from(CiphertextForm), st.sampled_from(SignatureForm))
def test_noise_never_raises_anything_else(noise: bytes, form: CiphertextForm, written: SignatureForm) -> None:
    assert software().sm2_verify(PUBLIC[0], b"text", noise, form=written) is False
    with pytest.raises(DecryptionFailed):
        software().sm2_decrypt(KEYS[0], noise, form=form)


def test_all_refusals_read_the_same() -> None:
    """Which check failed is not told to the sender."""
    sealed = software().sm2_encrypt(PUBLIC[0], PLAIN, form=CiphertextForm.C1C3C2)
    told = set()
    for forged in (sealed[:-1], b"\x04" + bytes(64) + sealed[65:], sealed[:70] + b"\0" + sealed[71:], b"x"):
        with pytest.raises(DecryptionFailed) as caught:
            software().sm2_decrypt(KEYS[0], forged, form=CiphertextForm.C1C3C2)
        told.add(str(caught.value))
    assert len(told) == 1


def test_what_cannot_be_asked() -> None:
    provider = software()
    with pytest.raises(CryptoError, match="空内容"):
        provider.sm2_encrypt(PUBLIC[0], b"", form=CiphertextForm.DER)
    for user_id in (b"", b"u" * 8191):
        with pytest.raises(CryptoError, match="8190"):
            provider.sm2_sign(KEYS[0], b"", form=RS, user_id=user_id)
    held = KeyReference("sdf", "sign-1")
    for ask in (
        lambda: provider.sm2_sign(held, b"", form=RS),
        lambda: provider.sm2_public_key(held),
        lambda: provider.sm2_decrypt(held, b"x", form=CiphertextForm.DER),
        lambda: provider.hmac_sm3(held, b""),
    ):
        with pytest.raises(CryptoError, match="sdf"):
            ask()


def test_an_empty_c2_is_no_ciphertext() -> None:
    with pytest.raises(ValueError, match="length"):
        read_ciphertext(b"\x04" + bytes(96), CiphertextForm.C1C3C2)


def test_forms_by_their_plain_names() -> None:
    """A caller without a type checker writes "rs": it means r‖s, and an unknown name is an error before any work."""
    signature = software().sm2_sign(KEYS[0], b"text", form="rs")  # type: ignore[arg-type]  # on purpose
    assert software().sm2_verify(PUBLIC[0], b"text", signature, form=RS)
    sealed = software().sm2_encrypt(PUBLIC[0], PLAIN, form="c1c2c3")  # type: ignore[arg-type]  # on purpose
    assert software().sm2_decrypt(KEYS[0], sealed, form=CiphertextForm.C1C2C3) == PLAIN
    with pytest.raises(ValueError, match="asn1"):
        software().sm2_sign(KEYS[0], b"text", form="asn1")  # type: ignore[arg-type]  # on purpose
