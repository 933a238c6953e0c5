"""A running sandbox is steered from a shell: its clock, events on demand, more people, a scenario to begin with."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mi_core.errors import MiError
from mi_plugins.sandbox.announce import announcement_text
from mi_plugins.sandbox.bureau import DESKS
from mi_plugins.sandbox.cli import sandbox
from mi_plugins.sandbox.clock import SandboxClock, parse_shift
from mi_plugins.sandbox.running import find_running, leave_note
from mi_plugins.sandbox.scenario import read_scenario
from mi_plugins.sandbox.seeding import seeded_institutions
from mi_plugins.sandbox.settings import Settings, china_now
from mi_plugins.sandbox.survey import counts, survey
from tests.sandbox.hospital import Hospital, Refused, Visit, fee, signed_headers
from tests.sandbox.records import D, now_text

NOON = dt.datetime(2026, 1, 31, 12, 0, 0)


def test_two_clocks() -> None:
    clock = SandboxClock(lambda: NOON)
    clock.change({"move": "+30m"})
    assert (clock(), clock.gateway()) == (NOON + dt.timedelta(minutes=30), NOON)
    clock.change({"move": "-1h", "gateway": True})
    assert (clock(), clock.gateway()) == (NOON - dt.timedelta(minutes=30), NOON - dt.timedelta(hours=1))
    clock.change({"set": "2026-02-28 23:59:00"})
    assert clock() == dt.datetime(2026, 2, 28, 23, 59) and clock.state()["shift"] == 28 * 86400 + 43140
    clock.change({"reset": True})
    assert clock() == clock.gateway() == NOON


WRONG: tuple[Any, ...] = (
    None, {}, {"move": "30m"}, {"move": "+1y"}, {"set": "yesterday"}, {"reset": False}, {"set": "2026-01-01T00:00:00+08:00"},
    {"move": "+1m", "set": "x"}, {"move": "+1m", "gateway": 1}, {"move": "+999999999d"},
)  # fmt: skip


@pytest.mark.parametrize("order", WRONG, ids=str)
def test_a_wrong_order_to_the_clock(order: Any) -> None:
    with pytest.raises(ValueError):
        SandboxClock(lambda: NOON).change(order)


def test_shifts() -> None:
    assert parse_shift("+45s") == dt.timedelta(seconds=45) and parse_shift("-2h") == -dt.timedelta(hours=2)


async def test_the_centres_clock_moves_and_signatures_stay_valid(hospital: Hospital) -> None:
    visit = await (await Visit(hospital).register()).inform()
    await visit.charge(fee(visit, 1, "100.00"))
    status, state = await hospital.control("POST", "/clock", {"move": "+3d"})
    assert status == 200 and state["shift"] == 259200.0 and state["gateway_shift"] == 0
    settled = (await visit.settle("100.00"))["setlinfo"]
    assert settled["setl_time"][:10] == now_text(3 * 86400)[:10], "settled three days ahead"
    assert (await hospital.control("POST", "/clock", {"move": "soon"}))[0] == 400
    status, _ = await hospital.control("POST", "/clock", {"move": "+2h", "gateway": True})
    headers = signed_headers("1101", ms=round(dt.datetime.now().timestamp() * 1000))
    _, body = await hospital.post("1101", b"{}", headers)
    assert "超时" in json.loads(body)["message"], "the gateway's clock is two hours ahead now"
    await hospital.control("POST", "/clock", {"reset": True})
    assert (await visit.query(settled["setl_id"]))["setlinfo"]


async def test_a_remote_order_is_paid_on_demand_only(hospital: Hospital) -> None:
    orders: tuple[Any, ...] = ({"mdtrt_regno": "none"}, {}, [])
    for wrong in orders:
        assert (await hospital.control("POST", "/orders", wrong))[0] == 400
    assert (await hospital.control("POST", "/orders", {"mdtrt_regno": "x"}, token="no"))[0] == 403


async def test_seeded_people_and_places_are_the_same_again(hospital: Hospital) -> None:
    order = {"persons": 30, "hospitals": 6, "seed": 1}
    status, made = await hospital.control("POST", "/seed", order)
    assert status == 200 and (made["persons_new"], made["institutions_new"], made["institutions"]) == (
        25,
        6,
        10,
    )
    assert (await hospital.control("POST", "/seed", order))[1]["persons_new"] == 0
    place = next(seeded_institutions(1, 6))
    found = (
        await hospital.call("1201", {"medinsinfo": {"fixmedins_type": "1", "fixmedins_code": place.code}})
    )["medinsinfo"]
    assert found["fixmedins_name"] == place.name
    with pytest.raises(Refused):
        await hospital.at("H43000009999").call("5101", {})
    assert (await hospital.at(place.code).call("5101", {}))["feedetail"] == []
    for wrong in ({"persons": -1}, {"persons": 10**9}, {"people": 1}, {"seed": "a"}, 7):
        assert (await hospital.control("POST", "/seed", wrong))[0] == 400


def test_seeds_differ_and_repeat() -> None:
    assert (
        list(seeded_institutions(1, 20))
        == list(seeded_institutions(1, 20))
        != list(seeded_institutions(2, 20))
    )
    assert list(seeded_institutions(1, 20))[:5] == list(seeded_institutions(1, 5))


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for notes of one's own."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("MI_SANDBOX_URL", raising=False)
    monkeypatch.delenv("MI_SANDBOX_TOKEN", raising=False)
    return tmp_path


def test_a_note_tells_where_it_runs_as_long_as_it_runs(alone: Path) -> None:
    with pytest.raises(MiError, match="没有找到"):
        find_running(None, None, None)
    with leave_note("http://127.0.0.1:1111", "t1"):
        assert (find_running(None, None, None).token, find_running(None, None, 1111).url) == (
            "t1",
            "http://127.0.0.1:1111",
        )
        (note,) = alone.rglob("*.json")
        assert note.stat().st_mode & 0o777 == 0o600 and note.parent.stat().st_mode & 0o777 == 0o700
        with leave_note("http://127.0.0.1:2222", "t2"):
            with pytest.raises(MiError, match="2 个沙箱"):
                find_running(None, None, None)
            assert find_running(None, None, 2222).token == "t2"
    assert list(alone.rglob("*.json")) == []


def test_a_folder_that_others_may_enter_is_not_believed(alone: Path) -> None:
    with leave_note("http://127.0.0.1:1111", "t1"):
        next(alone.rglob("*.json")).parent.chmod(0o755)
        with pytest.raises(MiError, match="没有找到"):
            find_running(None, None, None)
        assert find_running("http://127.0.0.1:1", "given", None).token == "given"


@pytest.fixture
def running(alone: Path) -> Iterator[dict[str, Any]]:
    """A sandbox in a process of its own, begun with a scenario."""
    scenario = alone / "scenario.toml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "mi_plugins.sandbox",
        "--port",
        "0",
        "--json",
        "--exit-with-parent",
        "--scenario",
        str(scenario),
    ]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ), text=True
    )
    assert process.stdout is not None and process.stdin is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(timeout=60)
        process.stdout.close()


SCENARIO = """
seed = 7
persons = 3
hospitals = 2
clock = "2026-01-31 23:50:00"

