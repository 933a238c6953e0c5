"""``mi regions`` and ``mi call`` at an institution of a region."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mi_core import ConfigError, InvalidInput
from mi_core.cli.call import call as cli_call
from mi_core.cli.catalog import catalog
from mi_core.cli.regions import regions
from mi_core.errors import UnknownName
from mi_core.plugin import Region, hookimpl
from mi_core.plugin.manager import load_plugins
from tests.core.calls import PSN
from tests.plugins.bad_server import bad_server
from tests.regions_runtime.kit import Bureau, settled


def run(*arguments: str) -> str:
    result = CliRunner().invoke(regions, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    text = run("list")
    assert all(name in text for name in ("hunan", "广州", "佛山", "江苏", "完整方言", "部分已知", "tif"))
    rows = {row["name"]: row for row in json.loads(run("list", "--json"))}
    assert rows["guangzhou"]["described"] == "whole" and "2207" in rows["guangzhou"]["changed"]
    assert "2260" in rows["guangzhou"]["added"] and "2260" not in rows["guangzhou"]["changed"]
    assert rows["hunan"]["changed"] == []


def test_show_says_what_is_known_and_what_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    text = run("show", "jiangsu")
    assert "未知:" in text and "5203" in text.partition("未知:")[2]
    assert "fixmedins_soft_fcty" in text.partition("已知:")[2].partition("未知:")[0]
    assert "csb-seconds" in text and "依据:" in text
    report = json.loads(run("show", "jiangsu", "--json"))
    assert report["unknown"] and all(fact["zh"] and fact["en"] for fact in report["unknown"])
    assert all(fact["evidence"] for fact in report["known"])
    monkeypatch.setenv("MI_LANG", "en")
    assert "not known:" in run("show", "jiangsu")


def test_show_counts_the_interfaces() -> None:
    report = json.loads(run("show", "guangzhou", "--json"))
    text = run("show", "guangzhou")
    assert f"{len(report['changed'])} 个有差异，{len(report['added'])} 个新增" in text
    assert "mi_plugins.regions.guangzhou.interfaces" in text
    assert "接口：与通用规范相同" in run("show", "hunan")


def test_show_an_unknown_one() -> None:
    with pytest.raises(ConfigError, match=r"没有地区 nowhere；可用：.*guangzhou"):
        CliRunner().invoke(regions, ["show", "nowhere"], catch_exceptions=False)


async def test_call_speaks_the_institutions_region(tmp_path: Path) -> None:
    bureau = Bureau({"2208": settled, "1160": lambda _: None})
    file = tmp_path / "mi.toml"

    async def call(*arguments: str) -> Result:
        command = [*arguments, "--config", str(file), "--json"]
        return await asyncio.to_thread(CliRunner().invoke, cli_call, command)

    async with bad_server(bureau) as server:
        file.write_text(
            'environment = "test"\n[institutions.H43000000001]\nname = "示例医院"\nregion = "guangzhou"\nsign_in = false\n'
            'mdtrtarea_admvs = "440100"\noperator = { id = "001", name = "收费员" }\n[institutions.H43000000001.gateway]\n'
            f'profile = "none"\nurl = "{server.url}"\n[journal]\npath = "memory"\n', encoding="utf-8",
        )  # fmt: skip
        fields = ["--set", "setl_id=S0", "--set", f"psn_no={PSN}", "--set", "mdtrt_id=V1"]
        done = await call("2208", *fields)
        assert done.exit_code == 0, (done.output, done.exception)
        assert json.loads(done.output)["output"]["setlinfo"]["memo"] == "local"
        wrong = await call("2207", *fields)
    assert [list(sent) for sent in bureau.inputs("2208")] == [["mdtrtinfo"]]
    assert "mdtrt_mode" in wrong.output and isinstance(wrong.exception, InvalidInput)


class Hospital:
    """A plugin with a sound region and broken ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @hookimpl
    def mi_register_regions(self, registry: Any) -> None:
        for name in ("hospital_x", "spoilt", "renamed"):
            registry.add(name, partial(Region.at, self.folder / name, f"p.{name}"))
        registry.add("raising", lambda: 1 // 0)


@pytest.fixture
def hospital(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {"title": "院", "titleEn": "Hospital", "described": "partial", "evidence": ["e"]}
    for name, wrong in (
        ("hospital_x", {}),
        ("spoilt", {"described": "mostly"}),
        ("renamed", {"name": "other"}),
    ):
        (tmp_path / name / "overlay").mkdir(parents=True)
        text = json.dumps({"name": name, **facts, **wrong})
        (tmp_path / name / "region.json").write_text(text, encoding="utf-8")
    change = {
        "document": "2207",
        "op": "replace",
        "pointer": "/title",
        "value": "院端结算",
        "reason": "r",
        "evidence": "e",
    }
    text = json.dumps({"name": "hospital-one", "title": "t", "entries": [change]})
    (tmp_path / "hospital_x/overlay/one.json").write_text(text, encoding="utf-8")
    plugins = load_plugins(extra=[("hospital", Hospital(tmp_path))])
    monkeypatch.setattr("mi_core.config.regions.load_plugins", lambda **_: plugins)
    monkeypatch.setenv("MI_LANG", "en")


@pytest.mark.usefixtures("hospital")
def test_broken_regions_are_listed_beside_the_others() -> None:
    rows = {row["name"]: row for row in json.loads(run("list", "--json"))}
    assert rows["hospital_x"]["title"] == "院" and "error" not in rows["guangzhou"]
    assert "'mostly'" in rows["spoilt"]["error"] and "folder's name" in rows["renamed"]["error"]
    assert "ZeroDivisionError" in rows["raising"]["error"]
    result = CliRunner().invoke(regions, ["list"], catch_exceptions=False)
    assert result.exit_code == 0 and result.output.count("broken") == 3 and "'mostly'" in result.stderr


@pytest.mark.usefixtures("hospital")
def test_the_catalogue_knows_the_regions_of_plugins() -> None:
    shown = CliRunner().invoke(catalog, ["show", "2207", "--region", "hospital_x"], catch_exceptions=False)
    assert shown.exit_code == 0 and "院端结算" in shown.output
    brief = CliRunner().invoke(catalog, ["diff", "hunan", "hospital_x", "--json"], catch_exceptions=False)
    assert brief.exit_code == 0 and isinstance(json.loads(brief.output), list)
    for words in (["hunan", "nowhere"], ["2207", "hospital_x"]):
        with pytest.raises(UnknownName, match="is a region") as told:
            CliRunner().invoke(catalog, ["diff", *words], catch_exceptions=False)
        assert "是地区" in told.value.message("zh")
