"""Personal data at rest: bodies encrypted (SM4-GCM, AES-256-GCM where OpenSSL has no SM4), identifiers as keyed hashes.

The key file holds 32 random bytes, is made once with mode 0600, and must be backed up apart from the database.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from mi_core.errors import StoreError

__all__ = ["Sealer"]

_HEADER = "mi-operation-log-key 1 "
_SM4_GCM, _AES_GCM = b"\x01", b"\x02"
_NONCE, _TAG = 12, 16


class Sealer:
    """Encrypts and hashes with keys derived from one master key."""

    def __init__(self, master: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self.key_id = _derive(master, "identifier").hex()[:16]
        """Names the key without telling it; the database remembers it."""
        self._index = _derive(master, "index")
        self._body = _derive(master, "body")
        self._write = _SM4_GCM if _sm4_available() else _AES_GCM
        self._sm4, self._aes = algorithms.SM4(self._body[:16]), AESGCM(self._body)
        self._cipher, self._gcm = Cipher, modes.GCM

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
        nonce = secrets.token_bytes(_NONCE)
        if self._write == _AES_GCM:
            return _AES_GCM + nonce + self._aes.encrypt(nonce, content, place.encode())
        encryptor = self._cipher(self._sm4, self._gcm(nonce)).encryptor()
        encryptor.authenticate_additional_data(place.encode())
        return b"".join((_SM4_GCM, nonce, encryptor.update(content), encryptor.finalize(), encryptor.tag))

    def unseal(self, blob: bytes, place: str) -> bytes:
        """Decrypt; raises ``StoreError`` when a single bit was changed or the key is another."""
        from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm

        kind, nonce, rest = blob[:1], blob[1 : 1 + _NONCE], blob[1 + _NONCE :]
        try:
            if kind == _AES_GCM:
                return self._aes.decrypt(nonce, rest, place.encode())
            if kind != _SM4_GCM or len(rest) < _TAG:
                raise InvalidTag
            decryptor = self._cipher(self._sm4, self._gcm(nonce, rest[-_TAG:])).decryptor()
            decryptor.authenticate_additional_data(place.encode())
            return decryptor.update(rest[:-_TAG]) + decryptor.finalize()
        except (InvalidTag, UnsupportedAlgorithm, ValueError):
            raise StoreError(
                f"日志内容被改动或密钥不符（{place}）", f"a log entry was changed or the key is another ({place})",
                hint_zh="保留现场，核对备份", hint_en="keep the files as they are and compare with the backup",
            ) from None  # fmt: skip


def _derive(master: bytes, purpose: str) -> bytes:
    return hmac.new(master, f"mi operation log: {purpose}".encode(), hashlib.sha256).digest()


def _sm4_available() -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    try:
        Cipher(algorithms.SM4(bytes(16)), modes.GCM(bytes(_NONCE))).encryptor()
    except UnsupportedAlgorithm:
        return False
    return True


def _create(path: Path) -> None:
    """Write a new key beside ``path`` and link it in: whole or not at all, and never over an existing one."""
    content = f"{_HEADER}{base64.b64encode(secrets.token_bytes(32)).decode('ascii')}\n"
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    except OSError as error:
        raise StoreError(
            f"无法在 {path} 建立日志密钥文件：{error.strerror}", f"cannot make the key file {path}: {error.strerror}",
            hint_zh="检查文件夹是否存在、可写", hint_en="check that the folder exists and is writable",
        ) from None  # fmt: skip
    finally:
        draft.unlink(missing_ok=True)
