"""What the rest of the program asks of 国密: one interface, served by software here, by a device through a plugin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import attrs

from mi_core.crypto.keys import KeyReference, Sm2PrivateKey, Sm2PublicKey
from mi_core.crypto.sm2_forms import CiphertextForm, SignatureForm
from mi_core.crypto.sm4 import Sm4Mode

__all__ = ["DEFAULT_USER_ID", "CryptoProvider", "Service"]

DEFAULT_USER_ID: Final = b"1234567812345678"
"""The user id of GM/T 0009, used wherever a protocol names no other."""


@attrs.frozen
class Service:
    """Who serves an algorithm. ``note``: what an operator should know (why a better one is passed over)."""

    algorithm: str
    backend: str
    version: str
    note_zh: str = ""
    note_en: str = ""


class CryptoProvider(Protocol):
    """SM2, SM3, SM4. Blocking, safe to use from several threads.

    Keys are values or, where they stay inside a device, a :class:`KeyReference`; a provider refuses a reference that is
    not its own. Everything raises :class:`CryptoError`, whose texts hold no key material.
    """

    name: str
    """``software``, or the name under which a plugin registers its device."""

    def services(self) -> Sequence[Service]:
        """What serves SM2, SM3, HMAC-SM3 and SM4, for ``mi crypto selftest``."""
        ...

    def sm3(self, data: bytes) -> bytes:
        """32 bytes hash (GB/T 32905)."""
        ...

    def hmac_sm3(self, key: bytes | KeyReference, data: bytes) -> bytes:
        """32 bytes HMAC with SM3."""
        ...

    def sm4_encrypt(self, key: bytes | KeyReference, data: bytes, mode: Sm4Mode) -> bytes:
        """SM4 (GB/T 32907) with a 16-byte key."""
        ...

    def sm4_decrypt(self, key: bytes | KeyReference, data: bytes, mode: Sm4Mode) -> bytes:
        """The reverse; :class:`DecryptionFailed` when padding or tag do not fit."""
        ...

    def sm2_public_key(self, key: Sm2PrivateKey | KeyReference) -> Sm2PublicKey:
        """The public key of a private one; :class:`KeyFormatError` when its file declares another."""
        ...

    def sm2_sign(
        self, key: Sm2PrivateKey | KeyReference, data: bytes, *, form: SignatureForm, user_id: bytes = DEFAULT_USER_ID
    ) -> bytes:  # fmt: skip
        """SM2 with SM3 over ``data`` (GB/T 32918.2)."""
        ...

    def sm2_verify(
        self, key: Sm2PublicKey, data: bytes, signature: bytes, *, form: SignatureForm, user_id: bytes = DEFAULT_USER_ID
    ) -> bool:  # fmt: skip
        """Whether the signature is right. A signature of another form is not right."""
        ...

    def sm2_encrypt(self, key: Sm2PublicKey, data: bytes, *, form: CiphertextForm) -> bytes:
        """Encrypt at least one byte (GB/T 32918.4)."""
        ...

    def sm2_decrypt(self, key: Sm2PrivateKey | KeyReference, data: bytes, *, form: CiphertextForm) -> bytes:
        """The reverse; :class:`DecryptionFailed` for everything that is no ciphertext for this key in this form."""
        ...
