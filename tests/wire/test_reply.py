"""The head of a reply and the typed response, with bytes as bureaus really send them."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from mi_core.interfaces import OutpatientSettlementResponse, SettlementQueryResponse, by_code
from mi_core.model import Problem, ReplyMeta, Response
from mi_core.wire import MissingProof, ReplyEnvelope, ReplyMalformed, converter, decode_output, read_reply


def settled(extra: str = "", *, strict: bool = True) -> tuple[OutpatientSettlementResponse, list[Problem]]:
    """A 2207 reply whose ``setlinfo`` has the proof and what is given."""
    body = f'{{"infcode":0,"output":{{"setlinfo":{{"setl_id":"S1"{extra}}}}}}}'.encode()
    response, problems = read("2207", body, strict=strict)
    assert isinstance(response, OutpatientSettlementResponse)
    return response, problems


def read(code: str, body: bytes, *, strict: bool) -> tuple[Response, list[Problem]]:
    """Both ways of reading, which must agree: head first, or (as the pipeline does) head and content together."""
    interface = by_code(code)
    one = decode_output(interface, read_reply(body, strict=strict), strict=strict)
    both = decode_output(interface, read_reply(body, strict=strict, interface=interface), strict=strict)
    assert one == both
    return both


def queried(output: str) -> tuple[SettlementQueryResponse, list[Problem]]:
    """A 5203 reply with this ``output``."""
    response, problems = read("5203", f'{{"infcode":0,"output":{output}}}'.encode(), strict=False)
    assert isinstance(response, SettlementQueryResponse)
    return response, problems


@pytest.mark.parametrize("text", ["0", '"0"', "0.0", '" 0 "'])
def test_infcode_is_text_whatever_its_type(text: str) -> None:
    assert read_reply(f'{{"infcode":{text}}}'.encode(), strict=True).infcode == "0"


def test_the_head_is_read_and_other_keys_are_kept() -> None:
    body = (
        b'\xef\xbb\xbf{"infcode":"-1","err_msg":" no ","inf_refmsgid":"430","refmsg_time":"20240506070809123",'
        b'"respond_time":"2024-05-06 07:08:10","warn_msg":"w","cainfo":null,"amount":1.10}'
    )
    envelope = read_reply(body, strict=True)
    assert (envelope.infcode, envelope.err_msg, envelope.inf_refmsgid) == ("-1", "no", "430")
    assert envelope.refmsg_time == dt.datetime(2024, 5, 6, 7, 8, 9, 123000)
    assert envelope.respond_time == dt.datetime(2024, 5, 6, 7, 8, 10)
    assert envelope.fields == {"warn_msg": "w", "cainfo": None, "amount": Decimal("1.10")}
    assert envelope.output_raw is None
    assert envelope.gateway is None


def test_a_gateways_own_answer_is_told_apart() -> None:
    envelope = read_reply('{"code":401,"message":"签名错误"}'.encode(), strict=True)
    assert envelope.gateway == {"code": 401, "message": "签名错误"}
    assert envelope.infcode is None


@pytest.mark.parametrize("text", ['"12.30"', "12.30", '" 12.30"'])
def test_amounts_are_exact_quoted_or_not(text: str) -> None:
    response, problems = settled(f',"medfee_sumamt":{text},"acct_pay":99999999999999.99')
    assert str(response.setlinfo.medfee_sumamt) == "12.30"
    assert str(response.setlinfo.acct_pay) == "99999999999999.99"
    assert problems == []


@pytest.mark.parametrize("space", ["", " ", "  ", "\n\t"])
@pytest.mark.parametrize("empty", ['""', "null"])
def test_empty_values_are_none_for_every_type(space: str, empty: str) -> None:
    response, problems = settled(
        f',"psn_no":{space}{empty},"medfee_sumamt":{space}{empty},"brdy":{space}{empty},"setl_time":{space}{empty}'
    )
    info = response.setlinfo
    assert (info.psn_no, info.medfee_sumamt, info.brdy, info.setl_time) == (None, None, None, None)
    assert problems == []


def test_an_empty_text_after_white_space_is_none_whatever_stands_before_it() -> None:
    for strict in (True, False):
        response, _ = settled(',"psn_name":"Nan Shi","certno": "","medfee_sumamt":"1.10"', strict=strict)
        assert (response.setlinfo.psn_name, response.setlinfo.certno) == ("Nan Shi", None)
        assert response.setlinfo.medfee_sumamt == Decimal("1.10")


@pytest.mark.parametrize("text", ["NaN", "-inf", "Infinity", "sNaN", "N_aN", "\\u004eaN"])
def test_a_query_has_no_infinite_amount_either(text: str) -> None:
    row = f'{{"fund_payamt":"{text}"}}'
    response, problems = queried(f'{{"setlinfo":{{"medfee_sumamt":"{text}"}},"setldetail":[{row}]}}')
    assert (response.setlinfo.medfee_sumamt, response.setldetail[0].fund_payamt) == (None, None)
    assert [p.path for p in problems] == ["/setlinfo/medfee_sumamt", "/setldetail/0/fund_payamt"]


@pytest.mark.parametrize("infcode", ["1e400", "-1E-999999999", "1e99999999999"])
def test_an_absurd_infcode_costs_nothing(infcode: str) -> None:
    body = f'{{"infcode":{infcode},"output":{{"setlinfo":{{"setl_id":"1"}}}}}}'.encode()
    for strict in (True, False):
        with contextlib.suppress(ReplyMalformed):
            assert read_reply(body, strict=strict, interface=by_code("5203")).infcode != "0"


def test_texts_that_only_look_empty_are_kept() -> None:
    response, problems = settled(
        ',"psn_name":"a:\\"\\"","certno":"\\"","exp_content":"{\\"A\\":\\"\\"}","psn_no":""'
    )
    assert response.setlinfo.psn_name == 'a:""'
    assert response.setlinfo.certno == '"'
    assert response.setlinfo.exp_content == '{"A":""}'
    assert response.setlinfo.psn_no is None
    assert problems == []


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "nan",
        "-inf",
        "Infinity",
        " NaN",
        "sNaN",
        "+Inf",
        "N_aN",
        "\\u004eaN",
        "\\u3000NaN",
        "1E+99999999",
        "1" * 41,
    ],
)
@pytest.mark.parametrize("space", ["", " ", "\n"])
def test_what_is_no_number_becomes_none_with_a_problem(text: str, space: str) -> None:
    response, problems = settled(f',"medfee_sumamt":{space}"{text}"')
    assert response.setlinfo.medfee_sumamt is None
    assert [(p.path, p.rule) for p in problems] == [("/setlinfo/medfee_sumamt", "unreadable")]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ('"2024-05-06"', dt.date(2024, 5, 6)),
        ('"20240506"', dt.date(2024, 5, 6)),
        ('"2024/5/6"', dt.date(2024, 5, 6)),
        ('"2024-05-06 07:08:09"', dt.date(2024, 5, 6)),
        ("20240506", dt.date(2024, 5, 6)),
        ("1714953600000", dt.date(2024, 5, 6)),
        ('"2024-02-30"', None),
        ('"0000-00-00"', None),
    ],
)
def test_dates_are_read_in_all_notations_seen(text: str, day: dt.date | None) -> None:
    response, problems = settled(f',"brdy":{text}')
    assert response.setlinfo.brdy == day
    assert (problems == []) is (day is not None)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2024-05-06 07:08:09", 7),
        ("2024-05-06T07:08:09", 7),
        ("2024-05-06T07:08:09Z", 15),
        ("2024-05-06T07:08:09+08:00", 7),
        ("2024-05-06T07:08:09+0000", 15),
        ("20240506070809", 7),
        ("2024-05-06 07:08", 7),
        ("2024-05-06", 0),
    ],
)
def test_times_are_naive_beijing_time(text: str, hour: int) -> None:
    response, problems = settled(f',"setl_time":"{text}"')
    assert response.setlinfo.setl_time is not None
    assert response.setlinfo.setl_time.tzinfo is None
    assert response.setlinfo.setl_time.hour == hour
    assert problems == []


def test_one_object_stands_for_a_list_of_one() -> None:
    body = b'{"infcode":0,"output":{"setlinfo":{"setl_id":"1"},"setldetail":{"fund_pay_type":310100}}}'
    response, _ = decode_output(by_code("2207"), read_reply(body, strict=True), strict=True)
    assert isinstance(response, OutpatientSettlementResponse)
    assert [row.fund_pay_type for row in response.setldetail] == ["310100"]


@pytest.mark.parametrize(
    "proof", ["", ',"setl_id":""', ',"setl_id":null', ',"setl_id":"  "', ',"setl_id":[]']
)
def test_a_confirmed_reply_without_its_proof_raises(proof: str) -> None:
    body = f'{{"infcode":0,"output":{{"setlinfo":{{"psn_no":"1"{proof}}}}}}}'.encode()
    if "[]" in proof:
        return  # an empty list is text `[]`, judged by the classifier
    with pytest.raises(MissingProof) as caught:
        decode_output(by_code("2207"), read_reply(body, strict=True), strict=True)
    assert caught.value.path == "/setlinfo/setl_id"


def test_a_proof_that_is_a_number_is_text() -> None:
    body = b'{"infcode":0,"output":{"setlinfo":{"setl_id":4300001}}}'
    response, _ = decode_output(by_code("2207"), read_reply(body, strict=True), strict=True)
    assert isinstance(response, OutpatientSettlementResponse)
    assert response.setlinfo.setl_id == "4300001"


def test_a_json_text_in_output_is_checked_as_strictly() -> None:
    inner = '{"setlinfo":{"setl_id":"1","setl_id":"2"}}'
    body = json.dumps({"infcode": 0, "output": inner}).encode()
    with pytest.raises(MissingProof):
        decode_output(by_code("2207"), read_reply(body, strict=True), strict=True)


def test_unknown_fields_are_found_in_the_kept_bytes() -> None:
    body = b'{"infcode":0,"output":{"setlinfo":{"setl_id":"1","new/x":1.10},"setldetail":[{"a~":2}],"more":{"b":1}}}'
    response, _ = decode_output(by_code("2207"), read_reply(body, strict=True), strict=True)
    assert response.extra == {}
    again, _ = decode_output(by_code("2207"), read_reply(body, strict=True), strict=True)
    again.with_meta(ReplyMeta(raw=body))
    assert again.extra == {"/setlinfo/new~1x": Decimal("1.10"), "/setldetail/0/a~0": 2, "/more": {"b": 1}}
    assert again.extra is again.extra


def test_a_query_with_a_wrong_shape_is_told() -> None:
    response, problems = queried('{"setlinfo":"none","setldetail":[5]}')
    assert response.setlinfo.setl_id is None
    assert [p.path for p in problems] == ["/setlinfo", "/setldetail/0"]
    assert queried("5")[1][0].rule == "type"


def test_repr_shows_no_personal_data() -> None:
    response, _ = settled(',"psn_name":"张三丰","certno":"430101199001010017","psn_no":"43000011112222"')
    text = repr(response)
    assert "张**" in text
    assert "三丰" not in text
    assert "430101199001010017" not in text
    assert "43000011112222" not in text


def test_the_public_converter_is_strict_where_cattrs_is_not() -> None:
    made = converter()
    for kind, value in ((str, None), (str, 5), (Decimal, 1.5), (int, True), (dt.date, 5), (bool, "x")):
        with pytest.raises(Exception, match=r"expected|number"):
            made.structure(value, kind)
    assert made.structure("1.10", Decimal) == Decimal("1.10")
    assert (
        made.structure({"setlinfo": {"setl_id": "1"}}, OutpatientSettlementResponse).setlinfo.setl_id == "1"
    )
    plain: Any = made.unstructure(
        made.structure({"setlinfo": {"setl_id": "1"}}, OutpatientSettlementResponse)
    )
    assert plain["setlinfo"]["setl_id"] == "1"


def test_the_envelope_hides_its_bytes() -> None:
    envelope: ReplyEnvelope = read_reply(b'{"infcode":0,"output":{"psn_name":"x"}}', strict=False)
    assert "psn_name" not in repr(envelope)
