"""A cashier's program that times out, repeats, starts anew and repeats again: one key, one bill, one answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.serve.kit import (
    FIRST,
    PERSON,
    Served,
    person,
    raw_exchange,
    settlement,
)
from tests.serve.test_desk import lost
from tests.serve.test_repeats import AREA, settled

MONEY = (
    "2102",
    "2103",
    "2201",
    "2202",
    "2207",
    "2208",
    "2304",
    "2305",
    "2401",
    "2501",
    "2601",
    "6201",
    "6202",
    "6203",
)


def refund(served: Served, bill: Any, setl_id: str, **more: Any) -> Any:
    back = {"setl_id": setl_id, "mdtrt_id": bill["data"]["mdtrt_id"], "psn_no": PERSON.psn_no}
    return served.call("2208", {"data": back}, options=AREA, **more)


@pytest.mark.parametrize("infno", MONEY)
def test_what_changes_money_or_state_needs_a_key(served: Served, infno: str) -> None:
    told = served.call(infno, {"data": {}}, key=None)
    assert (told.status, told.json["code"], told.json["field"]) == (
        400,
        "idempotency_key_required",
        "Idempotency-Key",
    )
    assert "未发送" in told.json["message"] and "结算单号" in told.json["hint"]
    english = served.call(infno, {"data": {}}, key=None, headers={"Accept-Language": "en"}).json
    assert "nothing was sent" in english["message"] and "number of this bill" in english["hint"]


def test_nothing_is_sent_without_a_key(served: Served) -> None:
    bill = settlement(served)
    assert served.call("2207", bill, options=AREA, key=None).status == 400
    assert settled(served, bill) == 0
    listed = served.get("/operations?interface=2207").json["operations"]
    assert bill["data"]["mdtrt_id"] not in str(listed)


@pytest.mark.parametrize("infno", ["1101", "2206", "2204", "5203"])
def test_questions_and_uploads_need_none(served: Served, infno: str) -> None:
    assert served.call(infno, {"data": {}}, key=None).json["code"] == "invalid_input"


@pytest.mark.parametrize(
    "key", ["x" * 201, "王", "两 字", "a b", 'a"b', "\u3000", "tab\tkey"],
    ids=["long", "chinese", "chinese-space", "space", "quote", "wide-space", "tab"],
)  # fmt: skip
@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_a_key_that_headers_do_not_carry_is_refused(served: Served, key: str, charset: str) -> None:
    told = served.call(
        "2304", {"data": {}}, headers={"Idempotency-Key": key.encode(charset).decode("latin-1")}
    )
    assert (told.status, told.json["field"]) == (400, "Idempotency-Key")
    assert "200" in told.json["message"] or "须给出" in told.json["message"]


def test_two_keys_are_no_key(served: Served) -> None:
    head = (
        f"POST /v1/institutions/{FIRST}/calls/2207 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nIdempotency-Key: a1\r\n"
        f"Idempotency-Key: a1\r\nAuthorization: Bearer {served.tokens['operator']}\r\nContent-Type: application/json\r\n"
        'Content-Length: 21\r\n\r\n{"input":{"data":{}}}'
    )
    reply = raw_exchange(served.port, head.encode())
    assert reply.startswith(b"HTTP/1.1 400 ") and b'"field":"Idempotency-Key"' in reply


def test_a_quoted_key_is_the_same_key(served: Served) -> None:
    """RFC 8941 writes it in quotes; most programs do not."""
    bill = settlement(served)
    first = served.call("2207", bill, options=AREA, key="quoted-1")
    again = served.call("2207", bill, options=AREA, key='"quoted-1"')
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json["operation"] == first.json["operation"]


def test_a_bill_that_was_taken_back_is_told_clearly_and_settled_anew_under_a_new_key(served: Served) -> None:
    bill = settlement(served)
    first = served.call("2207", bill, options=AREA, key="bill-a").json
    setl_id = first["output"]["setlinfo"]["setl_id"]
    back = refund(served, bill, setl_id, key="bill-a-refund").json
    old = served.call("2207", bill, options=AREA, key="bill-a")
    assert (old.status, old.json["output"]["setlinfo"]["setl_id"]) == (200, setl_id)
    assert old.json["cancelled_by"] == back["operation"]
    assert "2208" in old.json["warnings"][-1]["message"] and "撤销" in old.json["warnings"][-1]["message"]
    assert served.get(f"/operations/{first['operation']}").json["cancelled_by"] == back["operation"]
    assert settled(served, bill) == 1
    anew = served.call("2207", bill, options=AREA, key="bill-a-2")
    assert (anew.status, anew.json["repeated"], anew.json["cancelled_by"]) == (200, False, "")
    assert anew.json["output"]["setlinfo"]["setl_id"] != setl_id
    assert settled(served, bill) == 2
    assert refund(served, bill, setl_id, key="bill-a-refund").json["operation"] == back["operation"]


def test_in_doubt_is_told_as_in_doubt(quiet: Served) -> None:
    """Never "not sent", and under the same key nothing more is sent; once people have found out, that is the answer."""
    name, bill = lost(quiet, "drop_before", key="doubtful")
    again = quiet.call("2207", bill, options=AREA, key="doubtful")
    assert (again.status, again.json["code"], again.json["operation"]) == (504, "outcome_unknown", name)
    assert (
        f"/operations/{name}?wait=30" in again.json["hint"]
        and "新的 Idempotency-Key" not in again.json["hint"]
    )
    decision = {"outcome": "not_executed", "reason": "电话核实，中心无此结算"}
    for token in ("finance", "finance2"):
        quiet.ask("POST", f"/v1/institutions/{FIRST}/doubts/{name}/resolve", decision, token=token)
    known = quiet.call("2207", bill, options=AREA, key="doubtful")
    assert (known.status, known.json["code"]) == (409, "not_executed")
    assert "新的 Idempotency-Key" in known.json["hint"]
    assert quiet.get(f"/operations/{name}").json["code"] == "not_executed"
    anew = quiet.call("2207", bill, options=AREA, key="doubtful-2")
    assert (anew.status, anew.json["code"]) == (409, "quote_needed")
    assert settled(quiet, bill) == 0


def test_a_refusal_is_told_again_and_never_becomes_a_settlement(restarted: Any) -> None:
    """The cashier was told no and took cash: the repetition that was still under way must not settle."""
    served = restarted()
    bill = settlement(served)
    done = served.call("2207", bill, options=AREA).json["output"]["setlinfo"]["setl_id"]
    wrong = {"setl_id": "1" + done, "mdtrt_id": bill["data"]["mdtrt_id"], "psn_no": PERSON.psn_no}
    first = served.call("2208", {"data": wrong}, options=AREA, key="refused-1")
    assert (first.status, first.json["code"]) == (422, "bureau_refused"), first.json
    again = served.call("2208", {"data": wrong}, options=AREA, key="refused-1")
    assert again.headers["idempotency-replayed"] == "true"
    assert {**again.json, "hint": ""} == {**first.json, "hint": ""}
    assert "新的 Idempotency-Key" in again.json["hint"]
    corrected = refund(served, bill, done, key="refused-1")
    assert (corrected.status, corrected.json["code"]) == (422, "idempotency_key_reused")
    assert served.get("/operations/refused-1").json["code"] == "refused"
    assert refund(served, bill, done, key="refused-1-b").status == 200


def test_after_a_restart_every_key_has_the_answer_it_had(restarted: Any) -> None:
    first = restarted()
    bill, other = settlement(first), settlement(first)
    done = first.call("2207", bill, options=AREA, key="r-done")
    gone = {"setl_id": "S-none", "mdtrt_id": bill["data"]["mdtrt_id"], "psn_no": PERSON.psn_no}
    refused = first.call("2208", {"data": gone}, options=AREA, key="r-refused")
    assert (done.status, refused.status) == (200, 422)
    second = restarted()
    again = second.call("2207", bill, options=AREA, key="r-done")
    assert again.json == {**done.json, "repeated": True}
    told = second.call("2208", {"data": gone}, options=AREA, key="r-refused")
    assert {**told.json, "hint": ""} == {**refused.json, "hint": ""}
    for key, body in (("r-done", other), ("r-refused", bill)):
        assert second.call("2207", body, options=AREA, key=key).json["code"] == "idempotency_key_reused"
    assert second.get(f"/operations/{done.json['operation']}").json["output"] == done.json["output"]
    assert settled(second, other) == 0


def test_a_202_is_found_after_a_restart_and_an_unknown_operation_says_that_it_is_unknown(
    restarted: Any,
) -> None:
    first = restarted()
    bill = settlement(first)
    asked = {"Prefer": "respond-async"}
    begun = first.call("2207", bill, options=AREA, key="r-202", headers=asked).json
    early = first.step("outpatient", "MZ-not-there", "settle", {}, once="r-early")
    assert early.status == 409
    query = first.call("1101", person(), key=None, headers=asked).json
    assert first.get(f"/operations/{begun['operation']}?wait=60").json["status"] == "done"
    second = restarted()
    for name in (begun["operation"], "r-202"):
        known = second.get(f"/operations/{name}").json
        assert (known["status"], known["code"], known["operation"]) == ("done", "done", begun["operation"])
        assert known["output"]["setlinfo"]["setl_id"]
    assert "output" not in second.get("/operations/r-202", token="auditor").json
    assert second.get("/operations/r-202", token="other", institution="H43000000002").status == 404
    never = second.get("/operations/r-early").json
    assert (never["status"], never["code"], never["error"]["step"]) == ("not_sent", "flow_stopped", "settle")
    unknown = second.get(f"/operations/{query['operation']}")
    assert (unknown.status, unknown.json["code"]) == (404, "operation_unknown")
    assert "不说明该业务是否已办理" in unknown.json["message"] and "Idempotency-Key" in unknown.json["hint"]


def test_an_upload_may_have_a_key(served: Served) -> None:
    """None is needed; given one, a repetition is told and not sent again."""
    bill = settlement(served)
    visit = {"mdtrt_id": bill["data"]["mdtrt_id"], "psn_no": PERSON.psn_no, "chrg_bchno": "0000"}
    first = served.call("2205", {"data": visit}, options=AREA, key="clear-1")
    again = served.call("2205", {"data": visit}, options=AREA, key="clear-1")
    assert (first.status, again.status) == (200, 200)
    assert again.headers["idempotency-replayed"] == "true" and again.json["msgid"] == first.json["msgid"]
    assert "idempotency-replayed" not in served.call("2205", {"data": visit}, options=AREA, key=None).headers
    for wrong in ('""', "a b", '"'):  # a variable that is empty by mistake
        assert served.call("2205", {"data": visit}, options=AREA, key=wrong).status == 400
    for any_key in ('""', "a b"):  # to a question it means nothing
        assert served.call("1101", person(), key=any_key).status == 200
