"""The gateway in front: signature, time window, its four refusals word for word, and the front-end machine's path."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from tests.sandbox.hospital import Hospital, signed_headers

BODY = b'{"infno":"1101","input":{}}'


def now_ms() -> int:
    return round(dt.datetime.now().timestamp() * 1000)


def headers_without(name: str) -> dict[str, str]:
    headers = signed_headers("1101", ms=now_ms())
    del headers[name]
    return headers


MISSING = [
    headers_without(n)
    for n in ("_api_name", "_api_version", "_api_timestamp", "_api_access_key", "_api_signature")
]


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        *((headers, "缺少服务网关的请求头!") for headers in MISSING),
        (signed_headers("1101", ms=now_ms() - 31 * 60 * 1000), "签名时间戳超时!"),
        (signed_headers("1101", ms=now_ms() + 120 * 60 * 1000), "签名时间戳超时!"),
        (signed_headers("1101", ms=now_ms() // 1000), "签名时间戳超时!"),
        (signed_headers("1101", ms=now_ms(), access="somebody"), "非法用户!"),
        (signed_headers("1101", ms=now_ms(), secret="wrong"), "签名不一致!"),
        (signed_headers("1101", ms=now_ms()) | {"_api_name": "2207"}, "签名不一致!"),
    ],
)
async def test_refusals_word_for_word(hospital: Hospital, headers: dict[str, str], message: str) -> None:
    _, body = await hospital.post("1101", BODY, headers)
    assert json.loads(body) == {"code": 401, "message": message}


async def test_within_the_window(hospital: Hospital) -> None:
    _, body = await hospital.post("1101", BODY, signed_headers("1101", ms=now_ms() - 29 * 60 * 1000))
    assert json.loads(body)["infcode"] == -1


def test_published_vector() -> None:
    """The worked example of the gateway notes: one ``&`` between the pairs."""
    from mi_plugins.sandbox.signature import sign

    headers = {
        "_api_access_key": "test-access-key-01",
        "_api_name": "1101",
        "_api_timestamp": "1700000000000",
        "_api_version": "1.0.0",
    }
    assert sign(b"test-secret-key-0001", headers) == "s0Z3y2IgBK5H8JG+PysmqICQnDs="


async def test_front_end_path_needs_no_signature(hospital: Hospital) -> None:
    message = hospital.message("1201", {"medinsinfo": {"fixmedins_type": "1", "fixmedins_name": "城东"}})
    path = "/fsi/api/rsfComIfsService/callService"
    _, body = await hospital.post("1201", json.dumps(message).encode(), {}, path)
    assert json.loads(body)["infcode"] == 0


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "JSON"),
        (b"[]", "JSON对象"),
        (b"\xff\xfe", "UTF-8"),
        (b"[" * 100_000, "JSON"),
        (b'{"infno":"1101","infno":"1101","input":{}}', "重复"),
        (b'{"infno":"1101","input":{"a":NaN}}', "非法数值"),
        (b'{"infno":"1101","input":{"a":' + b"9" * 100 + b"}}", "过长"),
        (b'{"infno":"1101","input":{"a":1e999}}', "超出范围"),
        (b'{"infno":"1101","input":"{}"}', "input"),
        (b'{"infno":1101,"input":{}}', "infno"),
    ],
)  # fmt: skip
async def test_bodies_that_are_no_message(hospital: Hospital, body: bytes, text: str) -> None:
    _, reply = await hospital.post("1101", body)
    answer = json.loads(reply)
    assert answer["infcode"] == -1 and text in answer["err_msg"] and answer["output"] is None
