"""Every profile's keys: checked with the rest of the file, written by ``mi new-config``, routed without overlaps."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi_core.config import ConfigMistakes, commented_file, load_config
from mi_core.config.profiles import known_profiles
from mi_core.config.routes import overlap
from mi_core.plugin import (
    GatewayFactory,
    GatewaySettings,
    HttpReply,
    HttpRequest,
    Registry,
    Secret,
    hookimpl,
    setting,
)
from mi_core.plugin import settings_of as described
from tests.gateways.keys import PLATFORM_PUBLIC, PRIVATE

CSB = {"profile": "csb", "url": "http://127.0.0.1:1", "access_key": "a", "secret_key": "s"}


def load(gateway: dict[str, Any], **institution: Any) -> Any:
    one = {"name": "x", "mdtrtarea_admvs": "439900", "gateway": gateway, **institution}
    return load_config(
        "/dev/null", environment="test", institutions={"H43000000001": one}, journal={"path": "memory"}
    ).institution()


def mistakes(gateway: dict[str, Any], **institution: Any) -> dict[str, str]:
    with pytest.raises(ConfigMistakes) as caught:
        load(gateway, **institution)
    return {m.key.removeprefix("institutions.H43000000001."): m.en for m in caught.value.mistakes}


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the examples of the commented file refer to."""
    (tmp_path / "sm2-private.pem").write_text(PRIVATE)
    (tmp_path / "sm2-platform.pem").write_text(PLATFORM_PUBLIC)
    (tmp_path / "agent.token").write_text("t" * 40)
    for name in ("ca.pem", "client.pem", "client.key", "serve.pem", "serve.key"):
        (tmp_path / name).touch()
    for name in ("AK", "SK", "PAAS_TOKEN", "CA_SECRET", "CLIENT_SECRET", "TOKEN_PASSWORD", "APP_SECRET"):
        monkeypatch.setenv(f"HIS_{name}", f"value of {name}")
    return tmp_path


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("profile", known_profiles())
def test_the_commented_file_of_every_profile_is_valid(environment: Path, profile: str, lang: str) -> None:
    text, path = commented_file(lang, profile=profile), environment / "mi.toml"
    for content in (text, re.sub(r"(?m)^# ([a-z_]+ = )", r"\1", text)):
        tomllib.loads(content)
        path.write_text(content, encoding="utf-8")
        institution = load_config(path).institution()
        assert institution.gateway.profile == profile
        assert type(institution.gateway) is known_profiles()[profile].settings


def test_every_key_is_explained_in_both_languages() -> None:
    for profile in known_profiles().values():
        for name, about in described(profile.settings):
            assert about.zh and about.en and re.search("[\u4e00-\u9fff]|version|appId", about.zh), name


def test_all_mistakes_of_a_gateway_at_once() -> None:
    found = mistakes({
        "profile": "envelope-sm", "url": "ftp://x", "app_secret": "", "private_key": "00", "platform_key": PRIVATE,
        "sign_type": "MD5", "url_rule": "any", "paths": {"6201": 5}, "appid": "x",
    })  # fmt: skip
    assert set(found) == {
        f"gateway.{k}"
        for k in ("url", "app_secret", "private_key", "platform_key", "sign_type", "url_rule", "paths", "appid", "app_id")
    }  # fmt: skip
    assert "app_id" in found["gateway.appid"]
    assert PRIVATE not in str(found)


def test_keys_of_another_profile_are_unknown() -> None:
    assert set(mistakes({**CSB, "paas_id": "x"})) == {"gateway.paas_id"}
    assert set(mistakes({"profile": "none", "url": "http://h", "secret_key": "x"})) == {"gateway.secret_key"}


def test_timeouts_that_are_known_of_a_profile_are_its_defaults() -> None:
    seconds = {**CSB, "profile": "csb-seconds", "api_name": "n"}
    assert load(seconds).timeouts.query == 120 and load(CSB).timeouts.query == 30
    assert load(seconds, timeouts={"query": 7}).timeouts.query == 7


def test_further_gateways() -> None:
    pay = {
        "profile": "local-agent",
        "url": "http://127.0.0.1:2/call",
        "agent_token": "t",
        "interfaces": ["62*", "6301"],
    }
    route = load(CSB, gateways={"pay": pay}).gateways["pay"]
    assert (
        route.serves("6201")
        and route.serves("6301")
        and not route.serves("6302")
        and not route.serves("2207")
    )
    assert isinstance(route.gateway.agent_token, Secret)


