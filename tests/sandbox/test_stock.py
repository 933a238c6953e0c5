"""The balance of a batch: opened by a stocktaking, moved by purchases, sales, returns and changes, told by 3508."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import attrs
import pytest

from mi_plugins.sandbox.bureau.stock_balance import Balance, moved
from mi_plugins.sandbox.settings import Settings
from tests.sandbox.hospital import Hospital, Refused
from tests.sandbox.records import D, filled, now_text, today
from tests.sandbox.stories_stock import STOCK
from tests.sandbox.story_steps import refused

SHOP = "P43000000001"


class Shelf:
    """One item and batch of an institution."""

    def __init__(self, hospital: Hospital, batch: str = "LOT1") -> None:
        self.hospital, self.batch = hospital, batch

    async def send(self, infno: str, count: str, code: str = "", **more: Any) -> Any:
        now = now_text()
        facts = STOCK | {
            "fixmedins_bchno": self.batch, "invdate": today(), "inv_chg_time": now, "purc_retn_stoin_time": now, "sel_retn_time": now,
            "inv_cnt": D(count), "cnt": D(count), "purc_retn_cnt": D(count), "sel_retn_cnt": D(count), "drug_trac_codg": code or None,
        } | more  # fmt: skip
        return await self.hospital.call(infno, filled(infno, facts))

    async def rows(self, **more: Any) -> list[dict[str, Any]]:
        asked = {
            "fixmedins_code": self.hospital.code,
            "fixmedins_bchno": self.batch,
            "begndate": today(),
            "enddate": today(),
        }
        found: list[dict[str, Any]] = await self.hospital.call("3508", {"data": asked | more})
        return found

    async def count(self) -> Decimal:
        (row,) = await self.rows()
        told: Decimal = row["invCnt"]
        return told


async def test_a_day_of_a_shelf(hospital: Hospital) -> None:
    shelf = Shelf(hospital)
    assert await shelf.rows() == []
    await shelf.send("3501", "10")
    await shelf.send("3502", "10", inv_chg_type="103")  # the first stocktaking is uploaded as a change, too
    assert await shelf.count() == D("10.00")
    await shelf.send("3503", "20")
    await shelf.send("3504", "5")
    await shelf.send("3505", "3.5")
    await shelf.send("3506", "0.5")
    assert await shelf.count() == D("22.00")
    await shelf.send("3502", "2", inv_chg_type="105")
    await shelf.send("3502", "7", inv_chg_type="101")
    await shelf.send("3502", "20", inv_chg_type="108")  # the purchase once more: 3503 told it
    assert await shelf.count() == D("27.00")
    assert len(await shelf.rows(manu_lotnum="another")) == 0, "a question that names something else"
    other = Shelf(hospital, "LOT2")
    await other.send("3503", "1")
    assert (await other.count(), await shelf.count()) == (D("1.00"), D("27.00")), "each batch by itself"


async def test_a_deletion_counts_again(hospital: Hospital) -> None:
    shelf = Shelf(hospital)
    for infno, count in (("3501", "10"), ("3503", "20"), ("3505", "4"), ("3504", "1")):
        await shelf.send(infno, count)
    assert await shelf.count() == D("25.00")
    await hospital.call("3507", {"data": {"fixmedins_bchno": "LOT1", "inv_data_type": "3"}})
    assert await shelf.count() == D("6.00"), "without purchase and return"
    await hospital.call("3507", {"data": {"fixmedins_bchno": "LOT1", "inv_data_type": "1"}})
    assert await shelf.count() == D("-4.00")
    await hospital.call("3507", {"data": {"fixmedins_bchno": "LOT1", "inv_data_type": "4"}})
    assert await shelf.rows() == []


async def test_a_second_stocktaking_compares(hospital: Hospital, caplog: pytest.LogCaptureFixture) -> None:
    shelf = Shelf(hospital)
    await shelf.send("3501", "10", invdate="2026-01-31")
    await shelf.send("3505", "1")
    await shelf.send("3501", "8")
    assert "盘存8" in caplog.text and "账面9" in caplog.text
    assert await shelf.count() == D("9.00"), "the difference comes as a change"
    await shelf.send("3502", "1", inv_chg_type="104")
    assert await shelf.count() == D("8.00")


async def test_warned_of_what_is_not_there(hospital: Hospital, caplog: pytest.LogCaptureFixture) -> None:
    shelf = Shelf(hospital)
    await shelf.send("3503", "2")
    (told,) = (await shelf.send("3505A", "3"))["selinfoDetail"]
    assert told["retRslt"] == "1" and "现有2，出库3" in told["msgRslt"]
    assert "库存不足" in caplog.text and await shelf.count() == D("-1.00")
    await shelf.send("3503", "1")
    caplog.clear()
    await shelf.send("3506", "1")
    assert "库存不足" not in caplog.text, "what comes in is no shortage"


class TestRefusing:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(crowd=5, catalogue_rows=400, stock="refuse")

    async def test_refused_what_is_not_there(self, hospital: Hospital) -> None:
        shelf = Shelf(hospital)
        await refused(shelf.send("3505", "1"), "库存不足")
        await shelf.send("3503", "2")
        for infno, more in (("3505", {}), ("3502", {"inv_chg_type": "102"})):
            await refused(shelf.send(infno, "3", **more), "现有2，出库3")
        (told,) = (await shelf.send("3505A", "3"))["selinfoDetail"]
        assert told["retRslt"] == "0" and "库存不足" in told["msgRslt"]
        assert await shelf.count() == D("2.00")
        await shelf.send("3505", "2")
        await refused(shelf.send("3504", "1"), "库存不足")
        assert await shelf.count() == D("0.00")


def test_two_hundred_records() -> None:
    chance = random.Random(5)
    kinds = ("inventory", "change", "purchase", "purchase return", "sale", "sale return")
    rows = [
        (chance.choice(kinds), {
            "inv_cnt": "4", "cnt": str(chance.randint(1, 4)), "inv_chg_type": chance.choice(("101", "103", "104", "108")),
            "purc_retn_cnt": "3", "sel_retn_cnt": "2",
        })
        for _ in range(200)
    ]  # fmt: skip
    balance = Balance()
    for kind, row in rows:
        before, balance = balance, moved(balance, kind, row)
        assert kind != "inventory" or not before.known or balance == before
    ins = sum(
        Decimal(3) * (1 if kind == "purchase" else -1) for kind, _ in rows if kind.startswith("purchase")
    )
    outs = sum(Decimal(2) * (1 if kind == "sale" else -1) for kind, _ in rows if kind.startswith("sale"))
    assert (balance.bought, balance.sold) == (ins, outs)
    assert attrs.evolve(balance, opened=None).known


async def test_a_package_is_sold_once_in_the_country(hospital: Hospital) -> None:
    here, there = Shelf(hospital), Shelf(hospital.at(SHOP))
    await here.send("3503", "9")
    await there.send("3503", "9")
    await here.send("3505", "1", "81000000000000000009")
    for shelf in (here, there):
        await refused(shelf.send("3505", "1", "81000000000000000009"), "已销售")
    await there.send("3505", "1", "81000000000000000010", trdn_flag="1")
    await there.send("3505", "1", "81000000000000000010", trdn_flag="1")
    await refused(there.send("3506", "1", "81000000000000000009"), "没有销售记录")
    await here.send("3506", "1", "81000000000000000009")
    await there.send("3505", "1", "81000000000000000009")
    with pytest.raises(Refused, match="已销售"):
        await here.send("3505", "1", "81000000000000000009")
