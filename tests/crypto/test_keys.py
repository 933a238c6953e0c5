"""Keys in every form they are handed over in; wrong ones get a clear text that shows nothing of the key."""

from __future__ import annotations

import base64
import copy
import pickle
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi_core.crypto import (
    CiphertextForm,
    KeyFormatError,
    SignatureForm,
    Sm2PrivateKey,
    Sm2PublicKey,
    read_private_key,
    read_public_key,
    software,
)
from mi_core.crypto.curve import ORDER, decompress
from tests.crypto.kit import share

PKCS8 = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgF7MhIEx7XczTWHPs
inQrz9M0ylt28nU+ljk+YMaKVKGhRANCAAR4e8QIog15bNQeJUnzSHEUEMeascN3
949F7TxR0DSCAXJuaRjJ5MCmdxxkIrlt+AeAmNtaqYcpItbqRrsgWJgt
-----END PRIVATE KEY-----
"""
SPKI = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAEeHvECKINeWzUHiVJ80hxFBDHmrHD
d/ePRe08UdA0ggFybmkYyeTApnccZCK5bfgHgJjbWqmHKSLW6ka7IFiYLQ==
-----END PUBLIC KEY-----
"""
SPKI_SHORT = """-----BEGIN PUBLIC KEY-----
MDkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DIgADeHvECKINeWzUHiVJ80hxFBDHmrHD
d/ePRe08UdA0ggE=
-----END PUBLIC KEY-----
"""
SECRET = bytes.fromhex("17b321204c7b5dccd35873ec8a742bcfd334ca5b76f2753e96393e60c68a54a1")
POINT = bytes.fromhex(
    "787bc408a20d796cd41e2549f348711410c79ab1c377f78f45ed3c51d0348201"
    "726e6918c9e4c0a6771c6422b96df8078098db5aa9872922d6ea46bb2058982d"
)
SEC1 = (
    bytes.fromhex("30770201010420") + SECRET + bytes.fromhex("a00a06082a811ccf5501822da14403420004") + POINT
)
SEC1_BARE = bytes.fromhex("30250201010420") + SECRET


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def pem(label: str, data: bytes) -> str:
    return f"-----BEGIN {label}-----\n{base64.encodebytes(data).decode()}-----END {label}-----\n"


def der(text: str) -> bytes:
    return base64.b64decode("".join(text.splitlines()[1:-1]))


PRIVATE_FORMS: dict[str, str | bytes] = {
    "pkcs8 pem": PKCS8,
    "pkcs8 pem, bytes, crlf": PKCS8.replace("\n", "\r\n").encode(),
    "pkcs8 pem, byte-order mark": "\ufeff" + PKCS8,
    "pkcs8 after parameters": pem("SM2 PARAMETERS", b"\x06\x08*\x81\x1c\xcfU\x01\x82-") + PKCS8,
    "pkcs8 der": der(PKCS8),
    "pkcs8 der base64": b64(der(PKCS8)),
    "pkcs8 der hex": der(PKCS8).hex(),
    "sec1 pem": pem("EC PARAMETERS", b"\x06\x08*\x81\x1c\xcfU\x01\x82-") + pem("EC PRIVATE KEY", SEC1),
    "sec1 pem of openssl 3": pem("SM2 PRIVATE KEY", SEC1),
    "sec1 der": SEC1,
    "sec1 without curve and point": SEC1_BARE,
    "raw 32": SECRET,
    "raw 33": b"\0" + SECRET,
    "hex": SECRET.hex(),
    "HEX with 00": "00" + SECRET.hex().upper(),
    "hex in groups": " ".join(re.findall("....", SECRET.hex())) + "\n",
    "base64 32": b64(SECRET),
    "base64 33": b64(b"\0" + SECRET),
}
PUBLIC_FORMS: dict[str, str | bytes] = {
    "spki pem": SPKI,
    "spki pem bytes": SPKI.encode(),
    "spki compressed pem": SPKI_SHORT,
    "spki der": der(SPKI),
    "spki der base64": b64(der(SPKI)),
    "spki compressed der hex": der(SPKI_SHORT).hex(),
    "raw 64": POINT,
    "raw 65": b"\x04" + POINT,
    "raw 33": b"\x03" + POINT[:32],
    "hex 128": POINT.hex(),
    "HEX 130": "04" + POINT.hex().upper(),
    "hex 66": "03" + POINT[:32].hex(),
    "base64 64": b64(POINT),
    "base64 65": b64(b"\x04" + POINT),
    "base64 33": b64(b"\x03" + POINT[:32]),
}


