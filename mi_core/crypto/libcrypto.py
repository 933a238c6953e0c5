"""A small ctypes binding to libcrypto of OpenSSL 3 or later: exactly the functions that SM2 needs.

``cryptography`` has no SM2, and the OpenSSL inside its wheel is not reachable; so the system's (or Python's own) library
is used. The binding says nothing about whether SM2 works there — some distributions leave it out — the self-test does.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Sequence
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_ulong, c_void_p
from pathlib import Path
from typing import Any, Final

from mi_core.crypto.failures import CryptoError

__all__ = ["Libcrypto", "OsslParam", "library_candidates", "load_libcrypto", "octets", "unsigned", "utf8"]

_OLDEST: Final = 0x30000000


class OsslParam(ctypes.Structure):
    """``OSSL_PARAM``: a named value handed to OpenSSL."""

    _fields_ = (
        ("key", c_char_p),
        ("data_type", ctypes.c_uint),
        ("data", c_void_p),
        ("data_size", c_size_t),
        ("return_size", c_size_t),
    )


_P, _N, _I, _B = c_void_p, c_size_t, c_int, c_char_p
_PROTOTYPES: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "OpenSSL_version_num": (c_ulong, ()),
    "OpenSSL_version": (c_char_p, (_I,)),
    "OPENSSL_cleanse": (None, (_P, _N)),
    "ERR_clear_error": (None, ()),
    "BN_bin2bn": (_P, (_B, _I, _P)),
    "BN_clear_free": (None, (_P,)),
    "EC_GROUP_new_by_curve_name": (_P, (_I,)),
    "EC_GROUP_free": (None, (_P,)),
    "EC_POINT_new": (_P, (_P,)),
    "EC_POINT_free": (None, (_P,)),
    "EC_POINT_mul": (_I, (_P, _P, _P, _P, _P, _P)),
    "EC_POINT_point2oct": (_N, (_P, _P, _I, _P, _N, _P)),
    "EVP_MD_fetch": (_P, (_P, _B, _B)),
    "EVP_PKEY_CTX_new_from_name": (_P, (_P, _B, _B)),
    "EVP_PKEY_CTX_new_from_pkey": (_P, (_P, _P, _B)),
    "EVP_PKEY_CTX_free": (None, (_P,)),
    "EVP_PKEY_CTX_set1_id": (_I, (_P, _B, _I)),
    "EVP_PKEY_fromdata_init": (_I, (_P,)),
    "EVP_PKEY_fromdata": (_I, (_P, POINTER(_P), _I, POINTER(OsslParam))),
    "EVP_PKEY_free": (None, (_P,)),
    "EVP_MD_CTX_new": (_P, ()),
    "EVP_MD_CTX_free": (None, (_P,)),
    "EVP_DigestSignInit": (_I, (_P, POINTER(_P), _P, _P, _P)),
    "EVP_DigestSign": (_I, (_P, _P, POINTER(_N), _B, _N)),
    "EVP_DigestVerifyInit": (_I, (_P, POINTER(_P), _P, _P, _P)),
    "EVP_DigestVerify": (_I, (_P, _B, _N, _B, _N)),
    "EVP_PKEY_encrypt_init": (_I, (_P,)),
    "EVP_PKEY_encrypt": (_I, (_P, _P, POINTER(_N), _B, _N)),
    "EVP_PKEY_decrypt_init": (_I, (_P,)),
    "EVP_PKEY_decrypt": (_I, (_P, _P, POINTER(_N), _B, _N)),
}


class Libcrypto:
    """The loaded library with typed prototypes; ``lib.EVP_...`` are the C functions."""

    def __init__(self, path: str) -> None:
        """Raises ``OSError`` (cannot be loaded), ``AttributeError`` (no such function) or :class:`CryptoError` (too old)."""
        library = ctypes.CDLL(path)
        for name, (result, arguments) in _PROTOTYPES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
        if library.OpenSSL_version_num() < _OLDEST:
            raise CryptoError(f"{path} 低于 OpenSSL 3", f"{path} is older than OpenSSL 3")
        self.lib: Final[Any] = library
        self.path: Final = path
        self.version: Final[str] = library.OpenSSL_version(0).decode("ascii", "replace")

    def failed(self, what: str) -> CryptoError:
        """The error of a call that must not fail; empties OpenSSL's error queue."""
        self.lib.ERR_clear_error()
        return CryptoError(f"libcrypto 操作失败（{what}）", f"libcrypto failed ({what})")


def load_libcrypto(candidates: Sequence[str] | None = None) -> Libcrypto:
    """The first of ``candidates`` (default :func:`library_candidates`) that is OpenSSL 3 or later."""
    tried: list[str] = []
    for path in library_candidates() if candidates is None else candidates:
        try:
            return Libcrypto(path)
        except (OSError, AttributeError, CryptoError) as error:
            tried.append(f"{path}: {type(error).__name__}")
    told = "; ".join(tried) or "-"
    raise CryptoError(f"找不到 OpenSSL 3 的 libcrypto（{told}）", f"no libcrypto of OpenSSL 3 found ({told})")


def library_candidates() -> list[str]:
    """Where libcrypto may be, most likely first. Full paths except where the system's loader is safe and knows best.

    Never an unversioned name: macOS ends a process that loads one.
    """
    prefix = Path(sys.base_prefix)
    if os.name == "nt":
        names = [f"libcrypto-{n}{arch}.dll" for n in (3, 4) for arch in ("", "-x64")]
        return [
            str(path) for name in names for path in (prefix / "DLLs" / name, prefix / name) if path.exists()
        ]
    if sys.platform == "darwin":
        folders = [
            prefix / "lib",
            Path("/opt/homebrew/opt/openssl@3/lib"),
            Path("/usr/local/opt/openssl@3/lib"),
        ]
        return [str(path) for f in folders for n in (3, 4) if (path := f / f"libcrypto.{n}.dylib").exists()]
    own = [str(path) for n in (3, 4) if (path := prefix / "lib" / f"libcrypto.so.{n}").exists()]
    return [*own, "libcrypto.so.3", "libcrypto.so.4"]


def utf8(key: bytes, value: bytes) -> OsslParam:
    """A text parameter. The caller keeps ``value`` alive."""
    return OsslParam(key, 4, ctypes.cast(c_char_p(value), c_void_p), len(value), _UNSET)


def octets(key: bytes, value: bytes) -> OsslParam:
    """An octet-string parameter. The caller keeps ``value`` alive."""
    return OsslParam(key, 5, ctypes.cast(c_char_p(value), c_void_p), len(value), _UNSET)


def unsigned(key: bytes, buffer: Any) -> OsslParam:
    """An unsigned-integer parameter from a ctypes buffer in the byte order of this machine."""
    return OsslParam(key, 2, ctypes.cast(buffer, c_void_p), len(buffer), _UNSET)


_UNSET: Final = c_size_t(-1).value
