"""The sandbox as the bureau of a chaos test: its ledger survives SIGKILL, and nothing is done only once by itself."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from click.testing import CliRunner

from mi_core.errors import MiError
from mi_plugins.sandbox import Settings, create_app
from mi_plugins.sandbox.cli import sandbox
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.rulebook import Rulebook
from tests.sandbox.hospital import Hospital, Refused
from tests.sandbox.test_process import started
from tests.sandbox.test_stay import stay_with_fees
from tests.sandbox.test_visit import TOTAL, visit_with_fees
from tests.sandbox.wards import Purchase, Stay


def free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """Read the ledger from its file, as a checker does, while no sandbox runs."""
    with closing(sqlite3.connect(path)) as books:
        return books.execute(sql).fetchall()


async def buy(purchase: Purchase, confirmed: list[str], least: int, enough: asyncio.Event) -> None:
    """Buy until the sandbox is gone; enter every settlement that was answered."""
    basket = purchase.basket(purchase.drug(1, "10.00"))
    while True:
        try:
            info = (await purchase.call("2102", basket))["setlinfo"]
        except aiohttp.ClientError:
            return
        confirmed.append(info["setl_id"])
        if len(confirmed) >= least:
            enough.set()


async def test_the_ledger_survives_sigkill(tmp_path: Path) -> None:
    path, port = tmp_path / "bureau.db", str(free_port())
    arguments = ("--json", "--db", str(path), "--port", port, "--control-token", "fixed", "--allow-repeats")
    confirmed: list[str] = []
    for kill in range(3):
        with started(*arguments) as (process, line):
            url = json.loads(line)["url"]
            assert json.loads(line)["control_token"] == "fixed" and url.endswith(port)
            async with aiohttp.ClientSession() as session:
                pharmacy = Hospital(session, url, "fixed", "P43000000001")
                enough = asyncio.Event()
                least = 20 * (kill + 1)
                callers = [
                    asyncio.create_task(buy(Purchase(pharmacy, number), confirmed, least, enough))
                    for number in range(4)
                ]
                await asyncio.wait_for(enough.wait(), 60)
                process.kill()
                await asyncio.gather(*callers)
        found = {one for (one,) in rows(path, "SELECT setl_id FROM settlement WHERE state = 'settled'")}
        assert found >= set(confirmed), "every answer that came was entered before"
        assert len(found) - len(confirmed) <= 4 * (kill + 1), "at most one call of each caller was cut off"
    assert rows(path, "SELECT count(*) FROM execution") == [(len(found),)]
    spent = rows(path, "SELECT sum(account) FROM settlement WHERE psn_no = '9901000000000001'")[0][0]
    assert rows(path, "SELECT balance FROM insurance WHERE psn_no = '9901000000000001'") == [
        (100_000 - spent,)
    ]
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]


async def test_faults_and_disagreements_of_a_restart(tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(
        json.dumps([{"infno": "1201", "fault": "unlisted_refusal", "times": -1}]), encoding="utf-8"
    )
    arguments = (
        "--json",
        "--db",
        str(tmp_path / "b.db"),
        "--port",
        "0",
        "--control-token",
        "fixed",
        "--faults",
        str(faults),
    )
    asked = {"medinsinfo": {"fixmedins_type": "1", "fixmedins_name": "城东"}}
    for number in range(2):
        with started(*arguments) as (process, line):
            async with aiohttp.ClientSession() as session:
                hospital = Hospital(session, json.loads(line)["url"], "fixed")
                with pytest.raises(Refused):
                    await hospital.call("1201", asked)
                assert len((await hospital.control("GET", "/disagreements"))[1]["disagreements"]) == number
                await hospital.control("POST", "/disagreements", {"kind": "missing_here"})
            process.kill()
            process.wait()


@pytest.mark.parametrize("text", ["{", '[{"fault": "nonsense"}]'])
def test_unusable_faults_are_explained(tmp_path: Path, text: str) -> None:
    (tmp_path / "f.json").write_text(text, encoding="utf-8")
    done = CliRunner().invoke(sandbox, ["--port", "0", "--faults", str(tmp_path / "f.json")])
    assert isinstance(done.exception, MiError) and "f.json" in done.exception.message()


def test_a_file_of_another_version_is_explained(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "old.db")) as books:
        books.execute("CREATE TABLE visit (mdtrt_id TEXT)")
    done = CliRunner().invoke(sandbox, ["--port", "0", "--db", str(tmp_path / "old.db")])
    assert isinstance(done.exception, MiError) and "version 0" in done.exception.message()


class TestWithRepeats:
    """With ``allow_repeats`` whoever sends twice does it twice; only 2601 stays what it is."""

    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(crowd=0, allow_repeats=True)

    async def test_an_outpatient_settlement_and_its_refund(self, hospital: Hospital) -> None:
        visit = await visit_with_fees(hospital)
        before = await visit.balance()
        first = (await visit.settle(TOTAL))["setlinfo"]
        second = (await visit.call("2207", {"data": visit.settle_data(first)}))["setlinfo"]
        msgid = hospital.last_msgid
        assert second["setl_id"] != first["setl_id"] and second["act_pay_dedc"] == 0
        asked = {"psn_no": visit.person.psn_no, "omsgid": msgid, "oinfno": "2207"}
        for _ in range(2):
            await visit.call("2601", {"data": asked})
        with pytest.raises(Refused, match="作废"):
            await visit.refund(second["setl_id"])
        await visit.refund(first["setl_id"])
        assert await visit.balance() == before
        await visit.refund(first["setl_id"])
        assert await visit.balance() == before + first["acct_pay"], "refunded twice"

    async def test_a_stay(self, hospital: Hospital) -> None:
        stay = await stay_with_fees(hospital)
        twice = await Stay(hospital).admit()
        assert twice.mdtrt_id != stay.mdtrt_id
        await stay.leave()
        made = [(await stay.settle("4888.01"))["setlinfo"] for _ in range(2)]
        assert [one["act_pay_dedc"] for one in made] == [1100, 0]
        for one in reversed(made):
            await stay.refund(one["setl_id"])
        await stay.settle("4888.01")

    async def test_nothing_to_settle_stays_nothing(self, hospital: Hospital) -> None:
        stay = await Stay(hospital).admit()
        await stay.leave()
        with pytest.raises(Refused, match="没有待结算"):
            await stay.settle("0.00")


async def test_a_moved_clock_outlives_the_process(tmp_path: Path, rulebook: Rulebook) -> None:
    """What was settled today is not settled tomorrow after a restart."""
    kept = Settings(database=str(tmp_path / "s.db"), crowd=0)

    async def clock(*orders: dict[str, Any]) -> dict[str, Any]:
        app = create_app(office=Office(kept, rulebook))
        async with TestServer(app) as server, aiohttp.ClientSession() as session:
            hospital = Hospital(session, str(server.make_url("")).rstrip("/"), kept.control_token)
            for order in orders:
                assert (await hospital.control("POST", "/clock", order))[0] == 200
            told: dict[str, Any] = (await hospital.control("GET", "/clock"))[1]
            return told

    moved = await clock({"move": "+3d"}, {"move": "+1h", "gateway": True})
    again = await clock()
    assert (
        (moved["shift"], moved["gateway_shift"])
        == (again["shift"], again["gateway_shift"])
        == (262800.0, 3600.0)
    )
    assert (await clock({"reset": True}))["shift"] == 0 == (await clock())["shift"]


def test_a_scenarios_clock_begins_new_books_only(tmp_path: Path, rulebook: Rulebook) -> None:
    begun = Settings(database=str(tmp_path / "s.db"), crowd=0, start_shift=dt.timedelta(days=-9))
    for _ in range(2):
        office = Office(begun, rulebook)
        assert office.clock.shifts[0] == -9 * 86_400_000
        office.close()
    later = Settings(database=str(tmp_path / "s.db"), crowd=0, start_shift=dt.timedelta(days=5))
    office = Office(later, rulebook)
    assert office.clock.shifts[0] == -9 * 86_400_000, "the books go on where they stood"
    office.close()