@pytest.mark.parametrize("form", PRIVATE_FORMS)
def test_private_key_forms(form: str) -> None:
    key = read_private_key(PRIVATE_FORMS[form])
    assert key.reveal() == SECRET
    assert software().sm2_public_key(key).point == POINT


@pytest.mark.parametrize("form", PUBLIC_FORMS)
def test_public_key_forms(form: str) -> None:
    key = read_public_key(PUBLIC_FORMS[form])
    assert key.point == POINT
    assert (key.uncompressed, key.compressed) == (b"\x04" + POINT, b"\x03" + POINT[:32])


@share(10)
@given(st.integers(1, ORDER - 2))
def test_every_key_survives_every_form(number: int) -> None:
    """Among them keys that begin with 00, 04, 30 or white space as bytes."""
    secret = number.to_bytes(32, "big")
    for source in (secret, b"\0" + secret, secret.hex(), b64(secret), b64(b"\0" + secret)):
        assert read_private_key(source).reveal() == secret
    public = software().sm2_public_key(Sm2PrivateKey(secret))
    for raw in (public.point, public.uncompressed, public.compressed):
        for written in (raw, raw.hex(), b64(raw)):
            assert read_public_key(written) == public


@pytest.mark.parametrize("first", [0x00, 0x04, 0x09, 0x0A, 0x20, 0x30, 0x2D])
def test_private_keys_with_awkward_first_bytes(first: int) -> None:
    for second in (0, 4, 0x2D, first):
        secret = bytes([first, second]) + SECRET[2:]
        assert read_private_key(secret).reveal() == secret
        assert read_private_key(secret.hex()).reveal() == secret


P256 = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")
RSA = bytes.fromhex("300d06092a864886f70d0101010500")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (SECRET.hex()[1:], "63"),
        (SECRET.hex()[2:], "31"),
        (SECRET[1:], "31"),
        (b"\x01" + SECRET, "33"),
        (bytes(32), "n-2"),
        (b"\xff" * 32, "n-2"),
        ((ORDER - 1).to_bytes(32, "big"), "n-2"),
        (POINT, "公钥"),
        ("04" + POINT.hex(), "公钥"),
        (SPKI, "PUBLIC KEY"),
        (PKCS8 + PKCS8, "2"),
        (PKCS8[:-10], "0"),
        (PKCS8.replace("MIGH", "MIGI"), "损坏"),
        (der(PKCS8)[:-1], "损坏"),
        (der(PKCS8) + b"\0", "损坏"),
        (pem("ENCRYPTED PRIVATE KEY", b"\x30\x00"), "口令"),
        (pem("EC PRIVATE KEY", SEC1).replace("-----\n", "-----\nProc-Type: 4,ENCRYPTED\n", 1), "口令"),
        (der(PKCS8).replace(bytes.fromhex("06082a811ccf5501822d"), bytes.fromhex("06082a8648ce3d030107")), "曲线"),
        ("密钥", "Base64"),
        ("", "0"),
        (b"", "0"),
        ("“" + SECRET.hex() + "”", "Base64"),
    ],
)  # fmt: skip
def test_wrong_private_keys(source: str | bytes, says: str) -> None:
    with pytest.raises(KeyFormatError, match=re.escape(says)) as caught:
        read_private_key(source)
    _shows_nothing(caught.value)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (SECRET, "私钥"),
        (SECRET.hex(), "私钥"),
        (PKCS8, "PRIVATE KEY"),
        (pem("CERTIFICATE", b"\x30\x00"), "x509"),
        (POINT[:-1], "63"),
        (POINT.hex()[1:], "127"),
        (b"\x05" + POINT, "65"),
        (b"\x04" + POINT[:32], "33"),
        (POINT[:-1] + b"\x00", "曲线"),
        (bytes(64), "曲线"),
        (b"\xff" * 64, "曲线"),
        (b"\x02" + b"\xff" * 32, "曲线"),
        (pem("PUBLIC KEY", b"\x30\x16" + P256 + b"\x03"), "SM2"),
        (pem("PUBLIC KEY", b"\x30\x18" + P256 + b"\x03\x01\x00"), "SM2"),
        (pem("PUBLIC KEY", b"\x30\x12" + RSA + b"\x03\x01\x00"), "RSA"),
        (der(SPKI)[:-1], "损坏"),
    ],
)  # fmt: skip
def test_wrong_public_keys(source: str | bytes, says: str) -> None:
    with pytest.raises(KeyFormatError, match=re.escape(says)) as caught:
        read_public_key(source)
    _shows_nothing(caught.value)


