"""Known answers of the standards, tried before a backend may serve and by ``mi crypto selftest``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs

from mi_core.crypto.curve import POINT_SIZE
from mi_core.crypto.failures import CryptoError, DecryptionFailed
from mi_core.crypto.keys import Sm2PrivateKey, Sm2PublicKey
from mi_core.crypto.provider import DEFAULT_USER_ID, CryptoProvider
from mi_core.crypto.sm2_backend import Sm2Backend
from mi_core.crypto.sm2_forms import CiphertextForm, SignatureForm, Sm2Ciphertext
from mi_core.crypto.sm4 import Cbc, Ctr, Ecb, Gcm, Sm4Mode

__all__ = ["Check", "selftest", "sm2_failure"]

_D: Final = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
_POINT: Final = bytes.fromhex(
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
_SIGNED: Final = b"message digest"
_RS: Final = bytes.fromhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)
_PLAIN: Final = b"encryption standard"
_PARTS: Final = Sm2Ciphertext(
    bytes.fromhex(
        "04EBFC718E8D1798620432268E77FEB6415E2EDE0E073C0F4F640ECD2E149A73"
        "E858F9D81E5430A57B36DAAB8F950A3C64E6EE6A63094D99283AFF767E124DF0"
    ),
    bytes.fromhex("59983C18F809E262923C53AEC295D30383B54E39D609D160AFCB1908D0BD8766"),
    bytes.fromhex("21886CA989CA9C7D58087307CA93092D651EFA"),
)
"""GB/T 32918.5 annexes A (signature) and C (encryption); C1 without the leading 04."""


def _flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def sm2_failure(backend: Sm2Backend) -> str:
    """What a backend does wrong, in English; empty when it may serve."""
    key, public = Sm2PrivateKey(_D), Sm2PublicKey(_POINT)
    tried: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("public key", lambda: backend.public_key(key) == public),
        ("verify", lambda: backend.verify(public, _SIGNED, _RS, DEFAULT_USER_ID)),
        ("verify: other text", lambda: not backend.verify(public, _SIGNED + b"\0", _RS, DEFAULT_USER_ID)),
        ("verify: other user id", lambda: not backend.verify(public, _SIGNED, _RS, b"ALICE123@YAHOO.COM")),
        ("verify: changed", lambda: not backend.verify(public, _SIGNED, _flipped(_RS), DEFAULT_USER_ID)),
        ("decrypt", lambda: backend.decrypt(key, _PARTS) == _PLAIN),
        ("decrypt: C3", lambda: backend.decrypt(key, attrs.evolve(_PARTS, c3=_flipped(_PARTS.c3))) is None),
        ("decrypt: C2", lambda: backend.decrypt(key, attrs.evolve(_PARTS, c2=_flipped(_PARTS.c2))) is None),
        ("decrypt: C1", lambda: backend.decrypt(key, attrs.evolve(_PARTS, c1=_flipped(_PARTS.c1))) is None),
        (
            "decrypt: C1 zero",
            lambda: backend.decrypt(key, attrs.evolve(_PARTS, c1=bytes(POINT_SIZE))) is None,
        ),
        ("sign", lambda: _signs(backend, key, public)),
        ("encrypt", lambda: backend.decrypt(key, backend.encrypt(public, _PLAIN)) == _PLAIN),
    )
    for name, right in tried:
        if not right():
            return f"self-test: {name}"
    return ""


def _signs(backend: Sm2Backend, key: Sm2PrivateKey, public: Sm2PublicKey) -> bool:
    first, second = (backend.sign(key, _SIGNED, b"A" * 30) for _ in range(2))
    return first != second and all(backend.verify(public, _SIGNED, rs, b"A" * 30) for rs in (first, second))


@attrs.frozen
class Check:
    """One known answer and whether it came; ``error`` is the text of what was raised instead."""

    algorithm: str
    name: str
    passed: bool
    error: str = ""


_SM4_KEY: Final = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
_ROW: Final = bytes.fromhex("".join(c * 16 for c in "ABCDEFEA"))
_IV: Final = bytes(range(16))
_SM4: Final[tuple[tuple[str, Sm4Mode, bytes, str], ...]] = (
    ("ECB, GB/T 32907 A.1", Ecb(padded=False), _SM4_KEY, "681EDF34D206965E86B3E94F536E4246"),
    (
        "CBC, draft-ribose-cfrg-sm4 A.2.2", Cbc(_IV, padded=False),
        bytes.fromhex("".join(c * 8 for c in "ABCDEFAB")),
        "78EBB11CC40B0A48312AAEB2040244CB4CB7016951909226979B0D15DC6A8F6D",
    ),
    (
        "CTR, draft-ribose-cfrg-sm4 A.2.5", Ctr(_IV), bytes.fromhex("".join(c * 16 for c in "ABCDEFAB")),
        "AC3236CB970CC20791364C395A1342D1A3CBC1878C6F30CD074CCE385CDD70C7"
        "F234BC0E24C11980FD1286310CE37B926E02FCD0FAA0BAF38B2933851D824514",
    ),
    (
        "GCM, RFC 8998 A.1",
        Gcm(bytes.fromhex("00001234567800000000ABCD"), bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")), _ROW,
        "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
        "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D83DE3541E4C2B58177E065A9BF7B62EC",
    ),
)  # fmt: skip
_ABC: Final = "66C7F0F462EEEDD9D1F2D46BDC10E4E24167C4875CF2F7A2297DA02B8F4BA8E0"
_ABCD: Final = "DEBE9FF92275B8A138604889C18E5A4D6FDB70E5387E5765293DCBA39C0C5732"
_HMAC: Final = "D1D29D7C825ADA3E36E2AA1F0FEABE5F9A0970B282D47351EB79684174F69314"
_HMAC_TEXT: Final = b'1700000000\n{"infno":"9001","input":{"signIn":{"opter_no":"001"}}}'


def selftest(provider: CryptoProvider) -> tuple[Check, ...]:
    """Every known answer, asked of ``provider``; never raises."""
    key, public, rs = Sm2PrivateKey(_D), Sm2PublicKey(_POINT), SignatureForm.RS
    joined = b"\x04" + _PARTS.c1 + _PARTS.c3 + _PARTS.c2
    form = CiphertextForm.C1C3C2
    tried: list[tuple[str, str, Callable[[], bool]]] = [
        ("SM3", "GB/T 32905 A.1", lambda: provider.sm3(b"abc") == bytes.fromhex(_ABC)),
        ("SM3", "GB/T 32905 A.2", lambda: provider.sm3(b"abcd" * 16) == bytes.fromhex(_ABCD)),
        (
            "HMAC-SM3",
            "zj-ca",
            lambda: provider.hmac_sm3(b"test-zj-secret", _HMAC_TEXT) == bytes.fromhex(_HMAC),
        ),
        ("SM2", "GB/T 32918.5 public key", lambda: provider.sm2_public_key(key) == public),
        ("SM2", "GB/T 32918.5 A verify", lambda: provider.sm2_verify(public, _SIGNED, _RS, form=rs)),
        ("SM2", "forged signature", lambda: not provider.sm2_verify(public, _SIGNED, _flipped(_RS), form=rs)),
        ("SM2", "GB/T 32918.5 C decrypt", lambda: provider.sm2_decrypt(key, joined, form=form) == _PLAIN),
        ("SM2", "forged ciphertext", lambda: _refuses(provider, key, _flipped(joined))),
        ("SM2", "sign, verify", lambda: _round_signature(provider, key, public)),
        ("SM2", "encrypt, decrypt", lambda: _round_encryption(provider, key, public)),
    ]
    for name, mode, plain, sealed in _SM4:
        tried.append(("SM4", name, _sm4_check(provider, mode, plain, bytes.fromhex(sealed))))
    return tuple(_tried(*one) for one in tried)


def _tried(algorithm: str, name: str, right: Callable[[], bool]) -> Check:
    try:
        return Check(algorithm, name, right())
    except Exception as error:  # a device's driver may raise anything: the table has to say so
        return Check(
            algorithm,
            name,
            False,
            error.message() if isinstance(error, CryptoError) else type(error).__name__,
        )


def _sm4_check(provider: CryptoProvider, mode: Sm4Mode, plain: bytes, sealed: bytes) -> Callable[[], bool]:
    return lambda: (
        provider.sm4_encrypt(_SM4_KEY, plain, mode) == sealed
        and provider.sm4_decrypt(_SM4_KEY, sealed, mode) == plain
    )


def _refuses(provider: CryptoProvider, key: Sm2PrivateKey, forged: bytes) -> bool:
    try:
        provider.sm2_decrypt(key, forged, form=CiphertextForm.C1C3C2)
    except DecryptionFailed:
        return True
    return False


def _round_signature(provider: CryptoProvider, key: Sm2PrivateKey, public: Sm2PublicKey) -> bool:
    signature = provider.sm2_sign(key, _SIGNED, form=SignatureForm.DER)
    return provider.sm2_verify(public, _SIGNED, signature, form=SignatureForm.DER)


def _round_encryption(provider: CryptoProvider, key: Sm2PrivateKey, public: Sm2PublicKey) -> bool:
    sealed = provider.sm2_encrypt(public, _PLAIN, form=CiphertextForm.DER)
    return provider.sm2_decrypt(key, sealed, form=CiphertextForm.DER) == _PLAIN
