"""``mi call --json``: an error is an object with everything that is known of it, and the exit code says its kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.shell import HOSPITAL, configure, mi
from tests.core.calls import refused, settlement
from tests.core.test_sync_client import Served
from tests.plugins import bad_server as bad

QUERY = ["5203", "--set", "psn_no=1", "--set", "setl_id=2", "--set", "mdtrt_id=3"]


def call(place: Path, fault: bad.Fault, arguments: list[str]) -> tuple[int, dict[str, Any]]:
    (place / "visit.json").write_text(json.dumps(settlement().to_dict(), default=str), encoding="utf-8")
    with Served(fault) as server:
        configure(place, server.url)
        code, out, err = mi("call", *arguments, "--json", place=place)
    assert err
    report = json.loads(out)
    assert (
        report["interface"] == arguments[0] and report["institution"] == HOSPITAL and report["msgid"] in err
    )
    return code, report


def test_a_refused_query(tmp_path: Path) -> None:
    code, report = call(tmp_path, refused("没有这次结算"), QUERY)
    assert (code, report["error"], report["reason"], report["infcode"]) == (
        4,
        "bureau_refused",
        "没有这次结算",
        "-1",
    )


def test_an_unlisted_refusal_of_a_settlement(tmp_path: Path) -> None:
    code, report = call(tmp_path, refused("不认识"), ["2207", "--file", "visit.json"])
    assert (code, report["error"], report["likely_refused"]) == (6, "outcome_unknown", True)
    assert report["evidence"] and report["resolve_with"]


def test_an_unreadable_reply_of_a_query(tmp_path: Path) -> None:
    code, report = call(tmp_path, bad.html, [*QUERY, "--deadline", "1"])
    assert (code, report["error"]) == (7, "reply_unreadable")


@pytest.mark.parametrize("url", ["sqlite:////nowhere/mi.db"])
def test_errors_without_a_call(url: str, tmp_path: Path) -> None:
    code, out, _ = mi("call", *QUERY, "--json", place=tmp_path)
    assert (code, json.loads(out)["error"]) == (2, "config")
    configure(tmp_path, "http://127.0.0.1:9/")
    code, out, err = mi("call", *QUERY, "--json", place=tmp_path, variables={"MI_STORE__OPERATION_LOG": url})
    assert (code, json.loads(out)["error"]) == (8, "store"), err
