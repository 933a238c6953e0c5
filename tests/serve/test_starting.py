"""``mi serve`` as an operator starts it: what it refuses, TLS, tokens from the shell."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.serve.kit import FIRST, configuration, environment, start


def mi(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "mi_core", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", env=environment(), cwd=folder, timeout=120
    )


@pytest.fixture
def place(sandbox: dict[str, Any], tmp_path: Path) -> Path:
    (tmp_path / "mi.toml").write_text(configuration(sandbox), encoding="utf-8")
    return tmp_path


def test_without_a_token_it_does_not_start(place: Path) -> None:
    done = mi(place, "serve", "--port", "0")
    assert done.returncode == 2
    assert "mi serve token new" in done.stderr


def test_tokens_from_the_shell(place: Path) -> None:
    made = mi(
        place, "serve", "token", "new", "收费系统", "--role", "operator", "--institution", FIRST, "--json"
    )
    assert made.returncode == 0, made.stderr
    told = json.loads(made.stdout)
    assert told["token"].startswith("mi_") and told["roles"] == ["operator"]
    listed = mi(place, "serve", "token", "list", "--json")
    assert told["token"] not in listed.stdout
    assert [one["name"] for one in json.loads(listed.stdout)] == ["收费系统"]
    assert (place / "mi.serve.tokens").stat().st_mode & 0o777 == 0o600
    again = mi(place, "serve", "token", "new", " 收费系统 ", "--role", "finance", "--institution", FIRST)
    assert again.returncode == 2
    unknown = mi(place, "serve", "token", "new", "乙", "--role", "finance", "--institution", "H99")
    assert unknown.returncode == 2
    assert mi(place, "serve", "token", "revoke", "收费系统").returncode == 0
    assert json.loads(mi(place, "serve", "token", "list", "--json").stdout) == []
    assert mi(place, "serve", "token", "revoke", "收费系统").returncode == 2


def test_the_lan_needs_tls_or_a_word(place: Path) -> None:
    mi(place, "serve", "token", "new", "甲", "--role", "operator", "--institution", FIRST)
    done = mi(place, "serve", "--port", "0", "--host", "0.0.0.0")
    assert done.returncode == 2
    assert "plain_http" in done.stderr
    wrong = configuration(
        {"config_toml": (place / "mi.toml").read_text(encoding="utf-8")},
        '\n[serve]\norigins = ["*"]\n',
        [FIRST],
    )
    (place / "mi.toml").write_text(
        wrong.replace('[store]\noperation_log = "sqlite:///mi.db"\n', "", 1), encoding="utf-8"
    )
    done = mi(place, "serve", "--port", "0")
    assert done.returncode == 2 and "origins" in done.stderr


def test_plain_http_beyond_this_machine_when_it_is_meant(sandbox: dict[str, Any], tmp_path: Path) -> None:
    served = start(tmp_path, sandbox, '\n[serve]\nhost = "0.0.0.0"\nplain_http = true\n')
    try:
        assert served.ask("GET", "/health/live", token=None).json == {"status": "live"}
    finally:
        served.stop()


def test_tls(sandbox: dict[str, Any], tmp_path: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "serve.key", "-out", "serve.pem", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    served = start(tmp_path, sandbox, '\n[serve]\ntls_cert = "serve.pem"\ntls_key = "serve.key"\n')
    try:
        assert served.url.startswith("https://")
        trusted = ssl.create_default_context(cafile=tmp_path / "serve.pem")
        request = urllib.request.Request(
            f"{served.url}/v1/institutions",
            headers={"Authorization": f"Bearer {served.tokens['operator']}", "Origin": served.url},
        )
        with urllib.request.urlopen(request, context=trusted, timeout=30) as reply:
            assert json.loads(reply.read())["institutions"][0]["code"] == FIRST
    finally:
        served.stop()
