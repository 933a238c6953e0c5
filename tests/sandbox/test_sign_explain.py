"""``mi sign explain``, and what the console says of a wrong id, secret or path: for every profile, offline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from mi_core.cli.exits import exit_code
from mi_core.errors import ConfigError
from mi_plugins.sandbox.explain import collected
from mi_plugins.sandbox.offline import NEEDED, Explained, SentRequest, explain_request, read_request
from mi_plugins.sandbox.profiles import envelope_sm, keys, oauth_sm, tif, zj_ca
from mi_plugins.sandbox.profiles.base import Arrival, Refused
from mi_plugins.sandbox.settings import Settings
from mi_plugins.sandbox.sign_cli import sign
from tests.sandbox import callers
from tests.sandbox.hospital import signed_headers

PRIVATE = keys.CALLER.reveal().hex()
KEYS: dict[str, dict[str, str]] = {
    "csb": {"access_key": "sandbox-access-key", "secret_key": "sandbox-secret-key"},
    "csb-seconds": {"access_key": "sandbox-access-key", "secret_key": "sandbox-secret-key"},
    "tif": {"paas_id": tif.PAAS_ID, "paas_token": tif.PAAS_SECRET},
    "zj-ca": {"ca_key": zj_ca.CA_KEY, "ca_secret": zj_ca.CA_SECRET},
    "oauth-sm": {"client_id": oauth_sm.CLIENT_ID, "private_key": PRIVATE},
    "envelope-sm": {
        "app_id": envelope_sm.APP_ID,
        "app_secret": envelope_sm.APP_SECRET,
        "private_key": PRIVATE,
    },
}
MESSAGE: dict[str, Any] = {"infno": "1101", "input": {"data": {"psn_no": "1"}}}


def sent(profile: str, wrong: bool = False) -> SentRequest:
    """A request of years ago, signed rightly or with the usual mistake of its profile."""
    stamp = "1600000000"
    if profile.startswith("csb"):
        ms = 1_600_000_000_000 if profile == "csb" else 1_600_000_000
        headers = signed_headers("1101", ms=ms)
        if wrong:
            text = "&".join(
                f"_api_{n}={headers[f'_api_{n}']}" for n in ("name", "version", "timestamp", "access_key")
            )
            import base64
            import hashlib
            import hmac

            digest = hmac.new(b"sandbox-secret-key", text.encode(), hashlib.sha1).digest()
            headers["_api_signature"] = base64.b64encode(digest).decode()
        return SentRequest("/csb", headers, b"{}")
    if profile == "tif":
        return SentRequest(
            "/tif", callers.tif_headers(stamp, "N1", order="{t}{n}{s}{t}" if wrong else "{t}{s}{n}{t}"), b"{}"
        )
    if profile == "zj-ca":
        headers = callers.zj_headers(b'{"a": 1}', stamp)
        return SentRequest("/zj-ca/1101", headers, b'{"a":1}' if wrong else b'{"a": 1}')
    if profile == "oauth-sm":
        plain = callers.compact(MESSAGE["input"]).encode()
        signature = callers.der(callers.sm2_sign(plain)) if wrong else None
        return SentRequest(
            "/oauth-sm", {"Authorization": "Bearer gone"}, callers.oauth_body(MESSAGE, signature)
        )
    outer = callers.envelope({"a": 1, "b": ""}, timestamp="1600000000000")
    if wrong:
        text = callers.envelope_text(outer, {"a": 1, "b": ""}).replace('"a":"1"', '"a":1')
        outer["signData"] = callers.b64(callers.sm2_sign(text.encode()))
    return SentRequest("/envelope-sm/anywhere", {}, callers.compact(outer).encode())


@pytest.mark.parametrize("profile", list(NEEDED))
def test_a_right_signature_is_called_right(profile: str) -> None:
    assert explain_request(profile, KEYS[profile], sent(profile)) == Explained(True, "")


@pytest.mark.parametrize("profile", list(NEEDED))
def test_both_texts_and_the_first_byte(profile: str) -> None:
    found = explain_request(profile, KEYS[profile], sent(profile, wrong=True))
    assert not found.right
    for word in ("沙箱签名原文", "对方签名原文", "原因："):
        assert word in found.text
    assert "字节起不同" in found.text or "原文相同" in found.text
    for secret in ("paas_token", "ca_secret", "app_secret", "secret_key"):
        if secret in KEYS[profile]:
            assert KEYS[profile][secret] not in found.text, "secrets are not shown"


@pytest.mark.parametrize("profile", list(NEEDED))
def test_another_secret(profile: str) -> None:
    secret = {"oauth-sm": "private_key", "envelope-sm": "private_key"}.get(profile, NEEDED[profile][1])
    other = "1" * 64 if secret == "private_key" else "another"
    found = explain_request(profile, KEYS[profile] | {secret: other}, sent(profile))
    assert not found.right and "多半是密钥不同" in found.text


def test_the_command(tmp_path: Path) -> None:
    one, path = sent("tif", wrong=True), tmp_path / "request.http"
    lines = [
        "POST /tif/1101 HTTP/1.1",
        "Host: x",
        *(f"{name}: {value}" for name, value in one.headers.items()),
        "",
        "",
    ]
    path.write_bytes("\r\n".join(lines).encode() + one.body)
    secret = tmp_path / "token"
    secret.write_text(tif.PAAS_SECRET + "\n", encoding="utf-8")
    options = [
        "explain",
        str(path),
        "--profile",
        "tif",
        "--set",
        f"paas_id={tif.PAAS_ID}",
        "--set",
        f"paas_token=@{secret}",
    ]
    result = CliRunner().invoke(sign, options)
    assert result.exit_code == 1 and "密钥与随机数的次序颠倒" in result.output
    content = {"headers": dict(sent("tif").headers), "body": "{}"}
    result = CliRunner().invoke(sign, ["explain", "-", *options[2:], "--json"], input=json.dumps(content))
    assert result.exit_code == 0 and json.loads(result.output)["right"] is True


def test_a_file_that_is_not_there_is_no_wrong_signature(tmp_path: Path) -> None:
    """Exit code 1 says that the signature is wrong; anything that kept us from looking is 2."""
    for words in (
        [str(tmp_path / "none.json")],
        [str(tmp_path), "--set", "x"],
        ["-", "--set", f"secret_key=@{tmp_path / 'none'}"],
        ["-"],
    ):
        with pytest.raises((ConfigError, click.UsageError)) as caught:
            sign.main(["explain", *words, "--profile", "csb"], standalone_mode=False)
        assert not isinstance(caught.value, ConfigError) or exit_code(caught.value) == 2


def test_a_key_that_is_missing_is_named() -> None:
    with pytest.raises(Exception, match="paas_token"):
        explain_request("tif", {"paas_id": "x"}, sent("tif"))
    with pytest.raises(Exception, match="请求文件无法读取"):
        read_request(b"nothing")


def told(profile: str, request: SentRequest) -> str:
    return explain_request(profile, KEYS[profile], request).text


def test_a_wrong_id_is_explained() -> None:
    one = sent("tif")
    text = told("tif", SentRequest(one.path, {**one.headers, "x-tif-paasid": "sandbox-paas-iD"}, one.body))
    assert "x-tif-paasid 不一致" in text and "大小写不同" in text and "第 14 字节起不同" in text
    one = sent("csb")
    text = told(
        "csb", SentRequest(one.path, {**one.headers, "_api_access_key": " sandbox-access-key"}, one.body)
    )
    assert "首尾有空白" in text
    text = told("zj-ca", SentRequest("/", {"x-ca-key": "k"}, b""))
    assert "缺少请求头 x-ca-signature" in text and "x-ca-key" in text
    text = told(
        "envelope-sm", SentRequest("/", {}, callers.compact(callers.envelope({}, appId="A" * 32)).encode())
    )
    assert "appId 不一致" in text


def test_a_wrong_client_secret_and_password_are_explained_without_showing_them() -> None:
    gateway = oauth_sm.OAuthSm(Settings())

    def ask(user: str, secret: str, **form: str) -> str:
        basic = callers.b64(f"{user}:{secret}".encode())
        with collected() as texts, pytest.raises(Refused):
            gateway.hand_out_token({"Authorization": f"Basic {basic}"}, {"username": oauth_sm.USER, **form})
        return "\n".join(texts)

    assert "client_id 不一致" in ask("other", oauth_sm.CLIENT_SECRET)
    text = ask(oauth_sm.CLIENT_ID, "wrong-secret-of-mine")
    assert "client_secret 不一致" in text and "20 个" in text and "wrong-secret-of-mine" not in text
    text = ask(oauth_sm.CLIENT_ID, oauth_sm.CLIENT_SECRET, password=oauth_sm.PASSWORD + "\n")
    assert "password 不一致" in text and "首尾有空白或换行" in text and oauth_sm.PASSWORD not in text


def test_a_wrong_path_names_the_nearest() -> None:
    gateway = envelope_sm.EnvelopeSm(Settings())
    with collected() as texts, pytest.raises(Refused):
        gateway.admit(Arrival("fixmedins/rxUnDo", {}, b"", 0, 0))
    assert "没有路径" in texts[0] and "/fixmedins/rxUndo" in texts[0]
