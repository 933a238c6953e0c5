"""SM3, HMAC-SM3 and SM4 against an oracle (gmalg), their round trips, and what they refuse."""

from __future__ import annotations

import attrs
import gmalg  # type: ignore[import-untyped]  # gmalg ships no types
import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher
from hypothesis import given
from hypothesis import strategies as st

from mi_core.crypto import (
    Cbc,
    CryptoError,
    Ctr,
    DecryptionFailed,
    Ecb,
    Gcm,
    KeyReference,
    Sm4Mode,
    digest,
    software,
)
from tests.crypto.kit import messages, share

keys = st.binary(min_size=16, max_size=16)
blocks = st.binary(min_size=16, max_size=16)
modes: st.SearchStrategy[Sm4Mode] = st.one_of(
    st.just(Ecb()),
    st.builds(Cbc, iv=blocks),
    st.builds(Ctr, counter=blocks),
    st.builds(Gcm, nonce=st.binary(min_size=12, max_size=12), aad=st.binary(max_size=40)),
)
ALL_MODES = (Ecb(), Cbc(bytes(16)), Ctr(bytes(16)), Gcm(bytes(12)))


def oracle_sm3(data: bytes) -> bytes:
    work = gmalg.SM3()
    work.update(data)
    return bytes(work.value())


@share(10)
@given(messages)
def test_sm3_is_the_oracles(data: bytes) -> None:
    assert software().sm3(data) == oracle_sm3(data)


@share(5)
@given(st.binary(max_size=150), messages)
def test_hmac_is_the_definition(key: bytes, data: bytes) -> None:
    padded = (oracle_sm3(key) if len(key) > 64 else key).ljust(64, b"\0")
    inner = oracle_sm3(bytes(b ^ 0x36 for b in padded) + data)
    assert software().hmac_sm3(key, data) == oracle_sm3(bytes(b ^ 0x5C for b in padded) + inner)


@share(5)
@given(keys, st.binary(max_size=64), blocks)
def test_sm4_is_the_oracles(key: bytes, data: bytes, iv: bytes) -> None:
    oracle = gmalg.SM4(key)
    fill = 16 - len(data) % 16
    padded = data + bytes([fill]) * fill
    rows = [padded[at : at + 16] for at in range(0, len(padded), 16)]
    assert software().sm4_encrypt(key, data, Ecb()) == b"".join(bytes(oracle.encrypt(row)) for row in rows)
    chained, last = b"", iv
    for row in rows:
        last = bytes(oracle.encrypt(bytes(a ^ b for a, b in zip(row, last, strict=True))))
        chained += last
    assert software().sm4_encrypt(key, data, Cbc(iv)) == chained
    stream = b"".join(
        bytes(oracle.encrypt(((int.from_bytes(iv, "big") + n) % (1 << 128)).to_bytes(16, "big")))
        for n in range(5)
    )
    assert software().sm4_encrypt(key, data, Ctr(iv)) == bytes(
        a ^ b for a, b in zip(data, stream, strict=False)
    )


@share(20)
@given(keys, messages, modes)
def test_sm4_round_trip(key: bytes, data: bytes, mode: Sm4Mode) -> None:
    sealed = software().sm4_encrypt(key, data, mode)
    assert software().sm4_decrypt(key, sealed, mode) == data


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 32767, 32768, 32769, 65552, 200_001])
@pytest.mark.parametrize("mode", ALL_MODES)
def test_sizes_around_the_pieces(mode: Sm4Mode, size: int) -> None:
    data = bytes(n % 251 for n in range(size))
    sealed = software().sm4_encrypt(b"k" * 16, data, mode)
    assert software().sm4_decrypt(b"k" * 16, sealed, mode) == data


@share(10)
@given(st.binary(max_size=80), st.integers(0, 10_000), st.binary(max_size=20))
def test_gcm_refuses_every_changed_bit(data: bytes, drawn: int, aad: bytes) -> None:
    mode = Gcm(bytes(12), aad)
    sealed = bytearray(software().sm4_encrypt(b"k" * 16, data, mode))
    bit = drawn % (8 * len(sealed))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(DecryptionFailed):
        software().sm4_decrypt(b"k" * 16, bytes(sealed), mode)


