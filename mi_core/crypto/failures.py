"""What can go wrong in 国密 work. No text ever carries key material, plaintext or ciphertext."""

from __future__ import annotations

from mi_core.errors import MiError

__all__ = ["CryptoError", "DecryptionFailed", "KeyFormatError"]


class CryptoError(MiError):
    """An operation cannot be done: no backend that passes its self-test, a wrong length, a key of another device."""

    code = "crypto"


class KeyFormatError(CryptoError):
    """A text or byte string is no usable key; says which form was expected and what was found, never the content."""

    code = "crypto_key"


class DecryptionFailed(CryptoError):
    """Ciphertext that this key does not open: changed, cut off, in another form, or made for another key.

    One text for every cause, so that the sender of a forged ciphertext learns nothing from it.
    """

    code = "crypto_decrypt"

    def __init__(self, algorithm: str) -> None:
        super().__init__(
            f"{algorithm} 密文无法解密：密钥不符、格式不符，或内容被改动",
            f"the {algorithm} ciphertext cannot be decrypted: another key, another form, or it was changed",
            hint_zh="核对密钥和密文格式（C1C3C2、C1C2C3、DER；ECB、CBC、CTR、GCM）是否与对方一致",
            hint_en="check that key and form (C1C3C2, C1C2C3, DER; ECB, CBC, CTR, GCM) are those of the other side",
        )
