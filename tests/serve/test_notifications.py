"""A centre's notification is taken without a token, by its signature alone, and asked for by the hospital's program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.inbound.receiver import PAID, PLATFORM, _encode
from tests.serve.kit import FIRST, SECOND, configuration, start


def test_a_payment_is_taken_and_asked_for(sandbox: dict[str, Any], tmp_path: Path) -> None:
    centres = "\n".join(f"{k} = {json.dumps(v)}" for k, v in PLATFORM.config("http://127.0.0.1:1").items())
    section = f'\n[institutions.{FIRST}.gateways.centres]\nprofile = "envelope-sm"\ninterfaces = ["6*", "7*"]\n{centres}\n'
    (tmp_path / "mi.toml").write_text(configuration(sandbox) + section, encoding="utf-8")
    served = start(tmp_path, sandbox)
    try:
        path = f"/inbound/{FIRST}/6302"
        forged = served.ask("POST", path, raw=b'{"encData": "x"}', token=None)
        assert forged.status == 401
        taken = served.ask("POST", path, raw=_encode(PLATFORM.wrap(PAID)), token=None)
        assert taken.status == 200, taken.body
        assert PLATFORM.answered(taken.body)
        again = served.ask("POST", path, raw=_encode(PLATFORM.wrap(PAID)), token=None)
        assert again.status == 200
        kept = served.get(f"/notifications/6302/{PAID['payOrdId']}").json["notifications"]
        assert [one["handled"] for one in kept] == [True]
        assert kept[0]["content"]["data"]["medOrgOrd"] == "MO1"
        other = served.get(f"/notifications/6302/{PAID['payOrdId']}", token="other", institution=SECOND)
        assert other.json["notifications"] == []
        assert served.get(f"/notifications/6302/{PAID['payOrdId']}", token=None).status == 401
        assert served.ask("POST", path, raw=b"{}", token=None, headers={"Host": "evil.example"}).status == 403
    finally:
        served.stop()
