"""Ctrl-C, SIGTERM: a settlement that was on its way is in doubt, with all that is known; nothing is called harmless that is not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.shell import COMMAND, configure, environment
from tests.core.calls import settlement
from tests.core.test_sync_client import Served
from tests.plugins import bad_server as bad

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends a signal to one process")


def interrupted(place: Path, *arguments: str, by: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
    """The command, interrupted once its request arrived."""
    with Served(bad.hang) as server:
        configure(place, server.url)
        process = subprocess.Popen(
            [*COMMAND, "call", *arguments], cwd=place, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )  # fmt: skip
        end = time.monotonic() + 60
        while not server.requests and time.monotonic() < end:
            time.sleep(0.02)
        process.send_signal(by)
        out, err = process.communicate(timeout=30)
        assert len(server.requests) == 1
    assert b"Traceback" not in err, err.decode()
    return process.returncode, out.decode(), err.decode()


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
def test_a_settlement_is_in_doubt(tmp_path: Path, by: signal.Signals) -> None:
    (tmp_path / "visit.json").write_text(json.dumps(settlement().to_dict(), default=str), encoding="utf-8")
    code, out, err = interrupted(tmp_path, "2207", "--file", "visit.json", "--json", by=by)
    assert code == 6
    assert "不要重复发送" in err and "5203" in err and "msgid H43000000001" in err
    report = json.loads(out)
    assert report["error"] == "outcome_unknown" and report["evidence"] == "interrupted"
    assert report["interface"] == "2207" and report["institution"] == "H43000000001"
    assert report["msgid"] in err and report["resolve_with"][0] == "5203" and report["operation_id"]
    shown = subprocess.run(
        [*COMMAND, "ops", "show", report["msgid"], "--json"], cwd=tmp_path, env=environment(), capture_output=True
    )  # fmt: skip
    assert json.loads(shown.stdout)["status"] == "in_doubt", shown.stderr.decode()
    doubts = subprocess.run(
        [*COMMAND, "doubt", "list", "--json"], cwd=tmp_path, env=environment(), capture_output=True
    )  # fmt: skip
    (known,) = json.loads(doubts.stdout)["doubts"]
    assert (known["msgid"], known["state"]) == (report["msgid"], "IN_DOUBT"), "the journal has it"


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_a_query_may_be_repeated(tmp_path: Path, by: signal.Signals) -> None:
    given = ("psn_no=1", "setl_id=2", "mdtrt_id=3")
    code, _, err = interrupted(tmp_path, "5203", *(word for one in given for word in ("--set", one)), by=by)
    assert code == 130 and "可以重新调用" in err
