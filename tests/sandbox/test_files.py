"""Files: 9101 takes them, 9102 gives them, and every number that any interface gave out can be fetched."""

from __future__ import annotations

import base64
import datetime as dt
import io
import json
import zipfile
from typing import Any

import aiohttp
import pytest

from mi_core.catalog import load_catalog
from mi_plugins.sandbox import Settings
from mi_plugins.sandbox.message import Message
from mi_plugins.sandbox.office import Office
from mi_plugins.sandbox.refusal import BureauRefusal
from mi_plugins.sandbox.rulebook import Rulebook
from mi_plugins.sandbox.settings import china_now
from mi_plugins.sandbox.zipped_text import pack, unpack
from tests.sandbox.hospital import Hospital, Refused, signed_headers
from tests.sandbox.test_all_interfaces import head
from tests.sandbox.test_replies import check_reply
from tests.sandbox.wards import fetch_file, send_file, unzipped, zipped

CATALOG = load_catalog()
HANDED_OUT = [
    code for code, spec in CATALOG.interfaces.items() if code[0] == "1" and spec.output.member("file_qury_no") is not None
]  # fmt: skip


async def test_up_and_down_again(hospital: Hospital) -> None:
    content = zipped([("a", 1), ("b", 2)])
    reply = await send_file(hospital, content, "明细.zip")
    assert reply["infcode"] == 0
    sent = reply["output"]
    check_reply("9101", sent)
    kind, back = await fetch_file(hospital, sent["file_qury_no"], "明细.zip")
    assert kind == "application/octet-stream" and back == content
    again = (await send_file(hospital, content))["output"]
    assert again["file_qury_no"] != sent["file_qury_no"]


@pytest.mark.parametrize("data", [base64.b64encode(b"PK-1").decode(), list(b"PK-1")])
async def test_a_file_within_the_message(hospital: Hospital, data: Any) -> None:
    asked = {"in": data, "filename": "a.zip", "fixmedins_code": hospital.code}
    sent = await hospital.call("9101", {"fsUploadIn": asked})
    assert (await fetch_file(hospital, sent["file_qury_no"], "a.zip"))[1] == b"PK-1"
    for wrong in ("no base64!", [], ["x"]):
        with pytest.raises(Refused):
            await hospital.call("9101", {"fsUploadIn": asked | {"in": wrong}})


async def test_what_is_refused_comes_as_json(hospital: Hospital) -> None:
    sent = (await send_file(hospital, b"x"))["output"]
    number, other = sent["file_qury_no"], hospital.at("H43000000002")
    for where, asked, text in (
        (hospital, ("1", "up.zip", None), "不存在"), (hospital, (number, "x.zip", None), "文件名"),
        (hospital, (number, "up.zip", "plc"), "须为"),
        (other, (number, "up.zip", None), "不存在"),
    ):  # fmt: skip
        kind, body = await fetch_file(where, *asked)
        assert (
            kind == "application/json"
            and json.loads(body)["infcode"] == -1
            and text in json.loads(body)["err_msg"]
        )
    assert "为空" in (await send_file(hospital, b""))["err_msg"]
    assert "不同" in (await send_file(hospital, b"x", fixmedins_code="H43000000002"))["err_msg"]
    assert "不接收文件" in (await send_file(hospital, b"x", infno="9102"))["err_msg"]


async def test_multipart_needs_both_parts(hospital: Hospital) -> None:
    headers = signed_headers("9101", ms=round(dt.datetime.now().timestamp() * 1000))
    for name in ("jsonStr", "file"):
        form = aiohttp.FormData()
        form.add_field(
            name, "{}" if name == "jsonStr" else b"x", filename=None if name == "jsonStr" else "a.zip",
            content_type="application/octet-stream",  # given, so that one field is multipart too
        )  # fmt: skip
        async with hospital.session.post(f"{hospital.url}/csb", data=form, headers=headers) as reply:
            assert "jsonStr" in (await reply.json())["err_msg"]
    headers["Content-Type"] = "multipart/form-data"
    async with hospital.session.post(f"{hospital.url}/csb", data=b"x", headers=headers) as reply:
        assert "不完整" in (await reply.json())["err_msg"]


@pytest.mark.parametrize("code", HANDED_OUT)
async def test_every_catalogue_file_is_there(hospital: Hospital, code: str) -> None:
    given = await hospital.call(code, {"data": {"ver": "F001"}})
    check_reply(code, given)
    assert given == await hospital.call(code, {"data": {"ver": "F001"}})
    kind, content = await fetch_file(hospital, given["file_qury_no"], given["filename"], "plc")
    assert kind == "application/octet-stream"
    rows = unzipped(content)
    columns = next((one.columns for one in CATALOG.interfaces[code].files if one.direction == "output"), ())
    assert len(rows) == int(given.get("data_cnt") or 2) and {len(row) for row in rows} == {
        max(len(columns), 1)
    }
    last = given.get("dld_end_time") or given.get("dld_endtime")
    assert last and last[:10] > f"{china_now():%Y-%m-%d}"


def test_all_catalogue_files_are_meant() -> None:
    assert len(HANDED_OUT) == 22


class Clock:
    """A clock that can be put forward."""

    moment = dt.datetime(2025, 3, 3, 8, 0, 0)

    def __call__(self) -> dt.datetime:
        return self.moment


async def test_a_file_is_kept_for_a_week(rulebook: Rulebook) -> None:
    clock = Clock()
    office = Office(Settings(crowd=0, clock=clock), rulebook)
    asked = {"fsUploadIn": {"in": "UEs=", "filename": "a.zip", "fixmedins_code": "H43000000001"}}
    sent = office.answer(Message("9101", head("9101"), asked, None, 0))
    assert isinstance(sent, dict) and sent["dld_endtime"] == "2025-03-10 08:00:00"
    which = {"file_qury_no": sent["file_qury_no"], "filename": "a.zip", "fixmedins_code": "H43000000001"}
    down = Message("9102", head("9102"), {"fsDownloadIn": which}, None, 0)
    clock.moment += dt.timedelta(days=7)
    assert office.answer(down) == b"PK"
    clock.moment += dt.timedelta(seconds=1)
    with pytest.raises(BureauRefusal, match="停止下载"):
        office.answer(down)
    office.close()


def test_text_in_a_zip() -> None:
    content = pack("a.txt", [("甲", None, ""), ("a\tb\nc", "1", "2")])
    assert content == pack("a.txt", [("甲", None, ""), ("a\tb\nc", "1", "2")])
    assert unpack(content, 3) == [["甲", None, None], ["a b c", "1", "2"]]
    assert unpack(pack("a.txt", []), 3) == []
    with pytest.raises(BureauRefusal, match="UTF-8"):
        unpack(zipped_bytes("甲".encode("gbk")), 1)
    broken = bytearray(content)
    broken[40] ^= 255
    with pytest.raises(BureauRefusal, match="ZIP"):
        unpack(bytes(broken), 3)


def zipped_bytes(text: bytes) -> bytes:
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w") as archive:
        archive.writestr("a.txt", text)
    return result.getvalue()
