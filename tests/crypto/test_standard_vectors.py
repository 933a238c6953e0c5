"""The examples printed in GB/T 32905 (SM3), 32907 (SM4) and 32918.5 (SM2), and of RFC 8998 and draft-ribose-cfrg-sm4."""

from __future__ import annotations

import pytest

from mi_core.crypto import (
    CiphertextForm,
    Ecb,
    SignatureForm,
    Sm2PrivateKey,
    Sm2PublicKey,
    SoftwareProvider,
    read_private_key,
    read_public_key,
    selftest,
    software,
)
from mi_core.crypto.sm2_backend import Sm2Name
from mi_core.crypto.sm2_forms import Sm2Ciphertext, write_ciphertext
from mi_core.crypto.sm2_gmssl import GmsslSm2
from mi_core.crypto.sm4 import Cbc
from tests.crypto.kit import UID, backend

D = read_private_key("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
P = read_public_key(
    "04 09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
K = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
R = "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
S = "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
C1 = (
    "04EBFC718E8D1798620432268E77FEB6415E2EDE0E073C0F4F640ECD2E149A73"
    "E858F9D81E5430A57B36DAAB8F950A3C64E6EE6A63094D99283AFF767E124DF0"
)
C2 = "21886CA989CA9C7D58087307CA93092D651EFA"
C3 = "59983C18F809E262923C53AEC295D30383B54E39D609D160AFCB1908D0BD8766"


@pytest.mark.parametrize("name", ["libcrypto", "gmssl"])
def test_every_known_answer(name: Sm2Name) -> None:
    checks = selftest(SoftwareProvider(name))
    assert [c for c in checks if not c.passed] == []
    assert {c.algorithm for c in checks} == {"SM2", "SM3", "HMAC-SM3", "SM4"}


def test_sm3_of_nothing() -> None:
    assert software().sm3(b"").hex() == "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"


def test_sm4_a_million_times() -> None:
    """GB/T 32907 A.2: the block encrypted 1,000,000 times over, which is CBC of zeros with the block as iv."""
    block = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    chained = software().sm4_encrypt(block, bytes(16 * 1_000_000), Cbc(block, padded=False))
    assert chained[-16:].hex().upper() == "595298C7C6FD271F0402F804C33D3F66"
    assert software().sm4_encrypt(block, block, Ecb(padded=False)) == chained[:16]


def test_sm2_signature_with_the_printed_k() -> None:
    signed = GmsslSm2(nonce=lambda: K).sign(D, b"message digest", UID)
    assert signed.hex().upper() == R + S


@pytest.mark.parametrize("name", ["libcrypto", "gmssl", "gmalg"])
def test_sm2_public_key_and_signature(name: str) -> None:
    side = backend(name)
    assert side.public_key(D) == P
    assert side.verify(P, b"message digest", bytes.fromhex(R + S), UID)


def test_sm2_ciphertext_with_the_printed_k() -> None:
    parts = GmsslSm2(nonce=lambda: K).encrypt(P, b"encryption standard")
    assert (parts.c1.hex().upper(), parts.c2.hex().upper(), parts.c3.hex().upper()) == (C1, C2, C3)


@pytest.mark.parametrize("name", ["libcrypto", "gmssl"])
@pytest.mark.parametrize(
    ("form", "text"),
    [
        (CiphertextForm.C1C3C2, "04" + C1 + C3 + C2),
        (CiphertextForm.C1C2C3, "04" + C1 + C2 + C3),
        (CiphertextForm.C1C3C2_BARE, C1 + C3 + C2),
        (CiphertextForm.C1C2C3_BARE, C1 + C2 + C3),
        (
            CiphertextForm.DER,
            "307C" + "0220" + C1[:64] + "022100" + C1[64:] + "0420" + C3 + "0413" + C2,
        ),
    ],
)
def test_sm2_ciphertext_in_every_form(name: Sm2Name, form: CiphertextForm, text: str) -> None:
    assert SoftwareProvider(name).sm2_decrypt(D, bytes.fromhex(text), form=form) == b"encryption standard"
    parts = Sm2Ciphertext(bytes.fromhex(C1), bytes.fromhex(C3), bytes.fromhex(C2))
    assert write_ciphertext(parts, form).hex().upper() == text


def test_sm2_signature_as_der() -> None:
    der = bytes.fromhex("3046" + "022100" + R + "022100" + S)
    assert software().sm2_verify(P, b"message digest", der, form=SignatureForm.DER)
    assert not software().sm2_verify(P, b"message digest", der, form=SignatureForm.RS)


def test_the_example_keys_are_what_the_standard_says() -> None:
    assert isinstance(D, Sm2PrivateKey)
    assert isinstance(P, Sm2PublicKey)
    assert D.reveal() == bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
