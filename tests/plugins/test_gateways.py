"""Gateway profiles against the vectors of the field."""

from __future__ import annotations

import base64
import hashlib
import hmac

from mi_core.plugin import GatewaySettings, HttpReply, Secret
from mi_core.plugin.manager import load_plugins

SETTINGS = GatewaySettings(
    "csb", "http://gateway.example/csb", Secret("test-access-key-01"), Secret("test-secret-key-0001"), "1.0.0"
)
BODY = '{"infno":"1101","input":{"姓名":"张三"}}'.encode()


def test_csb_vector() -> None:
    request = load_plugins().gateways["csb"](SETTINGS).seal("1101", BODY, 1_700_000_000_000)
    assert request.headers["_api_signature"] == "s0Z3y2IgBK5H8JG+PysmqICQnDs="
    assert {k: v for k, v in request.headers.items() if k.startswith("_api") and k != "_api_signature"} == {
        "_api_access_key": "test-access-key-01",
        "_api_name": "1101",
        "_api_timestamp": "1700000000000",
        "_api_version": "1.0.0",
    }
    assert request.url == "http://gateway.example/csb" and request.body is BODY
    assert request.headers["Content-Type"].startswith("application/json")


def test_csb_does_not_copy_the_specifications_misprint() -> None:
    text = (
        "_api_access_key=test-access-key-01&_api_name=1101&_api_timestamp=1700000000000&&_api_version=1.0.0"
    )
    misprint = base64.b64encode(
        hmac.new(b"test-secret-key-0001", text.encode(), hashlib.sha1).digest()
    ).decode()
    assert misprint == "vcyftqp19kjm+0+kqibvP4RAnGM="
    request = load_plugins().gateways["csb"](SETTINGS).seal("1101", BODY, 1_700_000_000_000)
    assert request.headers["_api_signature"] != misprint


def test_body_is_not_signed() -> None:
    gateway = load_plugins().gateways["csb"](SETTINGS)
    assert gateway.seal("1101", b"a", 1).headers == gateway.seal("1101", b"b", 1).headers


def test_keys_are_in_no_repr() -> None:
    gateway = load_plugins().gateways["csb"](SETTINGS)
    shown = repr(gateway) + repr(gateway.seal("1101", BODY, 1))
    assert "test-secret-key-0001" not in shown and "test-access-key-01" not in shown and "张三" not in shown


def test_none_posts_plain_text_to_the_default_path() -> None:
    make = load_plugins().gateways["none"]
    for url in ("http://10.0.0.5:8080", "http://10.0.0.5:8080/"):
        request = make(GatewaySettings("none", url)).seal("1101", BODY, 0)
        assert request.url == "http://10.0.0.5:8080/fsi/api/rsfComIfsService/callService"
    request = make(GatewaySettings("none", "http://10.0.0.5/own/path")).seal("1101", BODY, 0)
    assert request.url == "http://10.0.0.5/own/path"
    assert request.headers == {"Content-Type": "text/plain; charset=utf-8"} and request.body is BODY


def test_replies_are_plain() -> None:
    for name in ("csb", "none"):
        gateway = load_plugins().gateways[name](SETTINGS)
        assert gateway.open(HttpReply(200, {}, b"{}")) == b"{}"
