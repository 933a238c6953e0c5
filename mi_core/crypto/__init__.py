"""国密: SM2, SM3, SM4 behind one interface, and SM2 keys in the forms they are handed over in.

``software()`` is the provider of this process; ``mi crypto selftest`` tells what serves what. A device (HSM, SDF) comes
by plugin as another :class:`CryptoProvider`.
"""

from mi_core.crypto.digest import HmacSm3
from mi_core.crypto.failures import CryptoError, DecryptionFailed, KeyFormatError
from mi_core.crypto.key_reading import read_private_key, read_public_key
from mi_core.crypto.keys import KeyReference, Sm2PrivateKey, Sm2PublicKey
from mi_core.crypto.known_answers import Check, selftest
from mi_core.crypto.provider import DEFAULT_USER_ID, CryptoProvider, Service
from mi_core.crypto.sm2_forms import CiphertextForm, SignatureForm
from mi_core.crypto.sm4 import Cbc, Ctr, Ecb, Gcm, Sm4Mode
from mi_core.crypto.software import SoftwareProvider, software

__all__ = [
    "DEFAULT_USER_ID",
    "Cbc",
    "Check",
    "CiphertextForm",
    "CryptoError",
    "CryptoProvider",
    "Ctr",
    "DecryptionFailed",
    "Ecb",
    "Gcm",
    "HmacSm3",
    "KeyFormatError",
    "KeyReference",
    "Service",
    "SignatureForm",
    "Sm2PrivateKey",
    "Sm2PublicKey",
    "Sm4Mode",
    "SoftwareProvider",
    "read_private_key",
    "read_public_key",
    "selftest",
    "software",
]