def test_a_profile_that_knows_what_it_serves_needs_no_list() -> None:
    centre = {
        "profile": "envelope-sm", "url": "http://h", "app_id": "0" * 32, "app_secret": "s", "private_key": PRIVATE,
        "platform_key": PLATFORM_PUBLIC,
    }  # fmt: skip
    route = load(CSB, gateways={"pay": centre}).gateways["pay"]
    assert route.serves("6201") and route.serves("7101") and not route.serves("2207")


def test_routes_that_overlap_or_say_nothing() -> None:
    agent = {"profile": "local-agent", "url": "http://127.0.0.1:2/call", "agent_token": "t"}
    found = mistakes(
        CSB, gateways={"a": {**agent, "interfaces": ["6*"]}, "b": {**agent, "interfaces": ["62*"]}}
    )
    assert list(found) == ["gateways.b.interfaces"] and "6*" in found["gateways.b.interfaces"]
    assert list(mistakes(CSB, gateways={"a": agent})) == ["gateways.a.interfaces"]
    assert list(mistakes(CSB, gateways={"a": {**agent, "interfaces": ["6-"]}})) == ["gateways.a.interfaces"]
    assert set(mistakes(CSB, gateways=5)) == {"gateways"}


@pytest.mark.parametrize(
    ("a", "b", "both"),
    [("6*", "6201", True), ("6201", "6*", True), ("6*", "62*", True), ("62*", "6*", True), ("6201", "6201", True),
     ("6201", "6202", False), ("62*", "63*", False), ("62*", "6301", False), ("*", "1101", True)],
)  # fmt: skip
def test_overlap(a: str, b: str, both: bool) -> None:
    assert overlap(a, b) is both


class Third:
    """A third party's gateway with keys of its own."""

    @attrs.frozen(kw_only=True)
    class Settings(GatewaySettings):
        app: str = setting("text", "应用", "application", required=True)
        salt: Secret = setting("secret", "盐", "salt", required=True)

    settings_class = Settings

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def seal(self, infno: str, body: bytes, now_ms: int) -> HttpRequest:
        return HttpRequest(self.settings.url, {"x-app": self.settings.app}, body)

    def open(self, reply: HttpReply) -> bytes:
        return reply.body


class ThirdPlugin:
    @hookimpl
    def mi_register_gateways(self, registry: Registry[GatewayFactory]) -> None:
        registry.add("third", Third)


def test_keys_of_an_installed_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed distribution with an entry point, as pip leaves it behind."""
    (tmp_path / "third_gateway.py").write_text(
        "from tests.gateways.test_settings import ThirdPlugin\nplugin = ThirdPlugin()\n"
    )
    info = tmp_path / "third_gateway-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: third-gateway\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[mi_core]\nthird = third_gateway:plugin\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    third = {"profile": "third", "url": "http://h", "app": "A", "salt": "S"}
    gateway = load(third).gateway
    assert (gateway.app, gateway.salt.reveal()) == ("A", "S")
    assert set(mistakes({"profile": "third", "url": "http://h", "salt": ""})) == {
        "gateway.app", "gateway.salt",
    }  # fmt: skip
    assert "salt = " in commented_file("en", profile="third")


def test_an_unknown_profile_is_the_mistake_and_not_its_keys() -> None:
    keys = {"url": "http://127.0.0.1:1", "paas_id": "p", "paas_token": "t"}
    told = mistakes({"profile": "tiff", **keys})
    assert set(told) == {"gateway.profile"}
    assert "no gateway profile named tiff, did you mean tif?" in told["gateway.profile"]
    assert "zj-ca" in told["gateway.profile"]
    far = mistakes({"profile": "qqqqqqqq", **keys})["gateway.profile"]
    assert "did you mean" not in far and "csb" in far
    beside = mistakes(CSB, gateways={"pay": {"profile": "envelope-sn", "app_id": "x", "interfaces": ["6*"]}})
    assert set(beside) == {"gateways.pay.profile"} and "envelope-sm?" in beside["gateways.pay.profile"]


def test_a_profile_that_the_program_brings_itself_is_read_with_the_general_keys() -> None:
    assert load({**CSB, "profile": "own"}).gateway.profile == "own"