def _shows_nothing(error: BaseException) -> None:
    """Neither language, no argument and no chained error may hold eight digits of the key."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None:
        chain.append(current)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    assert isinstance(error, KeyFormatError)
    told = " ".join(
        [error.message("zh"), error.message("en"), *(repr(e) + repr(e.args) for e in chain)]
    ).lower()
    for written in (SECRET.hex(), POINT.hex(), b64(SECRET).lower(), b64(POINT).lower(), repr(SECRET).lower()):
        for at in range(len(written) - 8):
            assert written[at : at + 8] not in told


def test_a_pair_of_two_keys_is_refused() -> None:
    other = software().sm2_public_key(Sm2PrivateKey.generate())
    mixed = read_private_key(SEC1.replace(POINT, other.point))
    for ask in (
        lambda: software().sm2_public_key(mixed),
        lambda: software().sm2_sign(mixed, b"text", form=SignatureForm.RS),
        lambda: software().sm2_decrypt(mixed, b"text", form=CiphertextForm.DER),
    ):
        with pytest.raises(KeyFormatError, match="不配对"):
            ask()


def test_a_private_key_does_not_leave_by_accident() -> None:
    key = read_private_key(PKCS8)
    for text in (repr(key), str(key), f"{key}", repr([key]), repr({"k": key})):
        assert SECRET.hex()[:6] not in text.lower()
        assert repr(SECRET)[2:8] not in text
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            copied(key)
    assert not hasattr(key, "__dict__")
    public = read_public_key(SPKI)
    assert POINT.hex()[:6] not in repr(public)
    assert public.fingerprint in repr(public)


def test_generated_keys_differ_and_work() -> None:
    keys = [Sm2PrivateKey.generate() for _ in range(20)]
    assert len({key.reveal() for key in keys}) == 20
    assert len({software().sm2_public_key(key) for key in keys}) == 20


def test_decompression_gives_the_point_asked_for() -> None:
    public = Sm2PublicKey(POINT)
    assert decompress(POINT[:32], odd=True) == POINT
    even = decompress(POINT[:32], odd=False)
    assert even is not None
    assert even != POINT
    assert even[-1] % 2 == 0
    assert decompress(POINT[:31], odd=True) is None
    on_no_point = [x for x in range(1, 20) if decompress(x.to_bytes(32, "big"), odd=True) is None]
    assert 3 < len(on_no_point) < 16
    with pytest.raises(KeyFormatError, match="曲线"):
        read_public_key(b"\x02" + on_no_point[0].to_bytes(32, "big"))
    assert public == Sm2PublicKey(POINT)


def test_nobody_strips_digits() -> None:
    """``lstrip("04")`` ate key digits once; the word must not come back."""
    import mi_core.crypto

    for file in Path(mi_core.crypto.__file__).parent.glob("*.py"):
        assert "lstrip(" not in file.read_text(encoding="utf-8"), file.name
