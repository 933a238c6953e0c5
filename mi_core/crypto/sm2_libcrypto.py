"""SM2 by libcrypto (OpenSSL 3 or later), through :mod:`mi_core.crypto.libcrypto`."""

from __future__ import annotations

import ctypes
import sys
from ctypes import byref, c_size_t, c_void_p
from threading import Lock
from typing import Any, Final
from weakref import WeakKeyDictionary

from mi_core.crypto.curve import SIZE
from mi_core.crypto.keys import Sm2PrivateKey, Sm2PublicKey
from mi_core.crypto.libcrypto import Libcrypto, OsslParam, octets, unsigned, utf8
from mi_core.crypto.sm2_forms import (
    CiphertextForm,
    FormError,
    SignatureForm,
    Sm2Ciphertext,
    read_ciphertext,
    read_signature,
    write_ciphertext,
    write_signature,
)

__all__ = ["LibcryptoSm2"]

_NID_SM2: Final = 1172
_UNCOMPRESSED: Final = 4
_SELECT_PUBLIC: Final = 0x86  # EVP_PKEY_PUBLIC_KEY
_SELECT_PAIR: Final = 0x87  # EVP_PKEY_KEYPAIR
_SIGNATURE_ROOM: Final = 80


class _Pkey:
    """Owns one ``EVP_PKEY``; it is freed (and its secret wiped by OpenSSL) with this object."""

    def __init__(self, lib: Any, pointer: int) -> None:
        self._lib, self.pointer = lib, pointer

    def __del__(self) -> None:
        self._lib.EVP_PKEY_free(self.pointer)