[[institution]]
code = "H43000000777"
name = "沙箱镇卫生院"
level = 1

[[person]]
number = 11
name = "王㐂"
born = 1980-05-06
sex = "female"

[[person.insurance]]
insutype = "310"
psn_type = "11"
balance = "12.34"

[[fault]]
infno = "2207"
fault = "drop-after"
"""


def ask(*words: str) -> Any:
    result = CliRunner().invoke(sandbox, [*words, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_the_commands_reach_it(running: dict[str, Any], alone: Path) -> None:
    assert ask("clock")["now"].startswith(("2026-01-31 23:5", "2026-02-01"))
    moved = ask("clock", "-2h")
    assert moved["now"].startswith(("2026-01-31 21:5", "2026-01-31 22:")) and moved["gateway_shift"] == 0
    assert ask("clock", "reset")["shift"] == 0
    faults = ask("trigger", "infcode-string", "5203", "--times", "3", "--match", "psn_no=1")["faults"]
    assert [(one["infno"], one["fault"], one["times"]) for one in faults] == [
        ("2207", "drop_after", 1),
        ("5203", "infcode_string", 3),
    ]
    assert ask("trigger", "off")["faults"] == []
    path = alone / "people.csv"
    made = ask("seed", "--persons", "5", "--hospitals", "3", "--seed", "7", "--write", str(path))
    assert (made["persons_new"], made["institutions_new"], made["persons"]) == (2, 1, 16)
    assert path.read_text(encoding="utf-8-sig").count("\n") == 6
    wrong = CliRunner().invoke(sandbox, ["trigger", "drop-aftr", "2207"])
    assert wrong.exit_code == 2 and "是否指 drop-after" in wrong.output
    with pytest.raises(MiError, match=r"沙箱拒绝：'tomorrow' 不是时间；可用 \+30m") as refused:
        ask("clock", "tomorrow")
    assert "is no time" in refused.value.en
    with pytest.raises(MiError, match="没有待支付"):
        ask("trigger", "pay-order", "none")


async def test_the_scenarios_people_are_there(running: dict[str, Any]) -> None:
    import aiohttp

    async with aiohttp.ClientSession() as session:
        hospital = Hospital(session, running["url"], running["control_token"], "H43000000777")
        (person,) = read_person()
        data = {
            "mdtrt_cert_type": "02",
            "mdtrt_cert_no": person.certno,
            "psn_cert_type": "01",
            "certno": person.certno,
            "psn_name": "王㐂",
        }
        told = await hospital.call("1101", {"data": data})
        assert (told["baseinfo"]["psn_no"], told["insuinfo"][0]["balc"]) == ("9901000000000011", D("12.34"))
        await asyncio.sleep(0)


def read_person() -> Any:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.toml"
        path.write_text(SCENARIO, encoding="utf-8")
        return read_scenario(path).settings["people"]


def test_all_mistakes_of_a_scenario_at_once(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text("""
persons = -1
colour = "red"
moods = ["merry"]
clock = "soon"
[[institution]]
code = "H43000000001"
name = "x"
level = 9
[[person]]
number = 3
name = "y"
born = "1980-05-06"
sex = "other"
[[person.insurance]]
insutype = "310"
balance = "1.234"
[[fault]]
fault = "no-such"
""", encoding="utf-8")  # fmt: skip
    with pytest.raises(MiError) as wrong:
        read_scenario(path)
    text = wrong.value.zh
    for part in ("persons", "colour", "merry", "clock", "institution 1 code", "institution 1 level", "person 1 number", "person 1 born",
                 "person 1 sex", "person 1 insurance 1 psn_type", "person 1 insurance 1 balance", "fault 1"):  # fmt: skip
        assert part in text, part
    with pytest.raises(MiError, match="无法读取"):
        read_scenario(tmp_path / "none.toml")


def test_a_scenario_sets_the_clock(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(SCENARIO, encoding="utf-8")
    made = read_scenario(path).apply(Settings())
    ahead = (china_now() + made.start_shift) - dt.datetime(2026, 1, 31, 23, 50)
    assert abs(ahead) < dt.timedelta(minutes=1) and made.seed == 7 and len(made.institutions) == 3


def test_a_scenario_leaves_what_it_does_not_say(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text('moods = ["infcode_string"]\nstock = "refuse"\n', encoding="utf-8")
    given = Settings(seed=9, crowd=3, moods=frozenset({"success_text"}))
    made = read_scenario(path).apply(given)
    assert (made.seed, made.crowd, made.stock) == (9, 3, "refuse")
    assert made.moods == {"success_text", "infcode_string"}
    path.write_text('stock = "give"\n', encoding="utf-8")
    with pytest.raises(MiError, match="warn 或 refuse"):
        read_scenario(path)


def test_a_moved_clock_is_announced() -> None:
    clock = SandboxClock(lambda: NOON, dt.timedelta(days=2))
    assert "2026-02-02 12:00:00" in announcement_text("http://127.0.0.1:1", Settings(clock=clock))
    assert "已拨动" not in announcement_text("http://127.0.0.1:1", Settings(clock=SandboxClock(lambda: NOON)))


def test_the_survey_names_all() -> None:
    rows = survey()
    found = counts(rows)
    assert len(rows) == 212 and (found["withdrawn"], found["pushed"]) == (3, 4)
    assert (
        found["stateful"]
        == sum(1 for row in rows if row["infno"] in DESKS and row["answer"] == "stateful")
        > 170
    )
    listed = json.loads(CliRunner().invoke(sandbox, ["interfaces", "--json"]).output)
    assert listed == rows
