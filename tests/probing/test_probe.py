"""``mi probe`` against sandboxes of several moods: what it finds out is how they were started."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import attrs
import pytest
from aiohttp.test_utils import TestServer
from click.testing import CliRunner

from mi_core.cli.probe import probe as command
from mi_core.config import load_config
from mi_core.errors import CallError, ConfigError
from mi_core.probing import Finding, Known, as_toml, open_line, probe
from mi_core.probing.window import MARGIN, SCALE, find_window
from mi_plugins.sandbox import Settings, create_app
from mi_plugins.sandbox.announce import config_toml
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.persons import DOCUMENTED
from mi_plugins.sandbox.rulebook import Rulebook
from tests.sandbox.hospital import Hospital, Visit
from tests.sandbox.test_process import started

PERSON = Known(certno=DOCUMENTED[0].certno, name=DOCUMENTED[0].name)
INSTITUTION = "H43000000001"
Answers = dict[str, Finding]


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    return Rulebook()


async def ask(
    rulebook: Rulebook, tmp_path: Path, settings: Settings, known: Known = PERSON, *, profile: str = "csb", settle: bool = False
) -> tuple[Answers, Office]:  # fmt: skip
    office = Office(settings, rulebook)
    async with TestServer(create_app(office=office)) as server:
        url = str(server.make_url("")).rstrip("/")
        if settle:
            known = attrs.evolve(known, settlement=await settlement(server, settings))
        path = tmp_path / "mi.toml"
        path.write_text(config_toml(url, settings, profile=profile), encoding="utf-8")
        before = office.ledger({})["executions"]
        async with open_line(load_config(path)) as line:
            found = {finding.name: finding async for finding in probe(line, known)}
        assert office.ledger({})["executions"] == before, "a probe changes nothing"
        assert office.books.one("SELECT count(*) AS n FROM sign_in")["n"] == 0
    return found, office


async def settlement(server: TestServer, settings: Settings) -> tuple[str, str, str]:
    import aiohttp

    from tests.sandbox.hospital import fee

    async with aiohttp.ClientSession() as session:
        visit = Visit(Hospital(session, str(server.make_url("")).rstrip("/"), settings.control_token))
        await visit.register()
        await visit.inform()
        await visit.charge(fee(visit, 1, "12.30"))
        info = (await visit.settle("12.30"))["setlinfo"]
        return visit.person.psn_no, visit.mdtrt_id, info["setl_id"]


async def test_a_plain_sandbox(rulebook: Rulebook, tmp_path: Path) -> None:
    found, _ = await ask(rulebook, tmp_path, Settings(crowd=0))
    value = {name: finding.value for name, finding in found.items()}
    assert 1800 <= int(str(value["acceptance"])) <= 1900
    assert value["query_without_setl_id"] is None and value["page_limit"] == 5000
    assert set(value["infcode"]) == {"0", "-1"} and set(value["success_text"]) == {"null"}
    assert set(value["amounts"]) == {"number"} and set(value["empty_values"]) == {"null"}
    assert abs(float(str(value["clock"]))) < 30
    assert any("签名时间戳超时!" in text for text in value["refusals"])
    assert all(finding.how for finding in found.values())


async def test_a_sandbox_in_a_mood(rulebook: Rulebook, tmp_path: Path) -> None:
    moods = frozenset({"amounts_string", "infcode_string", "empty_strings", "success_text"})
    settings = Settings(crowd=0, moods=moods, acceptance=90, page_limit=100)
    found, _ = await ask(rulebook, tmp_path, settings)
    value = {name: finding.value for name, finding in found.items()}
    assert 90 <= int(str(value["acceptance"])) <= 140 and value["page_limit"] == 100
    assert set(value["infcode"]) == {'"0"', '"-1"'} and set(value["success_text"]) == {'"成功"'}
    assert set(value["amounts"]) == {"str"} and set(value["empty_values"]) == {'""'}


@pytest.mark.parametrize("taken", [True, False])
async def test_an_empty_setl_id(rulebook: Rulebook, tmp_path: Path, taken: bool) -> None:
    settings = Settings(crowd=0, blank_setl_id=taken)
    found, _ = await ask(rulebook, tmp_path, settings, attrs.evolve(PERSON, tries=0), settle=True)
    assert found["query_without_setl_id"].value is taken
    assert found["acceptance"].value is None


async def test_a_settlement_that_does_not_exist_proves_nothing(rulebook: Rulebook, tmp_path: Path) -> None:
    known = Known(tries=0, settlement=("1", "2", "3"))
    found, _ = await ask(rulebook, tmp_path, Settings(crowd=0, blank_setl_id=True), known)
    assert (
        found["query_without_setl_id"].value is None
        and "没有与所给条件" in found["query_without_setl_id"].how_zh
    )


@pytest.mark.parametrize("profile", ["csb-seconds", "tif", "zj-ca"])
async def test_the_window_of_other_profiles(rulebook: Rulebook, tmp_path: Path, profile: str) -> None:
    found, _ = await ask(rulebook, tmp_path, Settings(crowd=0, acceptance=200), Known(), profile=profile)
    assert 200 <= int(str(found["acceptance"].value)) <= 260, found["acceptance"].how_en


@pytest.mark.parametrize("profile", ["none", "oauth-sm"])
async def test_a_gateway_without_a_window(rulebook: Rulebook, tmp_path: Path, profile: str) -> None:
    found, _ = await ask(rulebook, tmp_path, Settings(crowd=0), Known(), profile=profile)
    assert found["acceptance"].value is None and "no window" in found["acceptance"].how_en


async def test_nothing_but_queries_leaves(rulebook: Rulebook, tmp_path: Path) -> None:
    settings = Settings(crowd=0)
    office = Office(settings, rulebook)
    async with TestServer(create_app(office=office)) as server:
        path = tmp_path / "mi.toml"
        path.write_text(config_toml(str(server.make_url("")).rstrip("/"), settings), encoding="utf-8")
        config = load_config(path)
        async with open_line(config) as line:
            with pytest.raises(CallError):
                await line.ask("9002", {"signOut": {"sign_no": "1", "opter_no": "1"}})
            with pytest.raises(CallError):
                await line.ask("3302", {"data": {
                    "fixmedins_code": INSTITUTION, "fixmedins_hilist_id": "1", "list_type": "101", "med_list_codg": "1",
                }})  # fmt: skip
            assert line.seen == []
        assert office.books.one("SELECT count(*) AS n FROM sign_in")["n"] == 0
        async with open_line(config, sign_in=True) as line:
            await line.ask("1201", {"medinsinfo": {"fixmedins_type": "1", "fixmedins_code": INSTITUTION}})
            assert line.seen[0].succeeded
        assert office.books.one("SELECT count(*) AS n FROM sign_in")["n"] == 1
        with pytest.raises(ConfigError, match="正式环境"):
            async with open_line(attrs.evolve(config, environment="production")):
                pass


# how the window is searched


@pytest.mark.parametrize("window", [0.5, 30, 61, 300, 1800, 1801, 7200, 80_000])
async def test_the_window_is_bracketed(window: float) -> None:
    asked: list[float] = []

    async def taken_at(age: float) -> bool:
        asked.append(age)
        return age <= window

    found = await find_window(taken_at, tries=14)
    assert found.taken <= window < (found.refused or 0)
    assert found.refused is not None and found.refused - found.taken <= max(5.0, found.refused / 40)
    assert len(asked) == found.questions <= 14


async def test_the_search_is_bounded_and_says_when_there_is_no_window() -> None:
    asked: list[float] = []

    async def always(age: float) -> bool:
        asked.append(age)
        return True

    found = await find_window(always)
    assert found.refused is None and found.taken == SCALE[-1] + MARGIN and len(asked) == len(SCALE)
    asked.clear()
    assert (await find_window(always, tries=2)).questions == 2 == len(asked)


# the section


def test_the_section_is_a_configuration() -> None:
    import datetime as dt

    findings = [
        Finding("acceptance", "签名时间窗", "window", 1835, "问过", "asked"),
        Finding("query_without_setl_id", "空", "blank", None, "未知", "unknown"),
        Finding("refusals", "文本", "texts", ['a"b'], "核实", "check"),
    ]
    text = as_toml(findings, INSTITUTION, "http://127.0.0.1/csb", dt.datetime(2026, 1, 2, 3, 4))
    assert tomllib.loads(text) == {"institutions": {INSTITUTION: {"recovery": {"acceptance": 1835}}}}
    assert "问过" in text and "# 空: ?" in text and '\\"' in text


# the command


def invoke(config: Path, *arguments: str) -> Any:
    return CliRunner().invoke(
        command, ["--config", str(config), *arguments], env={"MI_LANG": "en", "COLUMNS": "200"}
    )


def test_the_command(tmp_path: Path) -> None:
    with started("--json", "--acceptance", "100", "--mood", "infcode_string", "--page-limit", "500") as (
        _,
        line,
    ):
        config = tmp_path / "mi.toml"
        config.write_text(json.loads(line)["config_toml"], encoding="utf-8")
        out = tmp_path / "probed.toml"
        person = f"{PERSON.certno}:{PERSON.name}"
        done = invoke(config, "--person", person, "--out", str(out), "--json")
        assert done.exit_code == 0, done.output
        said = json.loads(done.output)
        value = {one["name"]: one["value"] for one in said["findings"]}
        assert value["page_limit"] == 500 and set(value["infcode"]) == {'"0"', '"-1"'}
        section = tomllib.loads(out.read_text(encoding="utf-8"))["institutions"][INSTITUTION]["recovery"]
        assert section == {"acceptance": value["acceptance"]} and PERSON.certno not in out.read_text(
            encoding="utf-8"
        )
        again = invoke(config, "--out", str(out))
        assert isinstance(again.exception, ConfigError) and "--force" in again.exception.hint_en
        shown = invoke(config, "--tries", "0")
        assert shown.exit_code == 0 and "[institutions.H43000000001.recovery]" in shown.output
        assert "time window" in shown.output


@pytest.mark.parametrize(
    "arguments",
    [("--person", "x"), ("--settlement", "1:2"), ("--settlement", "1:2:3:4"), ("--settlement", "1::3")],
)
def test_what_is_written_wrong_is_told(tmp_path: Path, arguments: tuple[str, str]) -> None:
    done = invoke(tmp_path / "mi.toml", *arguments)
    assert done.exit_code == 2 and "write" in done.output


def test_production_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "mi.toml"
    text = config_toml("http://127.0.0.1:1", Settings()).replace(
        'environment = "test"', 'environment = "production"'
    )
    config.write_text(text, encoding="utf-8")
    done = invoke(config)
    assert isinstance(done.exception, ConfigError) and "production" in done.exception.en


def test_a_gateway_that_is_away_is_an_error(tmp_path: Path) -> None:
    config = tmp_path / "mi.toml"
    config.write_text(config_toml("http://127.0.0.1:1", Settings()), encoding="utf-8")
    assert isinstance(invoke(config).exception, CallError)
