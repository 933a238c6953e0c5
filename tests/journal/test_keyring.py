"""Encryption, keyed hashes, SM3 by both providers, and a change of keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from hypothesis import given
from hypothesis import strategies as st

from mi_core.crypto import digest
from mi_core.errors import StoreError, VisitBusy
from mi_core.journal import Key, KeyRing, Stored, keyring
from tests.journal.kit import Clock, begin, done, open_journal, ring, send, settlement


@pytest.mark.parametrize("in_hashlib", [True, False])
def test_hmac_sm3_is_the_standard_one(monkeypatch: pytest.MonkeyPatch, in_hashlib: bool) -> None:
    if in_hashlib and not digest.in_hashlib():
        pytest.skip("this OpenSSL gives hashlib no SM3")
    monkeypatch.setattr(digest, "in_hashlib", lambda: in_hashlib)
    for key, message in ((b"k" * 32, b""), (b"key", b"message" * 100), (b"k" * 64, b"m"), (b"k" * 65, b"m")):
        reference = HMAC(key, hashes.SM3())
        reference.update(message)
        expected = reference.finalize()
        assert digest.HmacSm3(key).digest(message) == digest.hmac_sm3(key, message) == expected


SECRET, PLACE, CONTENT = bytes(range(32)), "attempts/request/1", "正文 2207".encode()
WRITTEN: dict[keyring.CipherName, str] = {
    "aes-gcm": "07c3b6bede6f350aa17f99e2e9e6861ff9f22eacc0523c14902cef404201e47c9e58ecb28423a1e0",
    "sm4-gcm": "076637d1323ba6d8984408ab726dd0e9b2524adcf242221141991e0c9da0d154d9181c7dc8a07578",
}
"""By an earlier version, with key 7."""


@pytest.mark.parametrize("cipher", WRITTEN)
def test_what_an_earlier_version_wrote_stays_readable(cipher: keyring.CipherName) -> None:
    keys = KeyRing(Key(7, SECRET), cipher=cipher)
    assert keys.open(bytes.fromhex(WRITTEN[cipher]), PLACE) == CONTENT
    assert keys.digest("430000").hex() == "adeef0a728332b2850677c2468b60188"
    assert keys.fingerprint(b"content").hex() == "17038cb77b9953a5cbf8d7a9a1e6ba5a"
    link = keys.link(7, b"link")
    assert link is not None and link.hex().startswith("315c6e963edb7c7108fc5556233637a6")


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
