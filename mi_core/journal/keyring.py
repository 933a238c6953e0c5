"""Keys of the journal: encryption at rest, keyed hashes for search, and the key of the event chain.

Several keys may be active (normally one, two around a change), so that a key is changed without a gap. What an old key
wrote stays searchable only while the key is in the ring, so it is not taken out before its data are gone.
Each secret (its SHA-256) is split into three by HMAC-SM3, so that no key serves two purposes.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import Final, Literal, Protocol

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mi_core.crypto import CryptoError, Gcm, HmacSm3
from mi_core.crypto.sm4 import BLOCK, sm4_decrypt, sm4_encrypt
from mi_core.errors import StoreError

__all__ = ["CipherName", "Key", "KeyRing"]

CipherName = Literal["aes-gcm", "sm4-gcm"]

_NONCE: Final = 12


class _Aead(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


class _Sm4Gcm:
    """SM4 in GCM with the interface of :class:`AESGCM`."""

    def __init__(self, key: bytes) -> None:
        self._key = key[:BLOCK]

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        return sm4_encrypt(self._key, data, Gcm(nonce, associated_data or b""))

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        return sm4_decrypt(self._key, data, Gcm(nonce, associated_data or b""))


@attrs.frozen
class Key:
    """One secret with the number (1–255) that is written beside everything it protects. Never reuse a number."""

    id: int = attrs.field(validator=attrs.validators.in_(range(1, 256)))
    secret: bytes = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        if len(self.secret) < 32:
            raise ValueError("a journal key needs at least 32 random bytes")


class _Opened:
    """A key split by purpose."""

    __slots__ = ("aead", "chain", "search")

    def __init__(self, key: Key, cipher: CipherName) -> None:
        derive = HmacSm3(hashlib.sha256(key.secret).digest())
        seal = derive.digest(b"mi journal: seal")
        self.aead: _Aead = AESGCM(seal) if cipher == "aes-gcm" else _Sm4Gcm(seal)
        self.search = HmacSm3(derive.digest(b"mi journal: search")).digest
        self.chain = HmacSm3(derive.digest(b"mi journal: chain")).digest


class KeyRing:
    """The active keys: the first writes, all read and are searched. A missing key or a changed byte raises :class:`StoreError`."""

    def __init__(self, current: Key, *older: Key, cipher: CipherName = "aes-gcm") -> None:
        keys = [current, *older]
        if len({key.id for key in keys}) != len(keys):
            raise ValueError("the keys of the ring need different numbers")
        self._keys = {key.id: _Opened(key, cipher) for key in keys}
        self._current = self._keys[current.id]
        self._head = bytes([current.id])
        self.current_id = current.id

    def __repr__(self) -> str:
        return f"<KeyRing keys={list(self._keys)}>"

    @property
    def ids(self) -> tuple[int, ...]:
        """Numbers of the active keys."""
        return tuple(self._keys)

    def seal(self, data: bytes, place: str) -> bytes:
        """Encrypt; ``place`` (table, column, row) is authenticated, so that a value moved elsewhere is detected."""
        nonce = os.urandom(_NONCE)
        return self._head + nonce + self._current.aead.encrypt(nonce, data, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt what :meth:`seal` made for the same ``place``; a changed byte raises :class:`StoreError`."""
        key = self._keys.get(sealed[0]) if sealed else None
        if key is None:
            raise StoreError(
                f"日志密钥缺失（{place}）", f"the journal key of {place} is missing",
                hint_zh="把写入该数据时的密钥加回密钥环", hint_en="put the key that wrote it back into the key ring",
            )  # fmt: skip
        try:
            return key.aead.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], place.encode())
        except (InvalidTag, CryptoError, ValueError) as error:
            raise StoreError(
                f"日志数据被改动或损坏（{place}）", f"stored data was changed or damaged ({place})",
                hint_zh="停止使用该文件并从备份核对", hint_en="stop using this file and compare with the backup",
            ) from error  # fmt: skip

    def digest(self, value: str) -> bytes:
        """Keyed hash for search, by the current key (16 bytes)."""
        return self._current.search(value.encode())[:16]

    def digests(self, value: str) -> tuple[bytes, ...]:
        """Keyed hashes by every active key, the current one first: what a search has to look for."""
        data = value.encode()
        if len(self._keys) == 1:
            return (self._current.search(data)[:16],)
        return tuple(key.search(data)[:16] for key in self._keys.values())

    def fingerprint(self, content: bytes) -> bytes:
        """Keyed hash of a request's content by the current key (16 bytes)."""
        return self._current.search(content)[:16]

    def same_content(self, content: bytes, fingerprint: bytes) -> bool:
        """Whether ``fingerprint`` was made of ``content`` by any active key."""
        return any(hmac.compare_digest(k.search(content)[:16], fingerprint) for k in self._keys.values())

    def link(self, key_id: int, message: bytes) -> bytes | None:
        """HMAC-SM3 of one link of the event chain, or None when that key is not in the ring."""
        key = self._keys.get(key_id)
        return None if key is None else key.chain(message)
