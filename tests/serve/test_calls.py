"""A desk's morning over HTTP: ask, settle, look at the operation, refund; and everything that may be wrong with a call."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.serve.kit import FIRST, PERSON, Served, keyed, person, raw_exchange, registration, settlement


def test_a_visit_is_settled_looked_at_and_taken_back(served: Served) -> None:
    asked = served.call("1101", person())
    assert asked.status == 200
    assert asked.json["output"]["baseinfo"]["psn_name"] == PERSON.name
    bill = settlement(served)
    settled = served.call(
        "2207", bill, options={"insuplc_admdvs": "990101"}, headers={"Idempotency-Key": "desk1-0001"}
    )
    assert settled.status == 200, settled.json
    reply = settled.json
    info = reply["output"]["setlinfo"]
    assert info["medfee_sumamt"] == Decimal("37.20")
    assert info["fund_pay_sumamt"] + info["psn_part_amt"] + info["hosp_part_amt"] == info["medfee_sumamt"]
    assert b'"medfee_sumamt":37.20,' in settled.body  # the cents as the bureau wrote them

    shown = served.get(f"/operations/{reply['operation']}")
    assert (shown.status, shown.json["status"]) == (200, "done")
    assert shown.json["output"] == reply["output"]
    assert shown.json["amounts"]["data.medfee_sumamt"] == "37.20"
    listed = served.get("/operations?interface=2207").json["operations"]
    assert reply["operation"] in [line["operation"] for line in listed]

    back = {
        "data": {"setl_id": info["setl_id"], "mdtrt_id": bill["data"]["mdtrt_id"], "psn_no": PERSON.psn_no}
    }
    refund = served.call("2208", back, options={"insuplc_admdvs": "990101"})
    assert refund.status == 200, refund.json
    assert refund.json["output"]["setlinfo"]["medfee_sumamt"] == Decimal("-37.20")


def test_a_wrong_request_is_one_flat_error_that_lists_everything(served: Served) -> None:
    answer = served.call(
        "2207", {"data": {"psn_no": "1", "medfee_sumamt": Decimal("1.005"), "nonsense": "x"}}
    )
    error = answer.json
    assert answer.status == 422
    assert list(error)[:5] == ["code", "message", "field", "hint", "operation"]
    assert all(isinstance(error[name], str) for name in ("code", "message", "field", "hint", "operation"))
    assert error["code"] == "invalid_input"
    rules = {(p["field"], p["rule"]) for p in error["problems"]}
    assert {("medfee_sumamt", "scale"), ("nonsense", "unknown_field"), ("mdtrt_id", "required")} <= rules
    labels = {p["field"]: p["label"] for p in error["problems"]}
    assert labels["medfee_sumamt"] == "医疗费总额"
    english = served.call("2207", {"data": {}}, headers={"Accept-Language": "en"}).json
    assert "nothing was sent" in english["message"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "input"), ({"data": {}}, "input"), ({"input": {}, "deadlin": 3}, "deadlin"),
        ({"input": {}, "insuplc_admdvs": "12"}, "insuplc_admdvs"), ({"input": {}, "operator": {"id": "1"}}, "operator"),
        ({"input": {}, "deadline": "soon"}, "deadline"), ({"input": {}, "amounts_accepted": "yes"}, "amounts_accepted"),
    ],
    ids=["empty", "no-input", "unknown", "area", "operator", "deadline", "flag"],
)  # fmt: skip
def test_what_stands_beside_the_input_is_checked(served: Served, body: dict[str, Any], field: str) -> None:
    answer = served.ask("POST", f"/v1/institutions/{FIRST}/calls/1101", body)
    assert answer.status == 422
    assert field in {p["field"] for p in answer.json["problems"]}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"input": {"data": {"psn_no": "1", "psn_no": "2"}}}', "twice"), (b'{"input": {"data": {"medfee_sumamt": NaN}}}', "JSON"),
        (b'{"input": ' + b"[" * 40 + b"]" * 40 + b"}", "32"), (b'{"input": {"n": ' + b"1" * 41 + b"}}", "40"), (b"", "empty"),
        (b"[1]", "object"), (b'{"input": "\xff"}', "UTF-8"), (b'{"input": {}} trailing', "JSON"), (b'{"input": {"a": "\\ud800"}}', ""),
    ],
    ids=["duplicate", "nan", "deep", "long", "empty", "list", "not-utf8", "trailing", "half-a-character"],
)  # fmt: skip
def test_json_is_read_strictly(served: Served, body: bytes, why: str) -> None:
    answer = served.ask("POST", f"/v1/institutions/{FIRST}/calls/1101", raw=body)
    assert answer.status in (400, 422)
    assert why in answer.json["message"]


def test_floats_never_touch_an_amount(served: Served) -> None:
    """A number that no double holds reaches the check as it was written."""
    raw = b'{"input": {"data": {"medfee_sumamt": 12345678901234.995}}}'
    told = served.ask("POST", f"/v1/institutions/{FIRST}/calls/2207", raw=raw, headers=keyed()).json
    shown = next(p["message"] for p in told["problems"] if p["field"] == "medfee_sumamt")
    assert "12345678901234.995" in shown


def test_a_refusal_of_the_bureau_is_told_with_its_reason(served: Served) -> None:
    answer = served.call("1101", person("沙箱无此人", "990101197001010013"))
    assert (answer.status, answer.json["code"]) == (422, "bureau_refused")
    assert answer.json["reason"]


def test_rare_names_survive_gb18030_both_ways(served: Served) -> None:
    """王㐂 has no place in GBK; GB 18030 holds it, in the request and in the reply."""
    body = json.dumps(
        {"input": registration(), "insuplc_admdvs": "990101", "operator": {"id": "7", "name": "王㐂"}},
        ensure_ascii=False,
    )
    reply = served.ask(
        "POST", f"/v1/institutions/{FIRST}/calls/2201", raw=body.encode("gb18030"),
        headers={"Content-Type": "application/json; charset=gb18030", **keyed()},
    )  # fmt: skip
    assert reply.status == 200 and reply.charset == "gb18030"
    assert "门诊挂号" in reply.body.decode("gb18030")
    wrong = json.dumps({"input": {}, "王㐂": 1}, ensure_ascii=False)
    told = served.ask(
        "POST", f"/v1/institutions/{FIRST}/calls/1101", raw=wrong.encode("gb18030"),
        headers={"Content-Type": "text/plain; charset=GB2312"},
    )  # fmt: skip
    assert "王㐂" in {p["field"] for p in told.json["problems"]}
    assert "王㐂".encode("gb18030") in told.body
    utf8 = served.ask(
        "POST",
        f"/v1/institutions/{FIRST}/calls/1101",
        raw=wrong.encode(),
        headers={"Accept": "*/*; charset=gbk"},
    )
    assert utf8.charset == "gb18030" and "王㐂" in {p["field"] for p in utf8.json["problems"]}


def test_a_character_set_that_loses_names_is_refused(served: Served) -> None:
    told = served.ask(
        "POST",
        f"/v1/institutions/{FIRST}/calls/1101",
        raw=b"{}",
        headers={"Content-Type": "application/json; charset=big5"},
    )
    assert (told.status, told.json["code"]) == (415, "charset")


def test_http_1_0_without_host_and_keep_alive(served: Served) -> None:
    body = json.dumps({"input": person()}, ensure_ascii=False).encode()
    head = (
        f"POST /v1/institutions/{FIRST}/calls/1101 HTTP/1.0\r\nAuthorization: Bearer {served.tokens['operator']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    reply = raw_exchange(served.port, head.encode() + body)
    top, _, content = reply.partition(b"\r\n\r\n")
    assert top.startswith(b"HTTP/1.0 200 ")
    assert b"chunked" not in top.lower() and f"content-length: {len(content)}".encode() in top.lower()
    assert json.loads(content)["output"]["baseinfo"]["psn_name"] == PERSON.name


def test_a_header_that_asks_to_go_on_is_answered(served: Served) -> None:
    """.NET sends ``Expect: 100-continue`` and waits."""
    body = json.dumps({"input": person()}).encode()
    head = (
        f"POST /v1/institutions/{FIRST}/calls/1101 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Authorization: Bearer {served.tokens['operator']}\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    reply = raw_exchange(served.port, head.encode() + body)
    assert reply.startswith(b"HTTP/1.1 100 ")
    assert b"HTTP/1.1 200 " in reply


@pytest.mark.parametrize(
    ("path", "status"),
    [("/calls/9999", 404), ("/calls/2207/x", 404), ("/nonsense", 404), ("/calls/6302", 422)],
)
def test_what_does_not_exist(served: Served, path: str, status: int) -> None:
    answer = served.ask("POST", f"/v1/institutions/{FIRST}{path}", {"input": {}})
    assert answer.status == status
    assert set(answer.json) >= {"code", "message", "field", "hint", "operation", "problems"}
