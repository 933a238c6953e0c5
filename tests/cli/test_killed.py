"""Right after a kill `mi ops list --status in_doubt` names the call: the journal knows it, the log not yet."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mi_core.cli.ops import ops
from tests.cli.shell import COMMAND, configure, environment, mi
from tests.core.calls import settlement
from tests.core.test_sync_client import Served
from tests.plugins import bad_server as bad

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills one process")
SETTLEMENT = ("2207", "--file", "visit.json", "--json")


def listed(place: Path, *options: str) -> list[dict[str, Any]]:
    config = ("--config", str(place / "mi.toml"))
    shown = CliRunner().invoke(ops, ["list", "--json", *config, *options], catch_exceptions=False)
    assert shown.exit_code == 0, shown.output
    rows: list[dict[str, Any]] = json.loads(shown.stdout)
    return rows


def test_a_killed_settlement_is_listed_in_doubt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = settlement().to_dict()
    (tmp_path / "visit.json").write_text(json.dumps(data, default=str), encoding="utf-8")
    with Served(bad.hang) as server:
        configure(tmp_path, server.url)
        process = subprocess.Popen(
            [*COMMAND, "call", *SETTLEMENT], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )  # fmt: skip
        end = time.monotonic() + 60
        while not server.requests and time.monotonic() < end:
            time.sleep(0.02)
        (row,) = listed(tmp_path)
        assert row["status"] == "pending", "its program is at work on it"
        assert listed(tmp_path, "--status", "in_doubt") == []
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
        (row,) = listed(tmp_path, "--status", "in_doubt")
        assert (row["api_code"], row["institution_code"], row["operator_name"]) == (
            "2207",
            "H43000000001",
            "收费员",
        )
        assert listed(tmp_path) == [row], "once, and not as pending"
        assert listed(tmp_path, "--status", "pending") == [] == listed(tmp_path, "--status", "success")
        visit = data["data"]["mdtrt_id"] if "data" in data else data["mdtrt_id"]
        assert listed(tmp_path, "--visit", visit, "--status", "in_doubt") == [row]
        for none in (
            ("--visit", "another"),
            ("-i", "2304"),
            ("--until", "2026-01-01"),
            ("--category", "采购业务"),
        ):
            assert listed(tmp_path, *none) == [], none
        code, out, _ = mi("ops", "list", place=tmp_path)
        assert code == 0 and "mi doubt list" in out


def test_a_journal_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Served(bad.hang) as server:
        configure(tmp_path, server.url)
        assert mi("db", "upgrade", place=tmp_path)[0] == 0
        assert listed(tmp_path) == [], "no journal yet: nothing to tell"
        (tmp_path / "mi.journal.db").write_bytes(b"no database at all" * 100)
        code, out, err = mi("ops", "list", "--json", place=tmp_path)
        assert (code, json.loads(out)) == (0, []) and "交易日志无法读取" in err
