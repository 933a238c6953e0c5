"""What a sandbox says of its profiles: addresses and credentials with which they are reached."""

from __future__ import annotations

import json
import tomllib
import urllib.error
import urllib.request

import pytest

from mi_plugins.sandbox import Settings
from mi_plugins.sandbox.announce import announcement_text, config_toml, default_config, sandbox_gateway
from mi_plugins.sandbox.profiles.envelope_sm import PATHS
from mi_plugins.sandbox.settings import PROFILES
from tests.sandbox.callers import tif_headers
from tests.sandbox.test_process import started


@pytest.mark.parametrize("profile", PROFILES)
def test_the_keys_of_every_profile(profile: str) -> None:
    keys = sandbox_gateway(profile)
    assert keys["profile"] == profile and keys["url"].startswith("http://127.0.0.1:8899/")
    written = tomllib.loads(config_toml("http://127.0.0.1:1", Settings(), profile=profile))
    institution = written["institutions"]["H43000000001"]
    centre = profile == "envelope-sm"  # stands beside a main gateway, for the interfaces of its two centres
    served = institution["gateways"][profile] if centre else institution["gateway"]
    if centre:
        assert (
            served.pop("interfaces") == sorted(PATHS.values()) and institution["gateway"]["profile"] == "csb"
        )
    assert served == sandbox_gateway(profile, "http://127.0.0.1:1")
    assert default_config(profile).count(f'profile = "{profile}"') == 1


def test_a_profile_that_it_does_not_speak() -> None:
    with pytest.raises(ValueError, match="envelope-sm"):
        sandbox_gateway("dll")


def test_people_see_the_credentials_of_the_profiles_they_chose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MI_LANG", "en")
    text = announcement_text("http://127.0.0.1:1", Settings(), ("tif", "envelope-sm"))
    assert "paas_token = sandbox-paas-token" in text and "platform_key = 04" in text
    assert "http://127.0.0.1:1/tif" in text and 'profile = "tif"' in text and "sandbox-secret-key" not in text
    plain = announcement_text("http://127.0.0.1:1", Settings())
    assert 'profile = "csb"' in plain and "tif" in plain and "paas_token" not in plain


def test_the_program_serves_all_and_explains_on_its_console() -> None:
    with started("--json", "--profile", "tif", MI_LANG="en") as (process, line):
        said = json.loads(line)
        assert set(said["profiles"]) == set(PROFILES) and 'profile = "tif"' in said["config_toml"]
        headers = tif_headers(secret="another")
        request = urllib.request.Request(said["profiles"]["tif"]["url"], data=b"{}", headers=headers)
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(request, timeout=10)
        assert process.stderr is not None
        assert process.stderr.readline() == "[tif] the signature is wrong\n"
        assert "‹secret›" in process.stderr.readline()


@pytest.mark.parametrize(("region", "asked"), [("guangzhou", True), ("hunan", False), ("", False)])
def test_the_file_has_what_the_region_s_sign_in_requires(region: str, asked: bool) -> None:
    written = config_toml("http://127.0.0.1:1", Settings(region=region), profile="tif")
    one = tomllib.loads(written)["institutions"]["H43000000001"]
    assert [bool(one.get(key)) for key in ("sign_in_userid", "sign_in_password")] == [asked, asked]
