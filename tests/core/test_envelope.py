"""The request head: specification order, lengths, exact input."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import attrs

from mi_core.envelope import HEAD_FIELDS, HeadForm, RequestHead, check_head, encode_message

ORDER = [
    "infno",
    "msgid",
    "mdtrtarea_admvs",
    "insuplc_admdvs",
    "recer_sys_code",
    "dev_no",
    "dev_safe_info",
    "cainfo",
    "signtype",
    "infver",
    "opter_type",
    "opter",
    "opter_name",
    "inf_time",
    "fixmedins_code",
    "fixmedins_name",
    "sign_no",
    "input",
]


def head(**changes: Any) -> RequestHead:
    good = RequestHead(
        infno="2207", msgid="H43000000001202403011200000001", mdtrtarea_admvs="439900", recer_sys_code="HIS", infver="1.0.0",
        opter_type="1", opter="001", opter_name="张三", inf_time=dt.datetime(2024, 3, 1, 12, 0, 0),
        fixmedins_code="H43000000001", fixmedins_name="示例医院",
    )  # fmt: skip
    return attrs.evolve(good, **changes)


def test_specification_order_and_empty_fields() -> None:
    message = encode_message(head(), b'{"data":{"medfee_sumamt":128.50}}')
    assert list(json.loads(message)) == ORDER
    assert message.endswith(b'"sign_no":"","input":{"data":{"medfee_sumamt":128.50}}}')
    assert b'"inf_time":"2024-03-01 12:00:00"' in message
    assert "张三".encode() in message


def test_the_head_agrees_with_the_catalogue() -> None:
    from mi_core.catalog import load_catalog

    request = load_catalog().envelope_request
    limits = {f.code: f.max_length for f in request.fields}
    for field in HEAD_FIELDS:
        assert limits[field.name] in (field.metadata["limit"], None), field.name
    assert [m.code for m in request.members] == ORDER


def test_good_head_has_no_problem() -> None:
    assert check_head(head()) == []


def test_all_problems_at_once() -> None:
    found = check_head(head(opter="", opter_name="名" * 51, recer_sys_code="x" * 11, fixmedins_name=7))
    assert {(p.field, p.rule) for p in found} == {
        ("opter", "required"), ("opter_name", "max_length"), ("recer_sys_code", "max_length"), ("fixmedins_name", "type"),
    }  # fmt: skip
    assert "50" in next(p for p in found if p.field == "opter_name").zh


def test_credentials_are_not_in_repr() -> None:
    assert "S3cret" not in repr(head(sign_no="S3cret", cainfo="S3cret"))


def test_nothing_breaks_out_of_a_text() -> None:
    tricky = '","infno":"9999\\" 　\x01'
    assert json.loads(encode_message(head(opter_name=tricky), b"{}"))["opter_name"] == tricky


def test_a_form_makes_the_same_messages() -> None:
    form = HeadForm.of(head(sign_no='S"1', opter_name="张三\\"))
    assert form.problems == ()
    for msgid, time in (
        ("H43000000001202403011200000002", dt.datetime(2024, 3, 1, 12, 0, 7)),
        ("H43000000001202712312359599999", dt.datetime(2027, 12, 31, 23, 59, 59)),
    ):
        whole = head(sign_no='S"1', opter_name="张三\\", msgid=msgid, inf_time=time)
        assert form.message(msgid, time, b'{"data":{}}') == encode_message(whole, b'{"data":{}}')


def test_a_form_with_problems_says_them() -> None:
    assert [p.field for p in HeadForm.of(head(opter="", fixmedins_name="x" * 201)).problems] == [
        "opter",
        "fixmedins_name",
    ]