class LibcryptoSm2:
    """SM2 by OpenSSL: constant-time scalar multiplication, its own randomness, C1 and C3 checked by it."""

    name = "libcrypto"

    def __init__(self, libcrypto: Libcrypto) -> None:
        self._crypto, self._lib = libcrypto, libcrypto.lib
        self.version = libcrypto.version
        self._sm3 = self._lib.EVP_MD_fetch(None, b"SM3", None)
        if not self._sm3:
            raise libcrypto.failed("SM3")
        self._pairs: WeakKeyDictionary[Sm2PrivateKey, tuple[_Pkey, Sm2PublicKey]] = WeakKeyDictionary()
        self._points: WeakKeyDictionary[Sm2PublicKey, _Pkey] = WeakKeyDictionary()
        self._lock = Lock()

    def public_key(self, key: Sm2PrivateKey) -> Sm2PublicKey:
        """The public key, by ``EC_POINT_mul`` with the generator."""
        return self._pair(key)[1]

    def sign(self, key: Sm2PrivateKey, data: bytes, user_id: bytes) -> bytes:
        """r‖s, by ``EVP_DigestSign``."""
        lib, (pair, _) = self._lib, self._pair(key)
        work, detail = lib.EVP_MD_CTX_new(), c_void_p()
        room, size = ctypes.create_string_buffer(_SIGNATURE_ROOM), c_size_t(_SIGNATURE_ROOM)
        try:
            if (
                lib.EVP_DigestSignInit(work, byref(detail), self._sm3, None, pair.pointer) != 1
                or lib.EVP_PKEY_CTX_set1_id(detail, user_id, len(user_id)) != 1
                or lib.EVP_DigestSign(work, room, byref(size), data, len(data)) != 1
            ):
                raise self._crypto.failed("SM2 sign")
            return read_signature(room.raw[: size.value], SignatureForm.DER)
        finally:
            lib.EVP_MD_CTX_free(work)

    def verify(self, key: Sm2PublicKey, data: bytes, rs: bytes, user_id: bytes) -> bool:
        """Whether the signature is right, by ``EVP_DigestVerify``."""
        lib, point = self._lib, self._point(key)
        signature = write_signature(rs, SignatureForm.DER)
        work, detail = lib.EVP_MD_CTX_new(), c_void_p()
        try:
            if (
                lib.EVP_DigestVerifyInit(work, byref(detail), self._sm3, None, point.pointer) != 1
                or lib.EVP_PKEY_CTX_set1_id(detail, user_id, len(user_id)) != 1
            ):
                raise self._crypto.failed("SM2 verify")
            right: bool = lib.EVP_DigestVerify(work, signature, len(signature), data, len(data)) == 1
            if not right:
                lib.ERR_clear_error()
            return right
        finally:
            lib.EVP_MD_CTX_free(work)

    def encrypt(self, key: Sm2PublicKey, data: bytes) -> Sm2Ciphertext:
        """Encrypt, by ``EVP_PKEY_encrypt``; OpenSSL 3.0 does not repeat when the key stream is all zero, so we do."""
        while True:
            try:
                der = self._crypt("encrypt", self._point(key), data)
                parts = read_ciphertext(der or b"", CiphertextForm.DER)
            except FormError:
                raise self._crypto.failed("SM2 encrypt") from None
            if parts.c2 != data:
                return parts

    def decrypt(self, key: Sm2PrivateKey, parts: Sm2Ciphertext) -> bytes | None:
        """Decrypt, by ``EVP_PKEY_decrypt``; a zero key stream is refused as the standard demands."""
        plain = self._crypt("decrypt", self._pair(key)[0], write_ciphertext(parts, CiphertextForm.DER))
        return None if plain == parts.c2 else plain

    def _crypt(self, what: str, pkey: _Pkey, data: bytes) -> bytes | None:
        lib = self._lib
        init, run = getattr(lib, f"EVP_PKEY_{what}_init"), getattr(lib, f"EVP_PKEY_{what}")
        context, size = lib.EVP_PKEY_CTX_new_from_pkey(None, pkey.pointer, None), c_size_t()
        room: Any = None
        try:
            if init(context) != 1 or run(context, None, byref(size), data, len(data)) != 1:
                lib.ERR_clear_error()
                return None
            room = ctypes.create_string_buffer(max(size.value, len(data)))
            size.value = len(room)
            if run(context, room, byref(size), data, len(data)) != 1:
                lib.ERR_clear_error()
                return None
            return bytes(memoryview(room)[: size.value])
        finally:
            if room is not None:
                lib.OPENSSL_cleanse(room, len(room))
            lib.EVP_PKEY_CTX_free(context)

    def _pair(self, key: Sm2PrivateKey) -> tuple[_Pkey, Sm2PublicKey]:
        with self._lock:
            pair = self._pairs.get(key)
            if pair is None:
                public = Sm2PublicKey(self._multiply(key.reveal()))
                pair = self._pairs[key] = self._import(public, key.reveal()), public
            return pair

    def _point(self, key: Sm2PublicKey) -> _Pkey:
        with self._lock:
            point = self._points.get(key)
            if point is None:
                point = self._points[key] = self._import(key, None)
            return point

    def _multiply(self, secret: bytes) -> bytes:
        """secret · G as x‖y."""
        lib = self._lib
        group = lib.EC_GROUP_new_by_curve_name(_NID_SM2)
        point = lib.EC_POINT_new(group) if group else None
        number = lib.BN_bin2bn(secret, len(secret), None)
        room = ctypes.create_string_buffer(1 + 2 * SIZE)
        try:
            if (
                not (point and number)
                or lib.EC_POINT_mul(group, point, number, None, None, None) != 1
                or lib.EC_POINT_point2oct(group, point, _UNCOMPRESSED, room, len(room), None) != len(room)
            ):
                raise self._crypto.failed("SM2 public key")
            return room.raw[1:]
        finally:
            lib.BN_clear_free(number)
            lib.EC_POINT_free(point)
            lib.EC_GROUP_free(group)

    def _import(self, public: Sm2PublicKey, secret: bytes | None) -> _Pkey:
        """An ``EVP_PKEY`` from the numbers; OpenSSL checks the point again."""
        lib, pointer = self._lib, c_void_p()
        octets_of_point, name = public.uncompressed, b"SM2"
        parameters = [utf8(b"group", name), octets(b"pub", octets_of_point)]
        number = None
        if secret is not None:
            native = secret if sys.byteorder == "big" else secret[::-1]
            number = ctypes.create_string_buffer(native, SIZE)
            parameters.append(unsigned(b"priv", number))
        array = (OsslParam * (len(parameters) + 1))(*parameters)
        context = lib.EVP_PKEY_CTX_new_from_name(None, name, None)
        try:
            selection = _SELECT_PUBLIC if secret is None else _SELECT_PAIR
            if (
                not context
                or lib.EVP_PKEY_fromdata_init(context) != 1
                or lib.EVP_PKEY_fromdata(context, byref(pointer), selection, array) != 1
                or pointer.value is None
            ):
                raise self._crypto.failed("SM2 key")
            return _Pkey(lib, pointer.value)
        finally:
            if number is not None:
                lib.OPENSSL_cleanse(number, SIZE)
            lib.EVP_PKEY_CTX_free(context)
