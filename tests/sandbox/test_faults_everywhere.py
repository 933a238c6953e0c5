"""The faults on what recovery itself calls: 2601, 2401, 5203, 3201, 3202, 9101, 9102; and a replica that lags."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import zipfile
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import attrs
import pytest

from mi_plugins.sandbox import Settings
from tests.sandbox.hospital import Hospital, Refused, Visit, _encoder, china_now
from tests.sandbox.test_reconciliation import Line, compare, scope, settled, total
from tests.sandbox.test_stay import PERIOD
from tests.sandbox.wards import D, Stay, fetch_file, send_file, unzipped, zipped

Send = Callable[[], Awaitable[tuple[int, bytes]]]


@attrs.frozen
class Scene:
    """A settlement and a file that the calls speak of."""

    visit: Visit
    line: Line
    number: str
    """Of a file that was uploaded."""

    async def post(self, infno: str, content: Any) -> tuple[int, bytes]:
        hospital = self.visit.hospital
        return await hospital.post(infno, _encoder.encode(hospital.message(infno, content)))

    async def send(self, infno: str) -> tuple[int, bytes]:
        info, person = self.line.info, self.line.person
        match infno:
            case "2601":
                return await self.post(
                    "2601", {"data": {"psn_no": person, "omsgid": self.line.msgid, "oinfno": "2207"}}
                )
            case "2401":
                return await self.post("2401", Stay(self.visit.hospital).admission())
            case "5203":
                return await self.post(
                    "5203",
                    {"data": {"psn_no": person, "setl_id": info["setl_id"], "mdtrt_id": info["mdtrt_id"]}},
                )
            case "3201":
                return await self.post(
                    "3201", {"data": scope([self.line], insutype="310", acct_pay=info["acct_pay"])}
                )
            case "3202":
                return await self.post(
                    "3202", {"data": scope([self.line], file_qury_no=self.number, cash_payamt=D("0.00"))}
                )
            case "9101":
                asked = {"in": "UEsDBA==", "filename": "b.zip", "fixmedins_code": "H43000000001"}
                return await self.post("9101", {"fsUploadIn": asked})
            case _:
                asked = {"file_qury_no": self.number, "filename": "up.zip", "fixmedins_code": "H43000000001"}
                return await self.post("9102", {"fsDownloadIn": asked})

    async def done(self, infno: str) -> bool:
        """Whether the call left a trace in the books."""
        ledger = await self.visit.hospital.ledger(psn_no=self.line.person)
        return infno in [row["infno"] for row in ledger["executions"]]


@pytest.fixture
async def scene(hospital: Hospital) -> Scene:
    visit, line = await settled(hospital)
    number = (await send_file(hospital, zipped([line.row()])))["output"]["file_qury_no"]
    return Scene(visit, line, number)


EVERY = ("2601", "2401", "5203", "3201", "3202", "9101", "9102")
WRITING = ("2601", "2401")


@pytest.mark.parametrize("infno", EVERY)
@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "redirect"])
async def test_nothing_comes_back(scene: Scene, infno: str, fault: str) -> None:
    await scene.visit.hospital.fault(infno, fault, times=-1)
    with pytest.raises(aiohttp.TooManyRedirects if fault == "redirect" else aiohttp.ClientError):
        await scene.send(infno)
    if infno in WRITING:
        assert await scene.done(infno) == (fault == "drop_after")


@pytest.mark.parametrize("infno", EVERY)
async def test_pages_refusals_and_halves(scene: Scene, infno: str) -> None:
    hospital = scene.visit.hospital
    await hospital.fault(infno, "http_502")
    assert (await scene.send(infno))[0] == 502
    await hospital.fault(infno, "html_200")
    assert (await scene.send(infno))[1].startswith(b"<html>")
    await hospital.fault(infno, "unlisted_refusal", message="别的话")
    assert json.loads((await scene.send(infno))[1])["err_msg"] == "别的话"
    if infno in WRITING:
        assert not await scene.done(infno), "a refusal that was not to be executed was not"
    await hospital.fault(infno, "truncated")
    status, half = await scene.send(infno)
    assert status == 200
    if infno == "9102":
        assert len(half) == len(zipped([scene.line.row()])) // 2
    else:
        with pytest.raises(ValueError):
            json.loads(half)
    if infno in WRITING:
        assert await scene.done(infno), "half an answer of something that was done"


@pytest.mark.parametrize("infno", EVERY)
async def test_executed_and_refused_all_the_same(scene: Scene, infno: str) -> None:
    await scene.visit.hospital.fault(infno, "unlisted_refusal", execute=True)
    assert json.loads((await scene.send(infno))[1])["infcode"] == -1
    if infno in WRITING:
        assert await scene.done(infno)


@pytest.mark.parametrize("infno", EVERY)
@pytest.mark.parametrize("fault", ["hang", "late"])
async def test_no_answer_in_time(scene: Scene, infno: str, fault: str) -> None:
    await scene.visit.hospital.fault(infno, fault, seconds=0.8)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await scene.send(infno)
    if infno not in WRITING:
        return
    assert await scene.done(infno) == (fault == "hang")
    for _ in range(200):
        if await scene.done(infno):
            break
        await asyncio.sleep(0.02)
    assert await scene.done(infno), "executed although the caller was gone"


async def test_bent_bodies(scene: Scene) -> None:
    hospital = scene.visit.hospital
    await hospital.fault("5203", "gbk")
    body = (await scene.send("5203"))[1]
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")
    assert "沙箱职工甲" in body.decode("gb18030")
    await hospital.fault("5203", "wrong_sums")
    info = json.loads((await scene.send("5203"))[1], parse_float=D)["output"]["setlinfo"]
    assert info["fund_pay_sumamt"] == scene.line.info["fund_pay_sumamt"] + D("0.01")
    await hospital.fault("9102", "bad_zip")
    body = (await scene.send("9102"))[1]
    with pytest.raises((zipfile.BadZipFile, AssertionError, UnicodeDecodeError)):
        unzipped(body)
    assert unzipped((await scene.send("9102"))[1]) == [[str(one) for one in scene.line.row()]]


async def test_a_multipart_upload_misbehaves_too(hospital: Hospital) -> None:
    await hospital.fault("9101", "unlisted_refusal", match={"filename": "up.zip"})
    assert (await send_file(hospital, b"x"))["infcode"] == -1
    assert (await send_file(hospital, b"x"))["infcode"] == 0
    await hospital.fault("9101", "drop_after")
    with pytest.raises(aiohttp.ClientError):
        await send_file(hospital, b"x")


async def test_a_replica_that_lags(scene: Scene, hospital: Hospital) -> None:
    visit, line = scene.visit, scene.line
    stay = await Stay(hospital, 1).admit()
    await hospital.fault("*", "replica_lag", times=-1, seconds=60)
    with pytest.raises(Refused, match="没有与所给条件"):
        await visit.query(line.info["setl_id"])
    assert (await stay.call("5303", {"data": PERIOD}))["data"] == []
    asked = {"psn_no": stay.person.psn_no, "med_type": "2101"} | PERIOD
    assert (await stay.call("5201", {"data": asked}))["mdtrtinfo"] == []
    assert await total(hospital, []) == ("0", "对账一致")
    assert (await compare(hospital, [line]))[0]["memo"] == "中心在对账范围内无此结算"
    with pytest.raises(Refused, match="请勿重复"):
        await visit.call("2207", {"data": visit.settle_data(line.info)})
    await hospital.control("DELETE", "/faults")
    await visit.query(line.info["setl_id"])
    assert len((await stay.call("5303", {"data": PERIOD}))["data"]) == 1


class TestLaterOn:
    """The sandbox's clock can be put forward."""

    ahead = dt.timedelta(0)

    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(crowd=0, clock=lambda: china_now() + self.ahead)

    async def test_a_state_lags_like_its_row(self, hospital: Hospital) -> None:
        visit, line = await settled(hospital)
        self.ahead = dt.timedelta(minutes=5)
        await visit.refund(line.info["setl_id"])
        await hospital.fault("5203", "replica_lag", seconds=120)
        assert (await visit.query(line.info["setl_id"]))["setlinfo"]["refd_setl_flag"] == "0"
        assert (await visit.query(line.info["setl_id"]))["setlinfo"]["refd_setl_flag"] == "1"


