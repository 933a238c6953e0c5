"""Switches for chaos tests: the time window, the centre's limit, 5203 without ``setl_id``, ids left out of 3202's file."""

from __future__ import annotations

import asyncio
import datetime as dt
import json

import aiohttp
import pytest

from mi_plugins.sandbox import Settings
from mi_plugins.sandbox.bureau.reconciliation import LACKED, without_ids
from mi_plugins.sandbox.zipped_text import pack, unpack
from tests.sandbox.hospital import Hospital, Refused, Visit, fee, signed_headers

BODY = b'{"infno":"1101","input":{}}'
TOTAL = "60.00"


def ago(milliseconds: int) -> dict[str, str]:
    return signed_headers("1101", ms=round(dt.datetime.now().timestamp() * 1000) - milliseconds)


async def settled(hospital: Hospital, batches: int = 1) -> tuple[Visit, list[str]]:
    visit = await (await Visit(hospital).register()).inform()
    rows = [fee(visit, n, TOTAL, batch=f"B{n}") for n in range(batches)]
    if rows:
        await visit.charge(*rows)
    ids = [(await visit.settle(TOTAL, batch=f"B{n}"))["setlinfo"]["setl_id"] for n in range(batches)]
    return visit, ids


def blank(visit: Visit) -> dict[str, dict[str, str]]:
    return {"data": {"setl_id": "", "mdtrt_id": visit.mdtrt_id, "psn_no": visit.person.psn_no}}


class TestWindow:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(crowd=0, acceptance=3.0)

    async def test_older_messages_are_refused(self, hospital: Hospital) -> None:
        _, late = await hospital.post("1101", BODY, ago(3_500))
        assert json.loads(late) == {"code": 401, "message": "签名时间戳超时!"}
        _, early = await hospital.post("1101", BODY, ago(-3_500))
        assert json.loads(early)["code"] == 401
        _, taken = await hospital.post("1101", BODY, ago(0))
        assert json.loads(taken)["infcode"] == -1

    async def test_the_whole_message_must_have_come(self, hospital: Hospital) -> None:
        """A sender that stands still between head and body."""

        async def slowly() -> object:
            yield BODY[:5]
            await asyncio.sleep(1.2)
            yield BODY[5:]

        headers = ago(2_000)
        async with hospital.session.post(hospital.url + "/csb", data=slowly(), headers=headers) as reply:
            assert (await reply.json())["message"] == "签名时间戳超时!"


class TestProcessing:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(crowd=0, processing=0.4)

    @pytest.mark.parametrize(("seconds", "executed"), [(0.0, 1), (0.6, 0)])
    async def test_what_is_not_begun_in_time_is_dropped(
        self, hospital: Hospital, seconds: float, executed: int
    ) -> None:
        visit = Visit(hospital)
        await hospital.fault("2201", "late", seconds=seconds)
        if executed:
            await visit.register()
        else:
            with pytest.raises(aiohttp.ClientError):
                await visit.register()
        assert len((await hospital.ledger(infno="2201"))["executions"]) == executed


class TestBlankId:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(crowd=0, blank_setl_id=True, allow_repeats=True)

    async def test_the_visits_settlements_are_told(self, hospital: Hospital) -> None:
        visit, _ = await settled(hospital, 0)
        with pytest.raises(Refused, match="没有与所给条件"):
            await visit.call("5203", blank(visit))
        await visit.charge(fee(visit, 1, TOTAL))
        first = (await visit.settle(TOTAL))["setlinfo"]["setl_id"]
        msgid = hospital.last_msgid
        one = (await visit.call("5203", blank(visit)))["setlinfo"]
        assert (one["setl_id"], one["medins_setl_id"], one["refd_setl_flag"]) == (first, msgid, "0")
        refund = (await visit.refund(first))["setlinfo"]["setl_id"]
        second = (await visit.settle(TOTAL))["setlinfo"]["setl_id"]
        told = (await visit.call("5203", blank(visit)))["setlinfo"]
        assert [(row["setl_id"], row["refd_setl_flag"]) for row in told] == [
            (first, "1"),
            (refund, "1"),
            (second, "0"),
        ]
        assert (await visit.query(second))["setlinfo"]["setl_id"] == second

    async def test_what_was_reversed_and_what_is_not_seen_yet(self, hospital: Hospital) -> None:
        visit, _ = await settled(hospital)
        msgid = hospital.last_msgid
        await hospital.fault("5203", "replica_lag", seconds=60)
        with pytest.raises(Refused):
            await visit.call("5203", blank(visit))
        await visit.call("5203", blank(visit))
        await visit.call("2601", {"data": {"psn_no": visit.person.psn_no, "omsgid": msgid, "oinfno": "2207"}})
        with pytest.raises(Refused):
            await visit.call("5203", blank(visit))


async def test_an_id_is_asked_for_unless_switched_off(hospital: Hospital) -> None:
    visit, _ = await settled(hospital)
    with pytest.raises(Refused, match="缺少必填项"):
        await visit.call("5203", blank(visit))


def test_a_file_without_ids() -> None:
    row = ["P", "M", "S", "X", "1", "0", "", "1.00", "1.00", "0.00"]
    file = pack("r.txt", [row, [*row[:6], LACKED, *row[7:]]])
    kept, bare = unpack(without_ids(file), 10)
    assert kept[1:4] == ["M", "S", "X"] and bare[1:4] == [None, None, "X"]
    assert without_ids(b"no file of 3202") == b"no file of 3202"
