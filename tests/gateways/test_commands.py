"""``mi new-config --profile`` and ``mi doctor`` with gateways that sign, need a token, or serve a part."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from tests.cli.shell import mi
from tests.gateways.keys import PLATFORM_PUBLIC, PRIVATE
from tests.gateways.test_calls import Jilin
from tests.plugins.bad_server import bad_server


def test_new_config_shows_the_profiles_keys(tmp_path: Path) -> None:
    code, out, _ = mi("new-config", "--profile", "oauth-sm", "--stdout", place=tmp_path)
    assert code == 0 and 'profile = "oauth-sm"' in out and "client_id = " in out and "access_key" not in out
    assert "enc_type" in out
    code, _, err = mi("new-config", "--profile", "osb", "--stdout", place=tmp_path)
    assert code == 2 and "envelope-sm" in err


async def test_doctor_asks_every_gateway_and_for_its_token(tmp_path: Path) -> None:
    jilin = Jilin()
    async with bad_server(jilin) as server:
        url = server.url.removesuffix("/csb")
        (tmp_path / "mi.toml").write_text(f'''
environment = "test"
[institutions.H43000000001]
name = "示例医院"
mdtrtarea_admvs = "439900"
operator = {{ id = "001", name = "收费员" }}
[institutions.H43000000001.gateway]
profile = "oauth-sm"
url = "{url}"
client_id = "abcdefgh01234567"
client_secret = "CS-SECRET"
user = "u"
password = "PW-SECRET"
private_key = "{PRIVATE}"
[institutions.H43000000001.gateways.pay]
profile = "envelope-sm"
url = "http://127.0.0.1:9/nobody"
app_id = "0123456789ABCDEF0123456789ABCDEF"
app_secret = "AS-SECRET"
private_key = "{PRIVATE}"
platform_key = "{PLATFORM_PUBLIC}"
''')
        (tmp_path / "mi.toml").chmod(0o600)
        found = {}
        for refuse in (False, True):
            jilin.refuse_tokens = refuse
            _, out, err = await asyncio.to_thread(
                mi, "doctor", "--json", place=tmp_path, variables={"MI_LANG": "en"}
            )
            found[refuse] = {f["check"]: f for f in json.loads(out)["findings"]}
            assert "SECRET" not in out + err and PRIVATE not in out + err
    assert found[False]["token H43000000001"]["status"] == "ok"
    assert (
        found[True]["token H43000000001"]["status"] == "error"
        and "no token: HTTP 400: invalid_grant" in found[True]["token H43000000001"]["found"]
    )
    assert found[False]["gateway H43000000001/pay"]["status"] == "error"
