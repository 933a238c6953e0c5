"""What an SM2 implementation has to offer, and the one answer to which of them serves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

import attrs

from mi_core.crypto.failures import CryptoError
from mi_core.crypto.keys import Sm2PrivateKey, Sm2PublicKey
from mi_core.crypto.sm2_forms import Sm2Ciphertext

__all__ = ["Sm2Backend", "Sm2Choice", "Sm2Name", "choose_sm2"]

Sm2Name = Literal["libcrypto", "gmssl"]


class Sm2Backend(Protocol):
    """SM2 with SM3 over keys that were checked. Safe to use from several threads."""

    name: str
    version: str

    def public_key(self, key: Sm2PrivateKey) -> Sm2PublicKey:
        """The public key that belongs to ``key``."""
        ...

    def sign(self, key: Sm2PrivateKey, data: bytes, user_id: bytes) -> bytes:
        """r‖s over ``data`` with the digest of GB/T 32918.2 (Z of user id and public key)."""
        ...

    def verify(self, key: Sm2PublicKey, data: bytes, rs: bytes, user_id: bytes) -> bool:
        """Whether r‖s (64 bytes) is a signature over ``data``."""
        ...

    def encrypt(self, key: Sm2PublicKey, data: bytes) -> Sm2Ciphertext:
        """Encrypt at least one byte."""
        ...

    def decrypt(self, key: Sm2PrivateKey, parts: Sm2Ciphertext) -> bytes | None:
        """The plaintext, or None when C1 is no point of the curve or C3 does not fit."""
        ...


@attrs.frozen
class Sm2Choice:
    """The backend that serves, and why those before it do not (name, reason)."""

    backend: Sm2Backend
    passed_over: tuple[tuple[str, str], ...]


def choose_sm2(only: Sm2Name | None = None) -> Sm2Choice:
    """The first backend that loads and passes its known-answer self-test: libcrypto, then gmssl; or ``only`` one.

    Raises :class:`CryptoError` when none does: then nothing is signed at all.
    """
    from mi_core.crypto.known_answers import sm2_failure

    refused: list[tuple[str, str]] = []
    for name, make in _MAKERS.items():
        if only not in (None, name):
            continue
        try:
            backend = make()
            reason = sm2_failure(backend)
        except CryptoError as error:
            reason = error.message("en")
        except Exception as error:
            reason = type(error).__name__  # whatever a foreign library raises, it must not serve
        if not reason:
            return Sm2Choice(backend, tuple(refused))
        refused.append((name, reason))
    told = "; ".join(f"{name}: {reason}" for name, reason in refused)
    raise CryptoError(
        f"没有可用的 SM2 实现（{told}）", f"no SM2 implementation is usable ({told})",
        hint_zh="安装 OpenSSL 3（libcrypto），或重新安装 gmssl", hint_en="install OpenSSL 3 (libcrypto) or reinstall gmssl",
    )  # fmt: skip


def _libcrypto() -> Sm2Backend:
    from mi_core.crypto.libcrypto import load_libcrypto
    from mi_core.crypto.sm2_libcrypto import LibcryptoSm2

    return LibcryptoSm2(load_libcrypto())


def _gmssl() -> Sm2Backend:
    from mi_core.crypto.sm2_gmssl import GmsslSm2

    return GmsslSm2()


_MAKERS: dict[Sm2Name, Callable[[], Sm2Backend]] = {"libcrypto": _libcrypto, "gmssl": _gmssl}
