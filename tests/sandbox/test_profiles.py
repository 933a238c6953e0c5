"""Every profile over HTTP: what it takes, what it refuses, what its console says about a wrong signature."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from mi_core.crypto import software
from mi_plugins.sandbox import SECRET_KEY, Settings, create_app
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.persons import DOCUMENTED
from mi_plugins.sandbox.profiles import envelope_sm, oauth_sm, tif, zj_ca
from mi_plugins.sandbox.refusal import GatewayRefusal
from mi_plugins.sandbox.rulebook import Rulebook
from mi_plugins.sandbox.signature import check_signature
from tests.sandbox import callers
from tests.sandbox.hospital import Hospital, certificate, signed_headers
from tests.sandbox.test_all_interfaces import request_of

PERSON = DOCUMENTED[0]
Console = Callable[[], str]


@pytest.fixture
def console(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Console:
    monkeypatch.setenv("MI_LANG", "en")
    caplog.set_level("WARNING", "mi.sandbox")
    return lambda: caplog.text


def query() -> dict[str, Any]:
    return {"data": certificate(PERSON) | {"psn_name": PERSON.name}}


def body_of(hospital: Hospital) -> bytes:
    return callers.compact(hospital.message("1101", query())).encode()


async def succeeded(hospital: Hospital, body: bytes, headers: dict[str, str], path: str) -> None:
    status, reply = await hospital.post("", body, headers, path)
    assert status == 200, reply.decode()
    answer = json.loads(reply)
    assert answer["infcode"] == 0 and answer["output"]["baseinfo"]["psn_name"] == PERSON.name


async def refused(
    hospital: Hospital, body: bytes, headers: dict[str, str], path: str, text: str, status: int = 401
) -> None:
    got, reply = await hospital.post("", body, headers, path)
    assert got == status and text in reply.decode()


# csb and csb-seconds


def service_headers(**more: Any) -> dict[str, str]:
    return signed_headers("sandbox-service", ms=int(time.time()), **more)


async def test_csb_seconds(hospital: Hospital, console: Console) -> None:
    path = "/csb-seconds/CSB"
    await succeeded(hospital, body_of(hospital), service_headers(), path)
    for headers, text in (
        (signed_headers("sandbox-service", ms=round(time.time() * 1000)), "签名时间戳超时!"),
        (signed_headers("sandbox-service", ms=int(time.time()) - 3600), "签名时间戳超时!"),
        (signed_headers("1101", ms=int(time.time())), "非法用户!"),
        ({}, "缺少服务网关的请求头!"),
        (service_headers(secret="another"), "签名不一致!"),
    ):
        status, reply = await hospital.post("", body_of(hospital), headers, path)
        assert (status, json.loads(reply)) == (200, {"code": 401, "message": text})
    assert "another key" in console()


async def test_the_misprint_of_the_specification_is_recognised(hospital: Hospital, console: Console) -> None:
    import hmac

    headers = signed_headers("1101", ms=round(time.time() * 1000))
    text = "&".join(f"{k}={headers[k]}" for k in sorted(headers) if k != "_api_signature").replace(
        "&_api_version", "&&_api_version"
    )
    headers["_api_signature"] = base64.b64encode(
        hmac.new(SECRET_KEY.encode(), text.encode(), hashlib.sha1).digest()
    ).decode()
    _, reply = await hospital.post("1101", b"{}", headers)
    assert json.loads(reply)["message"] == "签名不一致!"
    told = console()
    assert "misprint" in told and text in told and text.replace("&&", "&") in told and SECRET_KEY not in told
    assert f"differ from byte {text.index('&&') + 1}: sandbox '_api_version', caller '&_api_versio'" in told


# tif


@pytest.mark.parametrize("path", ["/tif", "/tif/1101", "/tif/api/1101"])
async def test_tif(hospital: Hospital, path: str) -> None:
    await succeeded(hospital, body_of(hospital), callers.tif_headers(), path)


async def test_tif_path_of_another_interface(hospital: Hospital) -> None:
    _, reply = await hospital.post("", body_of(hospital), callers.tif_headers(), "/tif/2207")
    assert json.loads(reply)["infcode"] == -1


async def test_tif_refuses(hospital: Hospital, console: Console) -> None:
    body, milliseconds = body_of(hospital), str(round(time.time() * 1000))
    whole = callers.tif_headers()
    for name in whole:
        await refused(hospital, body, {k: v for k, v in whole.items() if k != name}, "/tif", "请求头")
    for headers, text in (
        (callers.tif_headers(milliseconds), "10位"),
        (callers.tif_headers(str(int(time.time()) - 1801)), "时间窗"),
        (callers.tif_headers() | {"x-tif-paasid": "somebody"}, "paasid"),
        (callers.tif_headers(secret="another"), "签名"),
        (callers.tif_headers() | {"x-tif-nonce": "other"}, "签名"),
    ):
        await refused(hospital, body, headers, "/tif", text)
    assert console().count("another key") == 2


async def test_tif_takes_a_nonce_once(hospital: Hospital) -> None:
    headers = callers.tif_headers()
    await succeeded(hospital, body_of(hospital), headers, "/tif")
    await refused(hospital, body_of(hospital), headers, "/tif", "nonce")


async def test_tif_explains(hospital: Hospital, console: Console) -> None:
    stamp = callers.now_s()
    await refused(hospital, b"{}", callers.tif_headers(stamp, "n1", order="{t}{n}{s}{t}"), "/tif", "签名")
    upper = callers.tif_headers(stamp, "n2")
    await refused(
        hospital, b"{}", upper | {"x-tif-signature": upper["x-tif-signature"].upper()}, "/tif", "签名"
    )
    told = console()
    assert f"'{stamp}‹secret›n1{stamp}'" in told and f"'{stamp}n1‹secret›{stamp}'" in told
    assert "differ from byte 10" in told and "lower-case hex" in told and tif.PAAS_SECRET not in told


# zj-ca


async def test_zj_ca(hospital: Hospital) -> None:
    body = body_of(hospital)
    for path in ("/zj-ca/person/query", "/zj-ca/1101", "/zj-ca"):
        await succeeded(hospital, body, callers.zj_headers(body), path)


async def test_zj_ca_refuses(hospital: Hospital, console: Console) -> None:
    body = body_of(hospital)
    right = callers.zj_headers(body)
    stamp, digest = right["x-ca-signature"].split(":")
    for headers, text in (
        ({"x-ca-key": zj_ca.CA_KEY}, "x-ca"),
        (right | {"x-ca-signature": digest}, "x-ca"),
        (right | {"x-ca-key": "somebody"}, "x-ca-key"),
        (right | {"x-ca-signature": f"{stamp}:{digest.lower()}"}, "签名不符"),
        (callers.zj_headers(body, str(round(time.time() * 1000))), "10位"),
        (callers.zj_headers(body, str(int(time.time()) - 3600)), "时间窗"),
        (callers.zj_headers(json.dumps(json.loads(body)).encode()), "签名不符"),
        (callers.zj_headers(body + b" "), "签名不符"),
    ):
        await refused(hospital, body, headers, "/zj-ca/1101", text)
    told = console()
    assert "upper-case hex" in told and "another writing of the JSON" in told and zj_ca.CA_SECRET not in told


# oauth-sm


async def token(hospital: Hospital, **form: str) -> tuple[int, dict[str, Any]]:
    fields = {"grant_type": "password", "username": oauth_sm.USER, "password": oauth_sm.PASSWORD} | form
    basic = base64.b64encode(f"{oauth_sm.CLIENT_ID}:{oauth_sm.CLIENT_SECRET}".encode()).decode()
    headers = {"Authorization": f"Basic {form.pop('basic', basic)}"}
    async with hospital.session.post(
        hospital.url + "/auth/oauth/token", data=fields, headers=headers
    ) as reply:
        return reply.status, await reply.json()


async def bearer(hospital: Hospital) -> dict[str, str]:
    status, said = await token(hospital)
    assert status == 200 and said["token_type"] == "bearer" and said["expires_in"] == 7200
    return {"Authorization": f"Bearer {said['access_token']}"}


async def test_oauth_sm(hospital: Hospital) -> None:
    headers = await bearer(hospital)
    for _ in range(2):
        body = callers.oauth_body(hospital.message("1101", query()))
        status, reply = await hospital.post("", body, headers, "/oauth-sm")
        answer = json.loads(reply)
        assert status == 200 and answer["infcode"] == 0 and isinstance(answer["output"], str)
        output = callers.un_sm4(oauth_sm.CLIENT_ID.encode(), base64.b64decode(answer["output"]))
        assert json.loads(output)["baseinfo"]["psn_name"] == PERSON.name
    bad = hospital.message("1101", {"data": {}})
    _, reply = await hospital.post("", callers.oauth_body(bad), headers, "/oauth-sm")
    assert json.loads(reply)["infcode"] == -1 and json.loads(reply)["output"] is None


async def test_oauth_tokens(hospital: Hospital) -> None:
    assert await token(hospital, basic="eDp5") == (401, {"error": "invalid_client"})
    assert await token(hospital, password="wrong") == (400, {"error": "invalid_grant"})
    assert await token(hospital, username="wrong") == (400, {"error": "invalid_grant"})
    assert await token(hospital, grant_type="implicit") == (400, {"error": "unsupported_grant_type"})
    body = callers.oauth_body(hospital.message("1101", query()))
    for value in ("", "Bearer", "Bearer wrong", "Basic eDp5"):
        await refused(hospital, body, {"Authorization": value}, "/oauth-sm", "令牌")


async def test_an_oauth_token_expires(rulebook: Rulebook) -> None:
    from mi_plugins.sandbox.profiles.base import Arrival, Refused

    settings = Settings(crowd=0, token_seconds=60)
    profile = oauth_sm.OAuthSm(settings)
    basic = base64.b64encode(f"{oauth_sm.CLIENT_ID}:{oauth_sm.CLIENT_SECRET}".encode()).decode()
    form = {"user": oauth_sm.USER, "password": oauth_sm.PASSWORD}
    said = profile.hand_out_token({"Authorization": f"Basic {basic}"}, form)
    body, headers = (
        callers.oauth_body({"infno": "1101", "input": {}}),
        {"Authorization": f"Bearer {said['access_token']}"},
    )
    now = settings.now_ms()
    profile.admit(Arrival("", headers, body, now + 50_000, 1))
    with pytest.raises(Refused, match="过期"):
        profile.admit(Arrival("", headers, body, now + 61_000, 1))


async def test_oauth_sm_refuses_and_explains(hospital: Hospital, console: Console) -> None:
    headers = await bearer(hospital)
    message = hospital.message("1101", query())
    plain = callers.compact(message["input"]).encode()
    right = callers.sm2_sign(plain)
    cipher = json.loads(callers.oauth_body(message))["input"].encode()
    for signature, cause in (
        (callers.der(right), "DER"),
        (callers.sm2_sign(cipher), "the ciphertext was signed"),
        (callers.sm2_sign(plain, b"ALICE123@YAHOO.COM"), "user id 'ALICE123@YAHOO.COM'"),
        (callers.sm2_sign(software().sm3(plain)), "SM3 hash"),
        (callers.sm2_sign(b"something else"), "another key"),
    ):
        await refused(hospital, callers.oauth_body(message, signature), headers, "/oauth-sm", "cainfo")
        assert cause in console()
    whole = json.loads(callers.oauth_body(message))
    for changed in (
        {"input": "?"},
        {"input": callers.b64(b"x" * 15)},
        {"input": message["input"]},
        {"cainfo": None},
    ):
        await refused(hospital, callers.compact(whole | changed).encode(), headers, "/oauth-sm", "沙箱网关")
    await refused(hospital, callers.compact(message).encode(), headers, "/oauth-sm", "Base64")
    await refused(hospital, b"[]", headers, "/oauth-sm", "JSON")


# envelope-sm


def opened(reply: bytes) -> tuple[dict[str, Any], Any]:
    """The outer map and the business object, after the signature was checked."""
    outer = json.loads(reply, parse_float=Decimal)
    business = None
    if "encData" in outer:
        key = callers.envelope_key(envelope_sm.APP_ID, envelope_sm.APP_SECRET)
        business = json.loads(callers.un_sm4(key, bytes.fromhex(outer["encData"])), parse_float=Decimal)
    text = callers.envelope_text(outer, business).encode()
    assert callers.sm2_verify(text, base64.b64decode(outer["signData"]), envelope_sm.OWN_PUBLIC.point)
    return outer, business


async def send(hospital: Hospital, path: str, outer: dict[str, Any]) -> tuple[int, bytes]:
    return await hospital.post("", callers.compact(outer).encode(), {}, f"/envelope-sm/{path}")


@pytest.mark.parametrize("path", envelope_sm.PATHS)
async def test_envelope_sm_reaches_the_interfaces(hospital: Hospital, rulebook: Rulebook, path: str) -> None:
    office = Office(Settings(crowd=0), rulebook)
    request = request_of(office, rulebook.rules(envelope_sm.PATHS[path]).spec)
    office.close()
    for node in ({}, request["data"]):
        _, reply = await send(hospital, path, callers.envelope(node))
        outer, business = opened(reply)
        refused_by_the_check = "入参校验未通过" in outer["message"]
        assert refused_by_the_check == (node == {}), outer
        assert (outer["code"] == 0) == (business is not None)


async def test_envelope_sm_refuses(hospital: Hospital) -> None:
    path, business = "org/local/api/hos/query_order_info", {"payOrdId": "1"}
    right = callers.envelope(business)
    key = callers.envelope_key(envelope_sm.APP_ID, envelope_sm.APP_SECRET)
    stale = callers.envelope(business, timestamp=str(round(time.time() * 1000) - 3_600_000))
    hexed = callers.sm4(envelope_sm.APP_ID[:16].encode(), envelope_sm.APP_SECRET.encode())[:16]
    for outer, text in (
        ({k: v for k, v in right.items() if k != "signData"}, "signData"),
        (right | {"appId": "somebody"}, "appId"),
        (right | {"signType": "SM4"}, "SM2"),
        (right | {"signType": "SM3"}, "signData"),
        (callers.envelope(business, timestamp=callers.now_s()), "13位"),
        (stale, "时间窗"),
        (right | {"encData": callers.sm4(hexed, b"{}").hex().upper()}, "encData"),
        (right | {"encData": callers.sm4(key, b"[]").hex().upper()}, "JSON对象"),
        (right | {"encData": callers.sm4(key, b'{"payOrdId":"2"}').hex().upper()}, "signData"),
        (right | {"version": "2.0.2"}, "signData"),
    ):
        status, reply = await send(hospital, path, outer)
        assert status == 401 and text in reply.decode()
    assert (await send(hospital, "org/local/api/hos/other", right))[0] == 404
    assert (await hospital.post("", b"[]", {}, f"/envelope-sm/{path}"))[0] == 401


async def test_envelope_sm_takes_the_name_that_hainan_writes(hospital: Hospital) -> None:
    outer = callers.envelope({"payOrdId": "1"}, signType="SM3")
    assert (
        opened((await send(hospital, "org/local/api/hos/query_order_info", outer))[1])[0]["signType"] == "SM3"
    )


async def test_envelope_sm_explains(hospital: Hospital, console: Console) -> None:
    path, business = (
        "org/local/api/hos/query_order_info",
        {"payOrdId": "1", "userName": "张三", "count": 3, "memo": ""},
    )
    right = callers.envelope(business)
    text = callers.envelope_text(right, business)
    as_cipher = callers.envelope_text(right, None).replace("&encType", f"&data={right['encData']}&encType", 1)
    raw = base64.b64decode(right["signData"])
    for signature, cause in (
        (callers.der(raw), "DER"),
        (callers.sm2_sign(text.encode(), b"ALICE123@YAHOO.COM"), "user id"),
        (
            callers.sm2_sign(text.replace('"count":"3"', '"count":3').encode()),
            "numbers not written as strings",
        ),
        (callers.sm2_sign(text.replace("张三", "\\u5f20\\u4e09").encode()), "beyond ASCII"),
        (callers.sm2_sign(text.partition("key=")[0].encode()), "key= is missing"),
        (callers.sm2_sign(text.replace('"count":"3",', '"count":"3","memo":"",').encode()), "empty values"),
        (callers.sm2_sign(as_cipher.encode()), "ciphertext"),
    ):
        status, reply = await send(hospital, path, right | {"signData": callers.b64(signature)})
        assert status == 401 and "signData" in reply.decode()
        assert cause in console(), cause
    assert '"userName":"张三"' in console() and envelope_sm.APP_SECRET not in console()


async def test_faults_reach_the_profiles(hospital: Hospital) -> None:
    path, business = "org/local/api/hos/query_order_info", {"payOrdId": "1"}
    await hospital.fault("6301", "infcode_string")
    assert opened((await send(hospital, path, callers.envelope(business)))[1])[0]["code"] in ("0", "-1")
    await hospital.fault("1101", "unlisted_refusal")
    _, reply = await hospital.post("", body_of(hospital), callers.tif_headers(), "/tif")
    assert json.loads(reply)["infcode"] == -1


def test_header_bytes_that_are_no_text() -> None:
    from mi_plugins.sandbox.profiles.base import Arrival, Refused

    odd = b"\xff\xfe".decode("utf-8", "surrogateescape")
    settings = Settings(crowd=0)
    for profile, headers, text in (
        (tif.Tif(), callers.tif_headers() | {"x-tif-nonce": odd}, "签名不符"),
        (zj_ca.ZjCa(), {"x-ca-key": zj_ca.CA_KEY, "x-ca-signature": f"{callers.now_s()}:{odd}"}, "签名不符"),
        (oauth_sm.OAuthSm(settings), {"Authorization": f"Bearer {odd}"}, "令牌"),
    ):
        with pytest.raises(Refused, match=text):
            profile.admit(Arrival("", headers, b"{}", settings.now_ms(), settings.window_ms))
    signed = signed_headers("1101", ms=settings.now_ms()) | {"_api_name": odd}
    with pytest.raises(GatewayRefusal, match="签名不一致"):
        check_signature(signed, {"sandbox-access-key": b"k"}, settings.now_ms(), settings.window_ms)


async def test_an_envelope_with_half_a_character(hospital: Hospital) -> None:
    outer = callers.envelope({"payOrdId": "1"})
    key = callers.envelope_key(envelope_sm.APP_ID, envelope_sm.APP_SECRET)
    outer["encData"] = callers.sm4(key, b'{"payOrdId":"\\ud800"}').hex().upper()
    status, reply = await send(hospital, "org/local/api/hos/query_order_info", outer)
    assert status == 401 and "encData" in reply.decode()


async def test_no_flood(hospital: Hospital, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mi_plugins.sandbox.explain._count", itertools.count(199))
    for _ in range(4):
        await refused(hospital, b"{}", callers.tif_headers(secret="another"), "/tif", "签名")
    assert console().count("[tif]") == 2 and "no more" in console()


def test_routes_do_not_change_other_paths() -> None:
    paths = {resource.canonical for resource in create_app(Settings(crowd=0)).router.resources()}
    assert {"/{path}", "/tif", "/tif/{path}", "/auth/oauth/token"} <= paths
