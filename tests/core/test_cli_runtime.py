"""``mi call``, ``mi doctor``, ``mi new-config``, ``mi db``: output, exit codes, both languages."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mi_plugins.stores import migrate
from tests.core.calls import CERTNO, HOSPITAL, PSN, refused, settled, settlement
from tests.core.test_sync_client import Served
from tests.plugins import bad_server as bad


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [n for n in os.environ if n.startswith("MI_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def configure(place: Path, url: str, environment: str = "test") -> None:
    (place / "mi.toml").write_text(
        f"""
        environment = "{environment}"
        [institutions.{HOSPITAL}]
        name = "示例医院"
        mdtrtarea_admvs = "439900"
        sign_in = false
        operator = {{ id = "001", name = "收费员" }}
        gateway = {{ profile = "csb", url = "{url}", access_key = "ak", secret_key = "SK-CANARY" }}
        timeouts = {{ settlement = 20, query = 20 }}
        [store]
        operation_log = "sqlite:///mi.db"
        """,
        encoding="utf-8",
    )
    (place / "mi.toml").chmod(0o600)


def mi(*arguments: str, given: str | None = None) -> tuple[int, str, str]:
    root = Path(__file__).parents[2]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(root), str(root / "codegen")]),
        "PYTHONIOENCODING": "utf-8",
    }
    done = subprocess.run(
        [sys.executable, "-m", "mi_core", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        input=given,
        env=environment,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def settle(place: Path, *more: str) -> tuple[int, str, str]:
    (place / "visit.json").write_text(json.dumps(settlement().to_dict(), default=str), encoding="utf-8")
    return mi("call", "2207", "--file", "visit.json", *more)


def test_new_config(place: Path) -> None:
    code, out, _ = mi("new-config")
    assert code == 0 and "mi doctor" in out
    if sys.platform != "win32":
        assert stat.S_IMODE((place / "mi.toml").stat().st_mode) == 0o600
    code, _, err = mi("new-config")
    assert code == 2 and "已存在" in err
    assert mi("new-config", "--force")[0] == 0
    code, out, _ = mi("--lang", "en", "new-config", "--stdout", "--institution", "P43000000009")
    assert code == 0 and "[institutions.P43000000009]" in out and "secret key" in out
    assert mi("new-config", "x.toml", "--institution", "医院")[0] == 2


def test_call_confirmed(place: Path) -> None:
    with Served(settled()) as server:
        configure(place, server.url)
        code, out, _ = settle(
            place, "--json", "--set", "chrg_bchno=B7", "--insuplc-admdvs", "430100", "--operator", "7:七"
        )
        reply = json.loads(out)
        assert code == 0, out
        assert reply["output"]["setlinfo"]["setl_id"] == "S1" and reply["discrepancies"] == []
        sent = json.loads(server.requests[0])
        assert (
            sent["msgid"] == reply["msgid"]
            and sent["insuplc_admdvs"] == "430100"
            and sent["opter_name"] == "七"
        )
        assert sent["input"]["data"]["chrg_bchno"] == "B7"
        code, out, _ = settle(place)
        assert code == 0 and "setl_id = S1" in out and "fund_pay_sumamt = 100" in out


EXITS: dict[str, tuple[bad.Fault, int, str]] = {
    "refused": (refused("不认识"), 6, "不要重复提交"),
    "gateway": (bad.reply({"code": 401, "message": "非法用户!"}), 4, "非法用户"),
    "unknown": (bad.bad_gateway, 6, "5203"),
}


@pytest.mark.parametrize("kind", EXITS)
def test_exit_codes(place: Path, kind: str) -> None:
    fault, expected, text = EXITS[kind]
    with Served(fault) as server:
        configure(place, server.url)
        code, out, err = settle(place, "--json")
        assert code == expected and text in err and json.loads(out)["error"]
        assert len(server.requests) == 1


def test_not_sent(place: Path, unused_tcp_port: int) -> None:
    configure(place, f"http://127.0.0.1:{unused_tcp_port}/")
    code, _, err = settle(place)
    assert code == 5 and "未发送" in err
    os.environ["MI_LANG"] = "en"
    try:
        code, _, err = settle(place)
    finally:
        del os.environ["MI_LANG"]
    assert code == 5 and "nothing was sent" in err


def test_wrong_usage_and_input(place: Path) -> None:
    assert mi("call", "2207")[0] == 3
    configure(place, "http://127.0.0.1:9/")
    code, out, err = mi("call", "2207", "--set", f"psn_no={PSN}", "--json")
    assert code == 3 and "medfee_sumamt" in err and len(json.loads(out)["problems"]) > 5
    assert mi("call", "0000")[0] == 3
    for wrong in (
        ["--set", "x"],
        ["--set", "=x"],
        ["--file", "missing.json"],
        ["--set", "diseinfo.5.diag_code=x"],
    ):
        assert mi("call", "2203", *wrong)[0] == 2, wrong
    (place / "list.json").write_text("[]")
    assert mi("call", "2207", "--file", "list.json")[0] == 2
    assert mi("call", "2207", "--file", "-", given="{}")[0] == 3


def test_set_reaches_rows_of_a_list(place: Path) -> None:
    from mi_core.cli.call_input import call_input

    got = call_input(
        "2203",
        None,
        (
            "mdtrtinfo.mdtrt_id=1",
            "diseinfo.0.diag_code=A",
            "diseinfo.0.diag_name=甲",
            "diseinfo.1.diag_code=B=C",
        ),
    )
    assert got == {
        "mdtrtinfo": {"mdtrt_id": "1"},
        "diseinfo": [{"diag_code": "A", "diag_name": "甲"}, {"diag_code": "B=C"}],
    }


def test_production_asks(place: Path) -> None:
    with Served(settled()) as server:
        configure(place, server.url, "production")
        code, _, err = settle(place)
        assert code == 2 and "--yes" in err and server.requests == []
        assert settle(place, "--yes")[0] == 0


def doctor(*arguments: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = mi("--lang", "en", "doctor", "--json", *arguments)
    report = json.loads(out)
    return code, {f["check"]: f for f in report["findings"]} | {"ready": report["ready"]}


def dated(header: str) -> bad.Fault:
    async def fault(exchange: bad.Exchange) -> None:
        await exchange.answer(b"", extra=f"Date: {header}\r\n")

    return fault


def test_doctor(place: Path) -> None:
    from email.utils import formatdate

    assert mi("doctor")[0] == 2
    with Served(dated(formatdate(usegmt=True))) as server:
        configure(place, server.url)
        code, found = doctor()
        assert code == 0 and found["ready"]
        assert {f["status"] for f in found.values() if isinstance(f, dict)} == {"ok"}
        (place / "mi.toml").chmod(0o644)
        code, found = doctor()
        assert (
            code == 0
            and found["key protection"]["status"] == "warning"
            and "chmod 600" in found["key protection"]["do"]
        )
        code, out, _ = mi("doctor")
        assert code == 0 and "网关" in out and "SK-CANARY" not in out
        (place / "mi.db.key").unlink()
        code, found = doctor()
        assert (
            code == 1
            and found["operation log"]["status"] == "error"
            and "backup" in found["operation log"]["do"]
        )


def test_doctor_sees_a_wrong_clock_and_a_dead_gateway(place: Path, unused_tcp_port: int) -> None:
    with Served(dated("Fri, 01 Mar 2024 04:00:00 GMT")) as server:
        configure(place, server.url)
        code, found = doctor()
        assert (
            code == 1
            and found[f"clock {HOSPITAL}"]["status"] == "error"
            and "NTP" in found[f"clock {HOSPITAL}"]["do"]
        )
    configure(place, f"http://127.0.0.1:{unused_tcp_port}/")
    code, found = doctor("--timeout", "1")
    assert (
        code == 1 and found[f"gateway {HOSPITAL}"]["status"] == "error" and found[f"gateway {HOSPITAL}"]["do"]
    )


def test_doctor_lists_unresolved_operations(place: Path) -> None:
    with Served(bad.bad_gateway) as server:
        configure(place, server.url)
        assert settle(place)[0] == 6
        code, found = doctor()
        assert code == 0 and found["unresolved operations"]["status"] == "warning"
        assert CERTNO not in json.dumps(found)


def test_db(place: Path) -> None:
    configure(place, "http://127.0.0.1:9/")
    code, out, _ = mi("db", "status", "--json")
    assert code == 1 and json.loads(out)["revision"] is None
    code, out, _ = mi("db", "upgrade")
    assert code == 0 and migrate.HEAD in out
    code, out, _ = mi("--lang", "en", "db", "upgrade", "--url", f"sqlite:///{place}/mi.db")
    assert code == 0 and "up to date" in out
    assert mi("db", "status")[0] == 0
    assert mi("db", "status", "--url", "memory")[0] == 2


@pytest.mark.parametrize("command", ["call", "doctor", "new-config", "db"])
def test_help_in_both_languages(command: str) -> None:
    code, out, _ = mi(command, "--help")
    assert code == 0 and any("一" <= c <= "鿿" for c in out) and "Usage" not in out
    code, out, _ = mi("--lang", "en", command, "--help")
    assert code == 0 and not any("一" <= c <= "鿿" for c in out)
