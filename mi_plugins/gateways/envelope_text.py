"""Key, encryption and sign text of ``envelope-sm``: pure functions, no configuration.

- K1 = first 16 characters of ``appId``; X = SM4-ECB-PKCS7(K1, ``appSecret``); the key is the first 16 characters of
  X in upper-case hex, *used as ASCII* (it is not decoded).
- Sign text: each ``k=v&`` of the outer map without ``signData encData extra``, sorted without regard to case, then
  ``key=<appSecret>``. ``data`` is the plain business object as compact JSON: keys sorted ordinally, every scalar a JSON
  string, number literals as written, non-ASCII as it is; nowhere null, ``""`` or ``[]``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from mi_core.crypto import Ecb, software

__all__ = ["content_key", "decrypted", "encrypted", "sign_text"]

_UNSIGNED: Final = frozenset({"signData", "encData", "extra"})
_NOTHING: Final = object()
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def content_key(app_id: str, app_secret: str) -> bytes:
    """The 16 bytes that encrypt the business objects. ``app_id`` has at least 16 characters."""
    wrapped = software().sm4_encrypt(app_id[:16].encode(), app_secret.encode(), Ecb())
    return wrapped.hex().upper()[:16].encode("ascii")


def encrypted(key: bytes, plain: bytes) -> str:
    """``encData``: upper-case hex."""
    return software().sm4_encrypt(key, plain, Ecb()).hex().upper()


def decrypted(key: bytes, enc_data: str) -> bytes:
    """The reverse. Raises ``CryptoError``, ``ValueError`` for what is no hex."""
    return software().sm4_decrypt(key, bytes.fromhex(enc_data), Ecb())


def sign_text(outer: Mapping[str, Any], app_secret: str) -> str:
    """What is signed. ``outer``: as :func:`literal_json` gives it, its ``data`` the plain business object."""
    members = ((name, _kept(value)) for name, value in outer.items() if name not in _UNSIGNED)
    lines = [f"{name}={_shown(value)}&" for name, value in members if value is not _NOTHING]
    return "".join(sorted(lines, key=str.lower)) + f"key={app_secret}"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else _encode(value)


def _kept(value: Any) -> Any:
    """``value`` with scalars as text, keys in order and everything empty left out, from the inside outwards."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        kept = {name: _kept(value[name]) for name in sorted(value, key=_ordinal)}
        return {name: inner for name, inner in kept.items() if inner is not _NOTHING}
    if isinstance(value, list):
        rows = [row for row in map(_kept, value) if row is not _NOTHING]
        return rows or _NOTHING
    return _NOTHING if value is None or value == "" else value


def _ordinal(name: str) -> bytes:
    """By UTF-16 units, as the other side's language compares."""
    return name.encode("utf-16-be", "surrogatepass")
