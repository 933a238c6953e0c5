"""2601 puts account, accumulations and states back as if the message had never come, as often as it is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from mi_plugins.sandbox import Settings, create_app
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.rulebook import Rulebook
from tests.sandbox.hospital import Hospital, Refused, Visit
from tests.sandbox.test_stay import TOTAL, stay_with_fees
from tests.sandbox.test_visit import TOTAL as VISIT_TOTAL
from tests.sandbox.test_visit import visit_with_fees
from tests.sandbox.wards import Purchase, Stay


class Bureau:
    """A hospital, and the books behind it to look into."""

    def __init__(self, hospital: Hospital, office: Office) -> None:
        self.hospital, self.office = hospital, office

    def money(self) -> dict[str, Any]:
        """Every account and every accumulation that is not zero."""
        accounts = self.office.books.all("SELECT psn_no, insutype, area, balance FROM insurance")
        used = self.office.books.all(
            "SELECT * FROM accumulation WHERE deductible <> 0 OR pool <> 0 OR large <> 0 OR burden <> 0 OR aid <> 0"
        )
        return {"accounts": [tuple(row) for row in accounts], "accumulations": [tuple(row) for row in used]}


@pytest.fixture
async def bureau(settings: Settings, rulebook: Rulebook) -> AsyncIterator[Bureau]:
    office = Office(settings, rulebook)
    async with TestServer(create_app(office=office)) as server, aiohttp.ClientSession() as session:
        yield Bureau(Hospital(session, str(server.make_url("")).rstrip("/"), settings.control_token), office)


@pytest.mark.parametrize("number", [0, 2, 3, 4, 8])
async def test_a_purchase(bureau: Bureau, number: int) -> None:
    purchase = Purchase(bureau.hospital.at("P43000000001"), number)
    before = bureau.money()
    basket = purchase.basket(purchase.drug(1, "900.00"), purchase.drug(2, "52.35", item="SBX-B-0001"))
    info = (await purchase.call("2102", basket))["setlinfo"]
    msgid = purchase.hospital.last_msgid
    assert bureau.money() != before
    for _ in range(2):
        await purchase.reverse(msgid, "2102")
        assert bureau.money() == before
    with pytest.raises(Refused, match="没有与所给条件"):
        which = {"setl_id": info["setl_id"], "mdtrt_id": info["mdtrt_id"], "psn_no": purchase.person.psn_no}
        await purchase.call("5203", {"data": which})
    with pytest.raises(Refused, match="已取消"):
        await purchase.call("2103", {"data": which})


@pytest.mark.parametrize("number", [0, 2, 3, 4, 8])
async def test_an_outpatient_settlement(bureau: Bureau, number: int) -> None:
    visit = await visit_with_fees(bureau.hospital, number)
    before = bureau.money()
    await visit.settle(VISIT_TOTAL)
    asked = {"psn_no": visit.person.psn_no, "omsgid": bureau.hospital.last_msgid, "oinfno": "2207"}
    for _ in range(2):
        await visit.call("2601", {"data": asked})
        assert bureau.money() == before
    await visit.settle(VISIT_TOTAL)


@pytest.mark.parametrize("number", [0, 2, 3, 4, 8])
async def test_a_settlement_of_a_stay(bureau: Bureau, number: int) -> None:
    stay = await stay_with_fees(bureau.hospital, number)
    before = bureau.money()
    await stay.settle(TOTAL, mid=True)
    middle, between = bureau.hospital.last_msgid, bureau.money()
    await stay.charge(stay.fee(9, "500.00"))
    await stay.leave()
    await stay.settle("500.00")
    final = bureau.hospital.last_msgid
    with pytest.raises(Refused, match="在后的结算"):
        await stay.reverse(middle, "2304")
    for _ in range(2):
        await stay.reverse(final, "2304")
        assert bureau.money() == between
    await stay.reverse(middle, "2304")
    assert bureau.money() == before
    await stay.settle("5388.01")


async def test_an_admission(bureau: Bureau) -> None:
    stay = await Stay(bureau.hospital).admit()
    msgid = bureau.hospital.last_msgid
    await stay.charge(stay.fee(1, "10.00"))
    with pytest.raises(Refused, match="费用或结算"):
        await stay.reverse(msgid, "2401")
    await stay.withdraw("0000")
    await stay.leave()
    with pytest.raises(Refused, match="已办理出院"):
        await stay.reverse(msgid, "2401")
    await stay.back("2405")
    await stay.reverse(msgid, "2401")
    await stay.reverse(msgid, "2401")
    with pytest.raises(Refused, match="已取消"):
        await stay.back("2404")
    again = await Stay(bureau.hospital).admit()
    msgid = bureau.hospital.last_msgid
    await again.back("2404")
    with pytest.raises(Refused, match="不能再冲正"):
        await again.reverse(msgid, "2401")


async def test_what_is_not_reversed(bureau: Bureau) -> None:
    visit = await visit_with_fees(bureau.hospital)
    info = (await visit.settle(VISIT_TOTAL))["setlinfo"]
    msgid = bureau.hospital.last_msgid
    asked = {"psn_no": visit.person.psn_no, "omsgid": msgid, "oinfno": "2207"}
    for more, text in (
        ({"oinfno": "2208"}, "不支持"), ({"oinfno": "2201"}, "不支持"), ({"oinfno": "2304"}, "未检索到"),
        ({"psn_no": "9901000000000002"}, "未检索到"), ({"omsgid": "0" * 30}, "未检索到"), ({"psn_no": "1"}, "参保登记"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=text):
            await visit.call("2601", {"data": asked | more})
    with pytest.raises(Refused, match="未检索到"):
        await bureau.hospital.at("H43000000002").call("2601", {"data": asked}, insuplc_admdvs="990101")
    await visit.refund(info["setl_id"])
    before = bureau.money()
    with pytest.raises(Refused, match="不能再冲正"):
        await visit.call("2601", {"data": asked})
    assert bureau.money() == before


async def test_a_message_that_was_executed_twice_is_undone_twice(bureau: Bureau) -> None:
    purchase = Purchase(bureau.hospital.at("P43000000001"))
    before = bureau.money()
    basket = purchase.basket(purchase.drug(1, "300.00"))
    await purchase.call("2102", basket)
    msgid = purchase.hospital.last_msgid
    await purchase.call("2102", basket, msgid=msgid)
    await purchase.reverse(msgid, "2102")
    assert bureau.money() == before
    ledger = await bureau.hospital.ledger(msgid=msgid)
    assert [row["state"] for row in ledger["settlements"]] == ["reversed", "reversed"]
    assert [row["state"] for row in ledger["executions"]] == ["reversed", "reversed"]


async def test_reversals_stand_in_the_ledger(bureau: Bureau) -> None:
    visit = Visit(bureau.hospital)
    stay = await Stay(bureau.hospital).admit()
    await stay.reverse(bureau.hospital.last_msgid, "2401")
    ledger = await bureau.hospital.ledger(psn_no=visit.person.psn_no)
    assert [(row["infno"], row["state"]) for row in ledger["executions"]] == [
        ("2401", "reversed"),
        ("2601", "done"),
    ]
