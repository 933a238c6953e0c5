"""Personal data at rest: bodies encrypted (SM4-GCM, AES-256-GCM where OpenSSL has no SM4), identifiers as keyed hashes.

The key file holds 32 random bytes, is made once with mode 0600, and must be backed up apart from the database.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import secrets
from pathlib import Path

from mi_core.crypto import CryptoError, DecryptionFailed, Gcm
from mi_core.crypto.sm4 import BLOCK, sm4_decrypt, sm4_encrypt
from mi_core.errors import StoreError
from mi_core.whole_files import write_whole

__all__ = ["Sealer"]

_HEADER = "mi-operation-log-key 1 "
_SM4_GCM, _AES_GCM = b"\x01", b"\x02"
_NONCE = 12


class Sealer:
    """Encrypts and hashes with keys derived from one master key."""

    def __init__(self, master: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self.key_id = _derive(master, "identifier").hex()[:16]
        """Names the key without telling it; the database remembers it."""
        self._index = _derive(master, "index")
        self._body = _derive(master, "body")
        self._sm4, self._aes = self._body[:BLOCK], AESGCM(self._body)
        self._write = _SM4_GCM if _sm4_available() else _AES_GCM

    @classmethod
    def from_file(cls, path: Path, *, create: bool) -> Sealer:
        """Read the key file; make it when it is missing and ``create``. Raises ``StoreError`` with what to do."""
        if create and not path.exists():
            _create(path)
        try:
            text = path.read_text(encoding="ascii")
            if not text.startswith(_HEADER):
                raise ValueError
            master = base64.b64decode(text[len(_HEADER) :].strip(), validate=True)
            if len(master) != 32:
                raise ValueError
        except FileNotFoundError:
            raise StoreError(
                f"日志密钥文件 {path} 不存在，已有日志无法读写",
                f"the key file {path} is missing, the log cannot be used without it",
                hint_zh="从备份恢复该文件；密钥丢失时，请改用新的数据库文件",
                hint_en="restore it from the backup; if it is lost, start a new database file",
            ) from None
        except (OSError, ValueError, binascii.Error) as error:
            raise StoreError(
                f"日志密钥文件 {path} 无法读取或已损坏（{type(error).__name__}）",
                f"the key file {path} cannot be read or is damaged ({type(error).__name__})",
                hint_zh="检查权限，或从备份恢复",
                hint_en="check its permissions or restore it from the backup",
            ) from None
        return cls(master)

    def fingerprint(self, kind: str, value: str | None) -> str | None:
        """HMAC-SHA256 of an identifier, for search; equal values of different kinds differ."""
        if value is None:
            return None
        return hmac.digest(self._index, f"{kind}\0{value}".encode(), "sha256").hex()

    def seal(self, content: bytes, place: str) -> bytes:
        """Encrypt; ``place`` (row and column) is authenticated, so that values cannot be exchanged between rows."""
        mode = Gcm.fresh(place.encode())
        if self._write == _AES_GCM:
            return _AES_GCM + mode.nonce + self._aes.encrypt(mode.nonce, content, mode.aad)
        return _SM4_GCM + mode.nonce + sm4_encrypt(self._sm4, content, mode)

    def unseal(self, blob: bytes, place: str) -> bytes:
        """Decrypt; raises ``StoreError`` when a single bit was changed or the key is another."""
        from cryptography.exceptions import InvalidTag

        kind, nonce, rest = blob[:1], blob[1 : 1 + _NONCE], blob[1 + _NONCE :]
        try:
            if kind == _AES_GCM:
                return self._aes.decrypt(nonce, rest, place.encode())
            if kind != _SM4_GCM:
                raise DecryptionFailed("SM4")
            return sm4_decrypt(self._sm4, rest, Gcm(nonce, place.encode()))
        except (InvalidTag, CryptoError, ValueError):
            raise StoreError(
                f"日志内容被改动或密钥不符（{place}）", f"a log entry was changed or the key is another ({place})",
                hint_zh="保留现场，核对备份", hint_en="keep the files as they are and compare with the backup",
            ) from None  # fmt: skip


def _derive(master: bytes, purpose: str) -> bytes:
    return hmac.new(master, f"mi operation log: {purpose}".encode(), hashlib.sha256).digest()


def _sm4_available() -> bool:
    try:
        sm4_encrypt(bytes(BLOCK), b"", Gcm(bytes(_NONCE)))
    except CryptoError:
        return False
    return True


def _create(path: Path) -> None:
    """A new key, never over an existing one: who made it a moment earlier has made it for all."""
    try:
        with contextlib.suppress(FileExistsError):
            write_whole(
                path, f"{_HEADER}{base64.b64encode(secrets.token_bytes(32)).decode('ascii')}\n", new=True
            )
    except OSError as error:
        raise StoreError(
            f"无法在 {path} 建立日志密钥文件：{error.strerror}", f"cannot make the key file {path}: {error.strerror}",
            hint_zh="检查文件夹是否存在、可写", hint_en="check that the folder exists and is writable",
        ) from None  # fmt: skip
