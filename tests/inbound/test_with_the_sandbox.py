"""From the desk of the centre to the hospital's handler: the sandbox pushes, the inbound application receives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from mi_core.interfaces import OrderSettlementNotificationRequest, PrescriptionSettlementNotificationRequest
from mi_plugins.sandbox import Settings, create_app
from mi_plugins.sandbox.office import Office
from tests.inbound.receiver import Desk, receiving, settings_of
from tests.sandbox.centre import Centre, Order, Shop, uploaded, visit_at
from tests.sandbox.hospital import Hospital


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def hospital(tmp_path: Path, desk: Desk) -> AsyncIterator[Hospital]:
    """The sandbox, which knows where the hospital receives."""
    async with receiving(settings_of(tmp_path), desk.handle) as line:
        office = Office(Settings(crowd=0, notify=line.url + "/{institution}", notify_again=0.02))
        async with TestServer(create_app(office=office)) as server, aiohttp.ClientSession() as session:
            yield Hospital(session, str(server.make_url("")).rstrip("/"), office.settings.control_token)


async def all_told(hospital: Hospital) -> list[int]:
    """Attempts of every notification, once all are acknowledged."""
    async with asyncio.timeout(60):
        while True:
            notices = (await hospital.control("GET", "/notices"))[1]["notices"]
            if notices and all(one["state"] == "acknowledged" for one in notices):
                return [one["attempts"] for one in notices]
            await asyncio.sleep(0.02)


async def test_paid_and_told(hospital: Hospital, desk: Desk) -> None:
    order = await Order(hospital, await visit_at(hospital)).upload()
    paid = await order.pay()
    assert await all_told(hospital) == [1]
    await hospital.control("POST", "/notices", {"infno": "6302", "subject": order.id})
    assert await all_told(hospital) == [1, 1]
    (told,) = desk.got
    assert isinstance(told.request, OrderSettlementNotificationRequest)
    assert (told.request.payOrdId, told.request.ownpayAmt) == (order.id, paid["ownPayAmt"])


async def test_a_hospital_that_fails_is_told_again(hospital: Hospital, desk: Desk) -> None:
    desk.raises = [RuntimeError(), RuntimeError()]
    await (await Order(hospital, await visit_at(hospital)).upload()).pay()
    assert await all_told(hospital) == [3]
    assert [one.again for one in desk.got] == [False, True, True]


async def test_reviewed_and_dispensed(hospital: Hospital, desk: Desk) -> None:
    shop = await Shop(hospital, await uploaded(Centre(hospital), await visit_at(hospital))).review()
    await shop.sell()
    assert await all_told(hospital) == [1, 1]
    assert [one.interface for one in desk.got] == ["7108", "7109"]
    taken = desk.got[1].request
    assert isinstance(taken, PrescriptionSettlementNotificationRequest)
    assert [drug.medListCodg for drug in taken.seltdelts] == ["SBX-A-0001"]
