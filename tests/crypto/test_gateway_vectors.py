"""The published vectors of gateways that concern cryptography: zj-ca and envelope-sm."""

from __future__ import annotations

import base64

import pytest

from mi_core.crypto import Ecb, SignatureForm, SoftwareProvider, read_private_key, software
from mi_core.crypto.sm2_backend import Sm2Name
from mi_core.crypto.sm2_gmssl import GmsslSm2
from tests.crypto.kit import UID

APP_ID = "0123456789ABCDEF0123456789ABCDEF"
APP_SECRET = "FEDCBA9876543210FEDCBA9876543210"
KEY = b"59806265549AF598"
BODY = '{"userName":"张三","items":[{"b":"2","a":1}],"count":3}'
ENC_DATA = (
    "1B110B4083A63BFEFC9B617DBD8A9726F2747B6FA73AC30DACB63E37ECB199F4"
    "F565ABD55DF92DA8C6C95EE638040C51747D1C1141DF69C04A54321C52CD17C4"
)
SIGN_TEXT = (
    f'appId={APP_ID}&data={{"count":"3","items":[{{"a":"1","b":"2"}}],"userName":"张三"}}'
    f"&encType=SM4&signType=SM2&timestamp=1700000000000&version=2.0.1&key={APP_SECRET}"
).encode()
SIGNER = read_private_key("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
K = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
SIGN_DATA = "9Noaz532mxWGp+pK7RReHbEKhUeXoRDPuL2FIzYWqlRZBE4Fs+J+yYiNV+NBBKz4ebLzl34AWzQzKCJ65nEHOQ=="


def test_zj_ca_signature() -> None:
    body = '{"infno":"9001","input":{"signIn":{"opter_no":"001"}}}'
    mac = software().hmac_sm3(b"test-zj-secret", b"1700000000\n" + body.encode())
    assert mac.hex().upper() == "D1D29D7C825ADA3E36E2AA1F0FEABE5F9A0970B282D47351EB79684174F69314"


def test_envelope_key() -> None:
    sealed = software().sm4_encrypt(APP_ID[:16].encode(), APP_SECRET.encode(), Ecb())
    assert sealed.hex().upper()[:16].encode() == KEY


def test_envelope_data_both_ways() -> None:
    assert software().sm4_encrypt(KEY, BODY.encode(), Ecb()).hex().upper() == ENC_DATA
    assert software().sm4_decrypt(KEY, bytes.fromhex(ENC_DATA), Ecb()).decode() == BODY


def test_the_key_is_the_ascii_text_not_its_hex_value() -> None:
    """The mistake seen in the field: hex-decoding K gives 8 bytes, which is no SM4 key."""
    with pytest.raises(Exception, match="16"):
        software().sm4_encrypt(bytes.fromhex(KEY.decode()), BODY.encode(), Ecb())


def test_sign_data_with_the_fixed_k() -> None:
    assert base64.b64encode(GmsslSm2(nonce=lambda: K).sign(SIGNER, SIGN_TEXT, UID)).decode() == SIGN_DATA


@pytest.mark.parametrize("name", ["libcrypto", "gmssl"])
def test_sign_data_verifies(name: Sm2Name) -> None:
    provider = SoftwareProvider(name)
    public = provider.sm2_public_key(SIGNER)
    signature = base64.b64decode(SIGN_DATA)
    assert provider.sm2_verify(public, SIGN_TEXT, signature, form=SignatureForm.RS)
    assert not provider.sm2_verify(public, SIGN_TEXT, signature, form=SignatureForm.DER)
    assert not provider.sm2_verify(public, bytes.fromhex(ENC_DATA), signature, form=SignatureForm.RS)
    assert not provider.sm2_verify(public, SIGN_TEXT, signature, form=SignatureForm.RS, user_id=b"other")
