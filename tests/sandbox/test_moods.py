"""Moods: every reply written as some region writes it, for all profiles; and the largest page."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mi_plugins.sandbox import Settings
from mi_plugins.sandbox.faults import in_moods
from mi_plugins.sandbox.settings import MOODS
from tests.sandbox import callers
from tests.sandbox.hospital import Hospital, Refused, Visit, certificate, fee


def page(size: int) -> dict[str, Any]:
    return {"data": {"updt_time": "2025-01-01", "page_num": 1, "page_size": size}}


class TestInAMood:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(crowd=0, moods=frozenset(MOODS), page_limit=50)

    async def test_every_reply(self, hospital: Hospital) -> None:
        visit = Visit(hospital, 1)
        data = {"data": certificate(visit.person) | {"psn_name": visit.person.name}}
        reply = await hospital.reply("1101", data)
        assert reply["infcode"] == "0" and reply["err_msg"] == "成功"
        row = reply["output"]["insuinfo"]
        row = row if isinstance(row, dict) else row[0]
        assert isinstance(row["balc"], str) and None not in row.values()
        refused = await hospital.reply("1101", {"data": {}})
        assert refused["infcode"] == "-1" and refused["err_msg"] != "成功"

    async def test_other_profiles_too(self, hospital: Hospital) -> None:
        body = callers.compact(
            hospital.message(
                "1201", {"medinsinfo": {"fixmedins_type": "1", "fixmedins_code": "H43000000001"}}
            )
        ).encode()
        _, reply = await hospital.post("", body, callers.tif_headers(), "/tif")
        assert json.loads(reply)["infcode"] == "0"

    async def test_pages(self, hospital: Hospital) -> None:
        assert (await hospital.reply("1312", page(50)))["infcode"] == "0"
        refused = await hospital.reply("1312", page(51))
        assert refused["infcode"] == "-1" and "50" in refused["err_msg"]


async def test_without_a_mood_nothing_changes(hospital: Hospital) -> None:
    visit = await (await Visit(hospital).register()).inform()
    await visit.charge(fee(visit, 1, "1.00"))
    reply = await hospital.reply("1312", page(5000))
    assert reply["infcode"] == 0 and reply["err_msg"] is None
    with pytest.raises(Refused):
        await visit.quote("2.00")


def test_replies_without_head() -> None:
    assert in_moods({"infcode_string"}, {"code": 0, "data": {"a": 1}}) == {"code": "0", "data": {"a": 1}}
    assert in_moods({"amounts_string"}, {"code": 0, "data": {"a": 1}}) == {"code": 0, "data": {"a": "1"}}
