"""The sandbox's SM2 keys: published on purpose, they protect nothing but a server of invented people on localhost."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from mi_core.crypto import DEFAULT_USER_ID, SignatureForm, Sm2PrivateKey, Sm2PublicKey, software

__all__ = ["CALLER", "CALLER_PUBLIC", "OWN", "OWN_PUBLIC", "USER_ID", "other_user_ids", "signed", "verified"]

USER_ID: Final = DEFAULT_USER_ID.decode()
CALLER: Final = Sm2PrivateKey(
    bytes.fromhex("c8dec853e9a1da27e939815cae39e6167ff7bc6818e3ca071eb881530258c632")
)
"""Signs what a test institution sends."""
CALLER_PUBLIC: Final = Sm2PublicKey(bytes.fromhex(
    "7405b0b19e3633a9152547117aa52b7b64edc1b53d1c87ef373e442355583457"
    "b9aeb1458508049c82659d93a2f4c21ee4fff0db4df49c4ac6128374bbebb04b"
))  # fmt: skip
OWN: Final = Sm2PrivateKey(bytes.fromhex("52a70ce6fbba8b4510996203abcd3d27e34c88845093ac7acaaf16b5fa08c31a"))
"""Signs the sandbox's replies (``envelope-sm``)."""
OWN_PUBLIC: Final = Sm2PublicKey(bytes.fromhex(
    "9cc1e5878afdf53173af12d4571e09f510b0715cbbe6fc0963726fb4392b0b72"
    "945471a2bfdd413fd549fc4fe9d3f554462a3cc5b0f81542bdd986a12eb2887f"
))  # fmt: skip


def signed(text: bytes) -> str:
    """The sandbox's signature: r‖s, Base64."""
    return base64.b64encode(software().sm2_sign(OWN, text, form=SignatureForm.RS)).decode()


def verified(
    text: bytes, given: str, *, key: Sm2PublicKey = CALLER_PUBLIC, form: SignatureForm = SignatureForm.RS, user_id: bytes | str = USER_ID
) -> bool:  # fmt: skip
    """Whether ``given`` (Base64) is the signature of ``text``."""
    try:
        signature = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        return False
    name = user_id.encode() if isinstance(user_id, str) else user_id
    return software().sm2_verify(key, text, signature, form=form, user_id=name)


def other_user_ids(*more: str) -> tuple[str, ...]:
    """User ids that are taken by mistake."""
    return tuple(one for one in ("1234567812345678\0", "ALICE123@YAHOO.COM", *more) if one)
