"""Every profile against the published vectors, and against the mistakes that were made with it in the field."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from typing import Any

import attrs
import pytest

from mi_core.crypto import Ecb, SignatureForm, read_public_key, software
from mi_core.errors import ConfigError
from mi_core.plugin import Secret, TransportFailure
from mi_plugins.gateways import csb, tif, zj_ca
from tests.gateways.keys import CLIENT_ID, NATIONAL, NOW, PROFILES, PUBLIC, gateway, reply

ZJ_BODY = b'{"infno":"9001","input":{"signIn":{"opter_no":"001"}}}'


def test_csb_seconds_vector() -> None:
    request = gateway("csb-seconds").seal("1101", b"{}", NOW + 999)
    assert request.headers["_api_signature"] == "7NRWwxFZ1AW8nE6Yf9thxAwYgiU="
    assert (
        request.headers["_api_timestamp"] == "1700000000" and request.headers["_api_name"] == "demo-service"
    )


def test_csb_seconds_is_not_csb() -> None:
    assert csb.signed_headers(gateway("csb").settings, "demo-service", NOW)["_api_signature"] != (
        "7NRWwxFZ1AW8nE6Yf9thxAwYgiU="
    )
    assert gateway("csb-seconds", "http://h:1").seal("1101", b"{}", NOW).url == "http://h:1/CSB"
    assert gateway("csb-seconds", "http://h:1/x").seal("1101", b"{}", NOW).url == "http://h:1/x"


def test_tif_vector() -> None:
    expected = "9f2a4603546c566d48c3d1d46f679588e32160bc9a8074fb84b35b9a6e56d02f"
    assert tif.signature("1700000000", Secret("test-paas-token-01"), "abc123") == expected


def test_tif_signs_what_it_sends() -> None:
    one, other = (gateway("tif").seal("1101", b"{}", NOW + 1) for _ in range(2))
    sent = one.headers
    text = sent["x-tif-timestamp"] + "test-paas-token-01" + sent["x-tif-nonce"] + sent["x-tif-timestamp"]
    assert sent["x-tif-signature"] == hashlib.sha256(text.encode()).hexdigest()
    assert sent["x-tif-timestamp"] == "1700000000" and sent["x-tif-paasid"] == "test-paas"
    assert sent["x-tif-nonce"] != other.headers["x-tif-nonce"]


def test_zj_ca_vector() -> None:
    expected = "1700000000:D1D29D7C825ADA3E36E2AA1F0FEABE5F9A0970B282D47351EB79684174F69314"
    request = gateway("zj-ca").seal("9001", ZJ_BODY, NOW)
    assert request.headers["x-ca-signature"] == expected and request.headers["x-ca-key"] == "test-key"
    assert zj_ca.signature(1700000000, Secret("test-zj-secret"), ZJ_BODY + b" ") != expected


def test_zj_ca_uses_its_secret_as_written() -> None:
    """A secret that looks like hex is not decoded."""
    shown = "00112233445566778899aabbccddeeff"
    expected = hmac.new(shown.encode(), b"1700000000\n{}", lambda: hashlib.new("sm3")).hexdigest().upper()
    assert zj_ca.signature(1700000000, Secret(shown), b"{}") == f"1700000000:{expected}"


def test_oauth_signs_the_plain_input_and_encrypts_it() -> None:
    request = gateway("oauth-sm").seal("2207", NATIONAL.encode(), NOW)
    sent = json.loads(request.body)
    plain = NATIONAL.partition('"input":')[2][:-1].encode()
    signed = base64.b64decode(sent["cainfo"])
    assert len(signed) == 64
    crypto, public = software(), read_public_key(PUBLIC)
    assert crypto.sm2_verify(public, plain, signed, form=SignatureForm.RS)
    sealed = base64.b64decode(sent["input"])
    assert not crypto.sm2_verify(public, sealed, signed, form=SignatureForm.RS)  # not the ciphertext
    assert not crypto.sm2_verify(public, plain, signed, form=SignatureForm.RS, user_id=b"31323334353637383132333435363738")  # fmt: skip
    assert not crypto.sm2_verify(public, plain, signed, form=SignatureForm.DER)
    assert crypto.sm4_decrypt(CLIENT_ID.encode(), sealed, Ecb()) == plain
    assert list(sent) == ["infno", "msgid", "cainfo", "infver", "input"] and sent["infver"] == "1.0.0"


def encrypted_output(text: str) -> str:
    return base64.b64encode(software().sm4_encrypt(CLIENT_ID.encode(), text.encode(), Ecb())).decode()


def test_oauth_opens_output() -> None:
    body = json.dumps({"infcode": 0, "err_msg": "", "output": encrypted_output('{"a":{"b":1.10}}')}).encode()
    assert gateway("oauth-sm").open(reply(body)) == b'{"infcode":0,"err_msg":"","output":{"a":{"b":1.10}}}'
    for plain in (
        b'{"infcode":-1,"output":null}',
        b'{"infcode":-1,"output":""}',
        b'{"code":5}',
        b"<html>",
        b"",
    ):
        assert gateway("oauth-sm").open(reply(plain)) == plain


@pytest.mark.parametrize(
    "output", ["AAAA", "not base64 !", encrypted_output("{")[:-4] + "AAA=", encrypted_output('{"a":1,"a":2}'), encrypted_output("x")]
)  # fmt: skip
def test_oauth_refuses_what_it_cannot_open(output: str) -> None:
    with pytest.raises(TransportFailure, match="output not decrypted"):
        gateway("oauth-sm").open(reply(json.dumps({"infcode": 0, "output": output}).encode()))


def test_oauth_leaves_a_key_that_stands_twice_to_the_parser() -> None:
    body = b'{"infcode":-1,"infcode":0,"output":"%b"}' % encrypted_output("{}").encode()
    assert gateway("oauth-sm").open(reply(body)) is body


def test_oauth_token() -> None:
    request = gateway("oauth-sm").token_request(NOW)
    assert request.url == "http://127.0.0.1:1/auth/oauth/token"
    assert (
        base64.b64decode(request.headers["Authorization"].removeprefix("Basic "))
        == f"{CLIENT_ID}:cs-SECRET".encode()
    )
    assert request.body == b"grant_type=password&username=u&password=pw-SECRET"
    make = gateway("oauth-sm").token_reply
    token = make(reply(b'{"access_token":"T-1","token_type":"bearer","expires_in":"60"}'), NOW)
    assert token.headers == {"Authorization": "Bearer T-1"} and token.expires_at == NOW + 60_000
    assert make(reply(b'{"access_token":"T"}'), NOW).expires_at == NOW + 600_000
    assert "T-1" not in repr(token)
    for answer in (
        reply(b'{"access_token":"T"}', 401),
        reply(b"{}"),
        reply(b'{"access_token":"a\\nb"}'),
        reply(b"x"),
    ):
        with pytest.raises(TransportFailure):
            make(answer, NOW)


def test_oauth_tells_a_refused_token_as_certain() -> None:
    challenge = {"WWW-Authenticate": 'Bearer realm="x", error="invalid_token"'}
    refused = gateway("oauth-sm").open(reply(b'{"error":"invalid_token"}', 401, **challenge))
    assert json.loads(refused)["code"] == 401
    assert gateway("oauth-sm").open(reply(b'{"error":"x"}', 401)) == b'{"error":"x"}'


@pytest.mark.parametrize("profile", PROFILES)
def test_no_secret_is_in_any_repr(profile: str) -> None:
    one = gateway(profile)
    body = b'{"data":{"a":1}}' if profile == "envelope-sm" else NATIONAL.encode()
    shown = repr(one) + repr(one.settings) + repr(one.seal("6201", body, NOW))
    shown += repr(one.token_request(NOW)) if hasattr(one, "token_request") else ""
    secrets = [v.reveal() for v in vars_of(one.settings) if isinstance(v, Secret) and v]
    assert (secrets or profile == "none") and not any(secret in shown for secret in secrets)


def vars_of(settings: Any) -> list[Any]:
    return [getattr(settings, a.name) for a in attrs.fields(type(settings))]


def test_url_rules() -> None:
    def url(infno: str = "1101", **keys: Any) -> str:
        return str(gateway("tif", "http://h/base/", **keys).seal(infno, b"{}", NOW).url)

    assert url() == "http://h/base/1101" and url(url_rule="one") == "http://h/base/"
    assert (
        url(paths={"1101": "/own"}) == "http://h/base/own"
        and url("2207", paths={"1101": "/own"}) == "http://h/base/2207"
    )
    assert url(url_rule="paths", paths={"1101": "own"}) == "http://h/base/own"
    with pytest.raises(ConfigError, match=r"(?s)2207.*paths"):
        url("2207", url_rule="paths", paths={"1101": "/own"})
    with pytest.raises(ConfigError, match="1101"):
        gateway("zj-ca", url_rule="paths").seal("1101", b"{}", NOW)


def test_client_id_of_another_length() -> None:
    with pytest.raises(ConfigError, match="16"):
        gateway("oauth-sm", client_id="short")


def test_local_agent_wraps_and_reads() -> None:
    one = gateway("local-agent")
    request = one.seal("2207", NATIONAL.encode(), NOW)
    assert json.loads(request.body) == {"version": 1, "infno": "2207", "message": NATIONAL}
    assert request.headers["Authorization"] == "Bearer agent-SECRET"

    answer = json.dumps(
        {"version": 1, "status": "answered", "return_code": 0, "message": '{"infcode":0,"姓":"𠮷"}'}
    )
    assert one.open(reply(answer.encode())) == '{"infcode":0,"姓":"𠮷"}'.encode()
    refused = json.loads(one.open(reply(b'{"version":1,"status":"not_called","reason":"busy"}')))
    assert refused == {"code": 401, "message": "local agent: busy"}
    for body, evidence in (
        (b'{"version":1,"status":"failed","return_code":-5,"message":"{}"}', "agent: return code -5"),
        (b'{"version":1,"status":"unknown","reason":"timeout"}', "agent: timeout"),
        (b'{"version":1,"status":"new word"}', "agent: unknown"),
        (b'{"version":2,"status":"answered","message":"{}"}', "no agent's answer"),
        (b"<html>", "no agent's answer"),
        (b'{"infcode":0}', "no agent's answer"),
    ):
        with pytest.raises(TransportFailure) as caught:
            one.open(reply(body))
        assert re.fullmatch(re.escape(evidence), caught.value.evidence)
    with pytest.raises(TransportFailure):
        one.open(reply(answer.encode(), 500))
