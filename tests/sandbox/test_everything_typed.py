"""Every interface in force once (209 of 212, three are withdrawn), typed and over HTTP; no reply needs a lenient reading."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from mi_core import AsyncClient, OutcomeUnknown
from mi_core.catalog import load_catalog
from mi_core.config import load_config
from mi_core.inbound import Notification, inbound_app
from mi_plugins.sandbox import Settings, create_app
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.persons import DOCUMENTED
from mi_plugins.sandbox.rulebook import Rulebook
from tests.sandbox.centre import OPERATOR, Centre, Order, Shop, revocation, uploaded, visit_at, which
from tests.sandbox.hospital import Hospital, Visit, fee
from tests.sandbox.records import D, filled, of_person
from tests.sandbox.stories import STORIES
from tests.sandbox.test_reconciliation import scope, settled
from tests.sandbox.typed import Seen, TypedHospital, config_of, watched
from tests.sandbox.wards import Purchase, Stay, zipped

CATALOG = load_catalog()


class Notices:
    """What the hospital was told."""

    def __init__(self) -> None:
        self.got: list[Notification] = []
        self.came = asyncio.Condition()

    async def take(self, notification: Notification) -> None:
        async with self.came:
            self.got.append(notification)
            self.came.notify_all()

    async def until(self, *codes: str) -> None:
        async with asyncio.timeout(30), self.came:
            await self.came.wait_for(lambda: set(codes) <= {one.interface for one in self.got})


async def people(mi: TypedHospital) -> None:
    """1101, 1201, 2001, 9001 (by the client itself), 9002."""
    visit = Visit(mi)
    assert await visit.balance() > 0
    place = (await mi.call("1201", {"medinsinfo": {"fixmedins_type": "1", "fixmedins_code": mi.code}}))[
        "medinsinfo"
    ]
    assert place["fixmedins_name"] == "沙箱市第一人民医院"
    facts = {"psn_no": visit.person.psn_no, "insutype": "310", "fixmedins_code": mi.code, "med_type": "11"}
    assert (await mi.call("2001", filled("2001", facts)))["trtinfo"]


async def outpatients(mi: TypedHospital) -> None:
    """2201–2208, 2601, 5201–5203, 3201."""
    visit = await (await Visit(mi, 1).register()).inform()
    await visit.charge(fee(visit, 1, "300.00"), fee(visit, 2, "100.00", batch="B2"))
    await visit.call(
        "2205", {"data": {"chrg_bchno": "B2", "mdtrt_id": visit.mdtrt_id, "psn_no": visit.person.psn_no}}
    )
    info = (await visit.settle("300.00"))["setlinfo"]
    assert (await visit.query(info["setl_id"]))["setlinfo"]["medfee_sumamt"] == info["medfee_sumamt"]
    await visit.call("5202", {"data": {"mdtrt_id": visit.mdtrt_id, "psn_no": visit.person.psn_no}})
    period = {
        "begntime": "2025-03-03 00:00:00",
        "endtime": "2025-03-04 00:00:00",
        "psn_no": visit.person.psn_no,
        "med_type": "11",
    }
    assert (await visit.call("5201", {"data": period}))["mdtrtinfo"]
    await visit.refund(info["setl_id"])
    await visit.call(
        "2205", {"data": {"chrg_bchno": "0000", "mdtrt_id": visit.mdtrt_id, "psn_no": visit.person.psn_no}}
    )
    which = {"mdtrt_id": visit.mdtrt_id, "psn_no": visit.person.psn_no, "ipt_otp_no": visit.otp_no}
    await visit.call("2202", {"data": which})


async def wards(mi: TypedHospital) -> None:
    """2301–2405, 5303, and 2601 for an admission."""
    stay = await Stay(mi, 3).admit()
    await stay.call("2403", stay.changed())
    await stay.charge(stay.fee(1, "500.00"), stay.fee(2, "70.00"))
    await stay.withdraw("2")
    await stay.quote("500.00")
    await stay.leave()
    info = (await stay.settle("500.00"))["setlinfo"]
    await stay.refund(info["setl_id"])
    await stay.back("2405")
    here = await stay.call(
        "5303", {"data": {"begntime": "2025-01-01 00:00:00", "endtime": "2099-01-01 00:00:00"}}
    )
    assert [row["mdtrt_id"] for row in here["data"]] == [stay.mdtrt_id]
    await stay.withdraw("1")
    await stay.back("2404")
    await reversal(Stay(mi, 4), mi)


async def reversal(stay: Stay, mi: TypedHospital) -> None:
    """2601, which the client takes only for a message whose outcome is unknown: here the answer is lost, and the queries lag."""
    await mi.fault("2401", "drop_after")
    await mi.fault("*", "replica_lag", times=-1, seconds=3600)
    with pytest.raises(OutcomeUnknown) as lost:
        await stay.admit()
    assert lost.value.msgid is not None
    await stay.reverse(lost.value.msgid, "2401")
    await mi.control("DELETE", "/faults")
    undone = (await mi.ledger(msgid=lost.value.msgid))["executions"]
    assert [one["state"] for one in undone] == ["reversed"]


async def shop(mi: TypedHospital) -> None:
    """2101–2103, 2203A."""
    there = mi.at("P43000000001")
    sale = Purchase(there, 3)
    basket = sale.basket(sale.drug(1, "30.00"))
    await sale.call("2101", basket)
    info = (await sale.call("2102", basket))["setlinfo"]
    await sale.call(
        "2103",
        {"data": {"setl_id": info["setl_id"], "mdtrt_id": info["mdtrt_id"], "psn_no": sale.person.psn_no}},
    )
    visit = await Visit(there, 3).register()
    facts = {
        "mdtrt_id": visit.mdtrt_id,
        "psn_no": visit.person.psn_no,
        "med_type": "41",
        "begntime": "2025-03-03 08:00:00",
    }
    await visit.call("2203A", filled("2203A", facts))


async def files(mi: TypedHospital, folder: Path) -> None:
    """9101, 9102; totals (3201) and details (3202, with such a file) of the day; the end of the day (9002)."""
    sent = await mi.mi.upload_file(zipped([["1"]]), "up.zip", institution=mi.code)
    assert sent.file_qury_no
    mi.seen.called.add("9101")
    got = await mi.mi.download_file(sent.file_qury_no, "up.zip", to=folder / "down.zip", institution=mi.code)
    assert got.path.exists()
    mi.seen.called.add("9102")
    _, line = await settled(mi, 8, "120.00")
    asked = scope([line]) | {"insutype": "310", "acct_pay": line.info["acct_pay"]}
    assert (await mi.call("3201", {"data": asked}))["stmtinfo"]
    sent = await mi.mi.upload_file(zipped([line.row()]), "day.zip", institution=mi.code)
    details = scope([line], file_qury_no=sent.file_qury_no, cash_payamt=D("0.00"))
    assert (await mi.call("3202", {"data": details}))["fileinfo"]["file_qury_no"]
    number = (await mi.call("9001", {"signIn": {"opter_no": "002", "mac": "-", "ip": "127.0.0.1"}}))[
        "signinoutb"
    ]["sign_no"]
    assert (await mi.call("9002", {"signOut": {"sign_no": number, "opter_no": "002"}}))["sign_time"]


@pytest.fixture
async def typed(rulebook: Rulebook, tmp_path: Path) -> AsyncIterator[tuple[TypedHospital, Notices]]:
    """The typed client of three institutions, and their receiver of notifications."""
    port, notices, seen = unused_port(), Notices(), Seen()
    settings = Settings(crowd=0, notify=f"http://127.0.0.1:{port}/inbound/{{institution}}", notify_again=0.05)
    office, path = Office(settings, rulebook), tmp_path / "mi.toml"
    async with TestServer(create_app(office=office)) as server, aiohttp.ClientSession() as session:
        url = str(server.make_url("")).rstrip("/")
        path.write_text(config_of(url, settings), encoding="utf-8")
        site = web.Application()
        site.add_subapp("/inbound", inbound_app(load_config(path), notices.take))
        async with TestServer(site, port=port), AsyncClient.from_config(path) as mi:
            with watched(seen):
                yield TypedHospital(mi, Hospital(session, url, settings.control_token), seen), notices


async def test_every_interface_once(typed: tuple[TypedHospital, Notices], tmp_path: Path) -> None:
    mi, notices = typed
    for name, story in STORIES.items():
        try:
            await story(mi)
        except Exception as error:
            error.add_note(f"story {name}")
            raise
    for step in (people, outpatients, wards, shop):
        await step(mi)
    await files(mi, tmp_path)
    await centres(mi, notices)
    calls = (
        one
        for one, spec in CATALOG.interfaces.items()
        if not spec.withdrawn and spec.behaviour.direction == "call"
    )
    for code in sorted(set(calls) - mi.seen.called):  # catalogues, dictionaries, and what is invented
        await mi.call(code, filled(code, {"fixmedins_code": mi.code, "page_num": 1, "page_size": 10}))
    assert (mi.seen.lenient, mi.seen.odd) == ([], {})
    assert all(one.problems == () for one in notices.got)
    pushed = {one.interface for one in notices.got}
    everything = {code for code, spec in CATALOG.interfaces.items() if not spec.withdrawn}
    assert everything - mi.seen.called - pushed == set()
    assert len(everything) == 209, "three are withdrawn, and refused"


async def centres(mi: TypedHospital, notices: Notices) -> None:
    """6xxx and 7xxx, with what they push: 6204, 6302, 7108, 7109."""
    person = DOCUMENTED[0]
    await prescriptions(mi)
    order = await Order(mi, await visit_at(mi)).upload(("SBX-A-0001", "400.00"), ("SBX-C-0001", "50.00"))
    paid = await order.pay()
    assert (await order.query())["ordStas"] == "4"
    status, _ = await mi.control("POST", "/notices", {"infno": "6204", "subject": order.id})
    assert status == 200
    assert (await order.refund(paid))["refStatus"] == "SUCC"
    again = await Order(mi, await visit_at(mi)).upload(batch="M2")
    await again.withdraw()
    assert await mi.call("6101", filled("6101", of_person(person)))
    await notices.until("6204", "6302", "7108", "7109")


async def prescriptions(mi: TypedHospital) -> None:
    """7101–7107 at the hospital, 7201–7211 at the pharmacy."""
    centre, visit = Centre(mi), await visit_at(mi)
    shop = Shop(mi, sent := await uploaded(centre, visit))
    online = OPERATOR | {"hiRxno": sent["hiRxno"], "authCircBizSn": "1", "epcChnlId": "1"}
    assert (await shop.call("7202", online))["epcToken"]
    counter = {
        "psnName": visit.person.name,
        "psnCertType": "01",
        "certno": visit.person.certno,
        "ecToken": visit.person.token,
    }
    assert (await shop.call("7201", OPERATOR | counter))["epcToken"]
    await shop.review()
    assert (await centre.call("7106", which(visit, sent["hiRxno"])))["rxChkStasCodg"] == "1"
    number = await shop.sell()
    delivery = {
        "hiRxno": sent["hiRxno"], "delvNo": "D1", "delvAddr": "某路1号", "delvEntpName": "配送", "delvStasCodg": "1",
        "delvStasName": "配送中",
        "delvStasTime": "2026-01-01 12:00:00", "delvConner": "收", "fixmedinsName": "沙箱市平安药房",
    }  # fmt: skip
    assert (await shop.call("7209", delivery))["flag"] is True
    done = {
        "hiRxno": sent["hiRxno"], "delvNo": "D1", "delverCertType": "01", "delverCertno": "1", "delverName": "骑手",
        "delvStasTime": "2026-01-01 13:00:00",
    }  # fmt: skip
    assert (await shop.centre.call("7210", done))["flag"] is True
    assert (await centre.call("7107", which(visit, sent["hiRxno"])))["seltdelts"]
    asked = {"fixmedinsCode": mi.code, "drugName": "他汀", "pageNum": 1, "pageSize": 10}
    assert (await centre.call("7211", asked))["list"]
    other = Shop(mi, another := await uploaded(centre, visit))
    await other.review()
    sale = await other.sell()
    assert (await other.call("7208", {"hiRxno": another["hiRxno"], "selStooutSn": sale}))["flag"] is True
    assert (await centre.call("7104", revocation(visit, another["hiRxno"])))["rxStasCodg"] == "3"
    assert (await centre.call("7105", which(visit, another["hiRxno"])))["rxStasCodg"] == "3" and number
