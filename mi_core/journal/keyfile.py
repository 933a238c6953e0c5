"""The journal's key file: one line per active key, the first writes. Made once with mode 0600; back it up apart.

A line is ``mi-journal-key 1 NUMBER BASE64`` with 32 random bytes. To change keys, put a new line *below* first, load it
everywhere, then move it to the top (all workers must know a key before one writes with it).
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import secrets
from pathlib import Path
from typing import Final

from mi_core.errors import StoreError
from mi_core.journal.keyring import Key, KeyRing
from mi_core.whole_files import write_whole

__all__ = ["read_ring"]

_HEADER: Final = "mi-journal-key 1 "


def read_ring(path: Path, *, create: bool) -> KeyRing:
    """The keys in ``path``; made when missing and ``create``. Raises :class:`StoreError` with what to do."""
    if create and not path.exists():
        _create(path)
    try:
        lines = [line for line in path.read_text(encoding="ascii").splitlines() if line.strip()]
        current, *older = (_key(line) for line in lines)
        return KeyRing(current, *older)
    except FileNotFoundError:
        raise StoreError(
            f"交易日志密钥文件 {path} 不存在，已有日志无法读写",
            f"the journal's key file {path} is missing, the journal cannot be used without it",
            hint_zh="从备份恢复该文件", hint_en="restore it from the backup",
        ) from None  # fmt: skip
    except (OSError, ValueError, binascii.Error) as error:
        raise StoreError(
            f"交易日志密钥文件 {path} 无法读取或已损坏（{type(error).__name__}）",
            f"the journal's key file {path} cannot be read or is damaged ({type(error).__name__})",
            hint_zh="检查权限，或从备份恢复", hint_en="check its permissions or restore it from the backup",
        ) from None  # fmt: skip


def _key(line: str) -> Key:
    if not line.startswith(_HEADER):
        raise ValueError("no key line")
    number, text = line.removeprefix(_HEADER).split()
    return Key(int(number), base64.b64decode(text, validate=True))


def _create(path: Path) -> None:
    """A new key, never over an existing one: who made it a moment earlier has made it for all."""
    try:
        with contextlib.suppress(FileExistsError):
            write_whole(
                path, f"{_HEADER}1 {base64.b64encode(secrets.token_bytes(32)).decode('ascii')}\n", new=True
            )
    except OSError as error:
        raise StoreError(
            f"无法在 {path} 建立交易日志密钥文件：{error.strerror}", f"cannot make the journal's key file {path}: {error.strerror}",
            hint_zh="检查文件夹是否存在、可写", hint_en="check that the folder exists and is writable",
        ) from None  # fmt: skip
