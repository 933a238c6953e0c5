"""The head of a message."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.hospital import Hospital, Refused

ASK = {"medinsinfo": {"fixmedins_type": "1", "fixmedins_name": "城东"}}


@pytest.mark.parametrize(
    ("head", "text"),
    [
        ({"msgid": ""}, "msgid"),
        ({"msgid": "H4300000000120250303"}, "机构编号12位"),
        ({"msgid": "H43000000002202503030800000001"}, "机构编号12位"),
        ({"msgid": "H43000000001202513030800000001"}, "时间无效"),
        ({"inf_time": "2001-01-01 00:00:00"}, "不一致"),
        ({"inf_time": "20250303080000"}, "时间无效"),
        ({"opter_type": "9"}, "opter_type"),
        ({"opter": None}, "opter"),
        ({"infver": "1.0.0.0.0"}, "infver"),
        ({"fixmedins_code": "X43000000009"}, "未在本中心备案"),
        ({"fixmedins_name": "很" * 21}, "fixmedins_name"),
        ({"dev_no": 7}, "dev_no"),
        ({"sign_no": "20250101000000000001"}, "sign_no"),
        ({"recer_sys_code": 1}, "recer_sys_code"),
    ],
)
async def test_faults_of_the_head(hospital: Hospital, head: dict[str, Any], text: str) -> None:
    with pytest.raises(Refused, match=text):
        await hospital.call("1201", ASK, **head)


async def test_optional_head_fields_may_be_null_or_missing(hospital: Hospital) -> None:
    await hospital.call("1201", ASK, dev_no=None, cainfo=None, sign_no="null")


async def test_header_and_head_name_the_same_interface(hospital: Hospital) -> None:
    message = hospital.message("1201", ASK) | {"infno": "1101"}
    _, body = await hospital.post("1201", json.dumps(message).encode())
    assert "不一致" in json.loads(body)["err_msg"]


@pytest.mark.parametrize(
    ("infno", "text"),
    [
        ("9999", "没有交易"),
        ("3203", "停止使用"),
        ("4201", "停止使用"),
        ("6204", "不能调用"),
        ("6302", "不能调用"),
        ("7108", "不能调用"),
        ("7109", "不能调用"),
    ],
)
async def test_interfaces_that_cannot_be_called(hospital: Hospital, infno: str, text: str) -> None:
    with pytest.raises(Refused, match=text):
        await hospital.call(infno, {})
