"""The provider made of software: hashlib and ``cryptography`` for SM3 and SM4, libcrypto or gmssl for SM2."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final, TypeVar

from mi_core.crypto.digest import hmac_sm3, in_hashlib, sm3
from mi_core.crypto.failures import CryptoError, DecryptionFailed, KeyFormatError
from mi_core.crypto.keys import KeyReference, Sm2PrivateKey, Sm2PublicKey
from mi_core.crypto.provider import DEFAULT_USER_ID, Service
from mi_core.crypto.sm2_backend import Sm2Choice, Sm2Name, choose_sm2
from mi_core.crypto.sm2_forms import (
    CiphertextForm,
    FormError,
    SignatureForm,
    read_ciphertext,
    read_signature,
    write_ciphertext,
    write_signature,
)
from mi_core.crypto.sm4 import Sm4Mode, sm4_decrypt, sm4_encrypt

__all__ = ["SoftwareProvider", "software"]

_Key = TypeVar("_Key", bytes, Sm2PrivateKey)
_LONGEST_USER_ID: Final = 8190  # bytes; the standard allows one more, OpenSSL does not


class SoftwareProvider:
    """See :class:`mi_core.crypto.CryptoProvider`. SM2 is chosen, and self-tested, when it is first used."""

    name = "software"

    def __init__(self, sm2: Sm2Name | None = None) -> None:
        """``sm2``: serve SM2 by this backend only; default the first that passes."""
        self._only = sm2

    def services(self) -> Sequence[Service]:
        """Never raises: where no SM2 backend passes its self-test, the backend is ``-`` and the note says why."""
        import ssl  # tens of milliseconds, and only for its version text

        hashed = (
            ("hashlib", ssl.OPENSSL_VERSION) if in_hashlib() else ("cryptography", _cryptography_openssl())
        )
        return (
            self._sm2_service(),
            Service("SM3", *hashed),
            Service("HMAC-SM3", *hashed),
            Service("SM4", "cryptography", _cryptography_openssl()),
        )

    def _sm2_service(self) -> Service:
        try:
            choice = self._choice()
        except CryptoError as error:
            return Service("SM2", "-", "-", error.zh, error.en)
        zh, en = [], []
        if choice.passed_over:
            why = "; ".join(f"{name}: {reason}" for name, reason in choice.passed_over)
            zh.append(f"未采用 {why}")
            en.append(f"passed over {why}")
        if choice.backend.name == "gmssl":
            zh.append("速度慢，且运算时间不恒定")
            en.append("slow, and not constant in time")
        return Service("SM2", choice.backend.name, choice.backend.version, "；".join(zh), "; ".join(en))

    def sm3(self, data: bytes) -> bytes:
        return sm3(data)

    def hmac_sm3(self, key: bytes | KeyReference, data: bytes) -> bytes:
        return hmac_sm3(_held(key), data)

    def sm4_encrypt(self, key: bytes | KeyReference, data: bytes, mode: Sm4Mode) -> bytes:
        return sm4_encrypt(_held(key), data, mode)

    def sm4_decrypt(self, key: bytes | KeyReference, data: bytes, mode: Sm4Mode) -> bytes:
        return sm4_decrypt(_held(key), data, mode)

    def sm2_public_key(self, key: Sm2PrivateKey | KeyReference) -> Sm2PublicKey:
        return self._matching(_held(key))

    def sm2_sign(
        self, key: Sm2PrivateKey | KeyReference, data: bytes, *, form: SignatureForm, user_id: bytes = DEFAULT_USER_ID
    ) -> bytes:  # fmt: skip
        held = _held(key)
        self._matching(held)
        return write_signature(self._choice().backend.sign(held, data, _checked(user_id)), form)

    def sm2_verify(
        self, key: Sm2PublicKey, data: bytes, signature: bytes, *, form: SignatureForm, user_id: bytes = DEFAULT_USER_ID
    ) -> bool:  # fmt: skip
        try:
            rs = read_signature(signature, form)
        except FormError:
            return False
        return self._choice().backend.verify(key, data, rs, _checked(user_id))

    def sm2_encrypt(self, key: Sm2PublicKey, data: bytes, *, form: CiphertextForm) -> bytes:
        if not data:
            raise CryptoError("SM2 不能加密空内容", "SM2 cannot encrypt nothing")
        return write_ciphertext(self._choice().backend.encrypt(key, data), form)

    def sm2_decrypt(self, key: Sm2PrivateKey | KeyReference, data: bytes, *, form: CiphertextForm) -> bytes:
        held = _held(key)
        self._matching(held)
        try:
            plain = self._choice().backend.decrypt(held, read_ciphertext(data, form))
        except FormError:
            plain = None
        if plain is None:
            raise DecryptionFailed("SM2")
        return plain

    def _choice(self) -> Sm2Choice:
        return _chosen(self._only)

    def _matching(self, key: Sm2PrivateKey) -> Sm2PublicKey:
        public = self._choice().backend.public_key(key)
        if key.declared not in (None, public):
            raise KeyFormatError(
                "私钥文件中的公钥与私钥不配对", "the public key in the private key's file belongs to another private key",
                hint_zh="文件已损坏或由两把密钥拼成，请重新导出", hint_en="the file is damaged or made of two keys; export it again",
            )  # fmt: skip
        return public


@cache
def software() -> SoftwareProvider:
    """The provider of this process."""
    return SoftwareProvider()


@cache
def _chosen(only: Sm2Name | None) -> Sm2Choice:
    return choose_sm2(only)


def _held(key: _Key | KeyReference) -> _Key:
    if isinstance(key, KeyReference):
        raise CryptoError(
            f"密钥 {key.label} 在设备 {key.provider} 中，软件无法使用",
            f"key {key.label} lives in device {key.provider}; software cannot use it",
            hint_zh="在配置中选用该设备的插件", hint_en="choose that device's plugin in the configuration",
        )  # fmt: skip
    return key


def _checked(user_id: bytes) -> bytes:
    if not 1 <= len(user_id) <= _LONGEST_USER_ID:
        raise CryptoError(
            f"SM2 用户标识应为 1 到 {_LONGEST_USER_ID} 字节，实得 {len(user_id)} 字节",
            f"an SM2 user id has 1 to {_LONGEST_USER_ID} bytes, this has {len(user_id)}",
        )
    return user_id


def _cryptography_openssl() -> str:
    from cryptography.hazmat.backends.openssl.backend import backend

    return backend.openssl_version_text()
