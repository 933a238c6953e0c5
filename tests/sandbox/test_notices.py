"""Notifications that the centres push: in an envelope with their signature, until the institution acknowledges them."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import urllib.request
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from mi_plugins.sandbox import Settings, create_app
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.rulebook import Rulebook
from tests.sandbox import callers
from tests.sandbox.centre import Centre, D, Order, Shop, unwrap, uploaded, visit_at
from tests.sandbox.hospital import Hospital, china_now
from tests.sandbox.test_process import started

Answer = Callable[[], web.StreamResponse]


def acknowledged(success: bool = True, code: Any = 0) -> web.Response:
    outer = callers.envelope({"success": success, "message": "ok"}, code=code, message="成功")
    return web.json_response(outer)


class Receiver:
    """A hospital's own receiver: keeps what comes, answers as it is told (the last answer again and again)."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, Any]]] = []
        self.answers: list[Answer] = [acknowledged]
        self.came = asyncio.Condition()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        outer = json.loads(await request.read())
        async with self.came:
            self.got.append((request.path, unwrap(outer)))
            self.came.notify_all()
        return (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])()

    async def number(self, count: int) -> list[tuple[str, dict[str, Any]]]:
        """Everything, once there are ``count``."""
        async with asyncio.timeout(30), self.came:
            await self.came.wait_for(lambda: len(self.got) >= count)
        return self.got


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/{path:.*}", receiver.handle)
    async with TestServer(app) as server:
        receiver.url = str(server.make_url("/in")).rstrip("/")  # type: ignore[attr-defined]  # for the fixtures below
        yield receiver


@pytest.fixture
def settings(receiver: Any) -> Settings:
    return Settings(crowd=0, notify=receiver.url + "/{institution}", notify_again=0.02)


async def notices(hospital: Hospital) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await hospital.control("GET", "/notices"))[1]["notices"]
    return found


async def settled(hospital: Hospital) -> list[dict[str, Any]]:
    """The notices once none is pending."""
    async with asyncio.timeout(30):
        while any(one["state"] == "pending" for one in await notices(hospital)):
            await asyncio.sleep(0.02)
    return await notices(hospital)


async def test_a_payment_is_told_once_and_its_cash_later(hospital: Hospital, receiver: Receiver) -> None:
    order = await Order(hospital, await visit_at(hospital)).upload()
    paid = await order.pay()
    ((path, told),) = await receiver.number(1)
    assert path == f"/in/{hospital.code}/6302"
    assert (told["payOrdId"], told["callType"], told["medOrgOrd"]) == (
        order.id,
        "02",
        order.sent["medOrgOrd"],
    )
    assert (told["feeSumamt"], told["ownpayAmt"]) == (paid["feeSumamt"], paid["ownPayAmt"])
    assert told["revsToken"] == (await order.query())["revsToken"]
    assert [one["attempts"] for one in await settled(hospital)] == [1]
    status, _ = await hospital.control("POST", "/notices", {"infno": "6204", "subject": order.id})
    assert status == 200
    path, told = (await receiver.number(2))[1]
    assert (
        path.endswith("/6204") and told["thdPayType"] == "SANDBOX" and told["ownPayAmt"] == paid["ownPayAmt"]
    )
    assert (await order.query())["ordStas"] == "6"
    await hospital.control("POST", "/notices", {"infno": "6302", "subject": order.id})
    got = await receiver.number(3)
    assert got[2] == got[0], "told again, it says the same as the first time"


async def test_it_is_sent_again_until_it_is_acknowledged(hospital: Hospital, receiver: Receiver) -> None:
    forged = callers.envelope({"success": True}, code=0)
    forged["signData"] = callers.b64(callers.sm2_sign(b"something else"))
    receiver.answers = [
        lambda: web.Response(status=500),
        lambda: web.json_response({"success": True}),
        lambda: web.json_response(forged),
        lambda: acknowledged(code=-1),
        lambda: acknowledged(success=False),
        acknowledged,
    ]
    order = await Order(hospital, await visit_at(hospital)).upload()
    await order.pay()
    got = await receiver.number(6)
    assert len({json.dumps(told, default=str, sort_keys=True) for _, told in got}) == 1
    (one,) = await settled(hospital)
    assert (one["attempts"], one["answer"], one["subject"]) == (6, None, order.id)


