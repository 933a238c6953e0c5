"""Encryption, keyed hashes, SM3 by both providers, and a change of keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from hypothesis import given
from hypothesis import strategies as st

from mi_core.errors import StoreError, VisitBusy
from mi_core.journal import Key, KeyRing, Stored, keyring
from tests.journal.kit import Clock, begin, done, open_journal, ring, send, settlement


@pytest.mark.parametrize("in_hashlib", [True, False])
def test_hmac_sm3_is_the_standard_one(monkeypatch: pytest.MonkeyPatch, in_hashlib: bool) -> None:
    if in_hashlib and not keyring._IN_HASHLIB:
        pytest.skip("this OpenSSL gives hashlib no SM3")
    monkeypatch.setattr(keyring, "_IN_HASHLIB", in_hashlib)
    for key, message in ((b"k" * 32, b""), (b"key", b"message" * 100)):
        reference = HMAC(key, hashes.SM3())
        reference.update(message)
        assert keyring.HmacSm3(key).digest(message) == reference.finalize()
    with pytest.raises(ValueError, match="64"):
        keyring.HmacSm3(b"k" * 65)


@pytest.mark.parametrize("cipher", ["aes-gcm", "sm4-gcm"])
@given(data=st.binary(max_size=200), place=st.integers(0, 10_000))
def test_every_flipped_byte_is_found(cipher: keyring.CipherName, data: bytes, place: int) -> None:
    keys = KeyRing(Key(7, b"k" * 32), cipher=cipher)
    sealed = keys.seal(data, "here")
    assert keys.open(sealed, "here") == data
    flipped = bytearray(sealed)
    flipped[place % len(sealed)] ^= 1 << place % 8
    with pytest.raises(StoreError):
        keys.open(bytes(flipped), "here")
    with pytest.raises(StoreError):
        keys.open(sealed, "there")
    with pytest.raises(StoreError):
        keys.open(b"", "here")


def test_secrets_do_not_show() -> None:
    assert "kkkk" not in repr(Key(1, b"k" * 32)) + repr(KeyRing(Key(1, b"k" * 32)))
    with pytest.raises(ValueError, match="32"):
        Key(1, b"short")
    with pytest.raises(ValueError, match="different"):
        KeyRing(Key(1, b"k" * 32), Key(1, b"j" * 32))


def test_a_new_key_still_finds_and_reads_what_the_old_one_wrote(path: Path, clock: Clock) -> None:
    old = open_journal(path, clock)
    finished, flying = done(old, settlement("M1")), send(old, settlement("M2"))
    old.close()
    both = KeyRing(Key(2, b"2" * 32), Key(1, bytes([1]) * 32))
    journal = open_journal(path, clock, keys=both)
    again = begin(journal, settlement("M1"))
    assert isinstance(again, Stored) and again.msgid == finished.msgid and again.response == b'{"infcode":0}'
    for intent in (settlement("M2"), settlement("M2", batch="B7")):
        with pytest.raises(VisitBusy):
            begin(journal, intent)
    assert journal.read.attempt(flying.msgid) is not None
    done(journal, settlement("M3"))
    assert len(journal.read.of_person("PM1")) == 1 and journal.read.verify().intact
    journal.close()


def test_a_missing_key_closes_the_journal(path: Path, clock: Clock) -> None:
    open_journal(path, clock).close()
    with pytest.raises(StoreError, match=r"\[1\]"):
        open_journal(path, clock, keys=ring(2))
    open_journal(path, clock).close()


def test_a_new_key_may_write_only_when_every_living_worker_can_read_it(path: Path, clock: Clock) -> None:
    one, two = Key(1, b"1" * 32), Key(2, b"2" * 32)
    unaware = open_journal(path, clock, keys=KeyRing(one))
    with pytest.raises(StoreError, match="2"):
        open_journal(path, clock, keys=KeyRing(two, one))
    unaware.close()
    aware = open_journal(path, clock, keys=KeyRing(one, two))
    open_journal(path, clock, keys=KeyRing(two, one)).close()
    aware.close()
