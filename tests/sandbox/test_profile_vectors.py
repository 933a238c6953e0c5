"""The published vectors of the profiles, on the sandbox's checking side; and texts that must not pass."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from mi_core.crypto import SignatureForm, Sm2PrivateKey, software
from mi_plugins.sandbox.explain import first_difference
from mi_plugins.sandbox.profiles import sign_text as envelope
from mi_plugins.sandbox.profiles import tif, zj_ca
from mi_plugins.sandbox.profiles.keys import CALLER, CALLER_PUBLIC, OWN, OWN_PUBLIC, signed, verified
from mi_plugins.sandbox.signature import sign
from tests.sandbox.callers import der

APP, SECRET = "0123456789ABCDEF0123456789ABCDEF", "FEDCBA9876543210FEDCBA9876543210"
BUSINESS = '{"userName":"张三","items":[{"b":"2","a":1}],"count":3}'
CIPHER = (
    "1B110B4083A63BFEFC9B617DBD8A9726F2747B6FA73AC30DACB63E37ECB199F4"
    "F565ABD55DF92DA8C6C95EE638040C51747D1C1141DF69C04A54321C52CD17C4"
)
TEXT = (
    'appId=0123456789ABCDEF0123456789ABCDEF&data={"count":"3","items":[{"a":"1","b":"2"}],"userName":"张三"}'
    "&encType=SM4&signType=SM2&timestamp=1700000000000&version=2.0.1&key=FEDCBA9876543210FEDCBA9876543210"
)
SIGNATURE = "9Noaz532mxWGp+pK7RReHbEKhUeXoRDPuL2FIzYWqlRZBE4Fs+J+yYiNV+NBBKz4ebLzl34AWzQzKCJ65nEHOQ=="
SIGNER = software().sm2_public_key(
    Sm2PrivateKey(bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"))
)
OUTER: dict[str, Any] = {
    "version": "2.0.1", "appId": APP, "encType": "SM4", "signType": "SM2", "timestamp": "1700000000000", "encData": CIPHER,
    "signData": "", "extra": {"a": "b"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "stamp", "expected"),
    [("1101", "1700000000000", "s0Z3y2IgBK5H8JG+PysmqICQnDs="), ("demo-service", "1700000000", "7NRWwxFZ1AW8nE6Yf9thxAwYgiU=")],
)  # fmt: skip
def test_csb(name: str, stamp: str, expected: str) -> None:
    headers = {
        "_api_access_key": "test-access-key-01", "_api_name": name, "_api_timestamp": stamp, "_api_version": "1.0.0",
    }  # fmt: skip
    assert sign(b"test-secret-key-0001", headers) == expected != "vcyftqp19kjm+0+kqibvP4RAnGM="


def test_tif() -> None:
    expected = "9f2a4603546c566d48c3d1d46f679588e32160bc9a8074fb84b35b9a6e56d02f"
    assert tif.signature("1700000000", "test-paas-token-01", "abc123") == expected


def test_zj_ca() -> None:
    body = b'{"infno":"9001","input":{"signIn":{"opter_no":"001"}}}'
    expected = "1700000000:D1D29D7C825ADA3E36E2AA1F0FEABE5F9A0970B282D47351EB79684174F69314"
    assert zj_ca.signature("1700000000", "test-zj-secret", body) == expected


def test_envelope_key_and_cipher() -> None:
    key = envelope.message_key(APP, SECRET)
    assert key == b"59806265549AF598"
    assert envelope.encrypted(key, BUSINESS.encode()) == CIPHER
    assert envelope.decrypted(key, CIPHER) == BUSINESS.encode()


def test_envelope_text_and_signature() -> None:
    business = envelope.read_literally(BUSINESS.encode())
    text = envelope.sign_text(OUTER, business, SECRET)
    assert text == TEXT
    assert verified(text.encode(), SIGNATURE, key=SIGNER)


def test_empty_values_go_at_every_depth_and_numbers_stay_as_written() -> None:
    business = envelope.read_literally(
        '{"b":1.50,"B":"","c":null,"e":[],"f":[null,""],"d":{"y":-0,"x":1e2,"z":{}},"t":true,"é":"\\u00e9\\"<"}'.encode()
    )
    text = envelope.sign_text({"appId": "A", "Zz": 1}, business, "K")
    assert (
        text == 'appId=A&data={"b":"1.50","d":{"x":"1e2","y":"-0","z":{}},"t":"true","é":"é\\"<"}&Zz=1&key=K'
    )


@pytest.mark.parametrize(
    "changed",
    [
        TEXT.replace("&encType", "&&encType"),
        TEXT.replace('"count":"3"', '"count":3'),
        TEXT.replace("张三", "\\u5f20\\u4e09"),
        TEXT.replace(f"&key={SECRET}", ""),
    ],
)
def test_other_texts_do_not_verify(changed: str) -> None:
    assert not verified(changed.encode(), SIGNATURE, key=SIGNER)


def test_other_forms_of_the_signature_do_not_verify() -> None:
    raw = base64.b64decode(SIGNATURE)
    as_der = base64.b64encode(der(raw)).decode()
    assert not verified(TEXT.encode(), as_der, key=SIGNER)
    assert verified(TEXT.encode(), as_der, key=SIGNER, form=SignatureForm.DER)
    assert not verified(TEXT.encode(), raw.hex(), key=SIGNER)
    assert not verified(TEXT.encode(), SIGNATURE, key=SIGNER, user_id="ALICE123@YAHOO.COM")
    assert not verified(TEXT.encode(), SIGNATURE, key=CALLER_PUBLIC)
    assert not verified(TEXT.encode(), SIGNATURE + "!", key=SIGNER)


def test_a_key_taken_from_hex_opens_nothing() -> None:
    hexed = software().sm4_encrypt(APP[:16].encode(), SECRET.encode(), envelope.Ecb())[:16]
    with pytest.raises(Exception, match="SM4"):
        envelope.decrypted(hexed, CIPHER)


@pytest.mark.parametrize("text", ['{"a":1,"a":1}', '{"a":NaN}', "{", "\ufeff{}"])
def test_business_objects_that_are_none(text: str) -> None:
    with pytest.raises(ValueError):
        envelope.read_literally(text.encode())


def test_the_published_keys_are_pairs() -> None:
    assert software().sm2_public_key(CALLER) == CALLER_PUBLIC
    assert software().sm2_public_key(OWN) == OWN_PUBLIC
    assert verified(b"text", signed(b"text"), key=OWN_PUBLIC)


@pytest.mark.parametrize(
    ("ours", "theirs", "at"), [("a&b", "a&&b", 2), ("同", "同", None), ("同一", "同二", 4), ("ab", "abc", 2), ("abc", "ab", 2)]
)  # fmt: skip
def test_first_difference_in_bytes(ours: str, theirs: str, at: int | None) -> None:
    assert first_difference(ours, theirs) == at
