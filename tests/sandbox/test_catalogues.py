"""The sandbox's catalogues: the same every time, of realistic size, moving by versions, streamed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi_core.catalog import load_catalog
from mi_plugins.sandbox import Settings
from mi_plugins.sandbox.catalogue_data import Shelves
from mi_plugins.sandbox.catalogue_file import CatalogueFile
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.price_list import ITEMS
from mi_plugins.sandbox.rulebook import Rulebook
from tests.sandbox.hospital import Hospital, Refused
from tests.sandbox.test_replies import check_reply
from tests.sandbox.wards import fetch_file, unzipped

SPECS = load_catalog().interfaces
FILES = [code for code, spec in SPECS.items() if spec.entries is not None and spec.files]


@pytest.mark.parametrize("code", FILES)
def test_newer_ones_make_the_older_whole_one_the_newer(code: str) -> None:
    shelf = Shelves(SPECS, 1, 4000)[code]
    assert len({shelf.row(n, 6)[shelf.entries.record] for n in shelf.numbers(0, 6)}) == shelf.count(0, 6)
    for since, upto in ((1, 2), (3, 6)):
        old = {n: shelf.row(n, since) for n in shelf.numbers(0, since)}
        newer = {n: shelf.row(n, upto) for n in shelf.numbers(since, upto)}
        assert len(newer) == shelf.count(since, upto) > 0
        assert old | newer == {n: shelf.row(n, upto) for n in shelf.numbers(0, upto)}
        assert all(row[shelf.entries.version or ""] > f"SBX{since:06d}" for row in newer.values())


def test_deterministic_by_seed_and_with_the_documented_items() -> None:
    rows = {seed: list(Shelves(SPECS, seed, 300)["1301"].lines(0, 4)) for seed in (1, 2)}
    assert rows[1] == list(Shelves(SPECS, 1, 300)["1301"].lines(0, 4)) != rows[2]
    assert {"阿莫西林胶囊", "阿托伐他汀钙片"} <= {row[7] for row in rows[1]} and rows[1][0][50] == "AMXLJN"
    codes = {row[0] for code in ("1301", "1305", "1306") for row in Shelves(SPECS, 1, 300)[code].lines(0, 1)}
    assert set(ITEMS) <= codes
    gone = [row for row in Shelves(SPECS, 1, 30_000)["1301"].lines(0, 4) if row[78] == "0"]
    assert 0 < len(gone) < 100


def test_a_file_is_made_while_it_is_sent(tmp_path: Path) -> None:
    file = CatalogueFile("a.txt", Shelves(SPECS, 1, 9000)["1301"], 0, 2)
    pieces = list(file.chunks())
    assert len(pieces) > 4 and b"".join(pieces) == file.whole()
    rows = unzipped(file.whole())
    assert len(rows) == 9009 and {len(row) for row in rows} == {97}


def test_200_000_entries_cost_nothing_before_they_are_asked_for(rulebook: Rulebook) -> None:
    started = time.process_time()
    office = Office(Settings(crowd=0), rulebook)
    assert office.shelves["1301"].count(0, 1) == 200_000
    first = next(iter(CatalogueFile("a.txt", office.shelves["1301"], 0, 3).chunks()))
    assert time.process_time() - started < 5 and len(first) > 0
    office.close()


async def test_versions_move(hospital: Hospital) -> None:
    async def ask(version: str) -> Any:
        given = await hospital.call("1301", {"data": {"ver": version}})
        check_reply("1301", given)
        return given, unzipped(
            (await fetch_file(hospital, given["file_qury_no"], given["filename"], "plc"))[1]
        )

    whole, rows = await ask("0")
    assert whole["data_cnt"] == len(rows) == 402 and len(whole["file_qury_no"]) > 30
    nothing, none = await ask("SBX000003")
    assert nothing["data_cnt"] == 0 and none == []
    assert (await hospital.control("POST", "/catalogues", {"advance": 2}))[1]["version"] == "SBX000005"
    newer, some = await ask("SBX000003")
    assert newer["data_cnt"] == len(some) > 0 and {row[82] for row in some} == {"SBX000004", "SBX000005"}
    assert (
        unzipped((await fetch_file(hospital, whole["file_qury_no"], whole["filename"], "plc"))[1]) == rows
    ), "the file of before"
    for wrong in (
        {"advance": -1},
        {"advance": 99},
        {"advance": True},
        {"rows": 1},
        {"x": 1},
        [],
        {"dictionary_changes": 1},
    ):
        assert (await hospital.control("POST", "/catalogues", wrong))[0] == 400
    assert (await hospital.control("POST", "/catalogues", {"rows": 50}))[0] == 200
    assert (await ask("0"))[0]["data_cnt"] == 54


async def test_pages(hospital: Hospital) -> None:
    async def page(code: str, number: int, size: int = 5, **more: Any) -> Any:
        asked = {"updt_time": "2000-01-01", "page_num": number, "page_size": size, **more}
        output = await hospital.call(code, {"data": asked})
        check_reply(code, output)
        return output

    first, second = await page("1312", 1), await page("1312", 2)
    assert first["firstPage"] and not first["lastPage"] and first["recordCounts"] > 400
    assert {r["rid"] for r in first["data"]}.isdisjoint({r["rid"] for r in second["data"]})
    last = await page("1312", first["pages"])
    assert last["lastPage"] and (await page("1312", first["pages"] + 1))["data"] == []
    (one,) = (await page("1312", 1, hilist_code="SBX-B-0001"))["data"]
    assert one["hilist_name"] == "阿托伐他汀钙片" and one["chrgitm_lv"] == "02"
    ceilings = await page("1318", 1)
    assert {r["hilist_code"]: str(r["hilist_pric_uplmt_amt"]) for r in ceilings}["SBX-B-0002"] == "600.000000"
    assert (await page("1312", 1, updt_time="2025-01-05"))["data"] == []
    with pytest.raises(Refused):
        await page("1312", 0)
    with pytest.raises(Refused):
        await page("1312", 1, 5001)


async def test_what_an_institution_matched(hospital: Hospital) -> None:
    row = {
        "fixmedins_hilist_id": "H-1", "fixmedins_hilist_name": "本院阿莫西林", "list_type": "101", "med_list_codg": "SBX-A-0001",
        "begndate": "2025-01-01", "enddate": "2099-12-31",
    }  # fmt: skip
    await hospital.call("3301", {"data": [row]})
    asked = {"data": {"updt_time": "2025-01-01", "page_num": 1, "page_size": 5}}
    (matched,) = await hospital.call("1317", asked)
    assert (matched["medins_list_codg"], matched["med_list_codg"], matched["vali_flag"]) == (
        "H-1",
        "SBX-A-0001",
        "1",
    )
    assert await hospital.at("H43000000002").call("1317", asked) == []


def test_settings() -> None:
    assert Settings().catalogue_rows == 200_000 == attrs.fields_dict(Settings)["catalogue_rows"].default
