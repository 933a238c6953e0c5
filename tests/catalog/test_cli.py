"""``mi catalog`` for people: Chinese by default, English on request, JSON for programs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mi_core.catalog import data_root
from mi_core.cli.catalog import catalog
from mi_core.errors import UnknownName


def mi(*arguments: str) -> Result:
    return CliRunner().invoke(catalog, list(arguments), env={"COLUMNS": "160"})


def test_list() -> None:
    rows = json.loads(mi("list", "--json").output)
    assert len(rows) == 212
    assert rows[0]["code"] == "1101"
    money = json.loads(mi("list", "--json", "--effect", "money").output)
    assert {"2207", "2208", "2304"} <= {r["code"] for r in money}
    text = mi("list", "--category", "2_service").output
    assert "门诊结算" in text
    assert "结算（动账）" in text
    assert "1101" not in text


def test_show() -> None:
    text = mi("show", "2207").output
    assert "人员编号" in text
    assert "number(16,2)" in text
    assert "成功依据: output.setlinfo.setl_id" in text
    assert json.loads(mi("show", "2207", "--json").output)["x-mi"]["code"] == "2207"
    assert "2203A" in mi("show", "2203a").output
    assert "12" in mi("show", "3202").output or "列" in mi("show", "3202").output


def test_show_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MI_LANG", "en")
    text = mi("show", "2207").output
    assert "proof of success" in text
    assert "必填" not in text


def test_search_by_code_label_and_name() -> None:
    for word, kind, name in (
        ("psn_no", "field", "input.data.psn_no"), ("门诊结算", "interface", "OutpatientSettlement"),
        ("outpatientsettlement", "interface", "OutpatientSettlement"), ("med_type", "code_table", "med_type"),
        ("门诊挂号", "code", "med_type=12"),
    ):  # fmt: skip
        assert any(
            h["kind"] == kind and h["name"] == name for h in json.loads(mi("search", word, "--json").output)
        ), word
    assert json.loads(mi("search", "  ", "--json").output) == []
    assert "--limit" in mi("search", "psn_no", "--limit", "1").output


def test_diff_of_two_interfaces() -> None:
    found = {d["path"]: d for d in json.loads(mi("diff", "2206", "2207", "--json").output)}
    assert found["output.setlinfo.setl_id"]["kind"] == "added"
    assert found["input.data.psn_name"]["kind"] == "removed"
    assert json.loads(mi("diff", "2207", "2207", "--json").output) == []
    assert "结算ID" in mi("diff", "2206", "2207").output


def test_diff_of_one_interface_lists_its_corrections() -> None:
    found = json.loads(mi("diff", "2305", "--json").output)
    assert any(e["pointer"].endswith("hifdm_pay") or "hifdm_pay" in e["pointer"] for e in found)
    assert all(e["reason"] and e["evidence"] for e in found)
    assert "理由" in mi("diff", "2305").output


def test_an_unknown_interface_is_told() -> None:
    error = mi("show", "9999").exception
    assert isinstance(error, UnknownName)
    assert "mi catalog search" in error.message("zh")


def test_check_and_verify(tmp_path: Path) -> None:
    assert mi("verify").exit_code == 0
    done = mi("check")
    assert (done.exit_code, done.output.strip()) == (0, "目录没有错误")
    root = Path(shutil.copytree(data_root(), tmp_path / "catalogue"))
    path = root / "code_tables" / "gend.json"
    path.write_text(path.read_text(encoding="utf-8").replace("男", "男性", 1), encoding="utf-8")
    done = mi("verify", "--catalog", str(root), "--json")
    assert done.exit_code == 1
    assert json.loads(done.output)[0]["pointer"] == "/documents/code_tables/gend.json"
    assert mi("verify", "--catalog", str(root), "--write", "--version", "9").exit_code == 0
    assert json.loads((root / "catalog.lock").read_text(encoding="utf-8"))["version"] == "9"
    path.write_text("{", encoding="utf-8")
    done = mi("check", "--catalog", str(root), "--json")
    assert done.exit_code == 1
    assert json.loads(done.output)[0]["file"] == "code_tables/gend.json"
