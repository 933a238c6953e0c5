"""Sealed values in the configuration: ``sm4://<key>/<day>/at/<Base64>``, SM4-GCM, opened with a key that stands elsewhere.

Such a value belongs to its place in the configuration and is refused elsewhere. Without ``at/`` (``mi secrets seal --value``,
and what earlier versions wrote) it fits anywhere; ``mi secrets rotate`` binds these, too.

The key file (mode 0600; ``[secrets] key_file``, by default ``mi.secrets.key`` beside the configuration) or the variable
``MI_SECRETS_KEY`` holds one line per key, the one that seals first; two at most, so that a key is changed without a gap::

    mi-secret-key 1 <8 hex digits> <day it was made> <Base64 of 16 bytes>

Raises :class:`mi_core.errors.ConfigError`; no text ever holds a key or a value.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import datetime as dt
import os
import re
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import attrs

from mi_core.errors import ConfigError
from mi_core.whole_files import write_whole

__all__ = [
    "DEFAULT_KEY_FILE",
    "KEY_VARIABLE",
    "SEALED",
    "SEAL_MARK",
    "SecretKey",
    "SecretKeys",
    "key_file_of",
    "read_keys",
    "write_keys",
]

DEFAULT_KEY_FILE: Final = "mi.secrets.key"
KEY_VARIABLE: Final = "MI_SECRETS_KEY"
SEAL_MARK: Final = "sm4://"
"""A value that begins so is sealed, or damaged: never a plain one."""
SEALED: Final = re.compile(r"sm4://([0-9a-f]{8})/(\d{8})/(at/)?([A-Za-z0-9_-]{38,})")
_LINE: Final = re.compile(r"mi-secret-key 1 ([0-9a-f]{8}) (\d{4}-\d{2}-\d{2}) ([A-Za-z0-9+/]{22}==)")
_NONCE: Final = 12


@attrs.frozen
class SecretKey:
    """One key: its name, the day it was made, 16 bytes."""

    id: str
    made: dt.date
    content: bytes = attrs.field(repr=False)

    @classmethod
    def fresh(cls) -> SecretKey:
        """A new key of today."""
        return cls(secrets.token_hex(4), dt.datetime.now(dt.UTC).date(), secrets.token_bytes(16))


@attrs.frozen
class SecretKeys:
    """The active keys: the first seals, all open."""

    keys: tuple[SecretKey, ...]

    def seal(self, value: str, place: str = "", today: dt.date | None = None) -> str:
        """``value`` as it stands in the configuration at ``place`` (``institutions.X.gateway.secret_key``; empty: anywhere).

        Raises ``ConfigError`` for one that is sealed already.
        """
        from mi_core.crypto import Gcm, software

        if value.strip().lower().startswith(SEAL_MARK):
            raise ConfigError(
                "此值已是封存的（或已损坏），不能再封存", "this value is sealed already, or damaged: it is not sealed again",
                hint_zh="给出明文值", hint_en="give the plain value",
            )  # fmt: skip
        key, day = self.keys[0], (today or dt.datetime.now(dt.UTC).date()).strftime("%Y%m%d")
        mode = Gcm.fresh(_bound(key.id, day, place))
        sealed = mode.nonce + software().sm4_encrypt(key.content, value.encode(), mode)
        text = base64.urlsafe_b64encode(sealed).decode().rstrip("=")
        return f"sm4://{key.id}/{day}/{'at/' if place else ''}{text}"

    def open(self, sealed: str, place: str = "") -> str:
        """The value that stands at ``place``. Raises ``ConfigError`` when it is no sealed value, its key is missing, it was
        sealed for another place, or a character was changed."""
        from mi_core.crypto import CryptoError, Gcm, software

        parts = SEALED.fullmatch(sealed.strip())
        if parts is None:
            raise ConfigError(
                "封存的值不完整（应为 sm4://…）", "a damaged sealed value (sm4://… expected)",
                hint_zh="重新写入明文值，再用 mi secrets seal 封存", hint_en="write the plain value again, then: mi secrets seal",
            )  # fmt: skip
        key = next((k for k in self.keys if k.id == parts[1]), None)
        if key is None:
            raise ConfigError(
                f"封存所用的密钥 {parts[1]} 不在密钥文件中", f"the key {parts[1]} that sealed it is not in the key file",
                hint_zh="找回该密钥文件；找不回时重新写入明文值，再用 mi secrets seal 封存",
                hint_en="restore the key file, or write the plain value again and seal it",
            )  # fmt: skip
        try:
            content = base64.urlsafe_b64decode(parts[4] + "=" * (-len(parts[4]) % 4))
            mode = Gcm(content[:_NONCE], _bound(parts[1], parts[2], place if parts[3] else ""))
            return software().sm4_decrypt(key.content, content[_NONCE:], mode).decode()
        except (CryptoError, binascii.Error, ValueError):
            raise ConfigError(
                "封存的值被改动、损坏，或原属另一配置项", "the sealed value was changed or damaged, or belongs to another key",
                hint_zh="重新写入明文值，再用 mi secrets seal 封存", hint_en="write the plain value again, then: mi secrets seal",
            ) from None  # fmt: skip

    def text(self) -> str:
        """The content of a key file."""
        lines = (
            f"mi-secret-key 1 {k.id} {k.made.isoformat()} {base64.b64encode(k.content).decode()}"
            for k in self.keys
        )
        return "\n".join(lines) + "\n"


def _bound(key_id: str, day: str, place: str) -> bytes:
    return f"mi secret {key_id} {day}{f' at {place}' if place else ''}".encode()


def key_file_of(named: Path | None, source: Path | None) -> Path:
    """Where the key file is: as named, else beside the configuration."""
    return named or (source.resolve().parent if source else Path.cwd()) / DEFAULT_KEY_FILE


def read_keys(path: Path, environ: Mapping[str, str] = os.environ) -> SecretKeys:
    """The keys of ``MI_SECRETS_KEY`` (lines joined by ``;``), else of the file."""
    given = environ.get(KEY_VARIABLE)
    if given:
        return _parsed(given.replace(";", "\n"), f"环境变量 {KEY_VARIABLE}", f"the variable {KEY_VARIABLE}")
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        raise ConfigError(
            f"无法读取封存密钥文件 {path}：{why}", f"cannot read the key file of sealed values {path}: {why}",
            hint_zh=f"从备份恢复，或用 [secrets] key_file、环境变量 {KEY_VARIABLE} 指明",
            hint_en=f"restore it, or name another with [secrets] key_file or {KEY_VARIABLE}",
        ) from None  # fmt: skip
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(
            f"封存密钥文件 {path} 他人可读，拒绝使用", f"the key file {path} can be read by others and is not used",
            hint_zh=f"chmod 600 {path}", hint_en=f"chmod 600 {path}",
        )  # fmt: skip
    return _parsed(text, f"密钥文件 {path}", f"the key file {path}")


def _parsed(text: str, zh: str, en: str) -> SecretKeys:
    keys: list[SecretKey] = []
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    with contextlib.suppress(ValueError, binascii.Error):
        for line in lines:
            parts = _LINE.fullmatch(line)
            if parts is None:
                raise ValueError
            content = base64.b64decode(parts[3], validate=True)
            keys.append(SecretKey(parts[1], dt.date.fromisoformat(parts[2]), content))
    if len(keys) != len(lines) or not 1 <= len(keys) <= 2 or len({k.id for k in keys}) != len(keys):
        raise ConfigError(
            f"{zh} 不是有效的封存密钥（应有一至两行 mi-secret-key）",
            f"{en} holds no valid keys (one or two lines of mi-secret-key)",
            hint_zh="从备份恢复；新建用 mi secrets seal", hint_en="restore it; mi secrets seal makes a new one",
        )  # fmt: skip
    return SecretKeys(tuple(keys))


def write_keys(path: Path, keys: SecretKeys, *, new: bool) -> None:
    """Write the key file, whole or not at all, mode 0600. ``new``: refuse to replace one."""
    replace_file(path, keys.text(), new=new)


def replace_file(path: Path, text: str, *, new: bool = False) -> None:
    """Write a private file, whole or not at all."""
    try:
        write_whole(path, text, new=new)
    except OSError as error:
        raise ConfigError(
            f"无法写入 {path}：{error.strerror}", f"cannot write {path}: {error.strerror}",
            hint_zh="检查文件夹是否可写、文件是否已存在", hint_en="check that the folder is writable and whether the file exists",
        ) from None  # fmt: skip