async def test_lag_goes_together_with_another_fault(scene: Scene, hospital: Hospital) -> None:
    await hospital.fault("5203", "replica_lag", times=-1, seconds=60)
    await hospital.fault("5203", "infcode_string")
    answer = json.loads((await scene.send("5203"))[1])
    assert answer["infcode"] == "-1" and "没有与所给条件" in answer["err_msg"]
    state = (await hospital.control("GET", "/faults"))[1]["faults"]
    assert [one["hits"] for one in state] == [1, 1]


async def test_a_rate_follows_its_seed(hospital: Hospital) -> None:
    async def series(seed: int) -> list[bool]:
        await hospital.control("DELETE", "/faults")
        await hospital.fault("1201", "unlisted_refusal", times=-1, rate=0.4, seed=seed)
        asked = {"medinsinfo": {"fixmedins_type": "1", "fixmedins_name": "城东"}}
        return [(await hospital.reply("1201", asked))["infcode"] != 0 for _ in range(40)]

    first = await series(7)
    assert 5 < sum(first) < 30 and await series(7) == first and await series(8) != first


async def test_a_result_whose_answer_was_lost_is_made_again(scene: Scene, hospital: Hospital) -> None:
    await hospital.fault("3202", "drop_after")
    with pytest.raises(aiohttp.ClientError):
        await scene.send("3202")
    output = json.loads((await scene.send("3202"))[1])["output"]["fileinfo"]
    assert (await fetch_file(hospital, output["file_qury_no"], output["filename"]))[
        0
    ] == "application/octet-stream"
