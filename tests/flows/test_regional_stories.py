"""Stays, purchases and filings where the region's documents differ: the same flows, the same sums, the region's own classes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mi_core import AsyncClient
from mi_core.flows import FlowStopped, InpatientStay, PharmacySale, Registration
from tests.flows.crashing import Fate, Play
from tests.flows.kit import ADMISSION, NOON, drug, ward_diagnosis
from tests.flows.regional import REGIONS, Region, abroad
from tests.flows.stories import told
from tests.flows.test_registration import ACCIDENT, CHRONIC, DESIGNATED, TRANSFER
from tests.recovery.kit import PHARMACY, Ward

WHOLE = sorted(REGIONS)
DAYS = dt.timedelta(days=2)


async def stay_of(mi: AsyncClient, region: Region) -> Any:
    """Two settlements, the last one after the discharge."""
    stay = InpatientStay(mi, "ZYR", patience=20)
    standing = await stay.resume()
    await stay.admit(
        region.patient(), region.diagnoses(), med_type="2101", begntime=NOON, **region.admitted()
    )
    if not standing.setl_ids:
        await stay.charge("1", [region.bed(1, "620.00", item="SBX-B-0002"), region.bed(2, "800.00")])
        await stay.quote(acct_used_flag="1", mid=True, **region.quote)
        first = await stay.settle()
        assert first.amounts.medfee_sumamt == Decimal("1420.00")
    if len(standing.setl_ids) < 2:
        await stay.charge(
            "2", [region.bed(3, "500.00"), region.bed(4, "-100.00", count="-1", init_feedetl_sn="3")]
        )
        await stay.discharge(region.diagnoses(), **region.left(NOON + DAYS))
        await stay.quote(acct_used_flag="1", **region.quote)
    last = await stay.settle()
    return told(last.amounts), [one["amounts"]["medfee_sumamt"] for one in stay._content["settlements"]]


@pytest.mark.parametrize("name", WHOLE)
async def test_a_stay_and_all_the_way_back(name: str, tmp_path: Path) -> None:
    region = REGIONS[name]
    async with abroad(name, tmp_path) as here:
        amounts, totals = await stay_of(here.mi, region)
        assert totals == ["1420.00", "400.00"] and amounts["medfee_sumamt"] == "400.00"
        stay = InpatientStay(here.mi, "ZYR", patience=20)
        live = await _live(here)
        assert sorted(one["total"] for one in live) == [40000, 142000]
        for one in live:
            assert one["total"] == one["fund"] + one["account"] + one["cash"] + one["hospital"]
        assert (await stay.resume()).asked
        for setl_id in reversed((await stay.standing()).setl_ids):
            await stay.refund(setl_id)
        await stay.abandon()
        done = [len(await here.done(code)) for code in ("2401", "2304", "2305", "2402", "2405", "2404")]
        assert done == [1, 2, 2, 1, 1, 1] and not await _live(here)


async def _live(here: Ward) -> list[dict[str, Any]]:
    rows = (await here.hospital.ledger())["settlements"]
    return [row for row in rows if row["kind"] == "settlement" and row["state"] == "settled"]


@pytest.mark.parametrize("how", ["after", "note after"])
@pytest.mark.parametrize("name", ["chongqing", "guangzhou"])
async def test_a_stay_dies_at_every_moment(
    name: str, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(mi: AsyncClient) -> Any:
        return await stay_of(mi, REGIONS[name])

    async with abroad(name, tmp_path) as here:
        result, calls, notes = await Play(here, monkeypatch).uncrashed(story)
    at_notes, never = how.startswith("note"), Fate(-1, "")
    for number in range(
        1, (notes if at_notes else calls) + 1, 3
    ):  # every third: each kind of step is hit in one of the regions
        fate, folder = Fate(number, how.removeprefix("note ")), tmp_path / f"{number}"
        folder.mkdir()
        async with abroad(name, folder) as here:
            play = Play(here, monkeypatch)
            found = await play.crashed(story, never if at_notes else fate, fate if at_notes else never)
            assert found == result, (number, fate.seen, play.deaths)
            assert [len(await here.done(code)) for code in ("2401", "2402", "2304")] == [1, 1, 2]


@pytest.mark.parametrize("name", WHOLE)
async def test_a_purchase_and_its_return(name: str, tmp_path: Path) -> None:
    async with abroad(name, tmp_path, PHARMACY) as here:
        sale = PharmacySale(here.mi, "RR", patience=20)
        rows = [drug(1, "20.00"), drug(2, "36.00", count="2")]
        quote = await sale.quote(REGIONS[name].patient(), rows, acct_used_flag="1", begntime=NOON)
        await here.hospital.fault("2102", "drop_after")
        settled = await sale.settle(trace_codes={"1": ["8123"]})
        assert settled.amounts.medfee_sumamt == quote.amounts.medfee_sumamt == Decimal("56.00")
        refund = await sale.refund()
        for field in ("medfee_sumamt", "acct_pay", "psn_cash_pay"):
            assert getattr(settled.amounts, field) + getattr(refund.amounts, field) == 0, field
        assert [len(await here.done(code)) for code in ("2102", "2103")] == [1, 1]


QUERIES: dict[str, dict[str, Any]] = {
    "transfer": {"begntime": dt.datetime(2025, 1, 1), "endtime": dt.datetime(2025, 12, 31)}, "chronic": {},
    "designated": {"biz_appy_type": "03"},
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
async def test_filings_and_their_withdrawal(name: str, tmp_path: Path) -> None:
    region = REGIONS[name]
    fields = {
        "transfer": TRANSFER | dict(region.transfer), "chronic": CHRONIC, "designated": DESIGNATED | dict(region.designated),
    }  # fmt: skip
    async with abroad(name, tmp_path) as here:
        for what, given in fields.items():
            filing = Registration(here.mi, f"B-{what}", patience=20)
            filed = await filing.file(what, region.patient(), **given)
            assert (
                filed.trt_dcla_detl_sn
                and len(await filing.on_file(what, region.patient(), **QUERIES[what])) == 1
            )
            await filing.cancel(memo="办错")
            assert await filing.on_file(what, region.patient(), **QUERIES[what]) == []
        accident = Registration(here.mi, "B-accident")
        assert (await accident.file("accident", region.patient(), **ACCIDENT)).trt_dcla_detl_sn
        done = [
            len(await here.done(code)) for code in ("2501", "2502", "2503", "2504", "2505", "2506", "2507")
        ]
        assert done == [1] * 7


async def test_the_regions_class_is_named_where_it_demands_more(tmp_path: Path) -> None:
    async with abroad("guangzhou", tmp_path) as here:
        stay = InpatientStay(here.mi, "ZYN")
        with pytest.raises(FlowStopped, match="merg_setl_flag") as stopped:
            await stay.admit(
                REGIONS["guangzhou"].patient(),
                [ward_diagnosis()],
                med_type="2101",
                begntime=NOON,
                **ADMISSION,
            )
        assert "mi_plugins.regions.guangzhou.interfaces.AdmissionRequest" in stopped.value.message("zh")
        assert "Guangzhou has fields of its own" in stopped.value.message("en") and not await here.done(
            "2401"
        )


async def test_an_interface_that_the_region_is_not_known_to_have(tmp_path: Path) -> None:
    """What is known of Guangzhou has no 2501: the base document is used, and whoever is refused is told so."""
    async with abroad("guangzhou", tmp_path) as here:
        filing = Registration(here.mi, "B-none")
        with pytest.raises(FlowStopped, match="资料中没有不同于基础文档的 2501") as stopped:
            await filing.file("transfer", REGIONS["guangzhou"].patient(), **{**TRANSFER, "refl_date": None})
        assert "ask the local bureau" in stopped.value.message("en")


async def test_at_home_nothing_is_said_of_regions(here: Ward) -> None:
    with pytest.raises(FlowStopped) as stopped:
        await Registration(here.mi, "B-home").file(
            "transfer", REGIONS["chongqing"].patient(), **{**TRANSFER, "refl_date": None}
        )
    assert "基础文档" not in str(stopped.value) and "字段：" not in str(stopped.value)