async def test_a_review_and_a_sale_are_told(hospital: Hospital, receiver: Receiver) -> None:
    visit = await visit_at(hospital)
    shop = await Shop(hospital, sent := await uploaded(Centre(hospital), visit)).review()
    await shop.sell()
    (first, review), (second, sale) = await receiver.number(2)
    assert first == f"/in/{hospital.code}/rxChkInfoCallback" and second.endswith("/rxSetlInfoCallback")
    assert (review["hiRxno"], review["rxChkStasCodg"]) == (sent["hiRxno"], "1")
    assert (sale["rxUsedStasCodg"], sale["seltdelts"][0]["cnt"]) == ("2", D("2"))
    assert "takeDrugFlag" not in sale["seltdelts"][0], "only 7107 has it"
    for infno in ("7108", "7109"):
        await hospital.control("POST", "/notices", {"infno": infno, "subject": sent["hiRxno"]})
    got = await receiver.number(4)
    assert got[2][1] == review and got[3][1] == sale, "on demand the same is told once more"


async def test_nothing_is_told_of_nothing(hospital: Hospital) -> None:
    order = await Order(hospital, await visit_at(hospital)).upload()
    wrong: list[Any] = [
        {"infno": "6302", "subject": order.id}, {"infno": "7108", "subject": "x"}, {"infno": "2207", "subject": order.id},
        {"infno": "6302"}, [],
    ]  # fmt: skip
    for asked in wrong:
        status, answer = await hospital.control("POST", "/notices", asked)
        assert status == 400 and answer["error"]
    assert await notices(hospital) == []
    assert (await hospital.control("GET", "/notices", token="wrong"))[0] == 403


class TestWithoutAnAddress:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(crowd=0)

    async def test_they_wait_until_one_is_named(self, hospital: Hospital, receiver: Any) -> None:
        order = await Order(hospital, await visit_at(hospital)).upload()
        await order.pay()
        assert [one["state"] for one in await notices(hospital)] == ["pending"]
        await hospital.control("POST", "/notices", {"url": receiver.url})
        assert (await receiver.number(1))[0][0] == "/in/6302"
        await settled(hospital)


async def test_what_is_owed_survives_the_sandbox(receiver: Any, rulebook: Rulebook, tmp_path: Path) -> None:
    file = str(tmp_path / "bureau.db")
    office = Office(Settings(crowd=0, database=file), rulebook)
    async with TestServer(create_app(office=office)) as server, aiohttp.ClientSession() as session:
        hospital = Hospital(session, str(server.make_url("")).rstrip("/"), office.settings.control_token)
        await (await Order(hospital, await visit_at(hospital)).upload()).pay()
    assert not receiver.got
    later = Office(Settings(crowd=0, database=file, notify=receiver.url), rulebook)
    async with TestServer(create_app(office=later)):
        assert (await receiver.number(1))[0][0] == "/in/6302"


class TestSlowly:
    ahead = dt.timedelta(0)

    @pytest.fixture
    def settings(self, receiver: Any) -> Settings:
        clock = lambda: china_now() + self.ahead  # noqa: E731  # reads better where it stands
        return Settings(crowd=0, notify=receiver.url, payment_seconds=3600.0, clock=clock)

    async def test_it_is_told_when_it_is_paid(self, hospital: Hospital, receiver: Receiver) -> None:
        order = await Order(hospital, await visit_at(hospital)).upload()
        await order.pay()
        assert [one["attempts"] for one in await notices(hospital)] == [0]
        self.ahead = dt.timedelta(hours=2)
        assert (await receiver.number(1))[0][1]["payOrdId"] == order.id


def test_the_address_is_given_on_the_command_line() -> None:
    with started("--json", "--notify", "http://127.0.0.1:9/{institution}") as (_, line):
        said = json.loads(line)
        headers = {said["control_header"]: said["control_token"]}
        asked = urllib.request.Request(said["control_url"] + "/notices", headers=headers)
        with urllib.request.urlopen(asked, timeout=30) as reply:
            assert json.load(reply) == {"url": "http://127.0.0.1:9/{institution}", "notices": []}
