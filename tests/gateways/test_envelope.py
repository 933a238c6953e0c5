"""``envelope-sm``: the published vectors, the mistakes of the field, and replies that must be refused before they are read."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from mi_core.crypto import SignatureForm, read_private_key, read_public_key, software
from mi_core.errors import ConfigError
from mi_core.plugin import TransportFailure
from mi_plugins.gateways.envelope_text import content_key, decrypted, encrypted, sign_text
from mi_plugins.gateways.literal_json import literal_json
from tests.gateways.keys import (
    APP_ID,
    APP_SECRET,
    NOW,
    PLATFORM,
    PLATFORM_PUBLIC,
    PRIVATE,
    PUBLIC,
    gateway,
    reply,
)

BUSINESS = '{"userName":"张三","items":[{"b":"2","a":1}],"count":3}'.encode()
ENC_DATA = (
    "1B110B4083A63BFEFC9B617DBD8A9726F2747B6FA73AC30DACB63E37ECB199F4"
    "F565ABD55DF92DA8C6C95EE638040C51747D1C1141DF69C04A54321C52CD17C4"
)
SIGN_TEXT = (
    'appId=0123456789ABCDEF0123456789ABCDEF&data={"count":"3","items":[{"a":"1","b":"2"}],"userName":"张三"}'
    "&encType=SM4&signType=SM2&timestamp=1700000000000&version=2.0.1&key=FEDCBA9876543210FEDCBA9876543210"
)
SIGN_DATA = "9Noaz532mxWGp+pK7RReHbEKhUeXoRDPuL2FIzYWqlRZBE4Fs+J+yYiNV+NBBKz4ebLzl34AWzQzKCJ65nEHOQ=="
KEY = content_key(APP_ID, APP_SECRET)
RS = SignatureForm.RS


def test_key_vector() -> None:
    assert KEY == b"59806265549AF598"
    assert content_key(APP_ID, "A" + APP_SECRET[1:]) != KEY


def test_enc_data_vector() -> None:
    assert encrypted(KEY, BUSINESS) == ENC_DATA and decrypted(KEY, ENC_DATA) == BUSINESS
    hexed = bytes.fromhex(KEY.decode()).ljust(16, b"\0")  # the key decoded from hex instead of used as ASCII
    assert encrypted(hexed, BUSINESS) != ENC_DATA


def test_sign_text_vector() -> None:
    outer = {
        "appId": APP_ID,
        "encType": "SM4",
        "signType": "SM2",
        "timestamp": "1700000000000",
        "version": "2.0.1",
    }
    assert sign_text({**outer, "data": literal_json(BUSINESS)}, APP_SECRET) == SIGN_TEXT
    noise = {"signData": "x", "encData": "y", "extra": "z", "nothing": None, "empty": "", "list": []}
    assert sign_text({**outer, **noise, "data": literal_json(BUSINESS)}, APP_SECRET) == SIGN_TEXT


def test_signature_vector() -> None:
    crypto, public = software(), read_public_key(PUBLIC)
    signature = base64.b64decode(SIGN_DATA)
    assert crypto.sm2_verify(public, SIGN_TEXT.encode(), signature, form=RS)
    assert not crypto.sm2_verify(public, ENC_DATA.encode(), signature, form=RS)
    assert not crypto.sm2_verify(
        public, SIGN_TEXT.encode(), signature, form=RS, user_id=b"ALICE123@YAHOO.COM"
    )
    assert not crypto.sm2_verify(public, SIGN_TEXT.encode(), signature, form=SignatureForm.DER)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('{"b":1,"a":2,"B":3}', '{"B":"3","a":"2","b":"1"}'),
        (
            '{"n":1.50,"e":1E5,"z":-0,"t":true,"f":false}',
            '{"e":"1E5","f":"false","n":"1.50","t":"true","z":"-0"}',
        ),
        ('{"a":null,"b":"","c":[],"d":{"e":null},"f":[null,""],"g":" "}', '{"d":{},"g":" "}'),
        ('{"a":["x",{"c":1,"b":[]}]}', '{"a":["x",{"c":"1"}]}'),
        ('{"k":"\\"\\\\\\n/\\u4e2d"}', '{"k":"\\"\\\\\\n/中"}'),
        (
            '{"\\uff00":1,"\\ud840\\udc00":2}',
            '{"𠀀":"2","\uff00":"1"}',
        ),  # by UTF-16 units, not by code points
    ],
)
def test_sign_text_of_data(content: str, text: str) -> None:
    assert sign_text({"data": literal_json(content.encode())}, "k") == f"data={text}&key=k"


def test_sorted_without_regard_to_case() -> None:
    assert sign_text({"b": "1", "A": "2", "aa": "3", "C": "4"}, "k") == "A=2&aa=3&b=1&C=4&key=k"


def test_seal() -> None:
    request = gateway("envelope-sm").seal("6202", b'{"data":%b}' % BUSINESS, NOW)
    sent = json.loads(request.body)
    assert request.url == "http://127.0.0.1:1/base/org/local/api/hos/pay_order"
    assert sent["encData"] == ENC_DATA and "data" not in sent
    signature = base64.b64decode(sent.pop("signData"))
    assert len(signature) == 64
    assert software().sm2_verify(read_public_key(PUBLIC), SIGN_TEXT.encode(), signature, form=RS)
    assert {k: v for k, v in sent.items() if k != "encData"} == {
        "appId": APP_ID, "encType": "SM4", "signType": "SM2", "timestamp": "1700000000000", "version": "2.0.1",
    }  # fmt: skip


def test_hainan_says_sm3() -> None:
    sent = json.loads(
        gateway("envelope-sm", sign_type="SM3").seal("6202", b'{"data":%b}' % BUSINESS, NOW).body
    )
    text = SIGN_TEXT.replace("signType=SM2", "signType=SM3").encode()
    assert sent["signType"] == "SM3"
    assert software().sm2_verify(read_public_key(PUBLIC), text, base64.b64decode(sent["signData"]), form=RS)


def test_nodes_beside_data_belong_to_the_business_object() -> None:
    body = b'{"data":{"a":"1"},"rxdrugdetail":[{"b":2}],"mdtrtinfo":{"c":"3"}}'
    sent = json.loads(gateway("envelope-sm").seal("7101", body, NOW).body)
    assert decrypted(KEY, sent["encData"]) == b'{"a":"1","rxdrugdetail":[{"b":2}],"mdtrtinfo":{"c":"3"}}'


def test_paths() -> None:
    one = gateway("envelope-sm")
    assert one.seal("7104", b'{"data":{}}', NOW).url.endswith("/base/fixmedins/rxUndo")
    assert (
        gateway("envelope-sm", paths={"7104": "/x"}).seal("7104", b'{"data":{}}', NOW).url.endswith("/base/x")
    )
    with pytest.raises(ConfigError, match="6101"):
        one.seal("6101", b'{"InData":{}}', NOW)


def test_an_app_id_that_is_too_short() -> None:
    with pytest.raises(ConfigError, match="16"):
        gateway("envelope-sm", app_id="short")


def answer(
    plain: str | None = '{"ordStas":"1","list":[{"a":1.10}]}', *, sign_with: str = PLATFORM, **members: Any
) -> dict[str, Any]:
    """A reply as the platform makes it."""
    outer = {
        "code": 0,
        "message": "成功",
        "appId": APP_ID,
        "timestamp": 1700000001000,
        "version": "2.0.1",
        **members,
    }
    if plain is not None:
        outer["encData"] = encrypted(KEY, plain.encode())
    signed = {**outer, "data": literal_json(plain.encode())} if plain is not None else outer
    text = sign_text(literal_json(json.dumps(signed, ensure_ascii=False).encode()), APP_SECRET)
    signature = software().sm2_sign(read_private_key(sign_with), text.encode(), form=RS)
    return {**outer, "signData": base64.b64encode(signature).decode()}


def opened(content: dict[str, Any] | bytes, status: int = 200) -> dict[str, Any]:
    body = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
    return dict(json.loads(gateway("envelope-sm").open(reply(body, status))))


@pytest.mark.parametrize("code", [0, "0"])
def test_a_verified_reply_in_the_national_form(code: Any) -> None:
    body = json.dumps(answer(code=code)).encode()
    raw = gateway("envelope-sm").open(reply(body))
    assert b'"data":{"ordStas":"1","list":[{"a":1.10}]}' in raw  # numbers as the platform wrote them
    form = json.loads(raw)
    assert form["infcode"] == "0" and form["err_msg"] == "成功" and form["output"]["list"] == [{"a": 1.1}]
    assert form["signData"] and "encData" not in form


def test_a_refusal_keeps_its_code() -> None:
    form = opened(answer(None, code=50001, message="no such order"))
    assert (form["infcode"], form["err_msg"], form["output"]) == ("50001", "no such order", None)
    assert opened(answer(None, code=None))["infcode"] is None


def test_the_platforms_numbers_are_signed_as_written() -> None:
    """``1.10`` in the ciphertext is ``1.10`` in the sign text; reading it as a float would lose the zero."""
    assert opened(answer('{"a":1.10,"b":100000000000000000001}'))["infcode"] == "0"


def changed(**members: Any) -> Callable[[], dict[str, Any]]:
    return lambda: {k: v for k, v in {**answer(), **members}.items() if v is not ...}


OTHER = encrypted(KEY, b'{"ordStas":"3","list":[{"a":1.10}]}')
UNTRUE: dict[str, tuple[Callable[[], Any], str]] = {
    "another content": (changed(encData=OTHER), "reply signature wrong"),
    "another code": (changed(code=1), "reply signature wrong"),
    "another message": (changed(message="x"), "reply signature wrong"),
    "a member added": (changed(success=True), "reply signature wrong"),
    "code taken out": (changed(code=...), "reply signature wrong"),
    "ours instead of theirs": (lambda: answer(sign_with=PRIVATE), "reply signature wrong"),
    "no signature": (changed(signData=...), "reply not signed"),
    "empty signature": (changed(signData=""), "reply not signed"),
    "null signature": (changed(signData=None), "reply not signed"),
    "signature no base64": (changed(signData="§"), "reply signature wrong"),
    "signature too short": (changed(signData="AAAA"), "reply signature wrong"),
    "content cut off": (changed(encData=OTHER[:-2]), "reply not decrypted"),
    "content no hex": (changed(encData="xyz"), "reply not decrypted"),
    "content as number": (changed(encData=5), "reply not decrypted"),
    "content twice": (changed(data={"ordStas": "3"}), "reply not decrypted"),
    "content taken out": (changed(encData=...), "reply signature wrong"),
    "no object": (lambda: b"[]", "reply not json"),
    "no json": (lambda: b"<html>", "reply not json"),
    "nothing": (lambda: b"", "reply not json"),
    "a key twice": (
        lambda: json.dumps(answer()).replace('"code": 0', '"code": 1, "code": 0').encode(),
        "reply not json",
    ),
    "deep": (lambda: b'{"a":' * 100_000, "reply not json"),
}


@pytest.mark.parametrize("case", UNTRUE)
def test_refused_before_it_is_read(case: str) -> None:
    make, evidence = UNTRUE[case]
    with pytest.raises(TransportFailure) as caught:
        opened(make())
    assert caught.value.evidence == evidence


def test_a_key_twice_inside_the_content() -> None:
    content = answer()
    content["encData"] = encrypted(KEY, b'{"ordStas":"3","ordStas":"1","list":[{"a":1.10}]}')
    with pytest.raises(TransportFailure, match="signature"):
        opened(content)


def test_der_is_no_signature_here() -> None:
    content = answer()
    outer = {k: v for k, v in content.items() if k not in ("signData", "encData")}
    plain = literal_json(b'{"ordStas":"1","list":[{"a":1.10}]}')
    text = sign_text({**literal_json(json.dumps(outer).encode()), "data": plain}, APP_SECRET).encode()
    key = read_private_key(PLATFORM)
    assert software().sm2_verify(
        read_public_key(PLATFORM_PUBLIC), text, base64.b64decode(content["signData"]), form=RS
    )
    content["signData"] = base64.b64encode(software().sm2_sign(key, text, form=SignatureForm.DER)).decode()
    with pytest.raises(TransportFailure, match="signature"):
        opened(content)
    content["signData"] = base64.b64encode(software().sm2_sign(key, text, form=RS, user_id=b"other")).decode()
    with pytest.raises(TransportFailure, match="signature"):
        opened(content)