def test_gcm_refuses_other_data_key_nonce_and_shorter_tags() -> None:
    mode = Gcm(bytes(12), b"row 1")
    sealed = software().sm4_encrypt(b"k" * 16, b"text", mode)
    wrong = [
        (b"k" * 16, sealed, Gcm(bytes(12), b"row 2")),
        (b"j" * 16, sealed, mode),
        (b"k" * 16, sealed, Gcm(b"\1" * 12, b"row 1")),
        *((b"k" * 16, sealed[:n], mode) for n in (0, 4, 15, 16, len(sealed) - 1)),
    ]
    for key, data, how in wrong:
        with pytest.raises(DecryptionFailed):
            software().sm4_decrypt(key, data, how)


@pytest.mark.parametrize("mode", [Ecb(), Cbc(bytes(16))])
def test_padding_is_checked(mode: Ecb | Cbc) -> None:
    plain = attrs.evolve(mode, padded=False)
    for last in (b"\0", b"\x11", b"\x02", b"\xff"):
        sealed = software().sm4_encrypt(b"k" * 16, b"x" * 15 + last, plain)
        with pytest.raises(DecryptionFailed):
            software().sm4_decrypt(b"k" * 16, sealed, mode)
    for cut in (b"", b"x" * 15, b"x" * 17):
        with pytest.raises(DecryptionFailed):
            software().sm4_decrypt(b"k" * 16, cut, mode)


@pytest.mark.parametrize("mode", ALL_MODES)
@pytest.mark.parametrize("size", [0, 8, 15, 17, 32])
def test_keys_of_other_lengths(mode: Sm4Mode, size: int) -> None:
    key = b"SECRET-KEY-MATERIAL-OF-SOMEBODY!"[:size]
    for ask in (software().sm4_encrypt, software().sm4_decrypt):
        with pytest.raises(CryptoError, match=f"{size}") as caught:
            ask(key, bytes(32), mode)
        assert "SECRET" not in caught.value.message("zh") + caught.value.message("en") + repr(caught.value)


@pytest.mark.parametrize("mode", [Cbc(bytes(15)), Ctr(bytes(12)), Gcm(bytes(16)), Gcm(b"")])
def test_iv_of_another_length(mode: Sm4Mode) -> None:
    with pytest.raises(CryptoError, match="实得"):
        software().sm4_encrypt(bytes(16), bytes(16), mode)


def test_unpadded_data_must_fill_the_blocks() -> None:
    for mode in (Ecb(padded=False), Cbc(bytes(16), padded=False)):
        with pytest.raises(CryptoError, match="倍数"):
            software().sm4_encrypt(bytes(16), bytes(15), mode)
        assert software().sm4_encrypt(bytes(16), b"", mode) == b""


def test_fresh_values_differ_and_aad_is_not_shown() -> None:
    assert len({Gcm.fresh().nonce for _ in range(50)} | {Cbc.fresh().iv for _ in range(50)}) == 100
    assert len({Ctr.fresh().counter for _ in range(50)}) == 50
    assert "person" not in repr(Gcm.fresh(b"person"))


def test_a_device_key_is_refused_by_name() -> None:
    with pytest.raises(CryptoError, match="hsm-1"):
        software().sm4_encrypt(KeyReference("hsm-1", "3"), b"", Ecb())


@pytest.mark.parametrize("data", [b"", b"abc", b"x" * 1000])
def test_sm3_without_hashlib(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Python's OpenSSL has no SM3 (or is in FIPS mode) ``cryptography`` serves."""
    expected = software().sm3(data), software().hmac_sm3(b"key", data)
    monkeypatch.setattr(digest, "in_hashlib", lambda: False)
    assert (software().sm3(data), software().hmac_sm3(b"key", data)) == expected


def test_a_library_without_sm4_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise UnsupportedAlgorithm("no SM4")

    monkeypatch.setattr(Cipher, "encryptor", missing)
    with pytest.raises(CryptoError, match="wheel") as caught:
        software().sm4_encrypt(bytes(16), b"", Ecb())
    assert not isinstance(caught.value, DecryptionFailed)
